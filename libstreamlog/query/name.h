// Names of columns, fields and sources. They keep the case they were written in and are found whatever their case;
// where two differ only in case, the exact one is meant.
#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace sl::query {

inline char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

inline bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return upper(x) == upper(y); });
}

inline std::string upper_name(std::string_view name) {
  std::string out(name);
  for (auto& c : out) c = upper(c);
  return out;
}

// The index of the item called `name`.
template <class Items, class NameOf>
std::optional<size_t> find_name(const Items& items, std::string_view name, NameOf name_of) {
  std::optional<size_t> loose;
  size_t i = 0;
  for (const auto& item : items) {
    if (name_of(item) == name) return i;
    if (!loose && same_name(name_of(item), name)) loose = i;
    ++i;
  }
  return loose;
}

}  // namespace sl::query
