// What a request names more than once is answered once. A name costs a few bytes in a request and may cost thousands in
// the answer, so an answer has to be bounded by what there is, not by how often it is asked for.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

namespace sl::server {

// Keeps the first of all items that have the same key, in their order; O(n log n). `key_of` returns a value that owns
// what it holds: items move while others are looked at. Ordered keys, since a stranger may choose names to collide.
template <class Item, class KeyOf>
void drop_repeats(std::vector<Item>& items, KeyOf key_of) {
  std::set<decltype(key_of(items.front()))> seen;
  std::erase_if(items, [&](const Item& item) { return !seen.insert(key_of(item)).second; });
}

// The same for partitions by topic, whose names and numbers are these members; topics of which nothing is left go.
template <class Topic, class Asked>
void drop_repeated_partitions(std::vector<Topic>& topics, std::string Topic::*name,
                              std::vector<Asked> Topic::*partitions, int32_t Asked::*index) {
  std::map<std::string, std::set<int32_t>> seen;
  for (Topic& topic : topics) {
    std::set<int32_t>& indexes = seen[topic.*name];
    std::erase_if(topic.*partitions, [&](const Asked& asked) { return !indexes.insert(asked.*index).second; });
  }
  std::erase_if(topics, [&](const Topic& topic) { return (topic.*partitions).empty(); });
}

}  // namespace sl::server
