// Aggregates alone: rows in, rows out again, two groups merged. The expected values are ksqlDB's.
#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>

#include "query/aggregate.h"
#include "query/format.h"

namespace sl::query {
namespace {

// A group of one aggregate over one column, its rows given as JSON.
class Group {
 public:
  Group(std::string_view name, TypePtr column, std::vector<Value> constants = {}) : column_(std::move(column)) {
    std::vector<AggregateArgument> arguments = {{column_}};
    for (const auto& constant : constants)
      arguments.push_back({simple_type(constant.kind() == Kind::kBoolean ? Base::kBoolean : Base::kInt), &constant});
    auto call = resolve_aggregate(name, arguments, {});
    if (!call) {
      refusal_ = call.error().context;
      return;
    }
    aggregate_ = std::move(call->aggregate);
    fixed_.resize(aggregate_->fixed_bytes() / 8 + 1);
  }
  AggregateState state() {
    return {reinterpret_cast<uint8_t*>(fixed_.data()), aggregate_->uses_text() ? &text_ : nullptr};
  }
  Value value(std::string_view json) {
    std::string why;
    auto parsed = value_from_json(json, *column_, arena_, why);
    EXPECT_TRUE(parsed) << json << ": " << why;
    return parsed.value_or(Value::null());
  }
  Group& add(std::initializer_list<std::string_view> rows) {
    for (auto row : rows) {
      auto v = value(row);
      auto status = aggregate_->add(state(), &v, arena_);
      if (!status) refusal_ = status.error().context;
    }
    return *this;
  }
  Group& undo(std::initializer_list<std::string_view> rows) {
    EXPECT_TRUE(aggregate_->undoable());
    for (auto row : rows) {
      auto v = value(row);
      EXPECT_TRUE(aggregate_->undo(state(), &v, arena_));
    }
    return *this;
  }
  Group& merge(Group& from, bool from_first) {
    EXPECT_TRUE(aggregate_->merge(state(), from.state(), from_first, arena_));
    return *this;
  }
  std::string text() {
    if (!aggregate_) return "refused: " + refusal_;
    return to_text(aggregate_->result(state(), arena_), *aggregate_->type());
  }
  const std::string& refusal() const { return refusal_; }
  std::string type() const { return aggregate_ ? to_sql(*aggregate_->type()) : refusal_; }
  bool undoable() const { return aggregate_->undoable(); }

