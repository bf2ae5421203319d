#include "query/cast.h"

#include <fmt/format.h>

#include <cmath>

#include "base/text.h"
#include "query/decimal.h"
#include "query/name.h"
#include "query/time_text.h"

namespace sl::query {
namespace {

using Cast = Caster::Cast;

Value failed(Arena& arena, const std::string& why) {
  return Value::error(arena.copy(why));
}
Value cannot(const Value& text, std::string_view what, Arena& arena) {
  return failed(arena, fmt::format("'{}' is no {}", text.as_text(), what));
}

// A DECIMAL as BIGINT or INT: the digits behind the point are cut off.
Cast to_integer(const Type& from, bool narrow) {
  auto wrap = [narrow](int64_t v) { return Value::integer(narrow ? static_cast<int32_t>(v) : v); };
  if (from.integer()) return [wrap](const Value& v, Arena&) { return wrap(v.as_integer()); };
  if (from.base == Base::kDouble)
    return [narrow](const Value& v, Arena&) {
      // As Java: towards zero, the nearest there is where it does not fit, 0 for NaN.
      double d = v.as_real();
      if (std::isnan(d)) return Value::integer(0);
      double low = narrow ? INT32_MIN : -0x1p63, high = narrow ? INT32_MAX : 0x1p63;
      if (d <= low) return Value::integer(narrow ? INT32_MIN : INT64_MIN);
      if (d >= high) return Value::integer(narrow ? INT32_MAX : INT64_MAX);
      return Value::integer(static_cast<int64_t>(d));
    };
  if (from.base == Base::kDecimal)
    return [scale = from.scale, wrap](const Value& v, Arena&) {
      return wrap(static_cast<int64_t>(v.as_decimal() / power_of_ten(scale)));
    };
  return [narrow](const Value& v, Arena& arena) {
    auto text = trim(v.as_text());
    if (text.starts_with('+')) text.remove_prefix(1);
    auto number = parse_int(text);
    if (!number || (narrow && (*number < INT32_MIN || *number > INT32_MAX)))
      return cannot(v, narrow ? "INTEGER" : "BIGINT", arena);
    return Value::integer(*number);
  };
}

Cast to_real(const Type& from) {
  if (from.integer()) return [](const Value& v, Arena&) { return Value::real(static_cast<double>(v.as_integer())); };
  if (from.base == Base::kDecimal)
    return [scale = from.scale](const Value& v, Arena&) { return Value::real(decimal_to_real(v.as_decimal(), scale)); };
  return [](const Value& v, Arena& arena) {
    auto text = trim(v.as_text());
    auto number = parse_double(text.starts_with('+') ? text.substr(1) : text);
    if (!number) return cannot(v, "DOUBLE", arena);
    return Value::real(*number);
  };
}

Cast to_decimal(const Type& from, const Type& to) {
  int precision = to.precision, scale = to.scale;
  auto fitted = [precision, scale](Int128 v, int from_scale, Arena& arena) {
    auto out = fit_decimal(v, from_scale, precision, scale);
    if (!out)
      return failed(arena, fmt::format("Numeric field overflow: A field with precision {} and scale {} must round to "
                                       "an absolute value less than 10^{}. Got {}",
                                       precision, scale, precision - scale, decimal_text(v, from_scale)));
    return Value::decimal(*out, arena);
  };
  if (from.integer()) return [fitted](const Value& v, Arena& arena) { return fitted(v.as_integer(), 0, arena); };
  if (from.base == Base::kDecimal)
    return [fitted, from_scale = from.scale](const Value& v, Arena& arena) {
      return fitted(v.as_decimal(), from_scale, arena);
    };
  if (from.base == Base::kDouble)
    return [precision, scale](const Value& v, Arena& arena) {
      auto out = decimal_from_real(v.as_real(), precision, scale);
      if (!out)
        return failed(arena, fmt::format("Numeric field overflow: {} does not fit into DECIMAL({}, {})", v.as_real(),
                                         precision, scale));
      return Value::decimal(*out, arena);
    };
  return [fitted](const Value& v, Arena& arena) {
    auto parsed = parse_decimal(trim(v.as_text()));
    if (!parsed) return cannot(v, "DECIMAL", arena);
    return fitted(parsed->unscaled, parsed->scale, arena);
  };
}

Cast to_time(const Type& from, Base to) {
  if (from.base == Base::kString)
    return [to](const Value& v, Arena& arena) {
      auto parsed = to == Base::kDate   ? parse_date_text(v.as_text())
                    : to == Base::kTime ? parse_time_text(v.as_text())
                                        : parse_timestamp_text(v.as_text());
      if (!parsed)
        return cannot(v,
                      to == Base::kDate   ? "DATE (yyyy-MM-dd)"
                      : to == Base::kTime ? "TIME (HH:mm:ss)"
                                          : "TIMESTAMP (yyyy-MM-ddTHH:mm:ss.SSS)",
                      arena);
      return Value::integer(*parsed);
    };
  if (from.base == Base::kDate) return [](const Value& v, Arena&) { return Value::integer(v.as_integer() * kDayMs); };
  if (to == Base::kDate)
    return
        [](const Value& v, Arena&) { return Value::integer(v.as_integer() / kDayMs - (v.as_integer() % kDayMs < 0)); };
  return [](const Value& v, Arena&) { return Value::integer(((v.as_integer() % kDayMs) + kDayMs) % kDayMs); };
}

// Casts every item of an array, map or struct; an item that fails fails the whole.
Value items_of(const Value& v, size_t count, const std::function<const Caster*(size_t)>& caster, Arena& arena,
               Value& error) {
  auto* items = arena.array<Value>(count);
  for (size_t i = 0; i < count; ++i) {
    const auto* one = caster(i);
    items[i] = v.item(i).present() && one ? one->cast(v.item(i), arena) : v.item(i);
    if (items[i].is_error()) error = items[i];
  }
  return v.kind() == Kind::kArray ? Value::array(items, v.size())
         : v.kind() == Kind::kMap ? Value::map(items, v.size())
                                  : Value::row(items, v.size());
}

Result<Caster> nested_cast(const TypePtr& from, const TypePtr& to) {
  std::vector<Caster> casters;
  if (from->base == Base::kArray) {
    SL_TRY(auto one, resolve_cast(from->element, to->element));
    casters.push_back(std::move(one));
  } else {
    SL_TRY(auto key, resolve_cast(from->key, to->key));
    SL_TRY(auto value, resolve_cast(from->element, to->element));
    casters.push_back(std::move(key));
    casters.push_back(std::move(value));
  }
  return Caster([casters](const Value& v, Arena& arena) {
    Value error;
    size_t count = v.size() * casters.size();
    auto out = items_of(
        v, count, [&](size_t i) { return &casters[i % casters.size()]; }, arena, error);
    return error.is_error() ? error : out;
  });
}

// Fields go by name; those that the new struct has alone are null.
Result<Caster> struct_cast(const TypePtr& from, const TypePtr& to) {
  struct FieldCast {
    size_t from;
    Caster caster;
  };
  std::vector<std::optional<FieldCast>> fields;
  for (const auto& field : to->fields) {
    auto at = find_name(from->fields, field.name, [](const Field& f) -> const std::string& { return f.name; });
    if (!at) {
      fields.emplace_back();
      continue;
    }
    SL_TRY(auto caster, resolve_cast(from->fields[*at].type, field.type));
    fields.push_back(FieldCast{*at, std::move(caster)});
  }
  return Caster([fields](const Value& v, Arena& arena) {
    auto* items = arena.array<Value>(fields.size());
    for (size_t i = 0; i < fields.size(); ++i) {
      items[i] = fields[i] ? v.item(fields[i]->from) : Value::null();
      if (fields[i] && items[i].present()) items[i] = fields[i]->caster.cast(items[i], arena);
      if (items[i].is_error()) return items[i];
    }
    return Value::row(items, fields.size());
  });
}

// Any beginning of true, yes, false and no.
Value boolean_of(const Value& v, Arena& arena) {
  auto text = trim(v.as_text());
  auto begins = [&](std::string_view word) {
    return !text.empty() && text.size() <= word.size() && same_name(word.substr(0, text.size()), text);
  };
  if (begins("true") || begins("yes")) return Value::boolean(true);
  if (begins("false") || begins("no")) return Value::boolean(false);
  return failed(arena, fmt::format("invalid input syntax for type BOOLEAN: \"{}\"", v.as_text()));
}

}  // namespace

Result<Caster> resolve_cast(const TypePtr& from, const TypePtr& to) {
  if (same_type(*from, *to)) return Caster([](const Value& v, Arena&) { return v; });
  if (from->base == Base::kUnknown) return Caster([](const Value&, Arena&) { return Value::null(); });
  bool from_text = from->base == Base::kString;
  switch (to->base) {
    case Base::kInt:
    case Base::kBigint:
      if (from->numeric() || from_text) return Caster(to_integer(*from, to->base == Base::kInt));
      break;
    case Base::kDouble:
      if (from->numeric() || from_text) return Caster(to_real(*from));
      break;
    case Base::kDecimal:
      if (from->numeric() || from_text) return Caster(to_decimal(*from, *to));
      break;
    case Base::kString:
      if (from->base != Base::kBytes)
        return Caster([from](const Value& v, Arena& arena) { return Value::text(arena.copy(to_text(v, *from))); });
      break;
    case Base::kBoolean:
      if (from_text) return Caster(boolean_of);
      break;
    case Base::kDate:
    case Base::kTimestamp:
      if (from_text || (from->temporal() && from->base != Base::kTime)) return Caster(to_time(*from, to->base));
      break;
    case Base::kTime:
      if (from_text || from->base == Base::kTimestamp) return Caster(to_time(*from, to->base));
      break;
    case Base::kArray:
    case Base::kMap:
      if (from->base == to->base) return nested_cast(from, to);
      break;
    case Base::kStruct:
      if (from->base == to->base) return struct_cast(from, to);
      break;
    case Base::kBytes:
    case Base::kUnknown:
      break;
  }
  return Error{Errc::kMalformed, fmt::format("Cast of {} to {} is not supported", to_sql(*from), to_sql(*to))};
}

}  // namespace sl::query
