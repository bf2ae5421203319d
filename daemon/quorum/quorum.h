// Quorum: the metadata log as those above see it: who leads it, what it has committed, and a way to add to it. One
// implementation exists (sole_voter.h); with more voters the implementation changes and this interface does not.
//
// Committed means: on the synced disks of a majority of the voters, and above the first record of the leader's epoch.
// Records reach the listener in order, each once, and a proposal is answered after the listener has taken it. All of
// it happens on the shard of the metadata log.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "aio/runtime.h"
#include "aio/task.h"
#include "base/buffer.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/result.h"
#include "base/uuid.h"
#include "storage/data_directory.h"
#include "storage/partition_log.h"
#include "wire/messages/quorum.h"
#include "wire/metadata_records.h"

namespace sl::quorum {

enum class Role { kUnattached, kFollower, kLeader, kStopped };
std::string_view role_name(Role role);

// What the committed records go to. Calls must not call the quorum back, save for its plain getters. An error ends the
// node: its state would no longer be what the log says.
class Listener {
 public:
  // Forget everything; what follows until end_snapshot() is the whole state as of `end` (exclusive), in records.
  virtual Status begin_snapshot(Offset end) = 0;
  virtual Status on_snapshot_record(const wire::MetadataRecord& record) = 0;
  virtual Status end_snapshot() = 0;
  virtual Status on_committed(const wire::MetadataRecord& record, Offset offset) = 0;
  // Who leads now, node -1 for nobody. This node hears of its own lead after it has heard all that was committed
  // before.
  virtual void on_leader(NodeId leader, Epoch epoch) = 0;
  // The records that make the present state from nothing: a snapshot's content, as of the last record heard.
  virtual std::vector<wire::MetadataRecord> state() const = 0;

 protected:
  ~Listener() = default;
};

// What a quorum is given by its daemon. All of it outlives the quorum, which calls data.begin_writing() before the
// first record of its own: a start that is refused before leaves a clean directory clean.
struct QuorumSeams {
  aio::Runtime& runtime;
  Logger& logger;
  BufferPool& buffers;
  storage::DataDirectory& data;
  // Called once with the reason when the node must not go on: a failed sync (kSyncFailed: exit 74), or a record that
  // the listener cannot take.
  std::function<void(Error)> fatal;
};

// How other voters reach this one.
struct VoterEndpoint {
  std::string listener;
  std::string host;
  uint16_t port = 0;
};

class Quorum {
 public:
  virtual ~Quorum() = default;

  // Adds the records as one batch, all or none, and answers the offset of the first one when they are committed and
  // the listener has taken them. Proposals that come together share one write and one sync. kNotController where this
  // node does not lead, kTooLarge over kProposalBytesMax, kInvalidRequest without a record; what the disk says.
  virtual aio::Task<Result<Offset>> propose(std::vector<wire::MetadataRecord> records) = 0;

  virtual Role role() const = 0;
  virtual Epoch epoch() const = 0;
  // Node -1 where nobody is known to lead.
  virtual NodeId leader() const = 0;
  // Everything below is committed.
  virtual Offset high_watermark() const = 0;
  // The answer to DescribeQuorum: kUnknownTopicOrPartition for any partition but __cluster_metadata-0.
  virtual wire::DescribeQuorumResponse describe(const wire::DescribeQuorumRequest& request) const = 0;
  // For the checkpoints, which write those of all logs at once. Lives until the quorum is destroyed.
  virtual storage::PartitionLog& log() = 0;

  // Refuses new proposals, ends those that wait, and lets what runs come to its end. Cleanly: all is synced and the
  // file cut to size. Call it once, before the destructor; only a checkpoint may touch the log afterwards.
  virtual aio::Task<void> stop(bool cleanly) = 0;
};

inline constexpr std::string_view kMetadataTopicName = "__cluster_metadata";
// Encoded records of one proposal; a batch must stay well below the largest group write.
inline constexpr size_t kProposalBytesMax = 8 << 20;

}  // namespace sl::quorum
