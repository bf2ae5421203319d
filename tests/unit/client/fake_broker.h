// A cluster of brokers made of a few maps, for the client's tests: it speaks the protocol, keeps batches in memory and
// holds producers to their sequence numbers as a real one does. What a test wants to go wrong it sets as hooks.
#pragma once
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "aio/event.h"
#include "aio/runtime.h"
#include "record/batch_builder.h"
#include "record/record_cursor.h"
#include "rpc/frame_reader.h"
#include "wire/api.h"
#include "wire/frame.h"

namespace sl::client::fake {

struct StoredBatch {
  Offset base{0};
  Offset next{0};
  Buffer bytes;
  size_t size = 0;
  record::BatchView view() const { return record::BatchView(Bytes(bytes.data(), size)); }
};

struct ProducerState {
  int16_t epoch = -1;
  int32_t next_sequence = 0;
  std::deque<std::pair<int32_t, Offset>> last;  // base sequence and offset of the last five
};

struct Log {
  int32_t leader = 1;
  int32_t leader_epoch = 0;
  Offset start{0};
  Offset end{0};
  std::vector<StoredBatch> batches;
  std::map<int64_t, ProducerState> producers;
};

struct FakeTopic {
  Uuid id;
  std::vector<Log> logs;
};

// What the brokers of a cluster share.
struct FakeState {
  std::map<std::string, FakeTopic> topics;
  std::map<int32_t, aio::Address> nodes;
  std::map<int16_t, std::pair<int16_t, int16_t>> versions;  // overrides of what is listed
  int64_t last_producer_id = 1000;
  size_t batch_bytes_max = 1'048'588;
  int produce_requests = 0;
  int batches_stored = 0;
  int duplicates = 0;
  int out_of_order = 0;
  size_t largest_request_batches = 0;
  // An error for a batch before it is looked at; 0 goes on.
  std::function<int16_t(const std::string& topic, int32_t partition, record::BatchView batch)> refuse;
  // After a produce was carried out: true cuts the connection instead of answering.
  std::function<bool()> cut_before_answer;
  std::function<int64_t()> answer_delay_ms;
  std::function<int16_t()> fetch_error;
  // What node `id` answers to a request that is none of the broker's own, like those about groups.
  std::function<std::optional<wire::Encoded>(int32_t id, const wire::RequestFrame& frame)> other;
  bool silent = false;   // reads and never answers
  int late_answers = 0;  // so many answers about a topic say it is not there when it is, and the other way round

  void add_topic(const std::string& name, int32_t partitions, int32_t leader = 1) {
    FakeTopic topic;
    topic.id.bytes[0] = static_cast<uint8_t>(topics.size() + 1);
    topic.logs.resize(static_cast<size_t>(partitions));
    for (Log& log : topic.logs) log.leader = leader;
    topics[name] = std::move(topic);
  }
  const std::string* name_of(const Uuid& id) const {
    for (const auto& [name, topic] : topics)
      if (topic.id == id) return &name;
    return nullptr;
  }
  Log* find(const std::string& name, const Uuid& id, int32_t partition) {
    const std::string* known = name.empty() ? name_of(id) : &name;
    if (!known || !topics.contains(*known)) return nullptr;
    auto& logs = topics[*known].logs;
    return partition >= 0 && static_cast<size_t>(partition) < logs.size() ? &logs[static_cast<size_t>(partition)]
                                                                          : nullptr;
  }
  // Every record of a partition, as text.
  std::vector<std::string> values(const std::string& name, int32_t partition) {
    std::vector<std::string> values;
    record::Decompressor decompressor;
    for (const StoredBatch& batch : topics[name].logs[static_cast<size_t>(partition)].batches) {
      auto cursor = record::RecordCursor::open(batch.view(), decompressor);
      EXPECT_TRUE(cursor.ok());
      record::RecordView record;
      while (cursor && *cursor->next(record)) values.emplace_back(as_text(record.value.value_or(Bytes())));
    }
    return values;
  }
  Errc append(Log& log, record::BatchView batch, Offset& base);
};

class FakeBroker {
 public:
  FakeBroker(aio::Runtime& runtime, FakeState& state, int32_t id, aio::Address address)
      : runtime_(runtime), state_(state), id_(id), address_(std::move(address)), pause_(runtime.timers()) {
    state_.nodes[id] = address_;
    start();
  }
  ~FakeBroker() { EXPECT_EQ(group_.live(), 0); }

  void start() {
    auto listener = runtime_.listen(address_, {});
    ASSERT_TRUE(listener.ok());
    listener_ = *std::move(listener);
    group_.spawn(accept());
  }
  // Closes listener and connections; group() drains then.
  void stop() {
    if (listener_) listener_->close();
    for (aio::Stream* stream : streams_) stream->close();
    pause_.cancel();
  }
  void cut_connections() {
    for (aio::Stream* stream : streams_) stream->close();
  }
  aio::TaskGroup& group() { return group_; }
  int accepted = 0;

 private:
  aio::Task<void> accept() {
    for (;;) {
      auto stream = co_await listener_->accept();
      if (!stream) co_return;
      ++accepted;
      group_.spawn(serve(*std::move(stream)));
    }
  }
  aio::Task<void> serve(std::unique_ptr<aio::Stream> stream);
  aio::Task<wire::Encoded> answer(wire::RequestFrame frame, Buffer owner, bool* respond, bool* cut);
  template <class M>
  M decode(const wire::RequestFrame& frame, const Buffer& owner) {
    auto request = wire::decode<M>(frame.body, frame.header.api_version, owner);
    EXPECT_TRUE(request.ok()) << (request ? "" : request.error().context);
    return *request;
  }
  template <class M>
  wire::Encoded encode(const wire::RequestFrame& frame, const M& message) {
    return wire::encode_response(frame.header.correlation_id, message, frame.header.api_version);
  }
  wire::ApiVersionsResponse listed() const {
    wire::ApiVersionsResponse listed = wire::listed_apis();
    std::erase_if(listed.api_keys, [&](auto& api) {
      auto found = state_.versions.find(api.api_key);
      if (found == state_.versions.end()) return false;
      api.min_version = found->second.first;
      api.max_version = found->second.second;
      return api.max_version < 0;
    });
    return listed;
  }
  wire::MetadataResponse metadata(const wire::MetadataRequest& request);
  wire::ProduceResponse produce(const wire::ProduceRequest& request);
  wire::FetchResponse fetch(const wire::FetchRequest& request);
  wire::ListOffsetsResponse list_offsets(const wire::ListOffsetsRequest& request);
  wire::CreateTopicsResponse create(const wire::CreateTopicsRequest& request);
  wire::DeleteTopicsResponse remove(const wire::DeleteTopicsRequest& request);
  wire::DeleteRecordsResponse trim(const wire::DeleteRecordsRequest& request);
  wire::DescribeLogDirsResponse log_dirs(const wire::DescribeLogDirsRequest& request);

  aio::Runtime& runtime_;
  FakeState& state_;
  int32_t id_;
  aio::Address address_;
  aio::TaskGroup group_;
  aio::Timer pause_;
  std::unique_ptr<aio::Listener> listener_;
  std::set<aio::Stream*> streams_;
};

}  // namespace sl::client::fake
