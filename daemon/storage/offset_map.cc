// Open addressing with linear probing, at most seven eighths full. The top bits of a hash choose the table, 32 others
// the slot; a table grows by a quarter. Tables are few, so that those of a large map are mapped one by one and given
// back.
#include "storage/offset_map.h"

#include <algorithm>

namespace sl::storage {
namespace {

bool same(const uint32_t (&stored)[4], const KeyHash& key) {
  return stored[0] == static_cast<uint32_t>(key.high) && stored[1] == static_cast<uint32_t>(key.high >> 32) &&
         stored[2] == static_cast<uint32_t>(key.low) && stored[3] == static_cast<uint32_t>(key.low >> 32);
}

}  // namespace

OffsetMap::OffsetMap(Offset base, size_t bytes_max)
    : base_(base), slots_max_(std::max(bytes_max / sizeof(Slot), kTables * kSlotsMin)), tables_(kTables) {}

size_t OffsetMap::place(const KeyHash& key, size_t slots) {
  return static_cast<size_t>((uint64_t{static_cast<uint32_t>(key.low)} * slots) >> 32);
}

// The key's slot, or the empty one where it would go. The table has an empty slot.
OffsetMap::Slot* OffsetMap::look(Table& table, const KeyHash& key) {
  size_t size = table.slots.size();
  size_t at = place(key, size);
  while (table.slots[at].distance != 0 && !same(table.slots[at].hash, key)) at = at + 1 == size ? 0 : at + 1;
  return &table.slots[at];
}

bool OffsetMap::grow(Table& table) {
  size_t size = table.slots.empty() ? kSlotsMin : table.slots.size() + table.slots.size() / 4;
  // At the limit, what is left of it.
  size = std::min(size, table.slots.size() + (slots_max_ - slots_));
  if (size <= table.slots.size() + table.slots.size() / 16) return false;
  std::vector<Slot> old(size, Slot{});
  old.swap(table.slots);
  slots_ += size - old.size();
  for (const Slot& slot : old) {
    if (slot.distance == 0) continue;
    KeyHash key{slot.hash[0] | uint64_t{slot.hash[1]} << 32, slot.hash[2] | uint64_t{slot.hash[3]} << 32};
    *look(table, key) = slot;
  }
  return true;
}

bool OffsetMap::put(const KeyHash& key, Offset offset) {
  if (offset < base_) return true;
  if (offset - base_ >= int64_t{UINT32_MAX}) return false;
  Table& table = tables_[key.high >> kTableShift];
  if (table.slots.empty() && !grow(table)) return false;
  Slot* slot = look(table, key);
  if (slot->distance == 0) {
    if ((table.used + 1) * 8 > table.slots.size() * 7) {
      if (!grow(table)) return false;
      slot = look(table, key);
    }
    ++table.used;
    ++keys_;
    slot->hash[0] = static_cast<uint32_t>(key.high);
    slot->hash[1] = static_cast<uint32_t>(key.high >> 32);
    slot->hash[2] = static_cast<uint32_t>(key.low);
    slot->hash[3] = static_cast<uint32_t>(key.low >> 32);
  }
  slot->distance = static_cast<uint32_t>(offset - base_) + 1;
  return true;
}

std::optional<Offset> OffsetMap::find(const KeyHash& key) const {
  const Table& table = tables_[key.high >> kTableShift];
  size_t size = table.slots.size();
  if (size == 0) return std::nullopt;
  for (size_t at = place(key, size); table.slots[at].distance != 0; at = at + 1 == size ? 0 : at + 1)
    if (same(table.slots[at].hash, key)) return base_ + int64_t{table.slots[at].distance - 1};
  return std::nullopt;
}

}  // namespace sl::storage
