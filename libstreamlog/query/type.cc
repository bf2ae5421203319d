#include "query/type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sl::query {
namespace {

TypePtr made(Base base, int precision = 0, int scale = 0, TypePtr key = nullptr, TypePtr element = nullptr,
             std::vector<Field> fields = {}) {
  return std::make_shared<const Type>(
      Type{base, precision, scale, std::move(key), std::move(element), std::move(fields)});
}

std::string_view base_name(Base base) {
  switch (base) {
    case Base::kUnknown:
      return "NULL";
    case Base::kBoolean:
      return "BOOLEAN";
    case Base::kInt:
      return "INTEGER";
    case Base::kBigint:
      return "BIGINT";
    case Base::kDouble:
      return "DOUBLE";
    case Base::kString:
      return "STRING";
    case Base::kBytes:
      return "BYTES";
    case Base::kDate:
      return "DATE";
    case Base::kTime:
      return "TIME";
    case Base::kTimestamp:
      return "TIMESTAMP";
    case Base::kDecimal:
      return "DECIMAL";
    case Base::kArray:
      return "ARRAY";
    case Base::kMap:
      return "MAP";
    case Base::kStruct:
      return "STRUCT";
  }
  return "?";
}

}  // namespace

const TypePtr& simple_type(Base base) {
  static const auto* types = [] {
    auto* all = new std::array<TypePtr, 14>;
    for (size_t i = 0; i < all->size(); ++i) (*all)[i] = made(static_cast<Base>(i));
    return all;
  }();
  return (*types)[static_cast<size_t>(base)];
}

TypePtr decimal_type(int precision, int scale) {
  return made(Base::kDecimal, precision, scale);
}
TypePtr array_type(TypePtr element) {
  return made(Base::kArray, 0, 0, nullptr, std::move(element));
}
TypePtr map_type(TypePtr key, TypePtr element) {
  return made(Base::kMap, 0, 0, std::move(key), std::move(element));
}
TypePtr struct_type(std::vector<Field> fields) {
  return made(Base::kStruct, 0, 0, nullptr, nullptr, std::move(fields));
}

bool same_type(const Type& a, const Type& b) {
  if (a.base != b.base) return false;
  if (a.base == Base::kDecimal) return a.precision == b.precision && a.scale == b.scale;
  if (a.base == Base::kArray) return same_type(*a.element, *b.element);
  if (a.base == Base::kMap) return same_type(*a.key, *b.key) && same_type(*a.element, *b.element);
  if (a.base != Base::kStruct) return true;
  return std::equal(a.fields.begin(), a.fields.end(), b.fields.begin(), b.fields.end(),
                    [](const Field& x, const Field& y) { return x.name == y.name && same_type(*x.type, *y.type); });
}

std::string quoted_name(std::string_view name) {
  bool plain = !name.empty() && !(name[0] >= '0' && name[0] <= '9');
  for (char c : name) plain = plain && ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_');
  return plain ? std::string(name) : fmt::format("`{}`", name);
}

std::string to_sql(const Type& type) {
  if (type.base == Base::kDecimal) return fmt::format("DECIMAL({}, {})", type.precision, type.scale);
  if (type.base == Base::kArray) return fmt::format("ARRAY<{}>", to_sql(*type.element));
  if (type.base == Base::kMap) return fmt::format("MAP<{}, {}>", to_sql(*type.key), to_sql(*type.element));
  if (type.base != Base::kStruct) return std::string(base_name(type.base));
  std::string out = "STRUCT<";
  for (const auto& field : type.fields) {
    if (out.back() != '<') out += ", ";
    out += quoted_name(field.name) + " " + to_sql(*field.type);
  }
  return out + ">";
}

TypePtr decimal_of(const Type& numeric) {
  if (numeric.base == Base::kInt) return decimal_type(10, 0);
  if (numeric.base == Base::kBigint) return decimal_type(19, 0);
  return decimal_type(numeric.precision, numeric.scale);
}

TypePtr common_type(const TypePtr& a, const TypePtr& b) {
  if (a->base == Base::kUnknown) return b;
  if (b->base == Base::kUnknown || same_type(*a, *b)) return a;
  if (a->numeric() && b->numeric()) {
    if (a->base == Base::kDouble || b->base == Base::kDouble) return simple_type(Base::kDouble);
    if (a->base != Base::kDecimal && b->base != Base::kDecimal) return simple_type(Base::kBigint);
    auto x = decimal_of(*a), y = decimal_of(*b);
    int scale = std::max(x->scale, y->scale);
    int whole = std::max(x->precision - x->scale, y->precision - y->scale);
    return decimal_type(std::min(whole + scale, kDecimalPrecisionMax), scale);
  }
  if (a->base != b->base) return nullptr;
  if (a->base == Base::kArray) {
    auto element = common_type(a->element, b->element);
    return element ? array_type(element) : nullptr;
  }
  if (a->base == Base::kMap) {
    auto key = common_type(a->key, b->key);
    auto element = common_type(a->element, b->element);
    return key && element ? map_type(key, element) : nullptr;
  }
  if (a->base != Base::kStruct) return nullptr;
  // Fields that only one of them has are null in the other.
  std::vector<Field> fields = a->fields;
  for (const auto& field : b->fields) {
    auto at = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.name == field.name; });
    if (at == fields.end()) {
      fields.push_back(field);
      continue;
    }
    at->type = common_type(at->type, field.type);
    if (!at->type) return nullptr;
  }
  return struct_type(std::move(fields));
}

bool implicitly_castable(const Type& from, const Type& to) {
  if (from.base == Base::kUnknown || same_type(from, to)) return true;
  if (from.numeric() && to.numeric()) {
    if (to.base == Base::kDouble) return true;
    if (to.base == Base::kDecimal && from.base != Base::kDouble) {
      auto decimal = decimal_of(from);
      return decimal->scale <= to.scale && decimal->precision - decimal->scale <= to.precision - to.scale;
    }
    return from.base == Base::kInt && to.base == Base::kBigint;
  }
  if (from.base != to.base) return false;
  if (from.base == Base::kArray) return implicitly_castable(*from.element, *to.element);
  if (from.base == Base::kMap)
    return implicitly_castable(*from.key, *to.key) && implicitly_castable(*from.element, *to.element);
  if (from.base != Base::kStruct || from.fields.size() != to.fields.size()) return false;
  for (size_t i = 0; i < from.fields.size(); ++i)
    if (from.fields[i].name != to.fields[i].name || !implicitly_castable(*from.fields[i].type, *to.fields[i].type))
      return false;
  return true;
}

}  // namespace sl::query
