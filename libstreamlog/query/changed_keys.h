// The keys of an operator's entries that changed since it last saved.
#pragma once
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "query/operator.h"

namespace sl::query {

class ChangedKeys {
 public:
  explicit ChangedKeys(const Environment& environment) : environment_(environment) {}
  // Where nobody saves, nothing is kept: the keys of a long run would be its whole history.
  void note(std::string_view key) {
    if (environment_.tracks_changes) keys_.emplace(key);
  }
  std::unordered_set<std::string> take() { return std::exchange(keys_, {}); }

 private:
  const Environment& environment_;
  std::unordered_set<std::string> keys_;
};

}  // namespace sl::query
