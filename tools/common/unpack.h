// %v{unpack[...]}: shows the integers inside a key or value, as kcat's -s and rpk do.
#pragma once
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace sl::tools {

// Whether `spec` holds only what unpack knows: < > b B h H i I q Q c . s $ x and space.
Status check_unpack(std::string_view spec);
void append_unpacked(std::string& out, std::string_view spec, Bytes bytes);

}  // namespace sl::tools
