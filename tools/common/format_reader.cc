#include "tools/common/format_reader.h"

#include <fmt/core.h>

#include "tools/common/delimiter.h"

namespace sl::tools {

Result<FormatPiece> FormatReader::next() {
  FormatPiece piece;
  while (!left_.empty()) {
    if (left_[0] == '\\') {
      size_t length = left_.starts_with("\\x") ? 4 : 2;
      SL_TRY(std::string byte, unescape(left_.substr(0, length)));
      piece.text += byte;
      left_.remove_prefix(std::min(length, left_.size()));
    } else if (left_[0] != '%') {
      piece.text += left_[0];
      left_.remove_prefix(1);
    } else if (left_.size() > 1 && (left_[1] == '%' || left_[1] == '{' || left_[1] == '}')) {
      piece.text += left_[1];
      left_.remove_prefix(2);
    } else {
      break;
    }
  }
  if (!piece.text.empty() || left_.empty()) return piece;
  if (left_.size() == 1) return Error{Errc::kUsage, "the format ends with a lone %: write %% for a percent sign"};
  piece.letter = left_[1];
  left_.remove_prefix(2);
  if (left_.starts_with('{')) {
    piece.has_modifier = true;
    SL_TRY(piece.text, braces(piece.letter));
  }
  return piece;
}

// What stands between the brace that comes next and its partner, which are both taken.
Result<std::string> FormatReader::braces(char letter) {
  size_t close = left_.npos;
  if (left_.starts_with("{unpack[") || left_.starts_with("{strftime[")) {
    close = left_.find("]}");
    if (close != left_.npos) ++close;
  } else {
    int depth = 0;
    for (size_t i = 0; i < left_.size() && close == left_.npos; ++i) {
      if (left_[i] == '%' && i + 1 < left_.size()) {
        ++i;  // %{ and %} are text
      } else if (left_[i] == '{') {
        ++depth;
      } else if (left_[i] == '}' && --depth == 0) {
        close = i;
      }
    }
  }
  if (close == left_.npos) return Error{Errc::kUsage, fmt::format("the brace after %{} is not closed", letter)};
  std::string inside(left_.substr(1, close - 1));
  left_.remove_prefix(close + 1);
  return inside;
}

}  // namespace sl::tools
