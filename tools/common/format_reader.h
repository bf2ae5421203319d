// The letters of the formats of record_format.h and input_format.h: takes a format apart into text and `%x{modifier}`
// pieces, which both then give their meaning.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace sl::tools {

struct FormatPiece {
  char letter = 0;            // 0: literal text
  std::string text;           // the literal, unescaped; or what stands in the braces
  bool has_modifier = false;  // there were braces
};

class FormatReader {
 public:
  explicit FormatReader(std::string_view format) : left_(format) {}
  bool at_end() const { return left_.empty(); }
  // The next piece; not at the end.
  Result<FormatPiece> next();

 private:
  Result<std::string> braces(char letter);
  std::string_view left_;
};

}  // namespace sl::tools
