// Value: one value of a column, 16 bytes. It owns nothing: texts and nested values lie in an arena, in the record it
// was decoded from, or in a constant of the plan. What it means beyond its kind (INT or DATE, a decimal's scale, a
// struct's names) its type says, and expressions know types before they run.
#pragma once
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "query/arena.h"
#include "query/type.h"

namespace sl::query {

using Int128 = __int128;

enum class Kind : uint8_t {
  kNull,
  kError,  // what an expression gives that failed; the text says why. It never leaves the expression's column.
  kBoolean,
  kInteger,  // INT, BIGINT, DATE, TIME, TIMESTAMP
  kDouble,
  kDecimal,  // unscaled
  kText,     // STRING (UTF-8) and BYTES
  kArray,
  kMap,  // keys and values in turn, in order of insertion, no key twice
  kStruct,
};

class Value {
 public:
  Value() = default;
  static Value null() { return {}; }
  static Value boolean(bool v) { return scalar(Kind::kBoolean, v); }
  static Value integer(int64_t v) { return scalar(Kind::kInteger, v); }
  static Value real(double v) {
    Value out(Kind::kDouble);
    out.as_.real = v;
    return out;
  }
  static Value decimal(Int128 unscaled, Arena& arena) {
    Value out(Kind::kDecimal);
    auto* at = arena.array<Int128>(1);
    *at = unscaled;
    out.as_.decimal = at;
    return out;
  }
  // Texts are at most 4 GiB; a record is far smaller.
  static Value text(std::string_view v) {
    Value out(Kind::kText);
    out.size_ = static_cast<uint32_t>(v.size());
    out.as_.text = v.data();
    return out;
  }
  static Value bytes(Bytes v) { return text(sl::as_text(v)); }
  // `why` must live as long as the batch: a literal, or a text in its arena.
  static Value error(std::string_view why) {
    Value out = text(why);
    out.kind_ = Kind::kError;
    return out;
  }
  static Value array(const Value* items, size_t count) { return nested(Kind::kArray, items, count); }
  // `items` are 2 × `pairs` values.
  static Value map(const Value* items, size_t pairs) { return nested(Kind::kMap, items, pairs); }
  static Value row(const Value* fields, size_t count) { return nested(Kind::kStruct, fields, count); }

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::kNull; }
  bool is_error() const { return kind_ == Kind::kError; }
  // Neither null nor error.
  bool present() const { return kind_ > Kind::kError; }
  // A condition that holds; null, false and an error do not.
  bool holds() const { return kind_ == Kind::kBoolean && as_.integer != 0; }

  bool as_boolean() const { return as_.integer != 0; }
  int64_t as_integer() const { return as_.integer; }
  double as_real() const { return as_.real; }
  Int128 as_decimal() const { return *as_.decimal; }
  std::string_view as_text() const { return {as_.text, size_}; }
  Bytes as_bytes() const { return sl::as_bytes(as_text()); }
  // Elements of an array, fields of a struct, pairs of a map.
  size_t size() const { return size_; }
  const Value& item(size_t i) const { return as_.items[i]; }
  const Value& map_key(size_t pair) const { return as_.items[2 * pair]; }
  const Value& map_value(size_t pair) const { return as_.items[2 * pair + 1]; }
  const Value* items() const { return as_.items; }

 private:
  explicit Value(Kind kind) : kind_(kind) {}
  static Value scalar(Kind kind, int64_t v) {
    Value out(kind);
    out.as_.integer = v;
    return out;
  }
  static Value nested(Kind kind, const Value* items, size_t count) {
    Value out(kind);
    out.size_ = static_cast<uint32_t>(count);
    out.as_.items = items;
    return out;
  }

  Kind kind_ = Kind::kNull;
  uint32_t size_ = 0;
  union {
    int64_t integer;
    double real;
    const Int128* decimal;
    const char* text;
    const Value* items;
  } as_{.integer = 0};
};
static_assert(sizeof(Value) == 16);

// Equal in kind and content; nulls are equal to each other. Doubles by value, maps whatever their order. Both of one
// type.
bool same_value(const Value& a, const Value& b);
// Order within one type: numbers by size, texts by bytes, booleans false first, arrays element by element; nulls first.
int compare_values(const Value& a, const Value& b);
// Doubles in an order that holds for all of them: NaN equals itself and is greater than any other.
int compare_reals(double a, double b);
uint64_t hash_value(const Value& value);
// A copy whose texts and nested values lie in `arena`.
Value deep_copy(const Value& value, Arena& arena);

// How people and JSON's STRING columns see it: numbers plain, arrays [a, b], structs and maps {K=v} as ksqlDB's CAST
// to STRING does; a null within is `null`.
std::string to_text(const Value& value, const Type& type);

// A compact form of its own for state and changelogs: append_packed() writes it behind `out`, read_packed() takes it
// from the front of `in` (views into it; nested values and decimals in `arena`), none where the bytes are no such
// value.
void append_packed(std::string& out, const Value& value);
std::optional<Value> read_packed(std::string_view& in, Arena& arena);

}  // namespace sl::query
