// What a request names more than once is answered once. A name costs a few bytes in a request and may cost thousands in
// the answer, so an answer has to be bounded by what there is, not by how often it is asked for.
#pragma once
#include <set>
#include <vector>

namespace sl::server {

// Keeps the first of all items that have the same key, in their order; O(n log n). `key_of` returns a value that owns
// what it holds: items move while others are looked at. Ordered keys, since a stranger may choose names to collide.
template <class Item, class KeyOf>
void drop_repeats(std::vector<Item>& items, KeyOf key_of) {
  std::set<decltype(key_of(items.front()))> seen;
  std::erase_if(items, [&](const Item& item) { return !seen.insert(key_of(item)).second; });
}

}  // namespace sl::server
