// Which partition a record goes to. A record that has to wait for memory is offered again, so a choice stays until it
// was used: pick(), then used().
#pragma once
#include <optional>

#include "base/ids.h"
#include "base/murmur2.h"
#include "base/random.h"
#include "base/result.h"

namespace sl::client {

enum class PartitionerKind : uint8_t {
  kMurmur2,     // by key as Kafka's Java client does; without a key round robin, record by record
  kRoundRobin,  // record by record, whatever the key
  kSticky,      // by key; without a key one partition until its batch is full, then another
  kRandom,      // any, whatever the key
};

// "murmur2", "roundrobin", "sticky", "random"; kUsage for others.
Result<PartitionerKind> parse_partitioner(std::string_view name);

class Partitioner {
 public:
  // Begins at a random partition, so that many short runs fill all evenly. `random` must outlive it.
  Partitioner(PartitionerKind kind, int32_t partitions, Random& random)
      : kind_(kind), partitions_(partitions), random_(random), next_(draw()) {}

  // In [0, partitions); the same until used().
  int32_t pick(const std::optional<Bytes>& key) const {
    if (key && (kind_ == PartitionerKind::kMurmur2 || kind_ == PartitionerKind::kSticky))
      return partition_of_key(*key, partitions_).value;
    return next_;
  }
  // A record with this key was taken.
  void used(const std::optional<Bytes>& key) {
    if (kind_ == PartitionerKind::kRoundRobin || (kind_ == PartitionerKind::kMurmur2 && !key)) {
      if (++next_ == partitions_) next_ = 0;
    } else if (kind_ == PartitionerKind::kRandom) {
      next_ = draw();
    }
  }
  // The batch of `partition` is full: a sticky choice moves on.
  void batch_full(int32_t partition) {
    if (kind_ != PartitionerKind::kSticky || partition != next_ || partitions_ == 1) return;
    next_ = static_cast<int32_t>(random_.below(static_cast<uint64_t>(partitions_ - 1)));
    if (next_ >= partition) ++next_;
  }
  // The topic was given more partitions.
  void grow(int32_t partitions) { partitions_ = partitions; }
  int32_t partitions() const { return partitions_; }

 private:
  int32_t draw() { return static_cast<int32_t>(random_.below(static_cast<uint64_t>(partitions_))); }
  PartitionerKind kind_;
  int32_t partitions_;
  Random& random_;
  int32_t next_;
};

}  // namespace sl::client
