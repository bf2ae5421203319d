// Lane: one partition's way out of a producer: the batch being filled, and those sealed and not yet settled, in the
// order of their sequence numbers. No I/O and no time of its own; the producer says when.
//
// What is hard is that no batch may be stored twice and none may overtake another, whatever fails. Once the first one
// is stored, and while nothing has failed, several batches are in flight. A batch that failed goes back to where it
// was, and until it is settled only one batch at a time is in flight. A batch that is given up leaves a gap in the
// sequence, which the leader would refuse: the lane lets everything in flight come back and then renumbers what is left
// in a new epoch. What may have been stored in the old epoch cannot be renumbered without risking a double; it fails
// with its fate unknown.
#pragma once
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "record/batch_builder.h"

namespace sl::client {

struct Lane;
struct ProducerTopic;

struct SealedBatch {
  Lane* lane = nullptr;
  Slice bytes;
  int32_t count = 0;
  uint64_t first_input = 0;
  int64_t opened_ns = 0;  // when its first record came
  int32_t base_sequence = -1;
  int attempts = 0;
  bool in_flight = false;
  bool maybe_stored = false;  // an attempt ended without a clear answer
  bool renumbered = false;    // the leader had lost its place in the sequence
  size_t weight() const { return bytes.bytes.size() + 4096; }
};
using BatchPtr = std::shared_ptr<SealedBatch>;

// What a producer stamps its batches with; an id of -1 is none, and then there are no sequence numbers.
struct ProducerIdentity {
  ProducerId id{-1};
  int16_t epoch = -1;
};

// How batches are closed; one for all lanes of a producer.
struct Sealing {
  ProducerIdentity identity;
  record::Codec codec = record::Codec::kNone;
  int level = record::kDefaultLevel;
  record::Compressor compressor;
};

struct Lane {
  Lane(BufferPool& blocks, ProducerTopic* owner, int32_t partition, size_t bytes_max)
      : topic(owner), index(partition), builder(blocks, bytes_max), batch_bytes(bytes_max), pool(blocks) {}
  Lane(const Lane&) = delete;

  // Closes the open batch, which is not empty, and queues it.
  SealedBatch& seal(Sealing& sealing);
  // The batch that may be sent next; null where none is or where the lane must wait. `in_flight_max` of them at a time.
  BatchPtr next(int in_flight_max) const;
  // Whether a batch sealed now could be sent at once.
  bool could_send(int in_flight_max) const;
  void sent(SealedBatch& batch);
  // It came back to be sent again, in its place.
  void returned(SealedBatch& batch, bool maybe_stored);
  // Stored or given up: it leaves the lane. `gap` where it was given up.
  void settled(const SealedBatch& batch, bool gap);
  // The leader has lost its place in the sequence: what follows needs a new epoch.
  void lose_place() { gap_ = true; }
  bool gap() const { return gap_; }
  // Once nothing is in flight, renumbers the rest in the next epoch; batches that may have been stored are taken out
  // and handed over. Nothing to do where there is no gap.
  std::vector<BatchPtr> heal(const ProducerIdentity& identity);
  // Cuts a batch that the leader found too large, which is not in flight, into at least two, in its place and with its
  // sequence numbers; later batches are made as small. kMessageTooLarge where it holds one record. The new ones.
  Result<std::vector<BatchPtr>> split(SealedBatch& batch, Sealing& sealing);

  bool idle() const { return batches.empty(); }
  int in_flight() const { return in_flight_; }

  ProducerTopic* const topic;
  const int32_t index;
  record::BatchBuilder builder;
  uint64_t first_input = 0;  // of the open batch
  int64_t opened_ns = 0;
  uint64_t generation = 0;  // counts open batches
  size_t batch_bytes;
  size_t first_bytes = 0;  // what the next batch's block begins with
  bool due = false;        // the open batch may leave
  bool waiting = false;    // queued at its leader
  bool delayed = false;    // until retry_at_ns
  int64_t retry_at_ns = 0;
  int failures = 0;  // in a row
  int32_t leader = -1;
  Error last_error;
  std::deque<BatchPtr> batches;  // sealed and not settled
  BufferPool& pool;

 private:
  record::BatchStamp stamp(const ProducerIdentity& identity, int32_t base_sequence) const;
  bool careful() const;
  int32_t next_sequence_ = 0;
  int16_t epochs_ = 0;  // begun beyond the producer's own
  int in_flight_ = 0;
  bool gap_ = false;
  bool known_ = false;  // the leader has stored something of ours
};

// The sequence number `count` records later; after 2^31-1 comes 0.
constexpr int32_t sequence_after(int32_t sequence, int32_t count) {
  return static_cast<int32_t>((static_cast<uint32_t>(sequence) + static_cast<uint32_t>(count)) & 0x7fffffffu);
}

}  // namespace sl::client
