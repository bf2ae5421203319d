#include "query/signature.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace sl::query {
namespace {

// Splits at `separator` outside of brackets.
std::vector<std::string_view> split_outside(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> out;
  int depth = 0;
  size_t from = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '<' || text[i] == '(') ++depth;
    if ((text[i] == '>' && (i == 0 || text[i - 1] != '-')) || text[i] == ')') --depth;
    if (depth == 0 && text.substr(i).starts_with(separator)) {
      out.push_back(trim(text.substr(from, i - from)));
      from = i + separator.size();
      i = from - 1;
    }
  }
  if (!trim(text.substr(from)).empty()) out.push_back(trim(text.substr(from)));
  return out;
}

std::optional<Base> base_of(std::string_view head) {
  constexpr std::array<std::pair<std::string_view, Base>, 10> kBases = {{{"BOOLEAN", Base::kBoolean},
                                                                         {"INT", Base::kInt},
                                                                         {"BIGINT", Base::kBigint},
                                                                         {"DOUBLE", Base::kDouble},
                                                                         {"DECIMAL", Base::kDecimal},
                                                                         {"STRING", Base::kString},
                                                                         {"BYTES", Base::kBytes},
                                                                         {"DATE", Base::kDate},
                                                                         {"TIME", Base::kTime},
                                                                         {"TIMESTAMP", Base::kTimestamp}}};
  for (const auto& [name, base] : kBases)
    if (name == head) return base;
  if (head == "INTERVAL") return Base::kString;
  return std::nullopt;
}

bool variable(const Pattern& pattern) {
  return pattern.head.size() == 1;
}

class Matcher {
 public:
  Match out;

  bool fits(const Pattern& pattern, const TypePtr& given) {
    if (pattern.head == "ANY") return true;
    if (variable(pattern)) return bind(pattern.head, given);
    if (given->base == Base::kUnknown) {
      ++out.cost;
      return true;
    }
    if (pattern.head == "STRUCT") return given->base == Base::kStruct;
    if (pattern.head == "ARRAY") return given->base == Base::kArray && fits(pattern.args[0], given->element);
    if (pattern.head == "MAP")
      return given->base == Base::kMap && fits(pattern.args[0], given->key) && fits(pattern.args[1], given->element);
    auto base = base_of(pattern.head);
    if (!base) return false;
    if (*base == given->base) return true;
    if (given->numeric() && *base >= Base::kInt && *base <= Base::kDecimal) return widens(given->base, *base);
    return false;
  }

 private:
  static int rank(Base base) {
    return base == Base::kInt ? 0 : base == Base::kBigint ? 1 : base == Base::kDecimal ? 2 : 3;
  }
  bool widens(Base from, Base to) {
    int steps = rank(to) - rank(from);
    out.cost += steps * 2;
    return steps > 0;
  }
  bool bind(const std::string& name, const TypePtr& given) {
    auto& bound = out.bindings[name];
    if (!bound) {
      bound = given;
      return true;
    }
    if (same_type(*bound, *given)) return true;
    auto common = common_type(bound, given);
    // A text beside a date is one, if it reads as one.
    if (!common && bound->temporal() && given->base == Base::kString) common = bound;
    if (!common && given->temporal() && bound->base == Base::kString) common = given;
    if (!common) return false;
    out.cost += 2;
    bound = common;
    return true;
  }
};

const Pattern& parameter(const Signature& signature, size_t i) {
  return signature.parameters[std::min(i, signature.parameters.size() - 1)];
}

Result<bool> type_lambdas(const Signature& signature, std::span<const ArgumentShape> arguments, LambdaTyper* lambdas,
                          Match& match) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].type) continue;
    const auto& pattern = parameter(signature, i);
    std::vector<TypePtr> parameters;
    for (size_t p = 0; p + 1 < pattern.args.size(); ++p) parameters.push_back(filled(pattern.args[p], match.bindings));
    SL_TRY(auto type, lambdas->type_of(i, parameters));
    Matcher matcher;
    matcher.out.bindings = match.bindings;
    if (!matcher.fits(pattern.args.back(), type)) return false;
    match.bindings = matcher.out.bindings;
  }
  return true;
}

}  // namespace

Pattern parse_pattern(std::string_view text) {
  text = trim(text);
  auto open = text.find_first_of("<(");
  Pattern out;
  out.head = std::string(trim(text.substr(0, open)));
  if (open == std::string_view::npos) return out;
  auto inner = text.substr(open + 1, text.size() - open - 2);
  if (out.head == "LAMBDA") {
    auto sides = split_outside(inner, "->");
    for (auto one : split_outside(sides[0], ",")) out.args.push_back(parse_pattern(one));
    out.args.push_back(parse_pattern(sides[1]));
    return out;
  }
  if (out.head == "STRUCT") return out;  // a fixed struct: filled() reads the text again
  for (auto one : split_outside(inner, ",")) out.args.push_back(parse_pattern(one));
  return out;
}

Signature parse_signature(std::string_view text) {
  Signature out;
  for (auto one : split_outside(text, ",")) {
    if (one.ends_with("...")) {
      out.variadic = true;
      one.remove_suffix(3);
    }
    out.parameters.push_back(parse_pattern(one));
  }
  return out;
}

TypePtr filled(const Pattern& pattern, const Bindings& bindings) {
  if (variable(pattern)) {
    auto at = bindings.find(pattern.head);
    return at == bindings.end() ? simple_type(Base::kUnknown) : at->second;
  }
  if (pattern.head == "ARRAY") return array_type(filled(pattern.args[0], bindings));
  if (pattern.head == "MAP") return map_type(filled(pattern.args[0], bindings), filled(pattern.args[1], bindings));
  auto base = base_of(pattern.head);
  return base ? simple_type(*base) : simple_type(Base::kUnknown);
}

Result<std::optional<Match>> match_signature(const Signature& signature, std::span<const ArgumentShape> arguments,
                                             LambdaTyper* lambdas) {
  size_t least = signature.parameters.size();
  if (signature.variadic ? arguments.size() < least : arguments.size() != least) return std::optional<Match>();
  Matcher matcher;
  if (signature.variadic) matcher.out.cost += 1;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const auto& pattern = parameter(signature, i);
    bool lambda = pattern.head == "LAMBDA";
    if (lambda != !arguments[i].type) return std::optional<Match>();
    if (lambda && pattern.args.size() != arguments[i].lambda_parameters + 1) return std::optional<Match>();
    if (!lambda && !matcher.fits(pattern, arguments[i].type)) return std::optional<Match>();
  }
  auto match = std::move(matcher.out);
  SL_TRY(bool typed, type_lambdas(signature, arguments, lambdas, match));
  if (!typed) return std::optional<Match>();
  for (size_t i = 0; i < arguments.size(); ++i) {
    const auto& pattern = parameter(signature, i);
    if (!arguments[i].type)
      match.argument_types.push_back(nullptr);
    else if (pattern.head == "ANY" || pattern.head == "STRUCT")
      match.argument_types.push_back(arguments[i].type);
    else if (pattern.head == "DECIMAL" && arguments[i].type->numeric() && arguments[i].type->base != Base::kDouble)
      match.argument_types.push_back(decimal_of(*arguments[i].type));
    else
      match.argument_types.push_back(filled(pattern, match.bindings));
  }
  return std::optional(std::move(match));
}

}  // namespace sl::query
