// Different values, numbered in order of their coming. A few are compared one by one; many, as an array of a hostile
// record may hold, are found by their hash, so that a record costs no more than its length.
#pragma once
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "query/value.h"

namespace sl::query {

class ValuePlaces {
 public:
  static constexpr size_t kNone = SIZE_MAX;

  // Where the value stands, or kNone.
  size_t find(const Value& value) const {
    if (!index_.empty()) {
      auto at = index_.find(value);
      return at == index_.end() ? kNone : at->second;
    }
    for (size_t i = 0; i < values_.size(); ++i)
      if (same_value(values_[i], value)) return i;
    return kNone;
  }
  bool holds(const Value& value) const { return find(value) != kNone; }

  // Where the value stands now, and whether it is new.
  std::pair<size_t, bool> put(const Value& value) {
    if (auto at = find(value); at != kNone) return {at, false};
    values_.push_back(value);
    if (values_.size() > kFew)
      for (size_t i = index_.size(); i < values_.size(); ++i) index_.emplace(values_[i], i);
    return {values_.size() - 1, true};
  }
  const std::vector<Value>& values() const { return values_; }

 private:
  static constexpr size_t kFew = 16;
  struct Hash {
    size_t operator()(const Value& value) const { return static_cast<size_t>(hash_value(value)); }
  };
  struct Same {
    bool operator()(const Value& a, const Value& b) const { return same_value(a, b); }
  };
  std::vector<Value> values_;
  std::unordered_map<Value, size_t, Hash, Same> index_;  // empty as long as there are few
};

}  // namespace sl::query
