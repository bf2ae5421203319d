#include "query/like.h"

#include <cstddef>

namespace sl::query {
namespace {

size_t character_bytes(std::string_view text, size_t at) {
  size_t bytes = 1;
  while (at + bytes < text.size() && (static_cast<unsigned char>(text[at + bytes]) & 0xc0) == 0x80) ++bytes;
  return bytes;
}

}  // namespace

// Goes on after the last % when a later part does not fit; earlier ones need not be tried again.
bool like_match(std::string_view text, std::string_view pattern, char escape) {
  size_t t = 0, p = 0, after_any = std::string_view::npos, any_text = 0;
  while (t < text.size()) {
    bool escaped = escape && p + 1 < pattern.size() && pattern[p] == escape;
    if (p < pattern.size() && !escaped && pattern[p] == '%') {
      after_any = ++p;
      any_text = t;
    } else if (p < pattern.size() && !escaped && pattern[p] == '_') {
      t += character_bytes(text, t);
      ++p;
    } else if (p < pattern.size() && pattern[p + escaped] == text[t]) {
      ++t;
      p += 1 + escaped;
    } else if (after_any != std::string_view::npos) {
      p = after_any;
      t = ++any_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

}  // namespace sl::query
