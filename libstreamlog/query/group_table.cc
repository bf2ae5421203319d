#include "query/group_table.h"

#include <cstring>

namespace sl::query {

// Multiplies and folds eight bytes at a time (as wyhash does). Keys come from whom the operator of the query reads, so
// a flood of equal hashes costs that query's time and nobody else's.
uint64_t hash_bytes(std::string_view bytes) {
  constexpr uint64_t kA = 0x9e3779b97f4a7c15, kB = 0xd6e8feb86659fd93;
  auto mix = [](uint64_t a, uint64_t b) {
    auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  };
  uint64_t hash = kA ^ bytes.size();
  const char* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    hash = mix(hash ^ word, kB);
  }
  uint64_t tail = 0;
  if (left) std::memcpy(&tail, at, left);
  return mix(hash ^ tail, kA);
}

size_t GroupTable::find_or_add(std::string_view key) {
  if ((groups_.size() + 1) * 4 > slots_.size() * 3) grow();
  uint64_t hash = hash_bytes(key);
  size_t mask = slots_.size() - 1;
  constexpr uint64_t kUpper = ~uint64_t{0xffffffff};
  for (size_t at = hash & mask;; at = (at + 1) & mask) {
    uint64_t slot = slots_[at];
    if (slot == 0) {
      auto copy = keys_.copy(key);
      groups_.push_back({copy.data(), static_cast<uint32_t>(copy.size())});
      fixed_.resize(fixed_.size() + shape_.fixed_bytes);
      for (size_t i = 0; i < shape_.texts; ++i) texts_.emplace_back();
      slots_[at] = (hash & kUpper) | groups_.size();
      return groups_.size() - 1;
    }
    size_t group = (slot & 0xffffffff) - 1;
    if (((slot ^ hash) & kUpper) == 0 && this->key(group) == key) return group;
  }
}

void GroupTable::grow() {
  size_t size = slots_.empty() ? 16 : slots_.size() * 2;
  std::vector<uint64_t> slots(size);
  for (size_t group = 0; group < groups_.size(); ++group) {
    uint64_t hash = hash_bytes(key(group));
    size_t at = hash & (size - 1);
    while (slots[at]) at = (at + 1) & (size - 1);
    slots[at] = (hash & ~uint64_t{0xffffffff}) | (group + 1);
  }
  slots_ = std::move(slots);
}

std::vector<uint32_t> GroupTable::take_dirty_groups() {
  for (auto group : dirty_) groups_[group].dirty = false;
  return std::exchange(dirty_, {});
}

size_t GroupTable::bytes() const {
  return slots_.capacity() * 8 + groups_.capacity() * sizeof(Group) + fixed_.capacity() +
         texts_.size() * sizeof(std::string) + keys_.bytes();
}

}  // namespace sl::query
