// One pass down the tree. What is hard about it are lambdas: a function's signature gives the types of their
// parameters, and their bodies give types back to the signature, so bodies are bound while the function is being
// resolved.
#include "query/bind.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "query/decimal.h"
#include "query/name.h"
#include "query/nodes.h"
#include "query/parser.h"

namespace sl::query {
namespace {

using Kind = Expression::Kind;

// Gives an error of a lower layer the place where it arose, once.
Error placed(const Expression& expression, Error error) {
  if (error.context.starts_with("line ")) return error;
  return {error.code, error_at(expression.at, error.context).context};
}
template <class T>
Result<T> placed(const Expression& expression, Result<T> result) {
  if (result.ok()) return result;
  return placed(expression, std::move(result).error());
}
Error mistake(const Expression& expression, std::string_view text) {
  return error_at(expression.at, text);
}

Base integer_base(int64_t number) {
  return number >= INT32_MIN && number <= INT32_MAX ? Base::kInt : Base::kBigint;
}
TypePtr decimal_type_of(Int128 unscaled, int scale) {
  return decimal_type(std::max(digits_of(unscaled), scale), scale);
}

class Binder {
 public:
  explicit Binder(const Scope& scope) : scope_(scope) {}
  Result<NodePtr> bind(const Expression& e);

 private:
  struct LambdaVariable {
    std::string name;
    TypePtr type;
  };
  class Typer;

  Result<NodePtr> literal(const Expression& e);
  Result<NodePtr> column(const Expression& e);
  Result<NodePtr> field(const Expression& e);
  Result<NodePtr> subscript(const Expression& e);
  Result<NodePtr> unary(const Expression& e);
  Result<NodePtr> binary(const Expression& e);
  Result<NodePtr> compared(const Expression& e, const std::string& op, NodePtr left, NodePtr right);
  Result<NodePtr> between(const Expression& e);
  Result<NodePtr> in(const Expression& e);
  Result<NodePtr> like(const Expression& e);
  Result<NodePtr> choice(const Expression& e);
  Result<NodePtr> construct(const Expression& e);
  Result<NodePtr> call(const Expression& e);
  Result<NodePtr> condition(const Expression& e, std::string_view clause);
  Result<std::vector<NodePtr>> all(const Expression& e, size_t from = 0);

