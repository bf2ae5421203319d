#include "tools/common/unpack.h"

#include <fmt/format.h>

#include <bit>

namespace sl::tools {
namespace {

template <class Int>
bool append_integer(std::string& out, Bytes& bytes, bool little) {
  if (bytes.size() < sizeof(Int)) return false;
  Int value = load_be<Int>(bytes.data());
  if (little && sizeof(Int) > 1) value = std::byteswap(value);
  bytes = bytes.subspan(sizeof(Int));
  out += fmt::format("{}", static_cast<std::conditional_t<std::is_signed_v<Int>, int64_t, uint64_t>>(value));
  return true;
}

// False where the bytes are over too early.
bool append_one(std::string& out, char kind, Bytes& bytes, bool little) {
  switch (kind) {
    case 'b':
      return append_integer<int8_t>(out, bytes, little);
    case 'B':
      return append_integer<uint8_t>(out, bytes, little);
    case 'h':
      return append_integer<int16_t>(out, bytes, little);
    case 'H':
      return append_integer<uint16_t>(out, bytes, little);
    case 'i':
      return append_integer<int32_t>(out, bytes, little);
    case 'I':
      return append_integer<uint32_t>(out, bytes, little);
    case 'q':
      return append_integer<int64_t>(out, bytes, little);
    case 'Q':
      return append_integer<uint64_t>(out, bytes, little);
    default:
      if (bytes.empty()) return false;
      out += static_cast<char>(bytes[0]);
      bytes = bytes.subspan(1);
      return true;
  }
}

}  // namespace

Status check_unpack(std::string_view spec) {
  size_t odd = spec.find_first_not_of("<>bBhHiIqQc.s$x ");
  if (odd != spec.npos)
    return Error{Errc::kUsage,
                 fmt::format("unpack does not know '{}': it has < > b B h H i I q Q c s $ and space", spec[odd])};
  return {};
}

void append_unpacked(std::string& out, std::string_view spec, Bytes bytes) {
  bool little = false;
  for (char kind : spec) {
    if (kind == '<' || kind == '>') {
      little = kind == '<';
    } else if (kind == ' ' || kind == 'x') {
      out += ' ';
    } else if (kind == 's') {
      out += as_text(bytes);
      bytes = {};
    } else if (kind == '$') {
      if (!bytes.empty()) out += fmt::format("<{} bytes left>", bytes.size());
    } else if (!append_one(out, kind, bytes, little)) {
      out += "<too short>";
      return;
    }
  }
}

}  // namespace sl::tools
