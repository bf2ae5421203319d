// Workload: one topic, one producer that numbers its records, one reader that follows it, all in one client process,
// whatever happens to the daemon meanwhile; and what must hold in the end: every acknowledged record is there once,
// where the acknowledgement said, in order, and what a reader was given stays true.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "aio/runtime.h"
#include "client/admin.h"
#include "client/consumer.h"
#include "client/producer.h"

namespace sl::simulation {

struct WorkloadOptions {
  std::string broker = "broker";
  std::string topic = "t";
  int32_t partitions = 2;
  uint64_t records = 300;
  size_t value_bytes_max = 400;
  int64_t pause_ms_max = 20;  // between records, now and then
  client::ProducerOptions producer;
  std::vector<std::pair<std::string, std::string>> topic_settings;
};

class Workload {
 public:
  Workload(aio::Runtime& runtime, WorkloadOptions options);
  Workload(const Workload&) = delete;

  // Creates the topic, trying until it is there.
  aio::Task<void> create_topic();
  // Sends everything and waits for it; then finished() is true.
  aio::Task<void> produce();
  // Reads along from the start, until `stop_following` or the end of a topic whose producer has finished.
  aio::Task<void> follow();
  // All that the topic holds now, by a client of its own.
  aio::Task<void> read_all();

  void stop_following() { stopping_ = true; }
  // The daemon will not come back: whatever runs comes to its end soon.
  void abandon() { stopping_ = abandoned_ = true; }
  bool topic_made() const { return topic_made_; }
  bool produced() const { return produced_; }
  bool followed() const { return followed_; }
  uint64_t acknowledged() const { return acknowledged_; }
  uint64_t failed() const { return failed_; }
  const std::string& first_failure() const { return first_failure_; }
  // What is wrong, after read_all(); empty where nothing is.
  std::string verdict() const;
  // Of everything that was acknowledged and read: equal for equal runs.
  uint64_t fingerprint() const;

 private:
  struct Seen {
    int64_t offset;
    uint64_t number;
    bool operator==(const Seen&) const = default;
  };
  using Partitions = std::map<int32_t, std::vector<Seen>>;
  client::ClusterOptions cluster_options() const;
  void note_delivery(const client::Delivery& delivery);
  aio::Task<Status> drain(client::Consumer* consumer, Partitions* into, bool to_the_end);
  aio::Task<void> read(Partitions* into, bool follow);
  static Status take(const client::Fetched& fetched, std::vector<Seen>& into);

  aio::Runtime& runtime_;
  WorkloadOptions options_;
  std::map<int32_t, std::vector<uint64_t>> sent_;          // numbers by partition, in the order of append
  std::map<int32_t, std::map<uint64_t, int64_t>> stored_;  // number to offset
  Partitions followed_records_;
  Partitions all_;
  bool topic_made_ = false;
  bool produced_ = false;
  bool followed_ = false;
  bool stopping_ = false;
  bool abandoned_ = false;
  uint64_t acknowledged_ = 0;
  uint64_t failed_ = 0;
  std::string first_failure_;
  std::string trouble_;
};

}  // namespace sl::simulation
