// What SET changes and what the caller decides: how names are read, what is assumed where a statement is silent.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "query/aggregate.h"
#include "query/format.h"
#include "query/parser.h"

namespace sl::query {

struct Settings {
  bool strict = false;  // ksqlDB's errors where we allow more
  IdentifierCase identifiers = IdentifierCase::kPreserve;
  FormatKind default_key_format = FormatKind::kKafka;
  std::optional<FormatKind> default_value_format = FormatKind::kJson;
  bool wrap_single_values = true;
  std::string topic_prefix;  // of the topics of new sinks
  bool key_from_projection =
      false;  // ksql.new.query.planner.enabled: a sink's key is what the projection has of it, in its order
  bool start_at_end = false;          // auto.offset.reset = latest
  AggregateLimits aggregate_limits;   // of COLLECT_LIST and COLLECT_SET
  int64_t window_idle_close_ms = -1;  // EMIT FINAL closes a window this long after the last record; -1: never

  // Names are those of the manual, with or without ksqlDB's prefix "ksql."; kNotFound with the nearest name,
  // kInvalidConfig.
  Status set(std::string_view name, std::string_view value);
  // As SHOW PROPERTIES prints them.
  std::map<std::string, std::string> list() const;
};

}  // namespace sl::query
