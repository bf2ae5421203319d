#include "query/value.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "query/decimal.h"
#include "query/group_table.h"
#include "query/java_text.h"
#include "query/raw_bytes.h"
#include "query/time_text.h"

namespace sl::query {
namespace {

bool same_map(const Value& a, const Value& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    size_t j = 0;
    while (j < b.size() && !same_value(a.map_key(i), b.map_key(j))) ++j;
    if (j == b.size() || !same_value(a.map_value(i), b.map_value(j))) return false;
  }
  return true;
}

size_t item_count(const Value& v) {
  return v.kind() == Kind::kMap ? 2 * v.size() : v.size();
}

template <class T>
int order(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

}  // namespace

bool same_value(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kNull:
      return true;
    case Kind::kBoolean:
    case Kind::kInteger:
      return a.as_integer() == b.as_integer();
    case Kind::kDouble:
      return compare_reals(a.as_real(), b.as_real()) == 0;
    case Kind::kDecimal:
      return a.as_decimal() == b.as_decimal();
    case Kind::kError:
    case Kind::kText:
      return a.as_text() == b.as_text();
    case Kind::kMap:
      return a.size() == b.size() && same_map(a, b);
    case Kind::kArray:
    case Kind::kStruct:
      break;
  }
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (!same_value(a.item(i), b.item(i))) return false;
  return true;
}

int compare_reals(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return order(std::isnan(a), std::isnan(b));
  return order(a, b);
}

int compare_values(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return order(static_cast<int>(a.kind()), static_cast<int>(b.kind()));
  switch (a.kind()) {
    case Kind::kNull:
      return 0;
    case Kind::kBoolean:
    case Kind::kInteger:
      return order(a.as_integer(), b.as_integer());
    case Kind::kDouble:
      return compare_reals(a.as_real(), b.as_real());
    case Kind::kDecimal:
      return order(a.as_decimal(), b.as_decimal());
    case Kind::kError:
    case Kind::kText:
      return order(a.as_text(), b.as_text());
    default:
      break;
  }
  size_t shared = std::min(item_count(a), item_count(b));
  for (size_t i = 0; i < shared; ++i)
    if (int c = compare_values(a.item(i), b.item(i))) return c;
  return order(item_count(a), item_count(b));
}

// Equal values have equal hashes: a map's entries count whatever their order, also within other values.
uint64_t hash_value(const Value& value) {
  constexpr uint64_t kStep = 0x9e3779b97f4a7c15;
  uint64_t hash = static_cast<uint64_t>(value.kind()) + value.size();
  if (value.kind() == Kind::kMap) {
    for (size_t i = 0; i < value.size(); ++i)
      hash += hash_value(value.map_key(i)) * kStep + hash_value(value.map_value(i));
    return hash;
  }
  if (value.kind() == Kind::kArray || value.kind() == Kind::kStruct) {
    for (size_t i = 0; i < value.size(); ++i) hash = (hash ^ hash_value(value.item(i))) * kStep;
    return hash;
  }
  if (value.kind() == Kind::kText) return hash_bytes(value.as_text());
  std::string packed;  // a few bytes, which need no memory of their own
  append_packed(packed, value);
  return hash_bytes(packed);
}

Value deep_copy(const Value& value, Arena& arena) {
  switch (value.kind()) {
    case Kind::kNull:
    case Kind::kBoolean:
    case Kind::kInteger:
    case Kind::kDouble:
      return value;
    case Kind::kDecimal:
      return Value::decimal(value.as_decimal(), arena);
    case Kind::kError:
      return Value::error(arena.copy(value.as_text()));
    case Kind::kText:
      return Value::text(arena.copy(value.as_text()));
    default:
      break;
  }
  size_t count = item_count(value);
  auto* items = arena.array<Value>(count);
  for (size_t i = 0; i < count; ++i) items[i] = deep_copy(value.item(i), arena);
  if (value.kind() == Kind::kArray) return Value::array(items, value.size());
  if (value.kind() == Kind::kMap) return Value::map(items, value.size());
  return Value::row(items, value.size());
}