  const Scope& scope_;
  std::vector<LambdaVariable> variables_;
};

// The number that a literal text says, of the type that the same digits have as a number; the text itself where it says
// none.
NodePtr number_of(NodePtr text) {
  const auto* value = text->constant();
  if (!value || !value->present() || text->type()->base != Base::kString) return text;
  auto digits = trim(value->as_text());
  if (auto whole = parse_int(digits)) return constant_node(Value::integer(*whole), simple_type(integer_base(*whole)));
  auto parsed = parse_decimal(digits);
  if (!parsed) return text;
  Arena arena;
  return constant_node(Value::decimal(parsed->unscaled, arena), decimal_type_of(parsed->unscaled, parsed->scale));
}
bool any_computed_text(const std::vector<NodePtr*>& nodes) {
  return std::any_of(nodes.begin(), nodes.end(),
                     [](auto* node) { return (*node)->type()->base == Base::kString && !(*node)->constant(); });
}
// Literal texts among numbers are read as such.
void read_numbers(const std::vector<NodePtr*>& nodes) {
  bool numbers = std::any_of(nodes.begin(), nodes.end(), [](auto* node) { return (*node)->type()->numeric(); });
  if (!numbers || any_computed_text(nodes)) return;
  for (auto* node : nodes) *node = number_of(std::move(*node));
}

// Casts every node to the one type that fits them all.
Result<TypePtr> unify(const Expression& e, std::vector<NodePtr*> nodes, std::string_view what) {
  TypePtr type = simple_type(Base::kUnknown);
  read_numbers(nodes);
  bool texts = any_computed_text(nodes);
  for (auto* node : nodes) {
    auto common = common_type(type, (*node)->type());
    // Literals beside a computed text become texts; a literal text beside a date is one, if it reads as one.
    if (!common && texts && !type->nested() && !(*node)->type()->nested()) common = simple_type(Base::kString);
    if (!common && type->base == Base::kString && !(*node)->type()->nested()) common = (*node)->type();
    if (!common && (*node)->type()->base == Base::kString && !type->nested()) common = type;
    if (!common)
      return mistake(
          e, fmt::format("{} must be of one type: {} and {} are not", what, to_sql(*type), to_sql(*(*node)->type())));
    type = common;
  }
  for (auto* node : nodes) {
    SL_TRY(*node, placed(e, cast_to(std::move(*node), type)));
  }
  return type;
}

std::vector<NodePtr*> pointers(std::vector<NodePtr>& nodes, size_t from = 0, size_t step = 1) {
  std::vector<NodePtr*> out;
  for (size_t i = from; i < nodes.size(); i += step) out.push_back(&nodes[i]);
  return out;
}

Result<NodePtr> Binder::literal(const Expression& e) {
  Arena arena;
  if (e.kind == Kind::kNull) return constant_node(Value::null(), simple_type(Base::kUnknown));
  if (e.kind == Kind::kBoolean) return constant_node(Value::boolean(e.name == "TRUE"), simple_type(Base::kBoolean));
  if (e.kind == Kind::kString || e.kind == Kind::kInterval)
    return constant_node(Value::text(e.name), simple_type(Base::kString));
  if (e.kind == Kind::kInteger) {
    auto number = parse_int(e.name);
    if (!number) return mistake(e, fmt::format("the number {} does not fit into 64 bits", e.name));
    return constant_node(Value::integer(*number), simple_type(integer_base(*number)));
  }
  if (e.kind == Kind::kDouble) {
    auto number = parse_double(e.name);
    if (!number) return mistake(e, fmt::format("{} is no number", e.name));
    return constant_node(Value::real(*number), simple_type(Base::kDouble));
  }
  auto number = parse_decimal(e.name);
  if (!number) return mistake(e, fmt::format("{} has more than {} digits", e.name, kDecimalPrecisionMax));
  return constant_node(Value::decimal(number->unscaled, arena), decimal_type_of(number->unscaled, number->scale));
}

Result<NodePtr> Binder::column(const Expression& e) {
  if (e.qualifier.empty())
    for (size_t i = variables_.size(); i-- > 0;)
      if (same_name(variables_[i].name, e.name)) return variable_node(i, variables_[i].type);
  SL_TRY(size_t slot, scope_.find(e));
  return column_node(slot, scope_.slots()[slot].type);
}

Result<NodePtr> Binder::field(const Expression& e) {
  SL_TRY(auto row, bind(*e.args[0]));
  if (row->type()->base != Base::kStruct)
    return mistake(
        e, fmt::format("-> takes a field of a STRUCT, and {} is of type {}", to_sql(*e.args[0]), to_sql(*row->type())));
  const auto& fields = row->type()->fields;
  auto at = find_name(fields, e.name, [](const Field& f) -> const std::string& { return f.name; });
  if (!at) {
    std::vector<std::string_view> names;
    for (const auto& f : fields) names.push_back(f.name);
    auto near = nearest_name(e.name, names);
    return mistake(e, fmt::format("{} has no field {}{}", to_sql(*e.args[0]), e.name,
                                  near ? "; did you mean " + *near + "?" : ""));
  }
  auto type = fields[*at].type;
  return field_node(std::move(row), *at, type);
}

Result<NodePtr> Binder::subscript(const Expression& e) {
  SL_TRY(auto nested, bind(*e.args[0]));
  SL_TRY(auto index, bind(*e.args[1]));
  auto type = nested->type();
  if (type->base == Base::kArray) {
    if (!index->type()->integer()) return mistake(*e.args[1], "the index of an ARRAY must be an integer");
    return element_node(std::move(nested), std::move(index), type->element);
  }
  if (type->base == Base::kMap) {
    SL_TRY(index, placed(*e.args[1], cast_to(std::move(index), type->key)));
    return map_value_node(std::move(nested), std::move(index), type->element);
  }
  return mistake(e, fmt::format("[ ] takes an element of an ARRAY or MAP, and {} is of type {}", to_sql(*e.args[0]),
                                to_sql(*type)));
}

Result<NodePtr> Binder::unary(const Expression& e) {
  if (e.name == "NOT") {
    SL_TRY(auto inner, condition(*e.args[0], "NOT"));
    return not_node(std::move(inner));
  }
  SL_TRY(auto inner, bind(*e.args[0]));
  if (!inner->type()->numeric())
    return mistake(
        e, fmt::format("{} takes a number, and {} is of type {}", e.name, to_sql(*e.args[0]), to_sql(*inner->type())));
  if (e.name == "+") return inner;
  auto minus_one = constant_node(Value::integer(-1), simple_type(Base::kInt));
  SL_TRY(auto operation, placed(e, resolve_binary("*", minus_one->type(), inner->type())));
  operation.type = inner->type();
  return binary_node(operation, std::move(minus_one), std::move(inner));
}

Result<NodePtr> Binder::compared(const Expression& e, const std::string& op, NodePtr left, NodePtr right) {
  SL_TRY(auto operation, placed(e, resolve_binary(op, left->type(), right->type())));
  return binary_node(operation, std::move(left), std::move(right));
}

Result<NodePtr> Binder::binary(const Expression& e) {
  if (e.name == "AND" || e.name == "OR") {
    SL_TRY(auto left, condition(*e.args[0], e.name));
    SL_TRY(auto right, condition(*e.args[1], e.name));
    return e.name == "AND" ? and_node(std::move(left), std::move(right)) : or_node(std::move(left), std::move(right));
  }
  SL_TRY(auto left, bind(*e.args[0]));
  SL_TRY(auto right, bind(*e.args[1]));
  if (e.name == "IS DISTINCT FROM" || e.name == "IS NOT DISTINCT FROM") {
    SL_TRY(auto type, unify(e, {&left, &right}, "the sides of IS DISTINCT FROM"));
    static_cast<void>(type);
    return not_distinct_node(std::move(left), std::move(right), e.name == "IS DISTINCT FROM");
  }
  bool comparison = e.name == "=" || e.name[0] == '<' || e.name[0] == '>';
  bool null_literal = e.args[0]->kind == Kind::kNull || e.args[1]->kind == Kind::kNull;
  if (comparison && null_literal)
    return mistake(
        e, fmt::format("Comparison with NULL not supported: {}; IS NULL and IS DISTINCT FROM ask for it", to_sql(e)));
  return compared(e, e.name, std::move(left), std::move(right));
}

Result<NodePtr> Binder::between(const Expression& e) {
  SL_TRY(auto value, bind(*e.args[0]));
  SL_TRY(auto again, bind(*e.args[0]));
  SL_TRY(auto low, bind(*e.args[1]));
  SL_TRY(auto high, bind(*e.args[2]));
  SL_TRY(auto above, compared(e, ">=", std::move(value), std::move(low)));
  SL_TRY(auto below, compared(e, "<=", std::move(again), std::move(high)));
  auto both = and_node(std::move(above), std::move(below));
  return e.negated ? not_node(std::move(both)) : std::move(both);
}

// Literals are read as what the value is; what is no literal must be of a kind with it.
Result<NodePtr> Binder::in(const Expression& e) {
  SL_TRY(auto nodes, all(e));
  read_numbers(pointers(nodes));
  TypePtr type = nodes[0]->type();
  for (size_t i = 1; i < nodes.size(); ++i) {
    const auto& item = nodes[i]->type();
    auto common = common_type(type, item);
    bool literal = nodes[i]->constant() != nullptr;
    if (!common && literal && (item->base == Base::kString || type->base == Base::kString)) continue;
    bool nested = type->nested() && item->base == type->base;
    if (!common && !nested)
      return mistake(*e.args[i], fmt::format("Invalid Predicate: operator does not exist: {} = {} ({})", to_sql(*type),
                                             to_sql(*item), to_sql(*e.args[i])));
    if (common) type = common;
  }
  for (size_t i = 0; i < nodes.size(); ++i) {
    auto cast = cast_to(std::move(nodes[i]), type);
    if (!cast) return mistake(*e.args[i], fmt::format("Invalid Predicate: {}", cast.error().context));
    nodes[i] = *std::move(cast);
  }
  std::vector<NodePtr> items(std::make_move_iterator(nodes.begin() + 1), std::make_move_iterator(nodes.end()));
  return in_node(std::move(nodes.front()), std::move(items), e.negated);
}

Result<NodePtr> Binder::like(const Expression& e) {
  SL_TRY(auto nodes, all(e));
  for (size_t i = 0; i < nodes.size(); ++i)
    if (nodes[i]->type()->base != Base::kString)
      return mistake(*e.args[i], fmt::format("LIKE takes STRINGs, and {} is of type {}", to_sql(*e.args[i]),
                                             to_sql(*nodes[i]->type())));
  char escape = 0;
  if (nodes.size() == 3) {
    const auto* given = nodes[2]->constant();
    if (!given || given->as_text().size() != 1) return mistake(*e.args[2], "ESCAPE takes a single character");
    escape = given->as_text()[0];
  }
  return like_node(std::move(nodes[0]), std::move(nodes[1]), escape, e.negated);
}

Result<NodePtr> Binder::choice(const Expression& e) {
  std::vector<NodePtr> conditions, results;
  for (size_t i = 0; i + 1 < e.args.size(); i += 2) {
    SL_TRY(auto when, condition(*e.args[i], "WHEN"));
    SL_TRY(auto then, bind(*e.args[i + 1]));
    conditions.push_back(std::move(when));
    results.push_back(std::move(then));
  }
  if (e.has_else) {
    SL_TRY(auto otherwise, bind(*e.args.back()));
    results.push_back(std::move(otherwise));
  }
  SL_TRY(auto type, unify(e, pointers(results), "the results of CASE"));
  return case_node(std::move(conditions), std::move(results), type);
}

// A nested value of constants is a constant: it is made once, and casting it shows at once what does not fit.
NodePtr constructed(std::vector<NodePtr> parts, TypePtr type) {
  bool constant = std::all_of(parts.begin(), parts.end(), [](const auto& part) { return part->constant(); });
  auto node = construct_node(std::move(parts), type);
  if (!constant) return node;
  Arena arena;
  Frame frame;
  frame.rows = 1;
  frame.arena = &arena;
  return constant_node(*node->evaluate(frame), type);
}

Result<NodePtr> Binder::construct(const Expression& e) {
  SL_TRY(auto parts, all(e));
  if (e.kind == Kind::kStruct) {
    std::vector<Field> fields;
    for (size_t i = 0; i < parts.size(); ++i) fields.push_back({e.names[i], parts[i]->type()});
    return constructed(std::move(parts), struct_type(std::move(fields)));
  }
  if (e.kind == Kind::kArray) {
    if (parts.empty()) return mistake(e, "an ARRAY needs at least one element, so that its type is known");
    SL_TRY(auto element, unify(e, pointers(parts), "the elements of an ARRAY"));
    if (element->base == Base::kUnknown)
      return mistake(e, "Cannot construct an array with all NULL elements: one CAST(NULL AS type) gives it a type");
    return constructed(std::move(parts), array_type(element));
  }
  if (parts.empty()) return mistake(e, "a MAP needs at least one entry, so that its type is known");
  SL_TRY(auto key, unify(e, pointers(parts, 0, 2), "the keys of a MAP"));
  SL_TRY(auto value, unify(e, pointers(parts, 1, 2), "the values of a MAP"));
  if (key->base == Base::kUnknown || value->base == Base::kUnknown)
    return mistake(e, "Cannot construct a map with only NULL values: one CAST(NULL AS type) gives it a type");
  return constructed(std::move(parts), map_type(key, value));
}

// Binds the lambdas of one call as its signature asks for them.
class Binder::Typer final : public LambdaTyper {
 public:
  Typer(Binder& binder, const Expression& call) : binder_(binder), call_(call), lambdas_(call.args.size()) {}
  Result<TypePtr> type_of(size_t argument, std::span<const TypePtr> parameters) override {
    const auto& e = *call_.args[argument];
    if (e.names.size() != parameters.size())
      return mistake(e, fmt::format("{} expects a lambda of {} parameters, this one has {}", call_.name,
                                    parameters.size(), e.names.size()));
    size_t outer = binder_.variables_.size();
    for (size_t i = 0; i < parameters.size(); ++i) binder_.variables_.push_back({e.names[i], parameters[i]});
    auto body = binder_.bind(*e.args[0]);
    binder_.variables_.resize(outer);
    if (!body) return std::move(body).error();
    auto type = (*body)->type();
    lambdas_[argument] = std::make_unique<BoundLambda>(BoundLambda{outer, parameters.size(), *std::move(body)});
    return type;
  }
  std::unique_ptr<BoundLambda> take(size_t argument) { return std::move(lambdas_[argument]); }

