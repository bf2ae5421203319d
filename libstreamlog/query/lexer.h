// SQL text to tokens. Comments and blanks are gone, each token knows its place, and the last one is the end of the
// text.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "query/ast.h"

namespace sl::query {

struct Token {
  enum class Kind : uint8_t {
    kEnd,
    kWord,        // an unquoted identifier or keyword, as written
    kIdentifier,  // in backticks or double quotes: its text
    kString,      // its text
    kInteger,
    kDecimal,  // 1.5
    kDouble,   // 1.5E0
    kSymbol,   // ( ) [ ] < > <> != <= >= => -> := || + - * / % = , . ;
  };
  Kind kind = Kind::kEnd;
  std::string text;
  Position at;
};

// `at` is where the text begins in the script. kMalformed for what is no token and for quotes or comments without an
// end.
Result<std::vector<Token>> tokens_of(std::string_view text, const Position& at);

// ${NAME} replaced by its value; an unknown one is an error. Not within comments or
// backticks.
Result<std::string> substituted(std::string_view text, const Position& at,
                                const std::map<std::string, std::string>& variables);

}  // namespace sl::query
