// GroupOffset: the position of a group in one partition, committed or to be committed.
#pragma once
#include <string>

#include "base/ids.h"
#include "base/result.h"

namespace sl::client {

struct GroupOffset {
  std::string topic;
  Partition partition;
  Offset offset = kNoOffset;  // the next one to read; kNoOffset where nothing is committed
  Epoch leader_epoch = kNoEpoch;
  std::string metadata;
  Error error;  // kNone where it went well
};

}  // namespace sl::client
