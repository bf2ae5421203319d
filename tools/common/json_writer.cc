#include "tools/common/json_writer.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstring>

#include "base/text.h"

namespace sl::tools {
namespace {

// Which bytes need an escape: control characters, the quote and the backslash.
constexpr auto kEscaped = [] {
  std::array<bool, 256> table{};
  for (size_t c = 0; c < 0x20; ++c) table[c] = true;
  table['"'] = table['\\'] = true;
  return table;
}();

// True where none of eight bytes needs an escape; may answer false for bytes over 0x7f, which costs time only.
bool eight_are_plain(const char* at) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;
  uint64_t v;
  std::memcpy(&v, at, sizeof v);
  auto has_zero = [](uint64_t x) { return (x - kOnes) & ~x & kHighs; };
  uint64_t below_space = (v - kOnes * 0x20) & ~v & kHighs;
  return (below_space | has_zero(v ^ (kOnes * '"')) | has_zero(v ^ (kOnes * '\\')) | (v & kHighs)) == 0;
}

void append_escape(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    default: {
      constexpr char kDigits[] = "0123456789abcdef";
      auto u = static_cast<uint8_t>(c);
      const char escape[] = {'\\', 'u', '0', '0', kDigits[u >> 4], kDigits[u & 15]};
      out.append(escape, sizeof escape);
    }
  }
}

// Each maximal invalid piece becomes one U+FFFD.
std::string repaired_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    size_t length = 1;
    while (length < 4 && length < text.size() && !valid_utf8(text.substr(0, length))) ++length;
    if (valid_utf8(text.substr(0, length))) {
      out += text.substr(0, length);
    } else {
      out += "\xef\xbf\xbd";
      length = 1;
    }
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  const char* at = text.data();
  const char* end = at + text.size();
  const char* run = at;
  while (at < end) {
    while (end - at >= 8 && eight_are_plain(at)) at += 8;
    if (at == end) break;
    // Up to eight bytes one by one, then the fast way again.
    for (const char* stop = end - at < 8 ? end : at + 8; at < stop; ++at) {
      if (!kEscaped[static_cast<uint8_t>(*at)]) continue;
      out.append(run, static_cast<size_t>(at - run));
      append_escape(out, *at);
      run = at + 1;
    }
  }
  out.append(run, static_cast<size_t>(end - run));
  out += '"';
}

void JsonWriter::separate() {
  if (!first_) out_ += ',';
  first_ = false;
}

void JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  first_ = true;
}

void JsonWriter::close(char bracket) {
  out_ += bracket;
  first_ = false;
}

void JsonWriter::key(std::string_view name) {
  separate();
  append_json_string(out_, name);
  out_ += ':';
  first_ = true;
}

void JsonWriter::text(std::string_view value) {
  separate();
  if (valid_utf8(value)) {
    append_json_string(out_, value);
  } else {
    append_json_string(out_, repaired_utf8(value));
  }
}

void JsonWriter::number(int64_t value) {
  separate();
  fmt::format_int digits(value);
  out_.append(digits.data(), digits.size());
}

void JsonWriter::number(double value) {
  if (!std::isfinite(value)) return null();
  separate();
  out_ += fmt::format("{}", value);
}

void JsonWriter::boolean(bool value) {
  separate();
  out_ += value ? "true" : "false";
}

void JsonWriter::null() {
  separate();
  out_ += "null";
}

}  // namespace sl::tools