 private:
  Binder& binder_;
  const Expression& call_;
  std::vector<std::unique_ptr<BoundLambda>> lambdas_;
};

Result<NodePtr> Binder::call(const Expression& e) {
  if (function_kind(e.name) == FunctionKind::kAggregate)
    return mistake(e, fmt::format("{} is an aggregate function: it stands in the SELECT list or HAVING of a query with "
                                  "GROUP BY, and not within another one",
                                  e.name));
  if (function_kind(e.name) == FunctionKind::kTable)
    return mistake(e, fmt::format("{} is a table function: it stands alone in the SELECT list", e.name));
  std::vector<CallArgument> arguments(e.args.size());
  std::vector<ArgumentShape> shapes(e.args.size());
  for (size_t i = 0; i < e.args.size(); ++i) {
    if (e.args[i]->kind == Kind::kLambda) {
      shapes[i].lambda_parameters = e.args[i]->names.size();
      continue;
    }
    SL_TRY(arguments[i].value, bind(*e.args[i]));
    shapes[i].type = arguments[i].value->type();
    shapes[i].literal_null = e.args[i]->kind == Kind::kNull;
  }
  Typer typer(*this, e);
  SL_TRY(auto resolved, placed(e, resolve_scalar(e.name, shapes, typer)));
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].value) {
      SL_TRY(arguments[i].value,
             placed(*e.args[i], cast_to(std::move(arguments[i].value), resolved.argument_types[i])));
    } else {
      arguments[i].lambda = typer.take(i);
    }
  }
  return call_node(std::move(resolved), std::move(arguments));
}

