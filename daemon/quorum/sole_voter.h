// SoleVoter: a quorum of one by the same rules as a larger one. Each start is a new epoch: vote and epoch are synced in
// meta/quorum-state before anything else, the epoch's first batch is its LeaderChange (at the first start with
// KRaftVersion and the VotersRecord that names this node), and nothing counts before that batch is synced. Then the
// cluster's id, once, as the first ordinary record.
//
// Write: propose() puts a batch into the log's queue and wakes the writer, which takes all that waits as one group and
// one sync. What is then below the high watermark goes to the listener, in order, before its proposer is answered. A
// group that fails is undone by the log and its proposers get the error; after a failed sync the node is told to stop.
//
// Start: newest valid snapshot, then the log behind it. Records reach the listener there before this epoch's first
// batch is synced; nobody looks at it before start() has returned, and if that fails, never.
#pragma once
#include <deque>
#include <memory>

#include "aio/event.h"
#include "aio/timer.h"
#include "quorum/quorum.h"
#include "quorum/quorum_state.h"
#include "quorum/snapshot.h"
#include "record/batch.h"
#include "record/compression.h"

namespace sl::quorum {

struct SoleVoterOptions {
  std::vector<VoterEndpoint> endpoints;  // what the VotersRecord of the first start says
  SnapshotPolicy snapshots;
  int64_t segment_bytes = 32 << 20;
};

class SoleVoter final : public Quorum {
 public:
  // Recovers, votes, leads. kCorrupt where the metadata log is damaged or lost; kUnsupportedVersion where a newer
  // version wrote it; kInconsistentVoterSet where the log names other voters; what the disk says.
  static aio::Task<Result<std::unique_ptr<SoleVoter>>> start(QuorumSeams seams, SoleVoterOptions options,
                                                             Listener& listener);
  ~SoleVoter() override;
  SoleVoter(const SoleVoter&) = delete;

  aio::Task<Result<Offset>> propose(std::vector<wire::MetadataRecord> records) override;
  Role role() const override { return role_; }
  Epoch epoch() const override { return vote_.epoch; }
  NodeId leader() const override { return role_ == Role::kLeader ? node() : NodeId(-1); }
  Offset high_watermark() const override { return high_watermark_; }
  wire::DescribeQuorumResponse describe(const wire::DescribeQuorumRequest& request) const override;
  storage::PartitionLog& log() override { return *log_; }
  aio::Task<void> stop(bool cleanly) override;

  // For tests: groups that were written and synced, and the end of the newest snapshot (0: none).
  uint64_t groups_written() const { return groups_written_; }
  Offset snapshot_end() const { return snapshots_.empty() ? Offset(0) : snapshots_.back().end; }

 private:
  // What a proposer waits for; lives in its frame.
  struct Proposal {
    Result<Offset> result = Errc::kCancelled;
    bool done = false;
    std::coroutine_handle<> waiter;
  };
  // A batch that is in the log's queue or on its way to the disk.
  struct Pending {
    Offset base;
    Offset next;
    size_t bytes = 0;
    int64_t timestamp_ms = 0;
    std::vector<wire::MetadataRecord> records;  // none for control batches
    Proposal* proposal = nullptr;
  };
  struct Opened;

  SoleVoter(QuorumSeams seams, SoleVoterOptions options, Listener& listener);
  NodeId node() const { return seams_.data.format().node; }
  // Start, in this order.
  aio::Task<Status> start_up();
  Status open_files(Opened& opened);
  Status check_opened(const Opened& opened) const;
  aio::Task<Status> adopt(Opened& opened);
  Status feed_snapshot(const Snapshot& snapshot);
  aio::Task<Status> replay();
  Status replay_batch(record::BatchView batch, record::Decompressor& decompressor);
  Status check_voters() const;
  aio::Task<Status> vote(std::optional<Vote> last, Epoch newest);
  aio::Task<Status> lead();
  aio::Task<Status> name_cluster();

  // Proposals.
  aio::Task<void> run_job(aio::Lane lane, storage::Job& job);
  Status queue(Slice batch, Pending pending);
  aio::Task<Result<Offset>> queue_and_wait(Slice batch, Pending pending);
  void start_writer();
  aio::Task<void> write_groups();
  void commit();
  void take_committed(Pending& pending);
  void end_waits(const Error& error);
  void fail(Error error);

  // Snapshots.
  void note_unsnapshotted(size_t bytes);
  void start_snapshot();
  aio::Task<void> take_snapshot();
  aio::Task<Status> drop_old_snapshots();

  QuorumSeams seams_;
  SoleVoterOptions options_;
  Listener& listener_;
  storage::TailBudget tails_;
  std::unique_ptr<storage::PartitionLog> log_;
  Vote vote_;
  Role role_ = Role::kUnattached;
  Offset epoch_start_;         // of this epoch's LeaderChange
  Offset high_watermark_{-1};  // unknown until the LeaderChange is synced
  Offset applied_{0};          // what the listener has heard ends here
  std::optional<wire::VotersRecord> voters_;
  int16_t kraft_version_ = 0;
  std::string cluster_id_;  // as the log says
  std::deque<Pending> pending_;
  bool writing_ = false;
  aio::Event written_;  // the writer has ended
  bool stopping_ = false;
  bool failed_ = false;
  uint64_t groups_written_ = 0;
  std::vector<SnapshotId> snapshots_;  // on disk, oldest first
  bool snapshotting_ = false;
  size_t bytes_since_snapshot_ = 0;  // of committed batches
  int64_t last_timestamp_ms_ = 0;    // of the last record applied
  aio::Deadline<std::function<void()>> snapshot_due_;
  aio::TaskGroup tasks_;
};

}  // namespace sl::quorum
