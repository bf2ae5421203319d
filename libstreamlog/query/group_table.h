// GroupTable: the groups of one window (or of a query without windows): an open-addressing table from packed key to a
// group's state, which is a few fixed bytes and as many texts as its aggregates need. A million groups cost a few cache
// misses a look-up and about forty bytes beside their keys and states.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "query/arena.h"

namespace sl::query {

// How much state each group has.
struct GroupShape {
  size_t fixed_bytes = 0;  // a multiple of 8
  size_t texts = 0;
};

class GroupTable {
 public:
  explicit GroupTable(const GroupShape& shape) : shape_(shape) {}

  // The index of the group with this key; a new one has zero bytes, empty texts, and no timestamp.
  size_t find_or_add(std::string_view key);
  size_t size() const { return groups_.size(); }

  std::string_view key(size_t group) const { return {groups_[group].key, groups_[group].key_bytes}; }
  uint8_t* fixed(size_t group) { return fixed_.data() + group * shape_.fixed_bytes; }
  // Its texts; valid until the next group is added, as its fixed bytes are.
  std::string* texts(size_t group) { return texts_.data() + group * shape_.texts; }
  // The largest timestamp of the group's rows.
  int64_t& timestamp(size_t group) { return groups_[group].timestamp; }
  // Whether its last result passed HAVING.
  bool passed(size_t group) const { return groups_[group].passed; }
  void set_passed(size_t group, bool passed) { groups_[group].passed = passed; }
  // Notes that it changed; take_dirty_groups() gives those that did, once.
  void set_dirty(size_t group) {
    if (!groups_[group].dirty) dirty_.push_back(static_cast<uint32_t>(group));
    groups_[group].dirty = true;
  }
  std::vector<uint32_t> take_dirty_groups();
  size_t bytes() const;

 private:
  struct Group {
    const char* key;
    uint32_t key_bytes;
    bool passed = false;
    bool dirty = false;
    int64_t timestamp = INT64_MIN;
  };
  void grow();

  GroupShape shape_;
  std::vector<uint64_t> slots_;  // upper half: of the hash; lower half: group + 1; 0: free
  std::vector<Group> groups_;
  std::vector<uint8_t> fixed_;
  std::vector<std::string> texts_;
  std::vector<uint32_t> dirty_;
  Arena keys_;
};

uint64_t hash_bytes(std::string_view bytes);

}  // namespace sl::query
