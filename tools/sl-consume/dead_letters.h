// DeadLetters: records for which a command failed for good, stored in another topic as they were, with the reason in
// headers:
//   sl-error "exit 3"   sl-attempts "4"   sl-topic, sl-partition, sl-offset: where the record was read   sl-group
#pragma once
#include <optional>
#include <string>

#include "client/producer.h"
#include "record/record.h"
#include "tools/common/record_context.h"

namespace sl::tools::consume {

// A copy of a record, since the batch that it came in may be gone when its command ends.
struct KeptRecord {
  KeptRecord(const RecordContext& context, const record::RecordView& record);
  std::string topic;
  Partition partition;
  Offset offset;
  int64_t timestamp_ms;
  std::optional<std::string> key, value;
  std::string header_bytes;
  int32_t header_count;
};

struct FailedCommand {
  std::string reason;
  int attempts = 0;
  std::string group;  // empty: none
};

class DeadLetters {
 public:
  // `cluster`, open, must outlive it.
  DeadLetters(client::Cluster& cluster, std::string topic);
  DeadLetters(const DeadLetters&) = delete;
  // kUnknownTopicOrPartition where there is no such topic.
  aio::Task<Status> open();
  // Stores all of them, or says why not.
  aio::Task<Status> put(const std::vector<KeptRecord>& records, const FailedCommand& why);
  aio::Task<void> close() { return producer_.close(0); }

 private:
  aio::Task<Status> append(const KeptRecord& record, const FailedCommand& why);

  client::Producer producer_;
  std::string name_;
  client::Producer::Topic* topic_ = nullptr;
};

}  // namespace sl::tools::consume
