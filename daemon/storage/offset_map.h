// OffsetMap: the last offset of each key, for a cleaner: 20 bytes a key, whatever the key's length (Kafka's
// SkimpyOffsetMap). Its memory is bounded and grows with the keys, in many small tables, so that growing needs no
// second copy of the whole.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "storage/key_hash.h"

namespace sl::storage {

class OffsetMap {
 public:
  // Only offsets from `base` on are noted; the tables stay within `bytes_max` (at least one small table each).
  OffsetMap(Offset base, size_t bytes_max);

  // Notes that `key` has a record at `offset`, which is no less than any before. False, and nothing happened, where
  // the map is full or the offset too far from the base (2^32 - 1).
  bool put(const KeyHash& key, Offset offset);
  std::optional<Offset> find(const KeyHash& key) const;
  size_t size() const { return keys_; }
  size_t bytes() const { return slots_ * sizeof(Slot); }

 private:
  struct Slot {
    uint32_t hash[4];
    uint32_t distance;  // of the offset from the base, and one; 0: empty
  };
  static_assert(sizeof(Slot) == 20);
  struct Table {
    std::vector<Slot> slots;
    size_t used = 0;
  };
  static constexpr size_t kTables = 32;
  static constexpr int kTableShift = 59;
  static constexpr size_t kSlotsMin = 64;

  static size_t place(const KeyHash& key, size_t slots);
  static Slot* look(Table& table, const KeyHash& key);
  bool grow(Table& table);

  Offset base_;
  size_t slots_max_;
  size_t slots_ = 0;
  size_t keys_ = 0;
  std::vector<Table> tables_;
};

}  // namespace sl::storage
