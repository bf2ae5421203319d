#include "query/utf8.h"

#include "base/text.h"

namespace sl::query {

void append_utf8(std::string& out, uint32_t c) {
  auto put = [&out](uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xc0 | (c >> 6));
  } else if (c < 0x10000) {
    put(0xe0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3f));
  } else {
    put(0xf0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3f));
    put(0x80 | ((c >> 6) & 0x3f));
  }
  put(0x80 | (c & 0x3f));
}

uint32_t take_utf8(std::string_view text, size_t& at) {
  auto byte = static_cast<unsigned char>(text[at++]);
  if (byte < 0x80) return byte;
  int more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc0 ? 1 : 0;
  if (more == 0 || byte > 0xf4) return 0xfffd;
  uint32_t c = byte & (0x3fu >> more);
  for (int count = more; count > 0; --count) {
    if (at == text.size() || !utf8_continues(text[at])) return 0xfffd;
    c = (c << 6) | (static_cast<unsigned char>(text[at++]) & 0x3f);
  }
  // What would fit into fewer bytes, half a surrogate pair and what lies beyond Unicode are no characters.
  constexpr uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
  bool right = c >= kLeast[more] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
  return right ? c : 0xfffd;
}

std::string whole_utf8(std::string_view text) {
  if (valid_utf8(text)) return std::string(text);
  std::string out;
  for (size_t at = 0; at < text.size();) append_utf8(out, take_utf8(text, at));
  return out;
}

}  // namespace sl::query
