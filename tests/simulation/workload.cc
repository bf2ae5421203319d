// Everything here waits out what the daemon goes through: connections are opened anew until one holds.
#include "tests/simulation/workload.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/crc32c.h"
#include "base/text.h"
#include "record/record_cursor.h"
#include "tests/simulation/sample_batch.h"

namespace sl::simulation {

Workload::Workload(aio::Runtime& runtime, WorkloadOptions options) : runtime_(runtime), options_(std::move(options)) {}

client::ClusterOptions Workload::cluster_options() const {
  client::ClusterOptions options;
  options.bootstrap.push_back(aio::Address{options_.broker, 9092, {}});
  options.connect_timeout_ms = 2000;
  options.request_timeout_ms = 5000;
  return options;
}

namespace {

aio::Task<void> pause(aio::Runtime& runtime, int64_t ms) {
  aio::Timer timer(runtime.timers());
  (void)co_await timer.wait_ms(ms);
}

}  // namespace

aio::Task<void> Workload::create_topic() {
  for (int attempt = 0; attempt < 1000 && !topic_made_ && !abandoned_; ++attempt) {
    client::Cluster cluster(runtime_, cluster_options());
    auto opened = co_await cluster.open();
    if (opened) {
      client::Admin admin(cluster, 5000);
      std::vector<client::NewTopic> topics;
      client::NewTopic topic;
      topic.name = options_.topic;
      topic.partitions = options_.partitions;
      topic.configs = options_.topic_settings;
      topics.push_back(std::move(topic));
      auto made = co_await admin.create(std::move(topics));
      if (made) {
        Errc code = made->front().error.code;
        // An answer may have been lost with its connection.
        topic_made_ = code == Errc::kNone || code == Errc::kTopicAlreadyExists;
        if (!topic_made_) trouble_ = "creating the topic: " + made->front().error.context;
      }
    }
    co_await cluster.close();
    if (!topic_made_) co_await pause(runtime_, 50);
  }
}

void Workload::note_delivery(const client::Delivery& delivery) {
  int32_t partition = delivery.partition.value;
  const auto& sent = sent_[partition];
  // Answers that were lost come later than those of batches behind them, so the first record's number counts.
  auto at = std::find(sent.begin(), sent.end(), delivery.first_input);
  if (sent.end() - at < delivery.count) {
    trouble_ = "a delivery of records that were not sent";
    return;
  }
  for (int32_t i = 0; i < delivery.count; ++i, ++at) {
    if (delivery.error) {
      ++failed_;
      if (first_failure_.empty()) first_failure_ = delivery.error->context;
      continue;
    }
    ++acknowledged_;
    int64_t offset = delivery.base_offset == kNoOffset ? -1 : delivery.base_offset.value + i;
    if (!stored_[partition].emplace(*at, offset).second) trouble_ = "a record was acknowledged twice";
  }
}

aio::Task<void> Workload::produce() {
  client::Cluster cluster(runtime_, cluster_options());
  for (int attempt = 0; attempt < 1000 && !abandoned_; ++attempt) {
    auto opened = co_await cluster.open();
    if (opened) break;
    co_await pause(runtime_, 50);
  }
  client::Producer producer(cluster, options_.producer);
  producer.on_delivery = [this](const client::Delivery& delivery) { note_delivery(delivery); };
  client::Producer::Topic* topic = nullptr;
  for (int attempt = 0; attempt < 1000 && !topic && !abandoned_; ++attempt) {
    auto found = co_await producer.open_topic(options_.topic);
    if (found)
      topic = *found;
    else
      co_await pause(runtime_, 50);
  }
  for (uint64_t number = 0; topic && number < options_.records && !abandoned_; ++number) {
    std::string value = sample_value(number, 16 + runtime_.random().below(options_.value_bytes_max));
    client::ProducerRecord record;
    record.value = as_bytes(value);
    record.input = number;
    record.partition = static_cast<int32_t>(runtime_.random().below(static_cast<uint64_t>(options_.partitions)));
    // Noted first: a delivery may be told before append() returns.
    sent_[record.partition].push_back(number);
    Errc code = producer.append(*topic, record);
    while (code == Errc::kWouldBlock) {
      co_await producer.wait_room();
      code = producer.append(*topic, record);
    }
    if (code != Errc::kNone) {
      trouble_ = "a record was refused: " + producer.refusal().context;
      sent_[record.partition].pop_back();
      break;
    }
    if (runtime_.random().below(4) == 0) {
      producer.nudge();
      auto longest = static_cast<uint64_t>(options_.pause_ms_max);
      co_await pause(runtime_, static_cast<int64_t>(runtime_.random().below(longest + 1)));
    }
  }
  auto flushed = co_await producer.flush();
  if (!flushed && first_failure_.empty()) first_failure_ = flushed.error().context;
  co_await producer.close(1000);
  co_await cluster.close();
  if (!topic) trouble_ = "the topic was never found";
  produced_ = true;
}

Status Workload::take(const client::Fetched& fetched, std::vector<Seen>& into) {
  record::Decompressor decompressor;
  for (const auto& batch : fetched.batches) {
    SL_TRY(auto cursor, record::RecordCursor::open(batch, decompressor));
    record::RecordView record;
    for (;;) {
      SL_TRY(bool more, cursor.next(record));
      if (!more) break;
      if (record.offset < fetched.from || record.offset >= fetched.until) continue;
      auto text = as_text(*record.value);
      auto number = text.size() >= 15 ? parse_int(text.substr(1, 14)) : Result<int64_t>(Errc::kMalformed);
      if (!number || sample_value(static_cast<uint64_t>(*number), text.size()) != text)
        return Error{Errc::kCorruptMessage, "a record's value is not what was sent"};
      into.push_back(Seen{record.offset.value, static_cast<uint64_t>(*number)});
    }
  }
  return {};
}

aio::Task<Status> Workload::drain(client::Consumer* consumer, Partitions* into, bool to_the_end) {
  std::set<size_t> caught_up;
  for (;;) {
    auto fetched = co_await consumer->next(200);
    if (!fetched) co_return std::move(fetched).error();
    using Kind = client::Fetched::Kind;
    auto partition = consumer->assignment(fetched->index).partition.value;
    if (fetched->kind == Kind::kRecords) {
      SL_CO_CHECK(take(*fetched, (*into)[partition]));
      caught_up.erase(fetched->index);
    }
    if (fetched->kind == Kind::kCaughtUp) caught_up.insert(fetched->index);
    if (fetched->kind == Kind::kSkipped) co_return Error{Errc::kOffsetOutOfRange, "records are gone"};
    if (fetched->kind == Kind::kGone) co_return Error{Errc::kUnknownTopicOrPartition, "the topic is gone"};
    if (abandoned_) co_return Errc::kCancelled;
    bool at_the_end = caught_up.size() == consumer->assignment_count();
    if (at_the_end && (to_the_end || stopping_)) co_return Status();
  }
}

aio::Task<void> Workload::read(Partitions* into, bool follow) {
  client::Cluster cluster(runtime_, cluster_options());
  Status done = Errc::kUnreachable;
  for (int attempt = 0; attempt < 1000 && !done && !abandoned_; ++attempt) {
    done = co_await cluster.open();
    if (!done) co_await pause(runtime_, 50);
  }
  client::Consumer consumer(cluster, client::ConsumerOptions());
  std::vector<client::Assignment> assignments;
  for (int32_t i = 0; i < options_.partitions; ++i) {
    client::Assignment assignment;
    assignment.topic = options_.topic;
    assignment.partition = Partition(i);
    assignments.push_back(std::move(assignment));
  }
  if (done) done = co_await consumer.assign(std::move(assignments));
  if (done) done = co_await drain(&consumer, into, !follow);
  // A follower that came when the daemon was down for longer than it waits has seen what it has seen.
  bool may_fail = follow && !done && done.code() != Errc::kCorruptMessage && done.code() != Errc::kOffsetOutOfRange;
  if (!done && !may_fail) trouble_ = fmt::format("reading: {} {}", error_info(done.code()).name, done.error().context);
  co_await consumer.close();
  co_await cluster.close();
}

aio::Task<void> Workload::follow() {
  co_await read(&followed_records_, true);
  followed_ = true;
}

aio::Task<void> Workload::read_all() {
  all_.clear();
  co_await read(&all_, false);
}

std::string Workload::verdict() const {
  if (!trouble_.empty()) return trouble_;
  for (const auto& [partition, sent] : sent_) {
    std::map<uint64_t, int64_t> found;
    int64_t next_offset = 0;
    uint64_t next_number = 0;
    auto at = all_.find(partition);
    for (const Seen& seen : at == all_.end() ? std::vector<Seen>() : at->second) {
      if (seen.offset != next_offset++)
        return fmt::format("partition {}: offset {} is missing", partition, next_offset - 1);
      if (!found.emplace(seen.number, seen.offset).second)
        return fmt::format("partition {}: record {} is there twice", partition, seen.number);
      if (seen.number < next_number)
        return fmt::format("partition {}: record {} is out of order", partition, seen.number);
      next_number = seen.number + 1;
    }
    auto stored = stored_.find(partition);
    if (stored == stored_.end()) continue;
    for (auto [number, offset] : stored->second) {
      auto seen = found.find(number);
      if (seen == found.end()) return fmt::format("partition {}: acknowledged record {} is lost", partition, number);
      if (offset >= 0 && seen->second != offset)
        return fmt::format("partition {}: record {} was acknowledged at {} and lies at {}", partition, number, offset,
                           seen->second);
    }
  }
  for (const auto& [partition, seen] : followed_records_) {
    auto at = all_.find(partition);
    if (at == all_.end() || seen.size() > at->second.size() ||
        !std::equal(seen.begin(), seen.end(), at->second.begin()))
      return fmt::format("partition {}: what a reader was given is not what the log holds", partition);
  }
  return {};
}

uint64_t Workload::fingerprint() const {
  std::string text = fmt::format("{} {}", acknowledged_, failed_);
  for (const auto& [partition, seen] : all_)
    for (const Seen& one : seen) text += fmt::format(" {}:{}:{}", partition, one.offset, one.number);
  for (const auto& [partition, seen] : followed_records_) text += fmt::format(" {}+{}", partition, seen.size());
  return crc32c(as_bytes(text));
}

}  // namespace sl::simulation