namespace {

std::string items_text(const Value& value, const Type& type) {
  std::string out(1, type.base == Base::kArray ? '[' : type.base == Base::kMap ? '{' : 'S');
  if (type.base == Base::kStruct) out = "Struct{";
  bool first = true;
  for (size_t i = 0; i < value.size(); ++i) {
    if (type.base == Base::kStruct && value.item(i).is_null()) continue;
    if (!first) out += type.base == Base::kStruct ? "," : ", ";
    first = false;
    if (type.base == Base::kArray)
      out += to_text(value.item(i), *type.element);
    else if (type.base == Base::kMap)
      out += to_text(value.map_key(i), *type.key) + "=" + to_text(value.map_value(i), *type.element);
    else
      out += type.fields[i].name + "=" + to_text(value.item(i), *type.fields[i].type);
  }
  return out + (type.base == Base::kArray ? "]" : "}");
}

}  // namespace

std::string to_text(const Value& value, const Type& type) {
  switch (value.kind()) {
    case Kind::kNull:
      return "null";
    case Kind::kBoolean:
      return value.as_boolean() ? "true" : "false";
    case Kind::kInteger:
      if (type.base == Base::kDate) return date_text(value.as_integer());
      if (type.base == Base::kTime) return time_text(value.as_integer());
      if (type.base == Base::kTimestamp) return timestamp_text(value.as_integer());
      return std::to_string(value.as_integer());
    case Kind::kDouble:
      return java_double(value.as_real());
    case Kind::kDecimal:
      return decimal_text(value.as_decimal(), type.scale);
    case Kind::kError:
    case Kind::kText:
      return std::string(value.as_text());
    default:
      return items_text(value, type);
  }
}

void append_packed(std::string& out, const Value& value) {
  out += static_cast<char>(value.kind());
  auto raw = [&out](auto v) { append_raw(out, v); };
  switch (value.kind()) {
    case Kind::kNull:
      return;
    case Kind::kBoolean:
    case Kind::kInteger:
      return raw(value.as_integer());
    case Kind::kDouble:
      // One zero and one NaN: equal values are equal bytes.
      if (std::isnan(value.as_real())) return raw(std::numeric_limits<double>::quiet_NaN());
      return raw(value.as_real() == 0 ? 0.0 : value.as_real());
    case Kind::kDecimal:
      return raw(value.as_decimal());
    case Kind::kError:
    case Kind::kText:
      return append_sized(out, value.as_text());
    default:
      break;
  }
  raw(static_cast<uint32_t>(value.size()));
  for (size_t i = 0; i < item_count(value); ++i) append_packed(out, value.item(i));
}

namespace {

constexpr int kNestingMax = 64;

std::optional<Value> read_nested(std::string_view& in, Arena& arena, int depth);

std::optional<Value> read_items(Kind kind, std::string_view& in, Arena& arena, int depth) {
  auto size = take_raw<uint32_t>(in);
  if (!size || depth == 0) return std::nullopt;
  size_t count = kind == Kind::kMap ? size_t{2} * *size : *size;
  if (count > in.size()) return std::nullopt;
  auto* items = arena.array<Value>(count);
  for (size_t i = 0; i < count; ++i) {
    auto item = read_nested(in, arena, depth - 1);
    if (!item) return std::nullopt;
    items[i] = *item;
  }
  if (kind == Kind::kArray) return Value::array(items, *size);
  if (kind == Kind::kMap) return Value::map(items, *size);
  return Value::row(items, *size);
}

std::optional<Value> read_nested(std::string_view& in, Arena& arena, int depth) {
  if (in.empty()) return std::nullopt;
  auto kind = static_cast<Kind>(in[0]);
  in.remove_prefix(1);
  switch (kind) {
    case Kind::kNull:
      return Value::null();
    case Kind::kBoolean:
    case Kind::kInteger: {
      auto v = take_raw<int64_t>(in);
      if (!v) return std::nullopt;
      return kind == Kind::kBoolean ? Value::boolean(*v != 0) : Value::integer(*v);
    }
    case Kind::kDouble: {
      auto v = take_raw<double>(in);
      return v ? std::optional(Value::real(*v)) : std::nullopt;
    }
    case Kind::kDecimal: {
      auto v = take_raw<Int128>(in);
      return v ? std::optional(Value::decimal(*v, arena)) : std::nullopt;
    }
    case Kind::kText: {
      auto text = take_sized(in);
      return text ? std::optional(Value::text(*text)) : std::nullopt;
    }
    case Kind::kArray:
    case Kind::kMap:
    case Kind::kStruct:
      return read_items(kind, in, arena, depth);
    case Kind::kError:
      break;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Value> read_packed(std::string_view& in, Arena& arena) {
  return read_nested(in, arena, kNestingMax);
}

}  // namespace sl::query
