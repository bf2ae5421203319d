// What a member of a consumer group is told and tells: options, events, positions.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/consumer.h"
#include "client/group_offset.h"
#include "client/topic_partition.h"

namespace sl::client {

// kAuto joins a group as it finds it; a group that is new is classic, which every client can join.
enum class GroupProtocol : uint8_t { kAuto, kClassic, kConsumer };
std::string_view protocol_name(GroupProtocol protocol);  // as --group-protocol takes it

struct GroupOptions {
  std::string group;
  // What to read; topics need not exist yet.
  Subscription subscription;
  // A static member (KIP-345): it may go and come back within the session timeout, and keeps its partitions.
  std::optional<std::string> instance_id;
  GroupProtocol protocol = GroupProtocol::kAuto;
  // Classic members: without a heartbeat for so long they are out. In the newer protocol the coordinator's setting
  // holds.
  int64_t session_timeout_ms = 10'000;
  // Classic members. 0: a third of the session timeout, at most 1 s, since that is how late others' coming is noticed.
  int64_t heartbeat_interval_ms = 0;
  // How long the reader may take to give partitions up before it is put out of the group.
  int64_t rebalance_timeout_ms = 60'000;
  std::optional<std::string> rack;
  // A coordinator that cannot be had is tried for so long.
  int64_t outage_ms_max = 120'000;
  // How often new topics and partitions are looked for, where that is the member's matter and not the coordinator's.
  int64_t metadata_max_age_ms = 30'000;
};

struct GroupEvent {
  enum class Kind : uint8_t {
    kAssigned,  // to be read from now on. The first event of all is one, if an empty one.
    kRevoked,   // to be given up; revoked_done() when that is so
    kLost,      // owned no more: the group has put the member out, or it has slept too long
    kTimedOut,  // nothing came within the time given to next_event()
  };
  Kind kind = Kind::kTimedOut;
  std::vector<TopicPartition> partitions;  // sorted
};

}  // namespace sl::client
