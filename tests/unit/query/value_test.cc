// Types, values and decimals: their texts, their order, their packed form, and what fits into what.
#include "query/value.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "query/decimal.h"

namespace sl::query {
namespace {

TypePtr type_of(Base base) {
  return simple_type(base);
}
std::string real_text(double v) {
  return to_text(Value::real(v), *type_of(Base::kDouble));
}
std::string common(const TypePtr& a, const TypePtr& b) {
  auto both = common_type(a, b);
  auto swapped = common_type(b, a);
  EXPECT_EQ(!both, !swapped);
  return both ? to_sql(*both) : "none";
}

TEST(Types, AsSql) {
  EXPECT_EQ(to_sql(*decimal_type(4, 2)), "DECIMAL(4, 2)");
  EXPECT_EQ(to_sql(*map_type(type_of(Base::kString), array_type(type_of(Base::kInt)))), "MAP<STRING, ARRAY<INTEGER>>");
  EXPECT_EQ(to_sql(*struct_type({{"F1", type_of(Base::kString)}, {"f2", type_of(Base::kBigint)}})),
            "STRUCT<F1 STRING, `f2` BIGINT>");
  EXPECT_EQ(quoted_name("A_1"), "A_1");
  EXPECT_EQ(quoted_name("1A"), "`1A`");
  EXPECT_EQ(quoted_name(""), "``");
}

TEST(Types, CommonTypeHoldsBoth) {
  EXPECT_EQ(common(type_of(Base::kInt), type_of(Base::kBigint)), "BIGINT");
  EXPECT_EQ(common(type_of(Base::kBigint), type_of(Base::kDouble)), "DOUBLE");
  EXPECT_EQ(common(type_of(Base::kInt), decimal_type(4, 2)), "DECIMAL(12, 2)");
  EXPECT_EQ(common(decimal_type(5, 4), decimal_type(5, 1)), "DECIMAL(8, 4)");
  EXPECT_EQ(common(decimal_type(38, 0), decimal_type(38, 10)), "DECIMAL(38, 10)");
  EXPECT_EQ(common(type_of(Base::kUnknown), type_of(Base::kDate)), "DATE");
  EXPECT_EQ(common(type_of(Base::kString), type_of(Base::kInt)), "none");
  EXPECT_EQ(common(array_type(type_of(Base::kInt)), array_type(type_of(Base::kDouble))), "ARRAY<DOUBLE>");
}

TEST(Types, ImplicitCastsLoseNothing) {
  EXPECT_TRUE(implicitly_castable(*type_of(Base::kInt), *type_of(Base::kBigint)));
  EXPECT_FALSE(implicitly_castable(*type_of(Base::kBigint), *type_of(Base::kInt)));
  EXPECT_TRUE(implicitly_castable(*type_of(Base::kInt), *decimal_type(12, 2)));
  EXPECT_FALSE(implicitly_castable(*type_of(Base::kInt), *decimal_type(11, 2)));
  EXPECT_FALSE(implicitly_castable(*type_of(Base::kDouble), *decimal_type(38, 10)));
  EXPECT_TRUE(implicitly_castable(*decimal_type(4, 2), *type_of(Base::kDouble)));
  EXPECT_FALSE(implicitly_castable(*type_of(Base::kString), *type_of(Base::kInt)));
}

TEST(Values, DoublesAsJavaWritesThem) {
  EXPECT_EQ(real_text(0.0), "0.0");
  EXPECT_EQ(real_text(-0.0), "-0.0");
  EXPECT_EQ(real_text(1.0), "1.0");
  EXPECT_EQ(real_text(123456.789), "123456.789");
  EXPECT_EQ(real_text(9999999.0), "9999999.0");
  EXPECT_EQ(real_text(1e7), "1.0E7");
  EXPECT_EQ(real_text(1.25e-3), "0.00125");
  EXPECT_EQ(real_text(9.9e-4), "9.9E-4");
  EXPECT_EQ(real_text(1e300), "1.0E300");
  EXPECT_EQ(real_text(std::numeric_limits<double>::infinity()), "Infinity");
  EXPECT_EQ(real_text(-std::numeric_limits<double>::infinity()), "-Infinity");
  EXPECT_EQ(real_text(std::nan("")), "NaN");
}

TEST(Values, OrderAndEquality) {
  Arena arena;
  EXPECT_LT(compare_values(Value::integer(-5), Value::integer(3)), 0);
  EXPECT_LT(compare_values(Value::text("a"), Value::text("b")), 0);
  EXPECT_LT(compare_values(Value::text("a"), Value::text("aa")), 0);
  EXPECT_LT(compare_values(Value::text("z"), Value::text("\xc3\xa9")), 0) << "bytes above 127 come last";
  EXPECT_LT(compare_values(Value::null(), Value::integer(INT64_MIN)), 0);
  EXPECT_LT(compare_values(Value::boolean(false), Value::boolean(true)), 0);
  EXPECT_LT(compare_values(Value::decimal(-1, arena), Value::decimal(1, arena)), 0);
  EXPECT_GT(compare_reals(std::nan(""), std::numeric_limits<double>::infinity()), 0);
  EXPECT_EQ(compare_reals(std::nan(""), std::nan("")), 0);
  EXPECT_TRUE(same_value(Value::null(), Value::null()));
  EXPECT_FALSE(same_value(Value::integer(1), Value::real(1)));
  Value ab[] = {Value::text("a"), Value::integer(1), Value::text("b"), Value::null()};
  Value ba[] = {Value::text("b"), Value::null(), Value::text("a"), Value::integer(1)};
  EXPECT_TRUE(same_value(Value::map(ab, 2), Value::map(ba, 2)));
  EXPECT_EQ(hash_value(Value::map(ab, 2)), hash_value(Value::map(ba, 2)));
  EXPECT_FALSE(same_value(Value::map(ab, 2), Value::map(ab, 1)));
  EXPECT_FALSE(same_value(Value::array(ab, 4), Value::array(ba, 4)));
  EXPECT_EQ(hash_value(Value::real(0.0)), hash_value(Value::real(-0.0)));
}

TEST(Values, PackedFormComesBack) {
  Arena arena;
  Value items[] = {Value::null(),
                   Value::boolean(true),
                   Value::integer(-7),
                   Value::real(1.5),
                   Value::decimal(power_of_ten(30), arena),
                   Value::text("text")};
  Value pairs[] = {Value::text("k"), Value::array(items, 6)};
  auto value = Value::map(pairs, 1);
  std::string packed;
  append_packed(packed, value);
  std::string_view view = packed;
  auto again = read_packed(view, arena);
  ASSERT_TRUE(again);
  EXPECT_TRUE(view.empty());
  EXPECT_TRUE(same_value(*again, value));
  for (size_t size = 0; size < packed.size(); ++size) {
    std::string_view cut = std::string_view(packed).substr(0, size);
    EXPECT_FALSE(read_packed(cut, arena)) << size;
  }
  // More elements than bytes: refused before memory is asked for.
  std::string_view greedy("\x07\xff\xff\xff\xff", 5);
  EXPECT_FALSE(read_packed(greedy, arena));
}

TEST(Values, DeepCopiesStandAlone) {
  Arena arena;
  std::string text = "changes";
  Value items[] = {Value::text(text)};
  auto copy = deep_copy(Value::array(items, 1), arena);
  text.assign(text.size(), 'x');
  items[0] = Value::null();
  EXPECT_EQ(copy.item(0).as_text(), "changes");
}

TEST(Decimals, TextsBothWays) {
  auto parsed = [](std::string_view text) {
    auto v = parse_decimal(text);
    return v ? decimal_text(v->unscaled, v->scale) : "none";
  };
  EXPECT_EQ(parsed("12"), "12");
  EXPECT_EQ(parsed("-1.50"), "-1.50");
  EXPECT_EQ(parsed("+0.05"), "0.05");
  EXPECT_EQ(parsed(".5"), "0.5");
  EXPECT_EQ(parsed("1e3"), "1000");
  EXPECT_EQ(parsed("1.5E-2"), "0.015");
  EXPECT_EQ(parsed("1.25e1"), "12.5");
  EXPECT_EQ(parsed(std::string(38, '9')), std::string(38, '9'));
  for (std::string_view text : {"", "-", ".", "1x", "1e", "1e+", "1e9999", "0x10", "--1", "1.2.3"})
    EXPECT_EQ(parsed(text), "none") << text;
  EXPECT_EQ(parsed(std::string(39, '9')), "none");
}

TEST(Decimals, RoundHalfAwayFromZero) {
  EXPECT_EQ(decimal_text(*rescale(1005, 3, 2), 2), "1.01");
  EXPECT_EQ(decimal_text(*rescale(-1005, 3, 2), 2), "-1.01");
  EXPECT_EQ(decimal_text(*rescale(1004, 3, 2), 2), "1.00");
  EXPECT_EQ(decimal_text(*rescale(5, 1, 0), 0), "1");
  EXPECT_EQ(decimal_text(*rescale(7, 0, 3), 3), "7.000");
  EXPECT_FALSE(rescale(power_of_ten(38), 0, 5));
  EXPECT_FALSE(fit_decimal(9999, 2, 4, 3));
  EXPECT_FALSE(fit_decimal(9995, 3, 3, 2)) << "rounded up it has a digit more";
  EXPECT_EQ(digits_of(0), 1);
  EXPECT_EQ(digits_of(-power_of_ten(38)), 39);
}

TEST(Decimals, Doubles) {
  EXPECT_EQ(decimal_to_real(-12345, 2), -123.45);
  EXPECT_EQ(decimal_text(*decimal_from_real(0.1, 4, 3), 3), "0.100");
  EXPECT_EQ(decimal_text(*decimal_from_real(1.005, 4, 2), 2), "1.01") << "the shortest text is what is rounded";
  EXPECT_EQ(decimal_text(*decimal_from_real(1e-200, 4, 2), 2), "0.00");
  EXPECT_FALSE(decimal_from_real(100, 4, 2));
  EXPECT_FALSE(decimal_from_real(std::nan(""), 4, 2));
}

}  // namespace
}  // namespace sl::query
