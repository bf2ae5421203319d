// Functions of STRINGs, and those of them that take BYTES too.
#include <fmt/format.h>

#include <algorithm>

#include "query/call_result.h"
#include "query/function_table.h"
#include "query/name.h"
#include "query/utf8.h"

namespace sl::query {
namespace {

// Cases of the Latin, Greek and Cyrillic alphabets; other letters stay as they are.
uint32_t upper_letter(uint32_t c) {
  if ((c >= 'a' && c <= 'z') || (c >= 0xe0 && c <= 0xfe && c != 0xf7) || (c >= 0x3b1 && c <= 0x3c9 && c != 0x3c2) ||
      (c >= 0x430 && c <= 0x44f))
    return c - 32;
  if (c == 0x3c2) return 0x3a3;  // the sigma at a word's end
  if (c >= 0x450 && c <= 0x45f) return c - 80;
  if (c >= 0x100 && c <= 0x17e && c != 0x131 && (c <= 0x137 || c >= 0x14a) && (c < 0x179 ? c % 2 == 1 : c % 2 == 0))
    return c - 1;
  return c;
}
uint32_t lower_letter(uint32_t c) {
  if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9) ||
      (c >= 0x410 && c <= 0x42f))
    return c + 32;
  if (c >= 0x400 && c <= 0x40f) return c + 80;
  if (c >= 0x100 && c <= 0x17e && c != 0x130 && (c <= 0x137 || c >= 0x14a) && c != 0x178 &&
      (c < 0x179 ? c % 2 == 0 : c % 2 == 1))
    return c + 1;
  return c;
}

// ß has no capital of one letter.
bool lower_case(uint32_t c) {
  return c == 0xdf || upper_letter(c) != c;
}

template <uint32_t (*letter)(uint32_t)>
Value recased(CallContext& call, const Value* a) {
  std::string out;
  auto text = a[0].as_text();
  for (size_t at = 0; at < text.size();) append_utf8(out, letter(take_utf8(text, at)));
  return made(call, out);
}

Value initcap(CallContext& call, const Value* a) {
  std::string out;
  auto text = a[0].as_text();
  bool within = false;
  for (size_t at = 0; at < text.size();) {
    auto c = take_utf8(text, at);
    bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    append_utf8(out, within ? lower_letter(c) : upper_letter(c));
    within = !blank;
  }
  return made(call, out);
}

Value length(CallContext& call, const Value* a) {
  bool bytes = call.argument_types[0]->base == Base::kBytes;
  return Value::integer(static_cast<int64_t>(bytes ? a[0].as_text().size() : utf8_length(a[0].as_text())));
}

Value trimmed(CallContext&, const Value* a) {
  auto text = a[0].as_text();
  auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return Value::text(text);
}

// One-based; from the end where negative. Characters of a STRING, bytes of BYTES.
Value substring_of(CallContext& call, std::string_view text, int64_t position, int64_t count) {
  bool bytes = call.argument_types[0]->base == Base::kBytes;
  auto size = static_cast<int64_t>(bytes ? text.size() : utf8_length(text));
  int64_t from = position < 0 ? size + position : position == 0 ? 0 : position - 1;
  from = std::clamp<int64_t>(from, 0, size);
  int64_t to = std::clamp<int64_t>(count > size - from ? size : from + count, from, size);
  auto offset = [&](int64_t n) { return bytes ? static_cast<size_t>(n) : utf8_offset(text, static_cast<size_t>(n)); };
  return Value::text(text.substr(offset(from), offset(to) - offset(from)));
}
Value substring(CallContext& call, const Value* a) {
  return substring_of(call, a[0].as_text(), a[1].as_integer(), INT32_MAX);
}
Value substring_n(CallContext& call, const Value* a) {
  return substring_of(call, a[0].as_text(), a[1].as_integer(), std::max<int64_t>(a[2].as_integer(), 0));
}

