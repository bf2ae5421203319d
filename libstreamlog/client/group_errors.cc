#include "client/group_errors.h"

#include <fmt/core.h>

namespace sl::client {
namespace {

std::string_view advice(Errc code) {
  switch (code) {
    case Errc::kInconsistentGroupProtocol:
      return "its members use another protocol or other assignors; --group-protocol chooses between classic and "
             "consumer, and auto joins a group as it finds it";
    case Errc::kGroupIdNotFound:
      return "its members use the classic protocol; join it with --group-protocol=classic, or auto";
    case Errc::kUnsupportedVersion:
      return "the cluster does not know this group protocol; join with --group-protocol=classic, or auto";
    case Errc::kFencedInstanceId:
      return "another member has taken over this instance id";
    case Errc::kUnreleasedInstanceId:
      return "another member with this instance id is still there; if it has died, its session has yet to end";
    case Errc::kGroupAuthorizationFailed:
      return "you may not read with this group";
    case Errc::kGroupMaxSizeReached:
      return "it has as many members as it may have";
    case Errc::kInvalidSessionTimeout:
      return "the session timeout is outside of what the coordinator allows (group.min.session.timeout.ms, "
             "group.max.session.timeout.ms)";
    default:
      return {};
  }
}

}  // namespace

GroupOutcome group_outcome(Errc code) {
  switch (code) {
    case Errc::kNotCoordinator:
    case Errc::kCoordinatorNotAvailable:
    case Errc::kConnectionClosed:
    case Errc::kNetworkException:
    case Errc::kRequestTimedOut:
    case Errc::kUnreachable:
    case Errc::kBrokerNotAvailable:
      return GroupOutcome::kMoved;
    case Errc::kCoordinatorLoadInProgress:
      return GroupOutcome::kRetry;
    default:
      return GroupOutcome::kGoOn;
  }
}

Error group_error(Errc code, const std::string& group, const std::string& said) {
  std::string_view text = advice(code);
  if (text.empty()) text = said.empty() ? error_info(code).text : std::string_view(said);
  return Error{code, fmt::format("group '{}': {}", group, text)};
}

}  // namespace sl::client
