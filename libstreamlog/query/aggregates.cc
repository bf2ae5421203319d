// The registry of aggregates: by name to a family, which looks at the types.
#include <fmt/format.h>

#include "query/aggregate_families.h"
#include "query/function_table.h"
#include "query/name.h"

namespace sl::query {
namespace {

struct Family {
  AggregateEntry entry;
  MakeAggregate make;
};

constexpr Family kFamilies[] = {
    {{"ATTR", "the value that all rows have, null where they differ", "ATTR(value)"}, make_attr},
    {{"AVG", "the mean", "AVG(number)"}, make_avg},
    {{"COLLECT_LIST", "all values, in order of arrival", "COLLECT_LIST(value)"}, make_collect_list},
    {{"COLLECT_SET", "all different values, in order of arrival", "COLLECT_SET(value)"}, make_collect_set},
    {{"CORRELATION", "Pearson's coefficient of two numbers", "CORRELATION(x, y)"}, make_correlation},
    {{"COUNT", "how many rows, or how many values that are not null", "COUNT(*), COUNT(value)"}, make_count},
    {{"COUNT_DISTINCT", "how many different values", "COUNT_DISTINCT(value)"}, make_count_distinct},
    {{"EARLIEST_BY_OFFSET", "the first value, or the first N", "EARLIEST_BY_OFFSET(value[, N][, ignoreNulls])"},
     make_earliest},
    {{"HISTOGRAM", "how often each value came", "HISTOGRAM(STRING)"}, make_histogram},
    {{"LATEST_BY_OFFSET", "the last value, or the last N", "LATEST_BY_OFFSET(value[, N][, ignoreNulls])"}, make_latest},
    {{"MAX", "the largest", "MAX(value)"}, make_max},
    {{"MIN", "the smallest", "MIN(value)"}, make_min},
    {{"STDDEV_SAMP", "the sample variance, as ksqlDB has it under this name", "STDDEV_SAMP(number)"}, make_stddev_samp},
    {{"STDDEV_SAMPLE", "the sample standard deviation", "STDDEV_SAMPLE(number)"}, make_stddev_sample},
    {{"SUM", "the sum", "SUM(number)"}, make_sum},
    {{"SUM_LIST", "the sum of all numbers of all arrays", "SUM_LIST(ARRAY)"}, make_sum_list},
    {{"TOPK", "the K largest, or their rows", "TOPK(value[, column...], K)"}, make_topk},
    {{"TOPKDISTINCT", "the K largest, each once", "TOPKDISTINCT(value, K)"}, make_topk_distinct},
};

}  // namespace

Status Aggregate::undo(AggregateState, const Value*, Arena&) const {
  return Error{Errc::kMalformed, "this aggregate cannot take a row back"};
}

Error no_such_variant(std::string_view name, std::span<const AggregateArgument> arguments) {
  std::string given;
  for (const auto& argument : arguments) given += (given.empty() ? "" : ", ") + to_sql(*argument.type);
  return {Errc::kMalformed, fmt::format("Function '{}' does not accept parameters ({}).", name, given)};
}

std::span<const AggregateEntry> aggregate_functions() {
  static const auto* entries = [] {
    auto* out = new std::vector<AggregateEntry>;
    for (const auto& family : kFamilies) out->push_back(family.entry);
    return out;
  }();
  return *entries;
}

Result<AggregateCall> resolve_aggregate(std::string_view name, std::span<const AggregateArgument> arguments,
                                        const AggregateLimits& limits) {
  for (const auto& family : kFamilies)
    if (same_name(family.entry.name, name)) return family.make(family.entry.name, arguments, limits);
  return Error{Errc::kNotFound, fmt::format("there is no aggregate function {}", name)};
}

}  // namespace sl::query