Value replace(CallContext& call, const Value* a) {
  auto text = a[0].as_text(), what = a[1].as_text(), with = a[2].as_text();
  if (what.empty()) return a[0];
  std::string out;
  for (size_t from = 0;;) {
    auto at = text.find(what, from);
    out += text.substr(from, at - from);
    if (at == std::string_view::npos) return made(call, out);
    out += with;
    from = at + what.size();
  }
}

// The one-based place of the n-th occurrence, counted from `position` on, or backwards from there where it is negative;
// 0: none.
Value instr_of(std::string_view text, std::string_view what, int64_t position, int64_t occurrence) {
  if (what.empty() || occurrence < 1 || position == 0) return Value::integer(0);
  auto length = static_cast<int64_t>(utf8_length(text));
  bool back = position < 0;
  int64_t start = back ? length + position : position - 1;
  if (start < 0 || start >= length) return Value::integer(0);
  size_t at = utf8_offset(text, static_cast<size_t>(start));
  for (;; --occurrence) {
    at = back ? text.rfind(what, at) : text.find(what, at);
    if (at == std::string_view::npos) return Value::integer(0);
    if (occurrence == 1) return Value::integer(static_cast<int64_t>(utf8_length(text.substr(0, at))) + 1);
    if (back && at == 0) return Value::integer(0);
    at = back ? at - 1 : at + 1;
  }
}
Value instr(CallContext&, const Value* a) {
  return instr_of(a[0].as_text(), a[1].as_text(), 1, 1);
}
Value instr_from(CallContext&, const Value* a) {
  return instr_of(a[0].as_text(), a[1].as_text(), a[2].as_integer(), 1);
}
Value instr_nth(CallContext&, const Value* a) {
  return instr_of(a[0].as_text(), a[1].as_text(), a[2].as_integer(), a[3].as_integer());
}

constexpr int64_t kPaddedMax = 1 << 20;

template <bool left>
Value padded(CallContext& call, const Value* a) {
  bool bytes = call.argument_types[0]->base == Base::kBytes;
  auto text = a[0].as_text(), padding = a[2].as_text();
  int64_t wanted = a[1].as_integer();
  if (padding.empty() || wanted < 0) return Value::null();
  if (wanted > kPaddedMax) return Value::error("a padded text is at most 1 MiB long");
  auto size = static_cast<int64_t>(bytes ? text.size() : utf8_length(text));
  auto cut = [&](std::string_view what, int64_t n) {
    return what.substr(0, bytes ? static_cast<size_t>(n) : utf8_offset(what, static_cast<size_t>(n)));
  };
  if (wanted <= size) return Value::text(cut(text, wanted));
  auto unit = static_cast<int64_t>(bytes ? padding.size() : utf8_length(padding));
  std::string fill;
  int64_t missing = wanted - size;
  for (; missing >= unit; missing -= unit) fill += padding;
  fill += cut(padding, missing);
  return made(call, left ? fill + std::string(text) : std::string(text) + fill);
}

std::vector<std::string_view> pieces(std::string_view text, std::string_view delimiter, bool bytes) {
  std::vector<std::string_view> out;
  if (delimiter.empty()) {
    for (size_t at = 0; at < text.size();) {
      size_t from = at++;
      while (!bytes && at < text.size() && utf8_continues(text[at])) ++at;
      out.push_back(text.substr(from, at - from));
    }
    if (out.empty()) out.push_back(text);
    return out;
  }
  for (size_t from = 0;;) {
    auto at = text.find(delimiter, from);
    out.push_back(text.substr(from, at - from));
    if (at == std::string_view::npos) return out;
    from = at + delimiter.size();
  }
}

Value split(CallContext& call, const Value* a) {
  auto parts = pieces(a[0].as_text(), a[1].as_text(), call.argument_types[0]->base == Base::kBytes);
  auto* items = call.arena.array<Value>(parts.size());
  for (size_t i = 0; i < parts.size(); ++i) items[i] = Value::text(parts[i]);
  return Value::array(items, parts.size());
}