Result<NodePtr> Binder::condition(const Expression& e, std::string_view clause) {
  SL_TRY(auto node, bind(e));
  if (node->type()->base != Base::kBoolean)
    return mistake(e,
                   fmt::format("{} takes a condition, and {} is of type {}", clause, to_sql(e), to_sql(*node->type())));
  return node;
}

Result<std::vector<NodePtr>> Binder::all(const Expression& e, size_t from) {
  std::vector<NodePtr> nodes;
  for (size_t i = from; i < e.args.size(); ++i) {
    SL_TRY(auto node, bind(*e.args[i]));
    nodes.push_back(std::move(node));
  }
  return nodes;
}

Result<NodePtr> Binder::bind(const Expression& e) {
  switch (e.kind) {
    case Kind::kNull:
    case Kind::kBoolean:
    case Kind::kInteger:
    case Kind::kDecimal:
    case Kind::kDouble:
    case Kind::kString:
    case Kind::kInterval:
      return literal(e);
    case Kind::kColumn:
      return column(e);
    case Kind::kField:
      return field(e);
    case Kind::kAllFields:
      return mistake(e, "->* stands alone in the SELECT list");
    case Kind::kSubscript:
      return subscript(e);
    case Kind::kCall:
      return call(e);
    case Kind::kLambda:
      return mistake(e,
                     "a lambda stands only as the argument of a function that takes one (TRANSFORM, FILTER, REDUCE)");
    case Kind::kUnary:
      return unary(e);
    case Kind::kBinary:
      return binary(e);
    case Kind::kBetween:
      return between(e);
    case Kind::kIn:
      return in(e);
    case Kind::kLike:
      return like(e);
    case Kind::kIsNull: {
      SL_TRY(auto inner, bind(*e.args[0]));
      return is_null_node(std::move(inner), e.negated);
    }
    case Kind::kCase:
      return choice(e);
    case Kind::kCast: {
      SL_TRY(auto inner, bind(*e.args[0]));
      if (inner->type()->base == Base::kUnknown) return constant_node(Value::null(), e.type);
      SL_TRY(auto caster, placed(e, resolve_cast(inner->type(), e.type)));
      return cast_node(std::move(caster), std::move(inner), e.type);
    }
    case Kind::kArray:
    case Kind::kMap:
    case Kind::kStruct:
      return construct(e);
  }
  return mistake(e, "unknown kind of expression");
}

}  // namespace

