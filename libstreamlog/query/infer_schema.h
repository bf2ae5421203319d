// What columns data has that nobody declared: taken from its first records.
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "query/type.h"

namespace sl::query {

// Of JSON objects: every field that one of them has, in the order they come. Whole numbers are BIGINT, others DOUBLE; a
// field that is null in all of them, or not of one type, is STRING. None where a record is no JSON object: then it is
// RAW.
std::vector<Field> infer_json(std::span<const std::string_view> records);
// Of lines whose first one names the columns: BIGINT or DOUBLE where all values read as such, else STRING.
std::vector<Field> infer_delimited(std::span<const std::string_view> lines, char delimiter);

}  // namespace sl::query
