// EpochCache: which leader epoch begins at which offset (KIP-101, KIP-279, KIP-320). Followers find by it where their
// log leaves the leader's. Sorted by both; an epoch that has no record vanishes when the next one begins.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"

namespace sl::storage {

struct EpochStart {
  Epoch epoch;
  Offset start;
  bool operator==(const EpochStart&) const = default;
};

struct EpochEnd {
  Epoch epoch = kNoEpoch;
  Offset end = kNoOffset;
  bool operator==(const EpochEnd&) const = default;
};

class EpochCache {
 public:
  // kNoEpoch where there is none.
  Epoch latest() const { return starts_.empty() ? kNoEpoch : starts_.back().epoch; }
  // The epoch of the record at `offset`, and where the next epoch begins (kNoOffset: nowhere yet).
  EpochEnd at(Offset offset) const;
  // Kafka's endOffsetFor: the largest epoch that is not above `epoch`, and its end, `log_end` for the latest. (none,
  // -1) where `epoch` is above the latest or nothing is known; an epoch below the first answers itself and the first
  // start.
  EpochEnd end_offset_for(Epoch epoch, Offset log_end) const;

  // Begins `epoch` at `start`, if it is newer; removes entries that it makes impossible. True if anything changed.
  bool assign(Epoch epoch, Offset start);
  // The log now ends at `end`: entries that begin there or later go.
  bool truncate_to(Offset end);
  // A leader's failed write is undone: its epoch stays and begins no later than `end`.
  bool roll_back_to(Offset end);
  // The log now begins at `start`: the entry that covers it begins there, those before go.
  bool advance_start(Offset start);
  void clear();

  std::span<const EpochStart> starts() const { return starts_; }

 private:
  std::vector<EpochStart> starts_;
};

}  // namespace sl::storage
