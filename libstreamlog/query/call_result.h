// What functions give back: texts and sentences of failure that lie in the arena of the batch.
#pragma once
#include <string_view>
#include <vector>

#include "query/function.h"

namespace sl::query {

inline Value made(CallContext& call, std::string_view text) {
  return Value::text(call.arena.copy(text));
}
inline Value failed(CallContext& call, std::string_view why) {
  return Value::error(call.arena.copy(why));
}
inline Value made_array(CallContext& call, const std::vector<Value>& items) {
  auto* copy = call.arena.array<Value>(items.size());
  for (size_t i = 0; i < items.size(); ++i) copy[i] = items[i];
  return Value::array(copy, items.size());
}

}  // namespace sl::query
