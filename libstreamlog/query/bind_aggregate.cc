#include "query/bind_aggregate.h"

#include "query/parser.h"

namespace sl::query {

Result<BoundAggregate> bind_aggregate(const Expression& call, const Scope& scope, const AggregateLimits& limits) {
  std::vector<NodePtr> nodes;
  std::vector<AggregateArgument> arguments;
  for (const auto& part : call.args) {
    SL_TRY(auto node, bind(*part, scope));
    arguments.push_back({node->type(), node->constant()});
    nodes.push_back(std::move(node));
  }
  auto resolved = resolve_aggregate(call.name, arguments, limits);
  if (!resolved) return error_at(call.at, resolved.error().context);
  BoundAggregate out;
  out.aggregate = std::move(resolved->aggregate);
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (!resolved->argument_types[i]) continue;
    auto cast = cast_to(std::move(nodes[i]), resolved->argument_types[i]);
    if (!cast) return error_at(call.args[i]->at, cast.error().context);
    out.arguments.push_back(*std::move(cast));
  }
  return out;
}

}  // namespace sl::query
