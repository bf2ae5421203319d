// The compiler of formats, shared by the writing (record_format.h) and the reading half (input_format.h).
#pragma once
#include <string_view>
#include <vector>

#include "tools/common/record_format.h"

namespace sl::tools {

Result<std::vector<RecordFormat::Operation>> parse_operations(std::string_view format);

}  // namespace sl::tools
