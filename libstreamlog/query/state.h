// State that survives: what an operator saves is entries of bytes, those that changed since it last saved. A task keeps
// them in a store next to its offsets (and in a changelog), and gives all of them back when it starts again.
#pragma once
#include <string_view>

namespace sl::query {

class StateWriter {
 public:
  virtual ~StateWriter() = default;
  virtual void put(std::string_view key, std::string_view value) = 0;
  virtual void erase(std::string_view key) = 0;
  virtual void erase_prefix(std::string_view prefix) = 0;
};

}  // namespace sl::query
