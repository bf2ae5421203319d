// One function a family of APIs; each registers its handlers. add_all_handlers calls them all.
#pragma once
#include "server/dispatch.h"

namespace sl::server {

void add_connection_handlers(Dispatcher& dispatcher);  // ApiVersions, FindCoordinator
void add_metadata_handlers(
    Dispatcher& dispatcher);  // Metadata, DescribeCluster, DescribeTopicPartitions, DescribeQuorum
void add_produce_handlers(Dispatcher& dispatcher);  // Produce, InitProducerId, DescribeProducers
void add_fetch_handlers(Dispatcher& dispatcher);    // Fetch
void add_offset_handlers(Dispatcher& dispatcher);   // ListOffsets, OffsetForLeaderEpoch, DeleteRecords
void add_topic_handlers(Dispatcher& dispatcher);    // topics and partitions created, deleted, moved
void add_config_handlers(Dispatcher& dispatcher);   // DescribeConfigs, AlterConfigs, IncrementalAlterConfigs
void add_log_dir_handlers(Dispatcher& dispatcher);  // DescribeLogDirs
void add_membership_handlers(
    Dispatcher& dispatcher);  // JoinGroup, SyncGroup, Heartbeat, LeaveGroup, ConsumerGroupHeartbeat
void add_committed_offset_handlers(Dispatcher& dispatcher);  // OffsetCommit, OffsetFetch, OffsetDelete
void add_group_handlers(Dispatcher& dispatcher);             // groups listed, described, deleted

}  // namespace sl::server
