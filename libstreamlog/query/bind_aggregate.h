// Binding a call of an aggregate function: the aggregate itself and the nodes that compute its arguments.
#pragma once
#include <memory>
#include <vector>

#include "query/aggregate.h"
#include "query/bind.h"

namespace sl::query {

struct BoundAggregate {
  std::unique_ptr<Aggregate> aggregate;
  std::vector<NodePtr> arguments;  // without the constants that the aggregate took
};
Result<BoundAggregate> bind_aggregate(const Expression& call, const Scope& scope, const AggregateLimits& limits);

}  // namespace sl::query
