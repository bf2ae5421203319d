// What Consumer keeps for one assigned partition, and for one node it fetches from. Internal to it.
#pragma once
#include "client/consumer.h"

namespace sl::client {

struct Consumer::Source {
  Source(aio::Runtime& runtime, size_t i, Assignment a) : index(i), assignment(std::move(a)), pause(runtime.timers()) {}

  const size_t index;
  Assignment assignment;
  TopicPtr info;
  NodeId leader{-1};
  Epoch leader_epoch = kNoEpoch;
  Offset fetched{0};  // the next offset to fetch
  Offset handed{0};   // the next offset to hand out
  Offset until = kNoEnd;
  Offset high_watermark = kNoOffset;
  int32_t bytes_max = 0;
  uint64_t generation = 0;  // counts seeks: answers to older fetches are dropped
  bool paused = false;
  bool ended = false;
  bool gone = false;
  bool removed = false;  // its place may be taken
  bool caught_up = false;
  bool recovering = false;
  int failures = 0;  // in a row
  int64_t failing_since_ns = -1;
  int64_t unknown_since_ns = -1;  // the cluster says that the topic does not exist
  Error last_error;
  aio::Timer pause;
  // Producers whose transaction is being skipped.
  std::vector<int64_t> aborted;
};

struct Consumer::Fetcher {
  NodeId node;
  size_t next_source = 0;  // where the next request begins, so that each comes first in turn
};

struct Consumer::Asked {
  Source* source;
  uint64_t generation;
};

}  // namespace sl::client
