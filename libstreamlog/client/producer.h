// Producer: records in, acknowledged batches out. Records are encoded where they are appended, into one open batch a
// partition; a batch leaves when it is full, when the linger is over, or when the input would block and nothing of its
// partition is in flight. Requests bundle the batches of all partitions of one leader, five in flight at a time.
//
// What is hard is a retry; lane.h says what holds then. A request that failed is repeated, batch by batch, until it is
// stored, refused for good, or the delivery timeout is over.
//
// Use, in one task:
//   for each record: while (producer.append(topic, record) == Errc::kWouldBlock) co_await producer.wait_room();
//   where the input would block: producer.nudge();  at the end: co_await producer.flush(); co_await producer.close(ms);
// append() never lets the loop run. Between two pieces of input let it turn (co_await producer.breathe()), so that what
// is pending moves while the next piece is encoded.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "aio/event.h"
#include "client/cluster.h"
#include "client/interruptible.h"
#include "client/lane.h"
#include "client/partitioner.h"
#include "wire/messages/produce.h"

namespace sl::client {

enum class Acks : int16_t { kNone = 0, kLeader = 1, kAll = -1 };

struct ProducerOptions {
  // kAll makes the producer idempotent. With kLeader one batch of a partition is in flight at a time, which keeps the
  // order, and a lost connection may store a batch twice; with kNone nothing is known of what was stored.
  Acks acks = Acks::kAll;
  PartitionerKind partitioner = PartitionerKind::kMurmur2;
  record::Codec codec = record::Codec::kNone;
  int level = record::kDefaultLevel;
  int64_t linger_ms = 5;
  // From a batch's first record until it fails with kRequestTimedOut.
  int64_t delivery_timeout_ms = 120'000;
  // How long the cluster may say that a topic does not exist before its batches fail.
  int64_t unknown_topic_grace_ms = 5'000;
  // A batch is cut at this size; smaller where many partitions share `open_bytes_max`.
  size_t batch_bytes = 1'000'000;
  // A record that makes a larger batch on its own is refused at append: what a topic takes at most by default.
  size_t record_batch_bytes_max = 1'000'000;
  // Records of one request, unless a single batch is larger.
  size_t request_bytes_max = 4 << 20;
  // Memory: batches being filled, and those on their way.
  size_t open_bytes_max = 12 << 20;
  size_t sealed_bytes_max = 8 << 20;
  int requests_in_flight_max = 5;
};

// What became of one batch: `count` records, appended in this order, at base_offset and the offsets behind it.
struct Delivery {
  const std::string& topic;
  Partition partition;
  Offset base_offset;  // kNoOffset where it failed or is not known (acks none, a duplicate of long ago)
  int32_t count = 0;
  // `input` of its first record, or of one before it where the batch had to be cut smaller.
  uint64_t first_input = 0;
  int64_t append_time_ms = -1;   // where the topic stamps records itself
  const Error* error = nullptr;  // null where it was stored; the sentence names topic and partition
};

struct ProducerRecord {
  std::optional<Bytes> key;  // null is not empty
  std::optional<Bytes> value;
  int64_t timestamp_ms = -1;  // negative: now
  uint64_t input = 0;         // the caller's own number of it, rising
  int32_t partition = -1;     // negative: the partitioner chooses
  std::span<const record::HeaderView> headers = {};
};

// A topic that is produced to; valid as long as its producer.
struct ProducerTopic {
  std::string name;
  TopicPtr info;
  Partitioner partitioner;
  std::vector<std::unique_ptr<Lane>> lanes;  // by partition
  bool refreshing = false;
  int64_t unknown_since_ns = -1;
};

class Producer {
 public:
  using Topic = ProducerTopic;

  // `cluster`, open, must outlive it.
  Producer(Cluster& cluster, ProducerOptions options);
  Producer(const Producer&) = delete;
  ~Producer();  // close() has ended

  // Called from the loop for every batch; must not append or close. Set before the first append. In order within a
  // partition, except that a batch whose answer was lost on the way is reported when it was asked for again: after
  // later ones that were answered.
  std::function<void(const Delivery&)> on_delivery;

  // Finds the topic. kUnknownTopicOrPartition where there is none, and the errors of reaching the cluster.
  aio::Task<Result<Topic*>> open_topic(std::string name);

  // Takes a record, or says why not: kWouldBlock (memory is full: wait_room and try again), kMessageTooLarge,
  // kUnknownTopicOrPartition (no such partition), or the error that ended this producer; refusal() has the sentence for
  // these. The bytes are copied.
  Errc append(Topic& topic, const ProducerRecord& record);
  const Error& refusal() const { return refusal_; }

