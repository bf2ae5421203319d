// The numbers of Kafka's requests (https://kafka.apache.org/protocol, "Api Keys") and their names.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace sl::wire {

enum class ApiKey : int16_t {
  kProduce = 0,
  kFetch = 1,
  kListOffsets = 2,
  kMetadata = 3,
  kOffsetCommit = 8,
  kOffsetFetch = 9,
  kFindCoordinator = 10,
  kJoinGroup = 11,
  kHeartbeat = 12,
  kLeaveGroup = 13,
  kSyncGroup = 14,
  kDescribeGroups = 15,
  kListGroups = 16,
  kApiVersions = 18,
  kCreateTopics = 19,
  kDeleteTopics = 20,
  kDeleteRecords = 21,
  kInitProducerId = 22,
  kOffsetForLeaderEpoch = 23,
  kDescribeConfigs = 32,
  kAlterConfigs = 33,
  kDescribeLogDirs = 35,
  kCreatePartitions = 37,
  kDeleteGroups = 42,
  kIncrementalAlterConfigs = 44,
  kListPartitionReassignments = 46,
  kOffsetDelete = 47,
  kDescribeQuorum = 55,
  kDescribeCluster = 60,
  kDescribeProducers = 61,
  kConsumerGroupHeartbeat = 68,
  kConsumerGroupDescribe = 69,
  kDescribeTopicPartitions = 75,
};

// "Produce", or "Api99" for a number that is not in the list.
std::string api_name(int16_t key);

}  // namespace sl::wire