Result<size_t> Scope::find(const Expression& column) const {
  std::optional<size_t> exact, loose;
  size_t loose_count = 0, exact_count = 0;
  for (size_t i = 0; i < slots_.size(); ++i) {
    const auto& slot = slots_[i];
    if (!column.qualifier.empty() && !same_name(slot.source, column.qualifier)) continue;
    if (slot.name == column.name) ++exact_count, exact = i;
    if (same_name(slot.name, column.name)) ++loose_count, loose = i;
  }
  if (exact_count == 1) return *exact;
  if (exact_count == 0 && loose_count == 1) return *loose;
  if (loose_count > 1)
    return error_at(
        column.at,
        fmt::format("Column '{0}' is ambiguous. Could be any of several sources': write SOURCE.{0}", column.name));
  std::vector<std::string_view> names;
  for (const auto& slot : slots_) names.push_back(slot.name);
  auto near = nearest_name(column.name, names);
  auto full = column.qualifier.empty() ? column.name : column.qualifier + "." + column.name;
  auto error = error_at(
      column.at, fmt::format("Column '{}' cannot be resolved{}", full, near ? "; did you mean " + *near + "?" : ""));
  error.code = Errc::kNotFound;
  return error;
}

Result<NodePtr> bind(const Expression& expression, const Scope& scope) {
  return Binder(scope).bind(expression);
}

