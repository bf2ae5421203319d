// The registry: the tables of all files, found by name, and the choice among a function's variants.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "query/function_table.h"
#include "query/name.h"
#include "query/signature.h"

namespace sl::query {
namespace {

std::vector<std::span<const ScalarEntry>> scalar_tables() {
  return {math_functions(), string_functions(), regexp_functions(), bytes_functions(),      url_functions(),
          json_functions(), null_functions(),   time_functions(),   collection_functions(), lambda_functions()};
}

const ScalarEntry* find_scalar(std::string_view name) {
  for (auto table : scalar_tables())
    for (const auto& entry : table)
      if (same_name(entry.name, name)) return &entry;
  return nullptr;
}
const TableEntry* find_table(std::string_view name) {
  for (const auto& entry : table_functions())
    if (same_name(entry.name, name)) return &entry;
  return nullptr;
}
bool is_aggregate(std::string_view name) {
  return std::any_of(aggregate_functions().begin(), aggregate_functions().end(),
                     [&](const auto& e) { return same_name(e.name, name); });
}

std::string shapes_text(std::span<const ArgumentShape> arguments) {
  std::string out;
  for (const auto& argument : arguments) {
    if (!out.empty()) out += ", ";
    out += argument.type ? to_sql(*argument.type) : "LAMBDA";
  }
  return out;
}

Error no_variant(std::string_view name, std::span<const ArgumentShape> arguments, const std::string& alternatives) {
  return {Errc::kMalformed, fmt::format("Function '{}' does not accept parameters ({}). Valid alternatives are: {}",
                                        name, shapes_text(arguments), alternatives)};
}

Error unknown(std::string_view name) {
  std::vector<std::string_view> names;
  for (auto table : scalar_tables())
    for (const auto& entry : table) names.push_back(entry.name);
  for (const auto& entry : table_functions()) names.push_back(entry.name);
  for (const auto& entry : aggregate_functions()) names.push_back(entry.name);
  auto near = nearest_name(upper_name(name), names);
  return {Errc::kNotFound, fmt::format("Can't find any functions with the name '{}'{}", name,
                                       near ? "; did you mean " + *near + "?" : "")};
}

}  // namespace

FunctionKind function_kind(std::string_view name) {
  if (is_aggregate(name)) return FunctionKind::kAggregate;
  if (find_scalar(name)) return FunctionKind::kScalar;
  return find_table(name) ? FunctionKind::kTable : FunctionKind::kNone;
}

Result<ScalarCall> resolve_scalar(std::string_view name, std::span<const ArgumentShape> arguments,
                                  LambdaTyper& lambdas) {
  const auto* entry = find_scalar(name);
  if (!entry) return unknown(name);
  std::optional<Match> best;
  const ScalarVariant* chosen = nullptr;
  std::string alternatives;
  for (const auto& variant : entry->variants) {
    auto signature = parse_signature(variant.arguments);
    SL_TRY(auto match, match_signature(signature, arguments, &lambdas));
    if (!alternatives.empty()) alternatives += ", ";
    alternatives += fmt::format("({})", variant.arguments);
    if (!match || (best && best->cost <= match->cost)) continue;
    best = std::move(match);
    chosen = &variant;
  }
  if (!best) return no_variant(name, arguments, alternatives);
  // Lambdas are bound by the variant that was tried last: once more for the chosen one.
  SL_TRY(auto again, match_signature(parse_signature(chosen->arguments), arguments, &lambdas));
  ScalarCall out;
  out.function = chosen->function;
  out.argument_types = again->argument_types;
  out.type = chosen->result_type ? chosen->result_type(again->argument_types)
                                 : filled(parse_pattern(chosen->result), again->bindings);
  out.null_in_null_out = !(chosen->flags & kTakesNull);
  out.deterministic = !(chosen->flags & kNotDeterministic);
  return out;
}

Result<TableCall> resolve_table(std::string_view name, std::span<const ArgumentShape> arguments) {
  const auto* entry = find_table(name);
  if (!entry) return unknown(name);
  std::string alternatives;
  std::optional<Match> best;
  const TableVariant* chosen = nullptr;
  for (const auto& variant : entry->variants) {
    SL_TRY(auto match, match_signature(parse_signature(variant.arguments), arguments, nullptr));
    if (!alternatives.empty()) alternatives += ", ";
    alternatives += fmt::format("({})", variant.arguments);
    if (!match || (best && best->cost <= match->cost)) continue;
    best = std::move(match);
    chosen = &variant;
  }
  if (!best) return no_variant(name, arguments, alternatives);
  return TableCall{chosen->function, filled(parse_pattern(chosen->result), best->bindings), best->argument_types};
}

std::vector<FunctionInfo> all_functions() {
  std::vector<FunctionInfo> out;
  for (auto table : scalar_tables())
    for (const auto& entry : table) {
      out.push_back({entry.name, FunctionKind::kScalar, entry.summary, {}});
      for (const auto& variant : entry.variants)
        out.back().signatures.push_back(fmt::format("{}({})", entry.name, variant.arguments));
    }
  for (const auto& entry : table_functions()) {
    out.push_back({entry.name, FunctionKind::kTable, entry.summary, {}});
    for (const auto& variant : entry.variants)
      out.back().signatures.push_back(fmt::format("{}({})", entry.name, variant.arguments));
  }
  for (const auto& entry : aggregate_functions())
    out.push_back({entry.name, FunctionKind::kAggregate, entry.summary, {std::string(entry.signatures)}});
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

}  // namespace sl::query
