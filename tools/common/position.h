// From a position as the -o grammar reads it to one that the client asks the leaders for. A stored position has none:
// it is its group's matter.
#pragma once
#include "client/position.h"
#include "tools/common/offset_spec.h"

namespace sl::tools {

Result<client::Position> to_client(const Position& position);

}  // namespace sl::tools
