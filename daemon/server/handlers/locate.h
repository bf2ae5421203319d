// From what a request names (a topic by name or id, a partition, the leader epoch it believes in) to the partition on
// this node, or to the error that the protocol has for it.
#pragma once
#include <memory>
#include <string_view>

#include "server/broker.h"

namespace sl::server {

struct Located {
  std::shared_ptr<replica::Partition> partition;  // null where `error` is set
  Errc error = Errc::kNone;
  NodeId leader{-1};
  Epoch leader_epoch = kNoEpoch;
};

// By id where `version` of the request has ids instead of names; `by_id` says so.
const cluster::TopicState* find_topic(const cluster::Image& image, std::string_view name, const Uuid& id, bool by_id);

// `topic` may be null. `known_epoch` is the leader epoch of the request, -1 for none: an older one is fenced, a newer
// one unknown (KIP-320).
Located locate(Broker& broker, const cluster::TopicState* topic, bool by_id, int32_t index, int32_t known_epoch);

// The bits of `AuthorizedOperations` in Metadata, DescribeCluster and the descriptions of groups.
int32_t authorised_operations(const Call& call, ResourceType type, std::string_view name);

}  // namespace sl::server
