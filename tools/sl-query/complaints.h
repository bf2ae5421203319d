// What a query could not use, said on standard error: the first few with their place, the rest as a number at the end.
#pragma once
#include "query/operator.h"
#include "tools/common/message.h"

namespace sl::tools::query {

class SaidComplaints final : public sl::query::Complaints {
 public:
  explicit SaidComplaints(Messages& messages) : messages_(messages) {}

  void bad_record(const sl::query::BadRecord& record) override {
    if (said_++ < kSaidMax)
      messages_.notice("{} partition {} offset {}: record left out: {}", record.source, record.partition, record.offset,
                       record.why);
  }
  void bad_value(std::string_view why) override {
    if (said_++ < kSaidMax) messages_.notice("a value became null, or a row was left out: {}", why);
  }
  // At the end of a query.
  void sum_up(const sl::query::Counters& counters) {
    uint64_t all = counters.bad_records + counters.bad_values;
    if (all > kSaidMax)
      messages_.notice("in all {} records and {} values could not be used", counters.bad_records, counters.bad_values);
    if (counters.late_rows) messages_.notice("{} rows came too late for their windows", counters.late_rows);
  }

 private:
  static constexpr uint64_t kSaidMax = 5;
  Messages& messages_;
  uint64_t said_ = 0;
};

}  // namespace sl::tools::query
