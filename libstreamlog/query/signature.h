// Signatures in the notation of function_table.h: parsed, matched with the arguments of a call, and filled in.
#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "query/function.h"
#include "query/type.h"

namespace sl::query {

struct Pattern {
  std::string head;           // ARRAY, MAP, LAMBDA, a type's name, a type variable (one letter), ANY, STRUCT, INTERVAL
  std::vector<Pattern> args;  // of a LAMBDA: its parameters, then its result
};
struct Signature {
  std::vector<Pattern> parameters;
  bool variadic = false;  // the last one may come any number of times, but once at least
};
// The text is ours: it is right.
Signature parse_signature(std::string_view text);
Pattern parse_pattern(std::string_view text);

using Bindings = std::map<std::string, TypePtr>;

struct Match {
  int cost = 0;
  Bindings bindings;
  std::vector<TypePtr> argument_types;  // null for lambdas
};
// None where the arguments do not fit. Types the lambdas by `lambdas`; an error of theirs is the call's.
Result<std::optional<Match>> match_signature(const Signature& signature, std::span<const ArgumentShape> arguments,
                                             LambdaTyper* lambdas);
// The pattern with its variables filled in.
TypePtr filled(const Pattern& pattern, const Bindings& bindings);

}  // namespace sl::query
