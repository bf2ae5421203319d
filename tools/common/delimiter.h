// Delimiters and literal text as people type them: \n \r \t \0 \\ and \xNN stand for bytes.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace sl::tools {

// The bytes that `text` means. A backslash before anything else is an error that lists what there is.
Result<std::string> unescape(std::string_view text);
// The same for -D and -K, where nothing is not a delimiter.
Result<std::string> parse_delimiter(std::string_view text);

}  // namespace sl::tools
