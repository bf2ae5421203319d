// What functions give back: texts, collections and sentences of failure that lie in the arena of the batch.
#pragma once
#include <string_view>
#include <vector>

#include "query/function.h"
#include "query/value_places.h"

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
// Of keys and values in turn; a key that comes twice keeps its last value.
inline Value made_map(CallContext& call, const std::vector<Value>& items) {
  auto* copy = call.arena.array<Value>(items.size());
  ValuePlaces keys;
  for (size_t i = 0; i < items.size(); i += 2) {
    auto at = keys.put(items[i]).first;
    copy[2 * at] = items[i];
    copy[2 * at + 1] = items[i + 1];
  }
  return Value::map(copy, keys.values().size());
}

}  // namespace sl::query
