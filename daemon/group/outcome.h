// What goes into a group's state machine and what comes out. A transition takes a request or a time, changes the
// state in memory and returns an Outcome: answers that may leave now, and records to append. An answer that depends on
// records comes out of settled(), which the driver calls once the append's fate is known, with kNone or the error.
// So the driver has one rule: send the answers, append each Append as one batch, in this order per group, and tell
// its end in the same order. A failed append is told with its error; the state is then as if it had not been asked.
//
// Times are values: monotonic milliseconds for what waits, wall milliseconds for what is written down.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/errors.h"
#include "group/records.h"

namespace sl::group {

struct Now {
  int64_t mono_ms = 0;
  int64_t wall_ms = 0;
};
inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

// The driver's name for a request that waits for its answer.
using RequestId = uint64_t;

// Kafka's settings of the same names, in milliseconds where they are times.
struct GroupSettings {
  int32_t session_timeout_min_ms = 6'000;
  int32_t session_timeout_max_ms = 1'800'000;
  int32_t initial_rebalance_delay_ms = 0;
  int32_t size_max = 1'000;  // Kafka's default has no limit
  int32_t consumer_session_timeout_ms = 45'000;
  // For groups of up to 100 members; it grows with the members beyond, so that a group's load does not.
  int32_t consumer_heartbeat_interval_ms = 500;
  // Not shorter than this while all groups of the coordinator together have many members; it changes with them.
  int32_t consumer_heartbeat_interval_crowd_ms = 0;
  int32_t consumer_size_max = 1'000;
  int64_t offsets_retention_ms = int64_t{7} * 24 * 3'600'000;
  int32_t offset_metadata_bytes_max = 4'096;
};

struct ClientIdentity {
  std::string client_id;
  std::string client_host;
};

struct JoinRequest {
  std::string group;
  std::string member_id;  // empty: a new member
  std::optional<std::string> instance_id;
  ClientIdentity client;
  std::string new_member_id;        // what a new member shall be called: the client id, '-' and a random uuid
  bool member_id_required = true;   // v4 and up: a new member is told its id before it joins (KIP-394)
  bool can_skip_assignment = true;  // v9 and up (KIP-814)
  int32_t session_timeout_ms = 0;
  int32_t rebalance_timeout_ms = 0;
  std::string protocol_type;
  std::vector<ClassicProtocol> protocols;  // the member's favourite first
};
struct JoinedMember {
  std::string member_id;
  std::optional<std::string> instance_id;
  std::string metadata;
  bool operator==(const JoinedMember&) const = default;
};
struct JoinAnswer {
  Errc error = Errc::kNone;
  int32_t generation = -1;
  std::string protocol_type{};
  std::optional<std::string> protocol{};
  std::string leader{};
  std::string member_id{};
  bool skip_assignment = false;
  std::vector<JoinedMember> members{};  // for the leader only
};

struct MemberAssignment {
  std::string member_id{};
  std::string assignment{};
};
struct SyncRequest {
  std::string group{};
  std::string member_id{};
  std::optional<std::string> instance_id{};
  int32_t generation = -1;
  std::optional<std::string> protocol_type{};  // v5 and up: what the member believes
  std::optional<std::string> protocol{};
  std::vector<MemberAssignment> assignments{};  // from the leader
};
struct SyncAnswer {
  Errc error = Errc::kNone;
  std::string protocol_type{};
  std::optional<std::string> protocol{};
  std::string assignment{};
};

struct HeartbeatRequest {
  std::string group{};
  std::string member_id{};
  std::optional<std::string> instance_id{};
  int32_t generation = -1;
};
struct HeartbeatAnswer {
  Errc error = Errc::kNone;
};

struct LeavingMember {
  std::string member_id{};  // empty: the holder of the instance id, for administrators
  std::optional<std::string> instance_id{};
};
struct LeaveAnswer {
  struct Member {
    LeavingMember member;
    Errc error = Errc::kNone;
  };
  Errc error = Errc::kNone;  // of the whole request
  std::vector<Member> members{};
};

// KIP-848. What is none has not changed since the member's last heartbeat.
struct ConsumerHeartbeat {
  std::string group{};
  std::string member_id{};  // chosen by the client, or for it by the driver
  int32_t epoch = 0;        // 0 joins, -1 leaves, -2 leaves for a while (static members)
  std::optional<std::string> instance_id{};
  std::optional<std::string> rack_id{};
  ClientIdentity client;
  int32_t rebalance_timeout_ms = -1;
  std::optional<std::vector<std::string>> topic_names{};
  std::optional<std::string> topic_regex{};  // an empty one takes the subscription back
  std::optional<std::string> assignor{};
  std::optional<PartitionSet> owned{};
};
struct ConsumerHeartbeatAnswer {
  Errc error = Errc::kNone;
  std::string message{};
  std::string member_id{};
  int32_t epoch = 0;
  int32_t heartbeat_interval_ms = 0;
  std::optional<PartitionSet> assignment{};  // none: as last told
};

struct OffsetCommit {
  std::string topic{};
  Uuid topic_id{};
  Partition partition{};
  Offset offset{};
  Epoch leader_epoch = kNoEpoch;
  std::string metadata{};
};
struct CommitRequest {
  std::string group{};
  std::string member_id{};
  std::optional<std::string> instance_id{};
  int32_t generation_or_epoch = -1;
  int64_t retention_ms = -1;  // v2-4; -1: the daemon's
  std::vector<OffsetCommit> offsets{};
};
struct CommitAnswer {
  std::vector<Errc> errors{};  // one for each offset of the request, in its order
};

struct DeleteAnswer {
  Errc error = Errc::kNone;
  std::vector<Errc> errors{};  // of a deletion of offsets, one for each
};

struct Answer {
  RequestId request = 0;
  std::variant<JoinAnswer, SyncAnswer, HeartbeatAnswer, LeaveAnswer, ConsumerHeartbeatAnswer, CommitAnswer,
               DeleteAnswer>
      body;
};

// Who decided on records and wants to hear their fate.
enum class Source : uint8_t { kClassic, kConsumer, kOffsets, kDeletion };

struct Append {
  std::string group;
  Source source = Source::kOffsets;
  uint64_t ticket = 0;
  std::vector<Record> records;  // never empty
};

struct Outcome {
  std::vector<Answer> answers;
  std::vector<Append> appends;

  template <class Body>
  void answer(RequestId request, Body body) {
    answers.push_back(Answer{request, std::move(body)});
  }
};

// The topics that exist, as the caller sees them now.
class Topics {
 public:
  struct Topic {
    Uuid id;
    int32_t partitions = 0;
  };
  virtual ~Topics() = default;
  // Another number after any change of what the rest says.
  virtual int64_t version() const = 0;
  virtual std::optional<Topic> find(const std::string& name) const = 0;
  // Names of the topics that a regular expression (RE2) matches as a whole; the caller has checked its syntax.
  virtual std::vector<std::string> matching(const std::string& regex) const = 0;
};

// What a parked member is told when records could not be appended: to find the coordinator again and retry (Kafka's
// mapping, without the errors that only its own storage has).
inline Errc answer_for_append(Errc failure) {
  switch (failure) {
    case Errc::kNone:
      return Errc::kNone;
    case Errc::kNotLeaderOrFollower:
    case Errc::kKafkaStorageError:
    case Errc::kIo:
    case Errc::kDiskFull:
      return Errc::kNotCoordinator;
    case Errc::kMessageTooLarge:
    case Errc::kRecordListTooLarge:
      return Errc::kUnknownServerError;
    default:
      return Errc::kCoordinatorNotAvailable;
  }
}

}  // namespace sl::group