Result<NodePtr> cast_to(NodePtr inner, const TypePtr& type) {
  if (!type || type->base == Base::kUnknown || same_type(*inner->type(), *type)) return inner;
  if (inner->type()->base == Base::kUnknown) return constant_node(Value::null(), type);
  SL_TRY(auto caster, resolve_cast(inner->type(), type));
  if (const auto* value = inner->constant()) {
    Arena arena;
    auto cast = value->present() ? caster.cast(*value, arena) : *value;
    if (cast.is_error()) return Error{Errc::kMalformed, std::string(cast.as_text())};
    return constant_node(cast, type);
  }
  return cast_node(std::move(caster), std::move(inner), type);
}

Result<NodePtr> bind_as(const Expression& expression, const Scope& scope, const TypePtr& type) {
  SL_TRY(auto node, bind(expression, scope));
  return placed(expression, cast_to(std::move(node), type));
}

Result<NodePtr> bind_condition(const Expression& expression, const Scope& scope, std::string_view clause) {
  SL_TRY(auto node, bind(expression, scope));
  if (node->type()->base == Base::kBoolean) return node;
  return mistake(expression,
                 fmt::format("Type error in {} expression: Should evaluate to boolean but is {} ({}) instead.", clause,
                             to_sql(expression), to_sql(*node->type())));
}

Result<TypePtr> type_of(const Expression& expression, const Scope& scope) {
  SL_TRY(auto node, bind(expression, scope));
  return node->type();
}

Result<Value> evaluate_constant(const Expression& expression, const TypePtr& type, Arena& arena) {
  Scope nothing;
  SL_TRY(auto node, bind_as(expression, nothing, type));
  Frame frame;
  frame.rows = 1;
  frame.arena = &arena;
  auto value = *node->evaluate(frame);
  if (value.is_error()) return mistake(expression, value.as_text());
  return deep_copy(value, arena);
}

}  // namespace sl::query
