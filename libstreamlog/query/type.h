// The types of SQL: ksqlDB's (https://docs.ksqldb.io/en/latest/reference/sql/data-types/). Types are immutable and
// shared.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sl::query {

enum class Base : uint8_t {
  kUnknown,  // that of the literal NULL: it fits wherever a value is expected
  kBoolean,
  kInt,
  kBigint,
  kDouble,
  kDecimal,
  kString,
  kBytes,
  kDate,       // days since 1970-01-01
  kTime,       // milliseconds of a day
  kTimestamp,  // milliseconds since 1970-01-01T00:00:00Z
  kArray,
  kMap,
  kStruct,
};

struct Type;
using TypePtr = std::shared_ptr<const Type>;

struct Field {
  std::string name;
  TypePtr type;
};

struct Type {
  Base base = Base::kUnknown;
  int precision = 0;          // DECIMAL: digits in all, 1 to 38
  int scale = 0;              // DECIMAL: digits behind the point
  TypePtr key;                // MAP
  TypePtr element;            // ARRAY: its elements; MAP: its values
  std::vector<Field> fields;  // STRUCT

  bool numeric() const { return base >= Base::kInt && base <= Base::kDecimal; }
  bool integer() const { return base == Base::kInt || base == Base::kBigint; }
  bool temporal() const { return base >= Base::kDate && base <= Base::kTimestamp; }
  bool nested() const { return base >= Base::kArray; }
};

inline constexpr int kDecimalPrecisionMax = 38;

// The one type of a base without parameters.
const TypePtr& simple_type(Base base);
TypePtr decimal_type(int precision, int scale);
TypePtr array_type(TypePtr element);
TypePtr map_type(TypePtr key, TypePtr element);
TypePtr struct_type(std::vector<Field> fields);

bool same_type(const Type& a, const Type& b);
// As SQL: DECIMAL(4, 2), STRUCT<F1 STRING, `f2` INT>. A name that is no upper-case word stands in backticks.
std::string to_sql(const Type& type);
// A name as SQL must write it: in backticks unless it is an upper-case identifier.
std::string quoted_name(std::string_view name);

// The type that both fit into without loss of kind: INT < BIGINT < DECIMAL < DOUBLE, decimals widened to hold both,
// the unknown type yields to any; null where there is none.
TypePtr common_type(const TypePtr& a, const TypePtr& b);
// Whether a value of `from` may stand, unasked, where `to` is expected.
bool implicitly_castable(const Type& from, const Type& to);
// DECIMAL in which every value of a numeric type fits: INT is (10, 0), BIGINT (19, 0).
TypePtr decimal_of(const Type& numeric);

}  // namespace sl::query
