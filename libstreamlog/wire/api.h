// THE list of requests. Dispatch, the ApiVersions answer, the protocol tests and the fuzzers all come from it: a new
// API is its messages, one line here and one in ApiKey.
#pragma once
#include <array>
#include <tuple>

#include "wire/codec.h"
#include "wire/messages/broker.h"
#include "wire/messages/committed_offsets.h"
#include "wire/messages/configs.h"
#include "wire/messages/fetch.h"
#include "wire/messages/groups.h"
#include "wire/messages/membership.h"
#include "wire/messages/metadata.h"
#include "wire/messages/offsets.h"
#include "wire/messages/produce.h"
#include "wire/messages/producers.h"
#include "wire/messages/quorum.h"
#include "wire/messages/topics.h"

namespace sl::wire {

using Requests =
    std::tuple<ProduceRequest, FetchRequest, ListOffsetsRequest, MetadataRequest, OffsetCommitRequest,
               OffsetFetchRequest, FindCoordinatorRequest, JoinGroupRequest, HeartbeatRequest, LeaveGroupRequest,
               SyncGroupRequest, DescribeGroupsRequest, ListGroupsRequest, ApiVersionsRequest, CreateTopicsRequest,
               DeleteTopicsRequest, DeleteRecordsRequest, InitProducerIdRequest, OffsetForLeaderEpochRequest,
               DescribeConfigsRequest, AlterConfigsRequest, DescribeLogDirsRequest, CreatePartitionsRequest,
               DeleteGroupsRequest, IncrementalAlterConfigsRequest, ListPartitionReassignmentsRequest,
               OffsetDeleteRequest, DescribeQuorumRequest, DescribeClusterRequest, DescribeProducersRequest,
               ConsumerGroupHeartbeatRequest, ConsumerGroupDescribeRequest, DescribeTopicPartitionsRequest>;
inline constexpr size_t kApiCount = std::tuple_size_v<Requests>;

// Calls f.operator()<M>() for every request type M, in the order of their numbers.
template <class F>
constexpr void for_each_request(F&& f) {
  [&]<class... Ms>(std::type_identity<std::tuple<Ms...>>) {
    (f.template operator()<Ms>(), ...);
  }(std::type_identity<Requests>{});
}

// Calls f.operator()<M>() for the request of that number; false where there is none.
template <class F>
bool visit_request(int16_t api_key, F&& f) {
  return [&]<class... Ms>(std::type_identity<std::tuple<Ms...>>) {
    return ((static_cast<int16_t>(Ms::kApi) == api_key ? (f.template operator()<Ms>(), true) : false) || ...);
  }(std::type_identity<Requests>{});
}

// One row of the ApiVersions answer, with the versions that are decoded. The two differ for Produce, whose versions 0
// to 2 are listed since librdkafka 2.0 and 2.8 otherwise believe in old formats, and for unfinished newest versions.
struct ApiInfo {
  ApiKey key{};
  Versions decoded;
  int16_t listed_min = 0;
  int16_t listed_max = 0;
};

template <Request M>
constexpr ApiInfo api_info() {
  ApiInfo info{M::kApi, versions_of<M>(), M::kMinVersion, M::kMaxVersion};
  if constexpr (requires { M::kListedMin; }) info.listed_min = M::kListedMin;
  if constexpr (requires { M::kListedMax; }) info.listed_max = M::kListedMax;
  return info;
}

inline constexpr auto kApis = [] {
  std::array<ApiInfo, kApiCount> table;
  size_t at = 0;
  for_each_request([&]<class M>() { table[at++] = api_info<M>(); });
  return table;
}();

// The row of a number; null where it is not in the list.
const ApiInfo* find_api(int16_t key);

// The answer to ApiVersions with every listed API and no features; the daemon takes out what it has no handler for.
ApiVersionsResponse listed_apis();

// The whole frame that answers an ApiVersions request of a version we do not know: in the layout of version 0, error
// UNSUPPORTED_VERSION, with the one entry of ApiVersions itself (KIP-511; kgo closes on anything else).
Encoded encode_api_versions_refusal(int32_t correlation_id);

}  // namespace sl::wire
