// Characters of UTF-8 texts. Positions and lengths of STRING functions count code points; Java counts UTF-16 units,
// which differ beyond the basic plane only, where it would cut characters in two.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace sl::query {

inline bool utf8_continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

inline size_t utf8_length(std::string_view text) {
  size_t count = 0;
  for (char c : text) count += !utf8_continues(c);
  return count;
}
// The byte at which character `n` begins; the text's end where there are fewer.
inline size_t utf8_offset(std::string_view text, size_t n) {
  size_t at = 0;
  for (; at < text.size(); ++at)
    if (!utf8_continues(text[at]) && n-- == 0) return at;
  return at;
}
void append_utf8(std::string& out, uint32_t code_point);
// The code point at byte `at`, which then lies behind it; U+FFFD for what is no UTF-8.
uint32_t take_utf8(std::string_view text, size_t& at);
// The text with U+FFFD in place of all that is no UTF-8.
std::string whole_utf8(std::string_view text);

}  // namespace sl::query
