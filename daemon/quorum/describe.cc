// The answer to DescribeQuorum.
#include "quorum/sole_voter.h"

namespace sl::quorum {

wire::DescribeQuorumResponse SoleVoter::describe(const wire::DescribeQuorumRequest& request) const {
  wire::DescribeQuorumResponse response;
  for (const auto& topic : request.topics) {
    auto& answer = response.topics.emplace_back();
    answer.topic_name = topic.topic_name;
    for (const auto& partition : topic.partitions) {
      auto& one = answer.partitions.emplace_back();
      one.partition_index = partition.partition_index;
      if (topic.topic_name != kMetadataTopicName || partition.partition_index != 0) {
        one.error_code = errc_to_wire(Errc::kUnknownTopicOrPartition);
        continue;
      }
      if (role_ != Role::kLeader || !voters_) {
        one.error_code = errc_to_wire(Errc::kNotLeaderOrFollower);
        continue;
      }
      one.leader_id = node().value;
      one.leader_epoch = vote_.epoch.value;
      one.high_watermark = high_watermark_.value;
      int64_t now_ms = seams_.runtime.wall_ms();
      for (const auto& voter : voters_->voters)
        one.current_voters.push_back(
            {voter.voter_id, voter.voter_directory_id, log_->synced_end().value, now_ms, now_ms});
    }
  }
  if (!voters_) return response;
  for (const auto& voter : voters_->voters) {
    auto& node = response.nodes.emplace_back();
    node.node_id = voter.voter_id;
    for (const auto& endpoint : voter.endpoints)
      node.listeners.push_back({endpoint.name, endpoint.host, endpoint.port});
  }
  return response;
}

}  // namespace sl::quorum
