// CAST, and the casts that an expression needs unasked: which there are, and doing one.
#pragma once
#include <functional>

#include "base/result.h"
#include "query/type.h"
#include "query/value.h"

namespace sl::query {

class Caster {
 public:
  using Cast = std::function<Value(const Value&, Arena&)>;
  explicit Caster(Cast cast) : cast_(std::move(cast)) {}
  // Of a value that is present; an error where it cannot be said in the new type.
  Value cast(const Value& value, Arena& arena) const { return cast_(value, arena); }

 private:
  Cast cast_;
};
// kMalformed where values of `from` are never values of `to`.
Result<Caster> resolve_cast(const TypePtr& from, const TypePtr& to);

}  // namespace sl::query
