// Completion in the shell: which words may end the line as it stands.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace sl::tools::query {

// The part of a name or keyword that ends the line; empty where none does.
std::string_view word_at_end(std::string_view line);

struct Completion {
  std::vector<std::string> words;  // sorted, each once
  std::string common;              // what all of them begin with
};
// Those of `names` and of SQL's keywords that begin with the word at the end of the line, whatever their case.
Completion complete_word(std::string_view line, const std::vector<std::string>& names);

}  // namespace sl::tools::query
