#include "tools/common/delimiter.h"

#include <fmt/core.h>

#include <charconv>

namespace sl::tools {

Result<std::string> unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    char kind = ++i < text.size() ? text[i] : '\0';
    uint8_t byte = 0;
    const char* digits = text.data() + i + 1;
    if (kind == 'n') {
      out += '\n';
    } else if (kind == 'r') {
      out += '\r';
    } else if (kind == 't') {
      out += '\t';
    } else if (kind == '0') {
      out += '\0';
    } else if (kind == '\\') {
      out += '\\';
    } else if (kind == 'x' && i + 2 < text.size() && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      return Error{Errc::kUsage,
                   fmt::format("a backslash in '{}' is not followed by n, r, t, 0, xNN or another backslash", text)};
    }
  }
  return out;
}

Result<std::string> parse_delimiter(std::string_view text) {
  SL_TRY(std::string bytes, unescape(text));
  if (bytes.empty()) return Error{Errc::kUsage, "a delimiter cannot be empty"};
  return bytes;
}

}  // namespace sl::tools
