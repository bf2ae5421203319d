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
  kFindCoordinator = 10,
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
  kIncrementalAlterConfigs = 44,
  kListPartitionReassignments = 46,
  kDescribeQuorum = 55,
  kDescribeCluster = 60,
  kDescribeProducers = 61,
  kDescribeTopicPartitions = 75,
};

// "Produce", or "Api99" for a number that is not in the list.
std::string api_name(int16_t key);

}  // namespace sl::wire
