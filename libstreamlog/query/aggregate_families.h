// The families of aggregates, one function each (aggregates_*.cc).
#pragma once
#include "query/aggregate.h"

namespace sl::query {

using MakeAggregate = Result<AggregateCall> (*)(std::string_view name, std::span<const AggregateArgument> arguments,
                                                const AggregateLimits& limits);

// aggregates_numeric.cc
Result<AggregateCall> make_count(std::string_view, std::span<const AggregateArgument>, const AggregateLimits&);
Result<AggregateCall> make_sum(std::string_view, std::span<const AggregateArgument>, const AggregateLimits&);
Result<AggregateCall> make_avg(std::string_view, std::span<const AggregateArgument>, const AggregateLimits&);
Result<AggregateCall> make_min(std::string_view, std::span<const AggregateArgument>, const AggregateLimits&);
Result<AggregateCall> make_max(std::string_view, std::span<const AggregateArgument>, const AggregateLimits&);
// aggregates_values.cc
Result<AggregateCall> make_earliest(std::string_view, std::span<const AggregateArgument>, const AggregateLimits&);
Result<AggregateCall> make_latest(std::string_view, std::span<const AggregateArgument>, const AggregateLimits&);
Result<AggregateCall> make_collect_list(std::string_view, std::span<const AggregateArgument>, const AggregateLimits&);
Result<AggregateCall> make_collect_set(std::string_view, std::span<const AggregateArgument>, const AggregateLimits&);
Result<AggregateCall> make_count_distinct(std::string_view, std::span<const AggregateArgument>, const AggregateLimits&);
Result<AggregateCall> make_histogram(std::string_view, std::span<const AggregateArgument>, const AggregateLimits&);
Result<AggregateCall> make_topk(std::string_view, std::span<const AggregateArgument>, const AggregateLimits&);
Result<AggregateCall> make_topk_distinct(std::string_view, std::span<const AggregateArgument>, const AggregateLimits&);

// aggregates_statistics.cc
Result<AggregateCall> make_stddev_samp(std::string_view, std::span<const AggregateArgument>, const AggregateLimits&);
Result<AggregateCall> make_stddev_sample(std::string_view, std::span<const AggregateArgument>, const AggregateLimits&);
Result<AggregateCall> make_correlation(std::string_view, std::span<const AggregateArgument>, const AggregateLimits&);
Result<AggregateCall> make_sum_list(std::string_view, std::span<const AggregateArgument>, const AggregateLimits&);
Result<AggregateCall> make_attr(std::string_view, std::span<const AggregateArgument>, const AggregateLimits&);

Error no_such_variant(std::string_view name, std::span<const AggregateArgument> arguments);

}  // namespace sl::query
