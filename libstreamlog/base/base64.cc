#include "base/base64.h"

#include <fmt/core.h>

#include <array>

namespace sl {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kForeign = 0xff;
constexpr auto kValues = [] {
  std::array<uint8_t, 256> table{};
  table.fill(kForeign);
  for (size_t i = 0; i < kAlphabet.size(); ++i) table[static_cast<uint8_t>(kAlphabet[i])] = static_cast<uint8_t>(i);
  return table;
}();

}  // namespace

void append_base64(std::string& out, Bytes bytes, bool padded) {
  size_t i = 0;
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  for (; i + 3 <= bytes.size(); i += 3) {
    uint32_t v = static_cast<uint32_t>(bytes[i]) << 16 | static_cast<uint32_t>(bytes[i + 1]) << 8 | bytes[i + 2];
    const char four[] = {kAlphabet[v >> 18], kAlphabet[v >> 12 & 63], kAlphabet[v >> 6 & 63], kAlphabet[v & 63]};
    out.append(four, 4);
  }
  size_t left = bytes.size() - i;
  if (left == 0) return;
  uint32_t v = static_cast<uint32_t>(bytes[i]) << 16;
  if (left == 2) v |= static_cast<uint32_t>(bytes[i + 1]) << 8;
  out += kAlphabet[v >> 18];
  out += kAlphabet[v >> 12 & 63];
  if (left == 2) out += kAlphabet[v >> 6 & 63];
  if (padded) out.append(3 - left, '=');
}

Status decode_base64(std::string_view text, std::string& out) {
  Error wrong{Errc::kMalformed, "it is not base64"};
  size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  if (text.size() % 4 == 1 || (padding > 0 && (text.size() + padding) % 4 != 0)) return wrong;
  out.reserve(out.size() + text.size() / 4 * 3 + 2);
  uint32_t v = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    uint8_t six = kValues[static_cast<uint8_t>(text[i])];
    if (six == kForeign) return wrong;
    v = v << 6 | six;
    if (i % 4 == 0) continue;
    // The second, third and fourth of four complete a byte each.
    size_t spare = 6 - 2 * (i % 4);
    out += static_cast<char>(v >> spare & 0xff);
  }
  return {};
}

void append_hex(std::string& out, Bytes bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (uint8_t b : bytes) {
    out += kDigits[b >> 4];
    out += kDigits[b & 15];
  }
}

Status decode_hex(std::string_view text, std::string& out) {
  auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  if (text.size() % 2 != 0) return Error{Errc::kMalformed, "it is not hexadecimal: the number of digits is odd"};
  for (size_t i = 0; i < text.size(); i += 2) {
    int high = digit(text[i]), low = digit(text[i + 1]);
    if (high < 0 || low < 0) return Error{Errc::kMalformed, "it is not hexadecimal"};
    out += static_cast<char>(high << 4 | low);
  }
  return {};
}

}  // namespace sl
