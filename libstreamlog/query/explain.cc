// EXPLAIN: the plan as an indented tree, result first, and as JSON for programs.
#include <fmt/format.h>

#include "query/plan.h"

namespace sl::query {
namespace {

std::string list(const std::vector<ExpressionPtr>& expressions) {
  std::string out;
  for (const auto& one : expressions) out += (out.empty() ? "" : ", ") + to_sql(*one);
  return out;
}

// Columns that a step makes for a later one have names that no text can say.
std::string readable(std::string text) {
  for (size_t at = 0; (at = text.find('\x01', at)) != std::string::npos;) text.replace(at, 1, "$");
  return text;
}

std::string duration(int64_t ms) {
  if (ms % 86'400'000 == 0 && ms > 0) return fmt::format("{} DAYS", ms / 86'400'000);
  if (ms % 3'600'000 == 0 && ms > 0) return fmt::format("{} HOURS", ms / 3'600'000);
  if (ms % 60'000 == 0 && ms > 0) return fmt::format("{} MINUTES", ms / 60'000);
  if (ms % 1000 == 0) return fmt::format("{} SECONDS", ms / 1000);
  return fmt::format("{} MILLISECONDS", ms);
}

std::string window_text(const Window& window) {
  std::string out = window.kind == Window::Kind::kSession   ? "SESSION ("
                    : window.kind == Window::Kind::kHopping ? "HOPPING (SIZE "
                                                            : "TUMBLING (SIZE ";
  out += duration(window.size_ms);
  if (window.kind == Window::Kind::kHopping) out += ", ADVANCE BY " + duration(window.advance_ms);
  if (window.grace_ms) out += ", GRACE PERIOD " + duration(*window.grace_ms);
  return out + ")";
}

struct StepText {
  std::string name;
  std::string detail;
};

StepText join_text(const PlanNode& node) {
  constexpr std::string_view kKinds[] = {"INNER", "LEFT", "RIGHT", "FULL"};
  auto sides =
      fmt::format("{}-{}", node.inputs[0]->table ? "table" : "stream", node.inputs[1]->table ? "table" : "stream");
  auto detail = fmt::format("{} of {}{} on {} = {}", kKinds[static_cast<size_t>(node.join)], sides,
                            node.foreign_key ? " by foreign key" : "", to_sql(*node.left_key), to_sql(*node.right_key));
  if (node.within)
    detail +=
        fmt::format(" within {} before, {} after", duration(node.within->before_ms), duration(node.within->after_ms));
  return {"join", detail};
}

StepText step_text(const PlanNode& node) {
  switch (node.kind) {
    case PlanNode::Kind::kSource:
      return {"source", fmt::format("{} {} AS {}: topic {}", node.table ? "table" : "stream", node.source.name,
                                    node.alias, node.source.topic)};
    case PlanNode::Kind::kFilter:
      return {"filter", to_sql(*node.condition)};
    case PlanNode::Kind::kRekey:
      return {"partition", list(node.expressions)};
    case PlanNode::Kind::kExplode:
      return {"explode", list(node.expressions)};
    case PlanNode::Kind::kAggregate: {
      auto detail = fmt::format("by {}: {}", list(node.expressions), list(node.aggregates));
      if (node.windowing) detail += " window " + window_text(*node.windowing);
      if (node.condition) detail += " having " + to_sql(*node.condition);
      if (node.final_only) detail += " emit final";
      return {"aggregate", detail};
    }
    case PlanNode::Kind::kJoin:
      return join_text(node);
    case PlanNode::Kind::kProject: {
      std::string out;
      for (size_t i = 0; i < node.expressions.size(); ++i)
        out += fmt::format("{}{} AS {} {}", i ? ", " : "", to_sql(*node.expressions[i]), node.columns[i].name,
                           to_sql(*node.columns[i].type));
      return {"project", out};
    }
  }
  return {};
}

void print(const PlanNode& node, size_t depth, std::string& out) {
  auto text = step_text(node);
  out += fmt::format("{:{}}{} {}\n", "", depth * 2, text.name, readable(text.detail));
  for (const auto& input : node.inputs) print(*input, depth + 1, out);
}

std::string quoted(const std::string& text) {
  std::string out;
  append_json(out, Value::text(text), *simple_type(Base::kString));
  return out;
}

void print_json(const PlanNode& node, std::string& out) {
  auto text = step_text(node);
  out += fmt::format("{{\"step\":\"{}\",\"detail\":{},\"inputs\":[", text.name, quoted(readable(text.detail)));
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (i) out += ',';
    print_json(*node.inputs[i], out);
  }
  out += "]}";
}

}  // namespace

std::string Plan::explain() const {
  std::string out;
  if (!sink.name.empty())
    out = fmt::format("sink {} {}: topic {}, key {}, value {}{}\n", result == SourceKind::kTable ? "table" : "stream",
                      sink.name, sink.topic, format_name(sink.key_format.kind), format_name(sink.value_format.kind),
                      append_only ? ", passing updates only" : "");
  print(*root, out.empty() ? 0 : 1, out);
  if (!out.empty()) out.pop_back();
  return out;
}

std::string Plan::explain_json() const {
  std::string out = fmt::format(
      "{{\"result\":\"{}\",\"sink\":{},\"schema\":{},\"plan\":", result == SourceKind::kTable ? "table" : "stream",
      quoted(sink.name), quoted(schema_text(sink)));
  print_json(*root, out);
  return out + "}";
}

}  // namespace sl::query
