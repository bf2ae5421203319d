// BYTES and their texts: ENCODE, TO_BYTES, FROM_BYTES, MD5, and numbers out of bytes. An encoding is hex, utf8, ascii
// or base64. What an encoding cannot say becomes U+FFFD, or ? on the way to ASCII, as in Java.
#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/base64.h"
#include "query/call_result.h"
#include "query/function_table.h"
#include "query/md5.h"
#include "query/name.h"
#include "query/utf8.h"

namespace sl::query {
namespace {

enum class Encoding : uint8_t { kHex, kUtf8, kAscii, kBase64 };

std::optional<Encoding> encoding_of(std::string_view name) {
  if (same_name(name, "hex")) return Encoding::kHex;
  if (same_name(name, "utf8")) return Encoding::kUtf8;
  if (same_name(name, "ascii")) return Encoding::kAscii;
  if (same_name(name, "base64")) return Encoding::kBase64;
  return std::nullopt;
}
Value no_encoding(CallContext& call, std::string_view name) {
  return failed(
      call,
      fmt::format("Unknown encoding type '{}'. Supported formats are 'hex', 'utf8', 'ascii', and 'base64'.", name));
}

// The digits of 0x12AB and X'12AB'; 0x may have an odd number of them.
std::string hex_digits(std::string_view text) {
  if (text.starts_with("0x")) return (text.size() % 2 ? "0" : "") + std::string(text.substr(2));
  bool quoted = text.size() >= 3 && upper(text[0]) == 'X' && text[1] == '\'' && text.back() == '\'';
  return std::string(quoted ? text.substr(2, text.size() - 3) : text);
}

Status append_bytes(std::string& out, std::string_view text, Encoding encoding) {
  switch (encoding) {
    case Encoding::kHex:
      return decode_hex(hex_digits(text), out);
    case Encoding::kBase64: {
      // Lines, as mail has them, are joined.
      std::string joined(text);
      std::erase_if(joined, [](char c) { return c == '\r' || c == '\n'; });
      return decode_base64(joined, out);
    }
    case Encoding::kAscii:
      for (size_t at = 0; at < text.size();) {
        auto c = take_utf8(text, at);
        out += c < 0x80 ? static_cast<char>(c) : '?';
      }
      return {};
    case Encoding::kUtf8:
      out += text;
  }
  return {};
}

std::string text_of(std::string_view bytes, Encoding encoding) {
  std::string out;
  switch (encoding) {
    case Encoding::kHex:
      append_hex(out, as_bytes(bytes));
      return out;
    case Encoding::kBase64:
      append_base64(out, as_bytes(bytes));
      return out;
    case Encoding::kAscii:
      for (char c : bytes) append_utf8(out, static_cast<unsigned char>(c) < 0x80 ? static_cast<uint32_t>(c) : 0xfffd);
      return out;
    case Encoding::kUtf8:
      break;
  }
  return whole_utf8(bytes);
}

Value encode(CallContext& call, const Value* a) {
  auto from = encoding_of(a[1].as_text()), to = encoding_of(a[2].as_text());
  if (!from || !to || from == to)
    return Value::error("Supported input and output encodings are: hex, utf8, ascii and base64");
  std::string bytes;
  if (auto done = append_bytes(bytes, a[0].as_text(), *from); !done) return failed(call, done.error().context);
  return made(call, text_of(bytes, *to));
}
Value to_bytes(CallContext& call, const Value* a) {
  auto encoding = encoding_of(a[1].as_text());
  if (!encoding) return no_encoding(call, a[1].as_text());
  std::string bytes;
  if (auto done = append_bytes(bytes, a[0].as_text(), *encoding); !done) return failed(call, done.error().context);
  return made(call, bytes);
}
Value from_bytes(CallContext& call, const Value* a) {
  auto encoding = encoding_of(a[1].as_text());
  if (!encoding) return no_encoding(call, a[1].as_text());
  auto text = text_of(a[0].as_text(), *encoding);
  return made(call, *encoding == Encoding::kHex ? upper_name(text) : text);
}

Value md5(CallContext& call, const Value* a) {
  auto digest = md5_of(a[0].as_bytes());
  std::string out;
  append_hex(out, digest);
  return made(call, out);
}

// The `count` bytes as one number; an error where there are more or fewer, or no such order of bytes.
Value number_of(CallContext& call, const Value* a, size_t count, uint64_t& out) {
  bool little = false;
  if (call.argument_types.size() > 1) {
    little = same_name(a[1].as_text(), "LITTLE_ENDIAN");
    if (!little && !same_name(a[1].as_text(), "BIG_ENDIAN"))
      return failed(call, fmt::format("Byte order must be BIG_ENDIAN or LITTLE_ENDIAN, not {}", a[1].as_text()));
  }
  auto bytes = a[0].as_bytes();
  if (bytes.size() != count)
    return failed(call, fmt::format("Number of bytes must be equal to {}, but found {}", count, bytes.size()));
  out = 0;
  for (size_t i = 0; i < count; ++i) out = out << 8 | bytes[little ? count - 1 - i : i];
  return {};
}
Value int_from_bytes(CallContext& call, const Value* a) {
  uint64_t bits;
  auto failure = number_of(call, a, 4, bits);
  return failure.is_error() ? failure : Value::integer(static_cast<int32_t>(bits));
}
Value bigint_from_bytes(CallContext& call, const Value* a) {
  uint64_t bits;
  auto failure = number_of(call, a, 8, bits);
  return failure.is_error() ? failure : Value::integer(static_cast<int64_t>(bits));
}
Value double_from_bytes(CallContext& call, const Value* a) {
  uint64_t bits;
  auto failure = number_of(call, a, 8, bits);
  return failure.is_error() ? failure : Value::real(std::bit_cast<double>(bits));
}

constexpr ScalarVariant kBigint[] = {{"BYTES", "BIGINT", bigint_from_bytes},
                                     {"BYTES, STRING", "BIGINT", bigint_from_bytes}};
constexpr ScalarVariant kDouble[] = {{"BYTES", "DOUBLE", double_from_bytes},
                                     {"BYTES, STRING", "DOUBLE", double_from_bytes}};
constexpr ScalarVariant kInt[] = {{"BYTES", "INT", int_from_bytes}, {"BYTES, STRING", "INT", int_from_bytes}};
constexpr ScalarVariant kEncode[] = {{"STRING, STRING, STRING", "STRING", encode}};
constexpr ScalarVariant kFromBytes[] = {{"BYTES, STRING", "STRING", from_bytes}};
constexpr ScalarVariant kToBytes[] = {{"STRING, STRING", "BYTES", to_bytes}};
constexpr ScalarVariant kMd5[] = {{"STRING", "STRING", md5}};

constexpr ScalarEntry kTable[] = {
    {"BIGINT_FROM_BYTES", "eight bytes as a number, in BIG_ENDIAN or LITTLE_ENDIAN order", kBigint},
    {"DOUBLE_FROM_BYTES", "eight bytes as a number, in BIG_ENDIAN or LITTLE_ENDIAN order", kDouble},
    {"ENCODE", "a text of one encoding (text, from, to) in another: hex, utf8, ascii, base64", kEncode},
    {"FROM_BYTES", "bytes as text, in hex, utf8, ascii or base64", kFromBytes},
    {"INT_FROM_BYTES", "four bytes as a number, in BIG_ENDIAN or LITTLE_ENDIAN order", kInt},
    {"MD5", "the MD5 digest of a text, in hex", kMd5},
    {"TO_BYTES", "the bytes that a text in hex, utf8, ascii or base64 says", kToBytes},
};

}  // namespace

std::span<const ScalarEntry> bytes_functions() {
  return kTable;
}

}  // namespace sl::query