  // Until append() may succeed again.
  aio::Task<void> wait_room();
  // One turn of the loop.
  aio::Task<void> breathe();
  // The input has no more to give now: whatever has nothing of its partition in flight leaves, now and as soon as it
  // may.
  void nudge();
  // Sends everything and waits for it. The first failure of a batch since the last flush.
  aio::Task<Status> flush();
  // Sends everything, waits for it at most so long, gives the rest up (deliveries say kCancelled) and drains.
  aio::Task<void> close(int64_t wait_ms_max);

  // Records stored and failed, as reported.
  uint64_t records_stored() const { return stored_; }
  uint64_t records_failed() const { return failed_; }
  // Nothing is open or on its way.
  bool idle() const { return open_ == 0 && sealed_ == 0; }

 private:
  // One node's queue of lanes that have something to send, and its requests in flight.
  struct Leader {
    int32_t node;
    std::deque<Lane*> waiting;
    int in_flight = 0;
    bool reaching = false;
  };
  struct Request {
    std::vector<BatchPtr> batches;
    size_t bytes = 0;
  };
  // An open batch whose linger ends then, unless the lane's generation is another by now.
  struct Lingering {
    Lane* lane;
    uint64_t generation;
    int64_t due_ns;
  };

  // producer.cc: records in
  Errc open_batch(Lane& lane, const ProducerRecord& record, int64_t timestamp_ms);
  Errc refuse(Errc code, std::string sentence);
  bool may_seal() const { return identified_ && sealed_bytes_ < options_.sealed_bytes_max; }
  void seal(Lane& lane);
  void release_idle();
  void release_all();
  void size_batches();
  void learn(Topic& topic, TopicPtr info);

  // producer_send.cc: batches out
  void offer(Lane& lane);
  void dispatch(Leader& leader);
  void dispatch_all();
  std::unique_ptr<Request> collect(Leader& leader);
  BatchPtr take(Lane& lane);
  wire::ProduceRequest message(const Request& request) const;
  int64_t call_ms(const Request& request) const;
  aio::Task<void> send(Leader* leader, ConnectionPtr connection, std::unique_ptr<Request> request);
  aio::Task<void> reach(Leader* leader);
  aio::Task<void> identify();
  aio::Task<void> refresh(Topic* topic);
  aio::Task<void> clockwork();
  void wake_by(int64_t due_ns);
  void delay(Lane& lane);
  void run_due(int64_t now_ns);
  void expire(int64_t now_ns);

  // producer_retry.cc: what became of them
  void complete(const Request& request, const Result<wire::ProduceResponse>& answer);
  void settle(const BatchPtr& batch, const wire::ProduceResponse::Partition& answer);
  void retry(SealedBatch& batch, Error why, bool maybe_stored, bool at_once);
  void give_up(const BatchPtr& batch, Error why);
  void stored(const BatchPtr& batch, Offset base_offset, int64_t append_time_ms);
  void after(Lane& lane);
  void split(const BatchPtr& batch, Error why);
  void forget(const SealedBatch& batch);
  void drop_open(Lane& lane, Error why);
  void drop_all(const Error& why);
  void report_failure(Lane& lane, int32_t count, uint64_t first_input, Error why);
  Error about(const Lane& lane, Errc code, std::string_view reason) const;

  Cluster& cluster_;
  aio::Runtime& runtime_;
  ProducerOptions options_;
  aio::TaskGroup group_;
  Interruptible asking_;
  aio::Event room_;  // memory was freed, an id came, the producer ended
  aio::Timer timer_;
  aio::Timer breath_;
  aio::Timer id_pause_;
  std::map<std::string, std::unique_ptr<Topic>> topics_;
  std::map<int32_t, std::unique_ptr<Leader>> leaders_;
  std::deque<Lingering> lingering_;
  std::vector<Lane*> delayed_;
  Sealing sealing_;
  size_t lanes_ = 0;
  bool started_ = false;
  bool identified_ = false;  // has its producer id, or needs none
  bool input_blocked_ = false;
  bool flushing_ = false;
  bool stopping_ = false;
  int lane_in_flight_max_;
  int64_t armed_for_ns_ = 0;
  int64_t next_expiry_ns_ = 0;
  Error fatal_;
  Error refusal_;
  Error first_failure_;
  size_t open_ = 0;    // batches being filled
  size_t sealed_ = 0;  // batches sealed and not settled
  size_t sealed_bytes_ = 0;
  uint64_t stored_ = 0;
  uint64_t failed_ = 0;
};

}  // namespace sl::client
