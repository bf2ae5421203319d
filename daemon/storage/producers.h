// ProducerTable: what a log remembers of each idempotent producer (KIP-98): its epoch and its last five batches, so
// that a retry is answered and not appended, and a gap is refused. What is hard about it: entries run ahead of the disk
// (they hold queued batches), so a failed write, a truncation and a checkpoint each need the past back.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "record/batch.h"

namespace sl::storage {

struct ProducerBatch {
  int32_t first_sequence = 0;
  int32_t last_sequence = 0;
  Offset base;
  Offset last;
  int64_t timestamp_ms = -1;
  bool operator==(const ProducerBatch&) const = default;
};

// Oldest first. Five, as in Kafka: a client has at most five in flight.
struct ProducerEntry {
  static constexpr size_t kBatchesMax = 5;
  std::array<ProducerBatch, kBatchesMax> batches{};
  uint8_t count = 0;
  bool dirty = true;  // not yet in a checkpoint
  int16_t epoch = -1;
  int32_t next_sequence = 0;
  int64_t last_used_ms = 0;  // wall time of the last append

  void push(const ProducerBatch& batch);
  // Forgets batches that do not lie wholly before `end`. What sequence came next then is still known from the oldest
  // one forgotten. True if anything changed.
  bool cut_to(Offset end);
};

// The entry as it was before a queued batch; nothing where there was none.
struct ProducerUndo {
  ProducerId id{-1};
  std::optional<ProducerEntry> before;
};

// After 2147483647 comes 0.
int32_t sequence_after(int32_t sequence, int32_t count);

class ProducerTable {
 public:
  // What a client's batch is: new (nothing), or a duplicate of one that is remembered. kInvalidProducerEpoch,
  // kOutOfOrderSequenceNumber. Changes nothing.
  Result<std::optional<ProducerBatch>> check(record::BatchView batch) const;
  // Takes a batch with offsets in, without questions.
  ProducerUndo apply(record::BatchView batch, int64_t now_ms);
  void undo(const ProducerUndo& undo);
  // The log now ends at `end`.
  void truncate_to(Offset end);
  // Forgets those that are idle since before `before_ms`.
  void expire(int64_t before_ms);
  void clear();

  const ProducerEntry* find(ProducerId id) const;
  void restore(ProducerId id, const ProducerEntry& entry);
  size_t size() const { return entries_.size(); }

  // For checkpoints: ids whose entries changed or went since they were last taken. They come again after a failure.
  std::vector<ProducerId> take_dirty();
  void give_back_dirty(const std::vector<ProducerId>& ids);
  bool any_dirty() const { return !dirty_.empty(); }
  std::vector<ProducerId> ids() const;

 private:
  void mark(ProducerId id, ProducerEntry& entry);
  std::unordered_map<ProducerId, ProducerEntry> entries_;
  std::vector<ProducerId> dirty_;
};

}  // namespace sl::storage
