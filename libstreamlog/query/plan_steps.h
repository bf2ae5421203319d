// The steps of a query from its sources up to, but without, its projection.
#pragma once
#include "query/plan.h"
#include "query/select_items.h"

namespace sl::query {

struct Steps {
  PlanPtr root;
  // The SELECT list over the root's columns: grouping expressions, aggregates and table functions are columns now.
  std::vector<Item> items;
  SourceKind result = SourceKind::kStream;
  bool grouped = false;
  // The (left-most) source: formats that a sink does not name are its.
  const Source* first = nullptr;
};
Result<Steps> plan_steps(const Select& query, const Catalogue& catalogue, const Settings& settings);

// FROM and JOIN (plan_joins.cc).
Result<PlanPtr> plan_from(const Select& query, const Catalogue& catalogue, const Settings& settings);
// ksqlDB cannot group or join by sources in this format; we can.
Status check_kafka_format(const Source& source, const Position& at, std::string_view clause);
PlanPtr plan_source(const Source& source, const std::string& alias);

}  // namespace sl::query