Value split_to_map(CallContext& call, const Value* a) {
  auto between = a[1].as_text(), within = a[2].as_text();
  if (between.empty() || within.empty()) return Value::null();
  auto parts = pieces(a[0].as_text(), between, false);
  auto* items = call.arena.array<Value>(2 * parts.size());
  size_t pairs = 0;
  for (auto part : parts) {
    auto at = part.find(within);
    if (at == std::string_view::npos || at == 0) continue;
    auto value = part.substr(at + within.size());
    auto key = Value::text(part.substr(0, at));
    size_t i = 0;
    while (i < pairs && !same_value(items[2 * i], key)) ++i;
    items[2 * i] = key;
    items[2 * i + 1] = Value::text(value.substr(0, value.find(within)));
    pairs = std::max(pairs, i + 1);
  }
  return Value::map(items, pairs);
}

Value concat(CallContext& call, const Value* a) {
  std::string out;
  for (size_t i = 0; i < call.argument_types.size(); ++i)
    if (a[i].present()) out += a[i].as_text();
  return made(call, out);
}
Value concat_ws(CallContext& call, const Value* a) {
  if (a[0].is_null()) return Value::null();
  std::string out;
  bool any = false;
  for (size_t i = 1; i < call.argument_types.size(); ++i) {
    if (!a[i].present()) continue;
    if (any) out += a[0].as_text();
    any = true;
    out += a[i].as_text();
  }
  return made(call, out);
}

Value chr_of(CallContext& call, uint32_t c) {
  if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return Value::null();
  std::string out;
  append_utf8(out, c);
  return made(call, out);
}
Value chr(CallContext& call, const Value* a) {
  if (a[0].as_integer() < 0 || a[0].as_integer() > 0x10ffff) return Value::null();
  return chr_of(call, static_cast<uint32_t>(a[0].as_integer()));
}
// "\u597d", or two of them that are a surrogate pair.
Value chr_escape(CallContext& call, const Value* a) {
  auto text = a[0].as_text();
  std::vector<uint32_t> units;
  for (; text.size() >= 6 && text.starts_with("\\u"); text.remove_prefix(6)) {
    uint32_t unit = 0;
    for (char c : text.substr(2, 4)) {
      c = upper(c);
      bool digit = c >= '0' && c <= '9';
      if (!digit && (c < 'A' || c > 'F')) return Value::null();
      unit = unit * 16 + static_cast<uint32_t>(digit ? c - '0' : c - 'A' + 10);
    }
    units.push_back(unit);
  }
  if (!text.empty() || units.empty() || units.size() > 2) return Value::null();
  if (units.size() == 1) return chr_of(call, units[0]);
  bool pair = units[0] >= 0xd800 && units[0] < 0xdc00 && units[1] >= 0xdc00 && units[1] < 0xe000;
  return pair ? chr_of(call, 0x10000 + ((units[0] - 0xd800) << 10) + (units[1] - 0xdc00)) : Value::null();
}

Value elt(CallContext& call, const Value* a) {
  if (a[0].is_null()) return Value::null();
  int64_t n = a[0].as_integer();
  return n >= 1 && n < static_cast<int64_t>(call.argument_types.size()) ? a[n] : Value::null();
}
Value field(CallContext& call, const Value* a) {
  if (a[0].is_null()) return Value::integer(0);
  for (size_t i = 1; i < call.argument_types.size(); ++i)
    if (a[i].present() && same_value(a[i], a[0])) return Value::integer(static_cast<int64_t>(i));
  return Value::integer(0);
}