 private:
  TypePtr column_;
  std::unique_ptr<Aggregate> aggregate_;
  std::vector<uint64_t> fixed_;
  std::string text_, refusal_;
  Arena arena_;
};

const TypePtr& of(Base base) {
  return simple_type(base);
}

TEST(Aggregates, Count) {
  EXPECT_EQ(Group("COUNT", of(Base::kString)).text(), "0");
  Group group("count", of(Base::kString));
  EXPECT_EQ(group.add({"\"x\"", "null", "\"x\""}).text(), "2") << "nulls do not count";
  EXPECT_EQ(group.undo({"\"x\"", "null"}).text(), "1");
  EXPECT_EQ(group.type(), "BIGINT");
  Group other("COUNT", of(Base::kString));
  EXPECT_EQ(group.merge(other.add({"\"y\"", "\"z\""}), true).text(), "3");
}

TEST(Aggregates, Sum) {
  EXPECT_EQ(Group("SUM", of(Base::kInt)).add({"1", "null", "-3"}).text(), "-2");
  EXPECT_EQ(Group("SUM", of(Base::kInt)).type(), "INTEGER");
  EXPECT_EQ(Group("SUM", of(Base::kBigint)).add({"5000000000", "1"}).text(), "5000000001");
  EXPECT_EQ(Group("SUM", of(Base::kDouble)).add({"0.5", "0.25"}).undo({"0.5"}).text(), "0.25");
  Group decimal("SUM", decimal_type(4, 2));
  EXPECT_EQ(decimal.add({"12.50", "-0.01"}).text(), "12.49");
  EXPECT_EQ(decimal.type(), "DECIMAL(4, 2)");
  EXPECT_EQ(decimal.add({"99.99"}).text(), "12.49") << "what overflows leaves the sum as it was";
  EXPECT_NE(decimal.refusal(), "");
  EXPECT_TRUE(Group("SUM", of(Base::kString)).text().starts_with("refused: "));
}

TEST(Aggregates, Mean) {
  Group group("AVG", of(Base::kInt));
  EXPECT_EQ(group.type(), "DOUBLE");
  EXPECT_EQ(group.add({"1", "2", "null"}).text(), "1.5");
  EXPECT_EQ(group.undo({"1"}).text(), "2.0");
  Group other("AVG", of(Base::kInt));
  EXPECT_EQ(group.merge(other.add({"4", "6"}), false).text(), "4.0");
}

TEST(Aggregates, LeastAndGreatest) {
  EXPECT_EQ(Group("MIN", of(Base::kInt)).text(), "null");
  EXPECT_EQ(Group("MIN", of(Base::kInt)).add({"3", "null", "-1", "2"}).text(), "-1");
  EXPECT_EQ(Group("MAX", of(Base::kBigint)).add({"3", "9", "2"}).text(), "9");
  EXPECT_EQ(Group("MAX", of(Base::kDouble)).add({"-1.5", "-0.5", "null"}).text(), "-0.5");
  EXPECT_EQ(Group("MIN", decimal_type(4, 2)).add({"1.50", "1.25"}).text(), "1.25");
  EXPECT_EQ(Group("MAX", of(Base::kString)).add({"\"b\"", "\"ab\"", "\"B\""}).text(), "b");
  EXPECT_EQ(Group("MIN", of(Base::kDate)).add({"18321", "18320"}).text(), "2020-02-28");
  EXPECT_EQ(Group("MAX", of(Base::kTimestamp)).add({"5", "1000"}).text(), "1970-01-01T00:00:01.000");
  Group left("MIN", of(Base::kInt)), right("MIN", of(Base::kInt));
  EXPECT_EQ(left.merge(right.add({"7"}), true).text(), "7") << "an empty side does not count";
  EXPECT_EQ(left.merge(right.add({"5"}), false).text(), "5");
}

TEST(Aggregates, FirstAndLast) {
  EXPECT_EQ(Group("LATEST_BY_OFFSET", of(Base::kInt)).add({"1", "2", "null"}).text(), "2");
  EXPECT_EQ(Group("LATEST_BY_OFFSET", of(Base::kInt), {Value::boolean(false)}).add({"1", "null"}).text(), "null");
  EXPECT_EQ(Group("EARLIEST_BY_OFFSET", of(Base::kInt)).add({"null", "1", "2"}).text(), "1");
  EXPECT_EQ(Group("EARLIEST_BY_OFFSET", of(Base::kInt), {Value::boolean(false)}).add({"null", "1"}).text(), "null");
  EXPECT_EQ(Group("LATEST_BY_OFFSET", of(Base::kInt), {Value::integer(2)}).add({"1", "2", "3"}).text(), "[2, 3]");
  EXPECT_EQ(Group("EARLIEST_BY_OFFSET", of(Base::kInt), {Value::integer(2)}).add({"1", "2", "3"}).text(), "[1, 2]");
  Group early("LATEST_BY_OFFSET", of(Base::kInt)), late("LATEST_BY_OFFSET", of(Base::kInt));
  early.add({"1"});
  late.add({"2"});
  EXPECT_EQ(late.merge(early, true).text(), "2");
  Group first("EARLIEST_BY_OFFSET", of(Base::kInt)), second("EARLIEST_BY_OFFSET", of(Base::kInt));
  first.add({"1"});
  second.add({"2"});
  EXPECT_EQ(second.merge(first, true).text(), "1");
}

TEST(Aggregates, Collections) {
  EXPECT_EQ(Group("COLLECT_LIST", of(Base::kInt)).add({"2", "null", "1", "2"}).text(), "[2, null, 1, 2]");
  EXPECT_EQ(Group("COLLECT_SET", of(Base::kInt)).add({"2", "null", "1", "2", "null"}).text(), "[2, null, 1]");
  EXPECT_EQ(Group("COLLECT_LIST", of(Base::kInt)).add({"2", "1", "2"}).undo({"1"}).text(), "[2, 2]");
  EXPECT_EQ(Group("COLLECT_LIST", of(Base::kInt)).text(), "[]");
  EXPECT_EQ(Group("COUNT_DISTINCT", of(Base::kString)).add({"\"a\"", "\"b\"", "\"a\"", "null"}).text(), "2");
  EXPECT_EQ(Group("HISTOGRAM", of(Base::kString)).add({"\"a\"", "\"b\"", "\"a\""}).text(), "{a=2, b=1}");
  Group one("COLLECT_LIST", of(Base::kInt)), two("COLLECT_LIST", of(Base::kInt));
  one.add({"1"});
  EXPECT_EQ(two.add({"2"}).merge(one, true).text(), "[1, 2]");
}

TEST(Aggregates, TheLargest) {
  EXPECT_EQ(Group("TOPK", of(Base::kInt), {Value::integer(3)}).add({"1", "5", "null", "5", "2"}).text(), "[5, 5, 2]");
  EXPECT_EQ(Group("TOPKDISTINCT", of(Base::kInt), {Value::integer(3)}).add({"1", "5", "5", "2"}).text(), "[5, 2, 1]");
  EXPECT_EQ(Group("TOPK", of(Base::kString), {Value::integer(2)}).add({"\"a\"", "\"c\"", "\"b\""}).text(), "[c, b]");
  Group one("TOPK", of(Base::kInt), {Value::integer(2)}), two("TOPK", of(Base::kInt), {Value::integer(2)});
  two.add({"9", "1"});
  EXPECT_EQ(one.add({"5", "4"}).merge(two, false).text(), "[9, 5]");
}

TEST(Aggregates, Statistics) {
  EXPECT_EQ(Group("STDDEV_SAMPLE", of(Base::kDouble)).add({"0.1", "0.1", "0.1"}).text(), "0.0")
      << "never the root of a number below zero";
  EXPECT_EQ(Group("STDDEV_SAMPLE", of(Base::kDouble)).add({"2", "4", "4", "4", "5", "5", "7", "9"}).text(),
            "2.138089935299395");
  Group lists("SUM_LIST", array_type(of(Base::kInt)));
  EXPECT_EQ(lists.add({"[1,2]", "null", "[null,3]"}).text(), "6");
  EXPECT_EQ(Group("ATTR", of(Base::kString)).add({"\"a\"", "\"a\""}).text(), "a");
  EXPECT_EQ(Group("ATTR", of(Base::kString)).add({"\"a\"", "\"b\""}).text(), "null");
}

TEST(Aggregates, NamesAndArgumentsThatAreNone) {
  AggregateArgument argument{of(Base::kInt)};
  EXPECT_FALSE(resolve_aggregate("MEDIAN", {&argument, 1}, {}));
  EXPECT_EQ(resolve_aggregate("AVG", {}, {}).error().context, "Function 'AVG' does not accept parameters ().");
  EXPECT_TRUE(resolve_aggregate("COUNT", {}, {}));
}

}  // namespace
}  // namespace sl::query
