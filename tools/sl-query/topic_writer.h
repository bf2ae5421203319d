// The sink of a persistent query: its topic, made where there is none, and the records produced to it.
#pragma once
#include <memory>
#include <string>

#include "client/producer.h"
#include "query/sink_encoder.h"
#include "query/task.h"
#include "record/record.h"
#include "tools/common/session.h"

namespace sl::tools::query {

class TopicWriter {
 public:
  // `plan` and `task` must outlive it.
  TopicWriter(Session& session, const sl::query::Plan& plan, sl::query::Task& task);

  // Opens the topic; from now on what the task makes is kept for send().
  aio::Task<Status> open();
  // Waits until the producer has taken what the task has made. An error of an earlier record that could not be stored.
  aio::Task<Status> send();
  // Everything is stored, or the first error.
  aio::Task<Status> flush();
  aio::Task<void> close();

 private:
  struct Pending {
    std::optional<std::string> key, value;
    int64_t timestamp = 0;
    std::string headers;
    int32_t header_count = 0;
  };
  // Hands a record to the producer, or keeps it where that has no room.
  Status take(const sl::query::OutputRecord& record);
  Errc append(const sl::query::OutputRecord& record);

  Session& session_;
  const sl::query::Plan& plan_;
  sl::query::Task& task_;
  client::Producer producer_;
  client::Producer::Topic* topic_ = nullptr;
  std::unique_ptr<sl::query::SinkEncoder> encoder_;
  std::vector<Pending> pending_;
  std::vector<record::HeaderView> headers_;
  Status stored_;  // the first failure of a delivery
};

// Makes a topic where there is none; none there and no number given is an error that says what to do.
aio::Task<Status> ensure_topic(Session& session, std::string topic, int32_t partitions, bool compacted);

}  // namespace sl::tools::query