// MASK: letters and digits become X, x, n, everything else -; a given NULL leaves a kind as it is.
struct Masks {
  std::optional<char> up = 'X', low = 'x', digit = 'n', other = '-';
};
std::optional<char> mask_of(const Value& v) {
  return v.is_null() || v.as_text().empty() ? std::nullopt : std::optional(v.as_text()[0]);
}
Masks masks(CallContext& call, const Value* a, size_t from) {
  Masks out;
  if (call.argument_types.size() > from)
    out = {mask_of(a[from]), mask_of(a[from + 1]), mask_of(a[from + 2]), mask_of(a[from + 3])};
  return out;
}
Value masked(CallContext& call, std::string_view text, const Masks& masks, size_t from, size_t to) {
  std::string out;
  size_t n = 0;
  for (size_t at = 0; at < text.size(); ++n) {
    size_t begin = at;
    auto c = take_utf8(text, at);
    auto mask = c >= '0' && c <= '9'   ? masks.digit
                : lower_case(c)        ? masks.low
                : lower_letter(c) != c ? masks.up
                                       : masks.other;
    if (n >= from && n < to && mask)
      out += *mask;
    else
      out += text.substr(begin, at - begin);
  }
  return made(call, out);
}
enum class Where : uint8_t { kAll, kLeft, kRight, kKeepLeft, kKeepRight };
template <Where where>
Value mask(CallContext& call, const Value* a) {
  if (a[0].is_null()) return Value::null();
  auto text = a[0].as_text();
  if (where == Where::kAll) return masked(call, text, masks(call, a, 1), 0, SIZE_MAX);
  if (a[1].is_null() || a[1].as_integer() < 0)
    return Value::error("the number of characters to mask must not be negative");
  size_t size = utf8_length(text), n = std::min(size, static_cast<size_t>(a[1].as_integer()));
  auto m = masks(call, a, 2);
  if (where == Where::kLeft) return masked(call, text, m, 0, n);
  if (where == Where::kRight) return masked(call, text, m, size - n, size);
  if (where == Where::kKeepLeft) return masked(call, text, m, n, size);
  return masked(call, text, m, 0, size - n);
}

Value uuid_text(CallContext& call, uint64_t high, uint64_t low) {
  return made(call, fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff, high & 0xffff,
                                low >> 48, low & 0xffffffffffff));
}
Value uuid(CallContext& call, const Value*) {
  uint64_t high = call.random ? call.random->next() : 0, low = call.random ? call.random->next() : 0;
  high = (high & ~uint64_t{0xf000}) | 0x4000;
  low = (low & ~(uint64_t{3} << 62)) | (uint64_t{1} << 63);
  return uuid_text(call, high, low);
}
Value uuid_of_bytes(CallContext& call, const Value* a) {
  auto bytes = a[0].as_bytes();
  if (bytes.size() != 16) return Value::null();
  uint64_t halves[2] = {};
  for (size_t i = 0; i < 16; ++i) halves[i / 8] = halves[i / 8] << 8 | bytes[i];
  return uuid_text(call, halves[0], halves[1]);
}

constexpr ScalarVariant kUcase[] = {{"STRING", "STRING", recased<upper_letter>}};
constexpr ScalarVariant kLcase[] = {{"STRING", "STRING", recased<lower_letter>}};
constexpr ScalarVariant kInitcap[] = {{"STRING", "STRING", initcap}};
constexpr ScalarVariant kLen[] = {{"STRING", "INT", length}, {"BYTES", "INT", length}};
constexpr ScalarVariant kTrim[] = {{"STRING", "STRING", trimmed}};
constexpr ScalarVariant kSubstring[] = {{"STRING, INT", "STRING", substring},
                                        {"STRING, INT, INT", "STRING", substring_n},
                                        {"BYTES, INT", "BYTES", substring},
                                        {"BYTES, INT, INT", "BYTES", substring_n}};
constexpr ScalarVariant kReplace[] = {{"STRING, STRING, STRING", "STRING", replace}};
constexpr ScalarVariant kInstr[] = {{"STRING, STRING", "INT", instr},
                                    {"STRING, STRING, INT", "INT", instr_from},
                                    {"STRING, STRING, INT, INT", "INT", instr_nth}};
constexpr ScalarVariant kLpad[] = {{"STRING, INT, STRING", "STRING", padded<true>},
                                   {"BYTES, INT, BYTES", "BYTES", padded<true>}};
constexpr ScalarVariant kRpad[] = {{"STRING, INT, STRING", "STRING", padded<false>},
                                   {"BYTES, INT, BYTES", "BYTES", padded<false>}};
