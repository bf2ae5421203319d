#include "tools/common/position.h"

namespace sl::tools {

Result<client::Position> to_client(const Position& position) {
  switch (position.kind) {
    case Position::Kind::kStart:
      return client::Position::start();
    case Position::Kind::kEnd:
      return client::Position::end();
    case Position::Kind::kAbsolute:
      return client::Position::at(Offset(position.value));
    case Position::Kind::kAfterStart:
      return client::Position::after_start(position.value);
    case Position::Kind::kBeforeEnd:
      return client::Position::before_end(position.value);
    case Position::Kind::kTime:
      return client::Position::time(position.value);
    case Position::Kind::kStored:
      break;
  }
  return Error{Errc::kUsage, "'stored' is the position of a group; there is none here"};
}

}  // namespace sl::tools
