// The values of the metadata log's control records, and the quorum state file's content. Each control record begins
// with its own version, so a value can be decoded without being told; its kind stands in the record's key, which
// the record module reads. Schemas: Kafka's clients/src/main/resources/common/message.
#pragma once
#include "wire/codec.h"

namespace sl::wire {

// The first batch of every leader of the metadata log. Version 1 carries the directory ids.
struct LeaderChangeMessage {
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 1, kFlexibleFrom = 0;

  struct Voter {
    int32_t voter_id = 0;
    Uuid voter_directory_id;
    static void fields(auto& m, auto& f) {
      f("voter_id", m.voter_id);
      f("voter_directory_id", m.voter_directory_id, since(1));
    }
    bool operator==(const Voter&) const = default;
  };
  int16_t version = 1;
  int32_t leader_id = 0;
  std::vector<Voter> voters;
  std::vector<Voter> granting_voters;
  static void fields(auto& m, auto& f) {
    f("version", m.version);
    f("leader_id", m.leader_id);
    f("voters", m.voters);
    f("granting_voters", m.granting_voters);
  }
  bool operator==(const LeaderChangeMessage&) const = default;
};

// The level of the quorum protocol: 1 knows directory ids and dynamic voters (KIP-853).
struct KRaftVersionRecord {
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;

  int16_t version = 0;
  int16_t kraft_version = 0;
  static void fields(auto& m, auto& f) {
    f("version", m.version);
    f("kraft_version", m.kraft_version);
  }
  bool operator==(const KRaftVersionRecord&) const = default;
};

// The voters from here on, whole (KIP-853).
struct VotersRecord {
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;

  struct Endpoint {
    std::string name;
    std::string host;
    uint16_t port = 0;
    static void fields(auto& m, auto& f) {
      f("name", m.name);
      f("host", m.host);
      f("port", m.port);
    }
    bool operator==(const Endpoint&) const = default;
  };
  struct VersionRange {
    int16_t min_supported_version = 0;
    int16_t max_supported_version = 0;
    static void fields(auto& m, auto& f) {
      f("min_supported_version", m.min_supported_version);
      f("max_supported_version", m.max_supported_version);
    }
    bool operator==(const VersionRange&) const = default;
  };
  struct Voter {
    int32_t voter_id = 0;
    Uuid voter_directory_id;
    std::vector<Endpoint> endpoints;
    VersionRange kraft_version_feature;
    static void fields(auto& m, auto& f) {
      f("voter_id", m.voter_id);
      f("voter_directory_id", m.voter_directory_id);
      f("endpoints", m.endpoints);
      f("kraft_version_feature", m.kraft_version_feature);
    }
    bool operator==(const Voter&) const = default;
  };
  int16_t version = 0;
  std::vector<Voter> voters;
  static void fields(auto& m, auto& f) {
    f("version", m.version);
    f("voters", m.voters);
  }
  bool operator==(const VotersRecord&) const = default;
};

// First record of a snapshot; the timestamp is that of the last record it stands for, in ms.
struct SnapshotHeaderRecord {
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;

  int16_t version = 0;
  int64_t last_contained_log_timestamp = 0;
  static void fields(auto& m, auto& f) {
    f("version", m.version);
    f("last_contained_log_timestamp", m.last_contained_log_timestamp);
  }
  bool operator==(const SnapshotHeaderRecord&) const = default;
};

// Last record of a snapshot: without it the file is cut off.
struct SnapshotFooterRecord {
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;

  int16_t version = 0;
  static void fields(auto& m, auto& f) { f("version", m.version); }
  bool operator==(const SnapshotFooterRecord&) const = default;
};

// What a voter must remember beside the log: the epoch and for whom it voted. Version 1 is the one we write.
struct QuorumStateData {
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 1, kFlexibleFrom = 0;

  struct Voter {
    int32_t voter_id = 0;
    static void fields(auto& m, auto& f) { f("voter_id", m.voter_id); }
    bool operator==(const Voter&) const = default;
  };
  std::string cluster_id;
  int32_t leader_id = -1;
  int32_t leader_epoch = -1;
  int32_t voted_id = -1;
  Uuid voted_directory_id;
  int64_t applied_offset = 0;
  std::optional<std::vector<Voter>> current_voters;
  static void fields(auto& m, auto& f) {
    f("cluster_id", m.cluster_id, until(0));
    f("leader_id", m.leader_id);
    f("leader_epoch", m.leader_epoch);
    f("voted_id", m.voted_id);
    f("voted_directory_id", m.voted_directory_id, since(1));
    f("applied_offset", m.applied_offset, until(0));
    f("current_voters", m.current_voters, until(0));
  }
  bool operator==(const QuorumStateData&) const = default;
};

// The control records, but not QuorumStateData, have a `version` of their own, which also chooses the encoding.
template <class M>
concept ControlRecord = requires(const M& m) {
  m.version;
};

// The value of a control record, encoded as `record.version` says.
template <ControlRecord M>
std::string encode_control(const M& record) {
  return encode(record, record.version).joined();
}
// kMalformed; kUnsupportedVersion.
template <ControlRecord M>
Result<M> decode_control(Bytes value) {
  if (value.size() < 2) return Error{Errc::kMalformed, "a control record without a version"};
  return decode<M>(value, load_be<int16_t>(value.data()), {});
}

}  // namespace sl::wire