constexpr ScalarVariant kSplit[] = {{"STRING, STRING", "ARRAY<STRING>", split},
                                    {"BYTES, BYTES", "ARRAY<BYTES>", split}};
constexpr ScalarVariant kSplitToMap[] = {{"STRING, STRING, STRING", "MAP<STRING, STRING>", split_to_map}};
constexpr ScalarVariant kConcat[] = {{"STRING...", "STRING", concat, kTakesNull},
                                     {"BYTES...", "BYTES", concat, kTakesNull}};
constexpr ScalarVariant kConcatWs[] = {{"STRING, STRING...", "STRING", concat_ws, kTakesNull},
                                       {"BYTES, BYTES...", "BYTES", concat_ws, kTakesNull}};
constexpr ScalarVariant kChr[] = {{"INT", "STRING", chr}, {"STRING", "STRING", chr_escape}};
constexpr ScalarVariant kElt[] = {{"INT, STRING...", "STRING", elt, kTakesNull}};
constexpr ScalarVariant kField[] = {{"STRING, STRING...", "INT", field, kTakesNull}};
constexpr ScalarVariant kUuid[] = {{"", "STRING", uuid, kNotDeterministic}, {"BYTES", "STRING", uuid_of_bytes}};
#define SL_MASK(name, where, count)                        \
  constexpr ScalarVariant name[] = {                       \
      {"STRING" count, "STRING", mask<where>, kTakesNull}, \
      {"STRING" count ", STRING, STRING, STRING, STRING", "STRING", mask<where>, kTakesNull}}
SL_MASK(kMask, Where::kAll, "");
SL_MASK(kMaskLeft, Where::kLeft, ", INT");
SL_MASK(kMaskRight, Where::kRight, ", INT");
SL_MASK(kMaskKeepLeft, Where::kKeepLeft, ", INT");
SL_MASK(kMaskKeepRight, Where::kKeepRight, ", INT");
#undef SL_MASK

constexpr ScalarEntry kTable[] = {
    {"CHR", "the character of a code point, or of its escape '\\u597d'", kChr},
    {"CONCAT", "all of them, one behind the other; nulls are left out", kConcat},
    {"CONCAT_WS", "all but the first, with the first between them; nulls are left out", kConcatWs},
    {"ELT", "of (n, s1, s2, …) the n-th", kElt},
    {"FIELD", "which of (…) the first is equal to; 0 for none", kField},
    {"INITCAP", "each word with its first letter in upper case", kInitcap},
    {"INSTR", "where the second is found in the first: (text, what, from, which one); 0 for nowhere", kInstr},
    {"LCASE", "in lower case", kLcase},
    {"LEN", "how many characters, or bytes", kLen},
    {"LPAD", "(text, length, padding): padded on the left, or cut", kLpad},
    {"MASK", "letters as X and x, digits as n, all else as -", kMask},
    {"MASK_KEEP_LEFT", "as MASK, but the first n characters", kMaskKeepLeft},
    {"MASK_KEEP_RIGHT", "as MASK, but the last n characters", kMaskKeepRight},
    {"MASK_LEFT", "the first n characters as MASK does", kMaskLeft},
    {"MASK_RIGHT", "the last n characters as MASK does", kMaskRight},
    {"REPLACE", "(text, what, with): each occurrence replaced", kReplace},
    {"RPAD", "(text, length, padding): padded on the right, or cut", kRpad},
    {"SPLIT", "(text, delimiter): the parts as an ARRAY", kSplit},
    {"SPLIT_TO_MAP", "(text, between entries, between key and value): as a MAP", kSplitToMap},
    {"SUBSTRING", "(text, from, length), from 1 or, where negative, from the end", kSubstring},
    {"TRIM", "without blanks at both ends", kTrim},
    {"UCASE", "in upper case", kUcase},
    {"UUID", "a random id, or the one that 16 bytes are", kUuid},
};

}  // namespace

std::span<const ScalarEntry> string_functions() {
  return kTable;
}

}  // namespace sl::query
