// What errors of a group's requests mean for the member that sent them.
#pragma once
#include <string>

#include "base/result.h"

namespace sl::client {

enum class GroupOutcome : uint8_t {
  kGoOn,   // the member knows what to do next
  kRetry,  // the same again after a while
  kMoved,  // the coordinator is another: find it, then the same again
};

// kMoved and kRetry for what is the coordinator's own matter.
GroupOutcome group_outcome(Errc code);

// The sentence for an error that ends the member; `said` is the coordinator's own, if it gave one.
Error group_error(Errc code, const std::string& group, const std::string& said = {});

}  // namespace sl::client
