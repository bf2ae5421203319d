// Ledger: copies of the records of one partition that are under way, oldest first, in one run of bytes.
#pragma once
#include <string>

#include "client/producer.h"
#include "record/record.h"

namespace sl::tools::produce {

class Ledger {
 public:
  // The record's timestamp must be set.
  void push(const client::ProducerRecord& record);
  // The oldest one, as a view that is good until the next call; its offset is not set. There must be one.
  record::RecordView pop();
  bool empty() const { return at_ == bytes_.size(); }

 private:
  struct Entry {
    int64_t timestamp_ms;
    int32_t key_bytes;  // -1: null
    int32_t value_bytes;
    int32_t header_count;
    uint32_t header_bytes;
  };
  std::string bytes_;
  size_t at_ = 0;
};

}  // namespace sl::tools::produce
