// JSON as text, for the functions that take it apart and hand parts of it on as they stand: a number keeps its digits
// ("1.23450"), whatever its size, which a parser that makes numbers of them would not do. Everything is checked on the
// way; nothing is copied.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sl::query {

// The value at the front of `text`, which afterwards stands behind it; none where it is no JSON or nested deeper than
// 1,000. The view has no blanks around it.
std::optional<std::string_view> take_json(std::string_view& text);
// The one value that `text` is, with blanks around it at most.
std::optional<std::string_view> whole_json(std::string_view text);

struct JsonMember {
  std::string name;  // unescaped
  std::string_view value;
};
// The parts of a value that take_json() gave. Of members of one name the last counts, at the place of the first.
std::vector<JsonMember> json_members(std::string_view object);
std::optional<std::string_view> json_member(std::string_view object, std::string_view name);
std::vector<std::string_view> json_items(std::string_view array);

inline bool json_is_object(std::string_view value) {
  return value.front() == '{';
}
inline bool json_is_array(std::string_view value) {
  return value.front() == '[';
}
inline bool json_is_string(std::string_view value) {
  return value.front() == '"';
}
// A string without its quotes, unescaped; halves of surrogate pairs become U+FFFD.
std::string json_string(std::string_view value);
// Without blanks between the tokens.
void append_compact_json(std::string& out, std::string_view value);

}  // namespace sl::query
