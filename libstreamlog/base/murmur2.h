// murmur2 exactly as Kafka's Java client computes it (Utils.java), so that a key lands on the same partition
// whoever produced it.
#pragma once
#include <cstdint>

#include "base/bytes.h"
#include "base/ids.h"

namespace sl {

uint32_t murmur2(Bytes key);

// The partition of a keyed record; an empty key is a key. `partitions` > 0.
inline Partition partition_of_key(Bytes key, int32_t partitions) {
  return Partition(static_cast<int32_t>((murmur2(key) & 0x7fffffff) % static_cast<uint32_t>(partitions)));
}

}  // namespace sl
