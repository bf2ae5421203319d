// Consumer groups as an operator sees them: listed, described, deleted.
// Fields and versions: https://kafka.apache.org/protocol, "The Messages".
#pragma once
#include "wire/api_key.h"
#include "wire/fields.h"

namespace sl::wire {

// The groups this node coordinates; empty filters take all.
struct ListGroupsRequest {
  static constexpr ApiKey kApi = ApiKey::kListGroups;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 5, kFlexibleFrom = 3;
  using Response = struct ListGroupsResponse;

  std::vector<std::string> states_filter;
  std::vector<std::string> types_filter;
  static void fields(auto& m, auto& f) {
    f("states_filter", m.states_filter, since(4));
    f("types_filter", m.types_filter, since(5));
  }
  bool operator==(const ListGroupsRequest&) const = default;
};

struct ListGroupsResponse {
  using Request = ListGroupsRequest;

  struct Group {
    std::string group_id;
    std::string protocol_type;
    std::string group_state;
    std::string group_type;
    static void fields(auto& m, auto& f) {
      f("group_id", m.group_id);
      f("protocol_type", m.protocol_type);
      f("group_state", m.group_state, since(4));
      f("group_type", m.group_type, since(5));
    }
    bool operator==(const Group&) const = default;
  };
  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::vector<Group> groups;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms, since(1));
    f("error_code", m.error_code);
    f("groups", m.groups);
  }
  bool operator==(const ListGroupsResponse&) const = default;
};

// State and members of classic groups.
struct DescribeGroupsRequest {
  static constexpr ApiKey kApi = ApiKey::kDescribeGroups;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 6, kFlexibleFrom = 5;
  using Response = struct DescribeGroupsResponse;

  std::vector<std::string> groups;
  bool include_authorized_operations = false;
  static void fields(auto& m, auto& f) {
    f("groups", m.groups);
    f("include_authorized_operations", m.include_authorized_operations, since(3));
  }
  bool operator==(const DescribeGroupsRequest&) const = default;
};

struct DescribeGroupsResponse {
  using Request = DescribeGroupsRequest;

  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::string client_id;
    std::string client_host;
    Blob member_metadata;
    Blob member_assignment;
    static void fields(auto& m, auto& f) {
      f("member_id", m.member_id);
      f("group_instance_id", m.group_instance_id, since(4));
      f("client_id", m.client_id);
      f("client_host", m.client_host);
      f("member_metadata", m.member_metadata);
      f("member_assignment", m.member_assignment);
    }
    bool operator==(const Member&) const = default;
  };
  struct Group {
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::string group_id;
    std::string group_state;
    std::string protocol_type;
    std::string protocol_data;
    std::vector<Member> members;
    int32_t authorized_operations = INT32_MIN;
    static void fields(auto& m, auto& f) {
      f("error_code", m.error_code);
      f("error_message", m.error_message, since(6));
      f("group_id", m.group_id);
      f("group_state", m.group_state);
      f("protocol_type", m.protocol_type);
      f("protocol_data", m.protocol_data);
      f("members", m.members);
      f("authorized_operations", m.authorized_operations, since(3));
    }
    bool operator==(const Group&) const = default;
  };
  int32_t throttle_time_ms = 0;
  std::vector<Group> groups;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms, since(1));
    f("groups", m.groups);
  }
  bool operator==(const DescribeGroupsResponse&) const = default;
};

// Groups without members deleted, with what they committed (KIP-229).
struct DeleteGroupsRequest {
  static constexpr ApiKey kApi = ApiKey::kDeleteGroups;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 2, kFlexibleFrom = 2;
  using Response = struct DeleteGroupsResponse;

  std::vector<std::string> groups_names;
  static void fields(auto& m, auto& f) { f("groups_names", m.groups_names); }
  bool operator==(const DeleteGroupsRequest&) const = default;
};

struct DeleteGroupsResponse {
  using Request = DeleteGroupsRequest;

  struct Group {
    std::string group_id;
    int16_t error_code = 0;
    static void fields(auto& m, auto& f) {
      f("group_id", m.group_id);
      f("error_code", m.error_code);
    }
    bool operator==(const Group&) const = default;
  };
  int32_t throttle_time_ms = 0;
  std::vector<Group> results;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms);
    f("results", m.results);
  }
  bool operator==(const DeleteGroupsResponse&) const = default;
};

// State and members of groups of the newer protocol (KIP-848).
struct ConsumerGroupDescribeRequest {
  static constexpr ApiKey kApi = ApiKey::kConsumerGroupDescribe;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 1, kFlexibleFrom = 0;
  using Response = struct ConsumerGroupDescribeResponse;

  std::vector<std::string> group_ids;
  bool include_authorized_operations = false;
  static void fields(auto& m, auto& f) {
    f("group_ids", m.group_ids);
    f("include_authorized_operations", m.include_authorized_operations);
  }
  bool operator==(const ConsumerGroupDescribeRequest&) const = default;
};

struct ConsumerGroupDescribeResponse {
  using Request = ConsumerGroupDescribeRequest;

  struct TopicPartitions {
    Uuid topic_id;
    std::string topic_name;
    std::vector<int32_t> partitions;
    static void fields(auto& m, auto& f) {
      f("topic_id", m.topic_id);
      f("topic_name", m.topic_name);
      f("partitions", m.partitions);
    }
    bool operator==(const TopicPartitions&) const = default;
  };
  struct Assignment {
    std::vector<TopicPartitions> topic_partitions;
    static void fields(auto& m, auto& f) { f("topic_partitions", m.topic_partitions); }
    bool operator==(const Assignment&) const = default;
  };
  struct Member {
    std::string member_id;
    std::optional<std::string> instance_id;
    std::optional<std::string> rack_id;
    int32_t member_epoch = 0;
    std::string client_id;
    std::string client_host;
    std::vector<std::string> subscribed_topic_names;
    std::optional<std::string> subscribed_topic_regex;
    Assignment assignment;
    Assignment target_assignment;
    int8_t member_type = -1;
    static void fields(auto& m, auto& f) {
      f("member_id", m.member_id);
      f("instance_id", m.instance_id);
      f("rack_id", m.rack_id);
      f("member_epoch", m.member_epoch);
      f("client_id", m.client_id);
      f("client_host", m.client_host);
      f("subscribed_topic_names", m.subscribed_topic_names);
      f("subscribed_topic_regex", m.subscribed_topic_regex);
      f("assignment", m.assignment);
      f("target_assignment", m.target_assignment);
      f("member_type", m.member_type, since(1));
    }
    bool operator==(const Member&) const = default;
  };
  struct Group {
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::string group_id;
    std::string group_state;
    int32_t group_epoch = 0;
    int32_t assignment_epoch = 0;
    std::string assignor_name;
    std::vector<Member> members;
    int32_t authorized_operations = INT32_MIN;
    static void fields(auto& m, auto& f) {
      f("error_code", m.error_code);
      f("error_message", m.error_message);
      f("group_id", m.group_id);
      f("group_state", m.group_state);
      f("group_epoch", m.group_epoch);
      f("assignment_epoch", m.assignment_epoch);
      f("assignor_name", m.assignor_name);
      f("members", m.members);
      f("authorized_operations", m.authorized_operations);
    }
    bool operator==(const Group&) const = default;
  };
  int32_t throttle_time_ms = 0;
  std::vector<Group> groups;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms);
    f("groups", m.groups);
  }
  bool operator==(const ConsumerGroupDescribeResponse&) const = default;
};

}  // namespace sl::wire
