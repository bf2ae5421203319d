// The start of a quorum of one: files, snapshot, log, vote, LeaderChange, the cluster's id. Every step that writes is
// durable before the next; a crash between any two leaves a node that starts again, one epoch further on.
#include <fmt/core.h>

#include <array>

#include "quorum/record_batches.h"
#include "quorum/sole_voter.h"

namespace sl::quorum {
namespace {

constexpr size_t kReplayBytes = 1 << 20;

storage::LogSettings settings_of_log(int64_t segment_bytes) {
  storage::LogSettings settings;
  settings.segment_bytes = segment_bytes;
  settings.retention_ms = -1;  // Only snapshots move the log's start.
  settings.retention_bytes = -1;
  return settings;
}

std::string describe_voters(const wire::VotersRecord& voters) {
  std::string text;
  for (const auto& voter : voters.voters)
    text +=
        fmt::format("{}{} (directory {})", text.empty() ? "" : ", ", voter.voter_id, voter.voter_directory_id.text());
  return text;
}

}  // namespace

struct SoleVoter::Opened {
  std::optional<Vote> vote;
  std::vector<SnapshotId> snapshots;  // those that can be used
  std::vector<std::string> damaged_snapshots;
  std::optional<Snapshot> newest;
  storage::RecoveryReport report;
};

aio::Task<Result<std::unique_ptr<SoleVoter>>> SoleVoter::start(QuorumSeams seams, SoleVoterOptions options,
                                                               Listener& listener) {
  std::unique_ptr<SoleVoter> quorum(new SoleVoter(std::move(seams), std::move(options), listener));
  auto started = co_await quorum->start_up();
  if (started) co_return std::move(quorum);
  co_await quorum->stop(false);
  co_return std::move(started).error();
}

aio::Task<Status> SoleVoter::start_up() {
  Opened opened;
  Status opening;
  std::function<void()> work = [this, &opened, &opening] { opening = open_files(opened); };
  co_await seams_.runtime.run_in_pool(aio::Lane::kRead, std::move(work));
  SL_CO_CHECK(std::move(opening));
  SL_CO_CHECK(check_opened(opened));
  Epoch newest = log_->latest_epoch();
  if (opened.newest) newest = std::max(newest, opened.newest->id.epoch);
  SL_CO_CHECK(co_await adopt(opened));
  SL_CO_CHECK(co_await replay());
  SL_CO_CHECK(check_voters());
  SL_CO_CHECK(co_await vote(opened.vote, newest));
  SL_CO_CHECK(co_await lead());
  SL_CO_CHECK(co_await name_cluster());
  co_return Status();
}

// On the pool, while nobody else knows this object.
Status SoleVoter::open_files(Opened& opened) {
  FileSystem& files = seams_.runtime.files();
  const std::string directory = seams_.data.meta_path();
  SL_TRY(opened.vote, read_vote(files, directory));
  SL_TRY(opened.snapshots, list_snapshots(files, directory));
  storage::OpenOptions open;
  if (opened.snapshots.size() >= kSnapshotsKept) open.log_start = opened.snapshots.front().end;
  while (!opened.snapshots.empty() && !opened.newest) {
    auto snapshot = read_snapshot(files, directory, opened.snapshots.back());
    if (snapshot) {
      opened.newest = *std::move(snapshot);
    } else if (snapshot.code() == Errc::kCorrupt) {
      opened.damaged_snapshots.push_back(snapshot.error().context);
      opened.snapshots.pop_back();
    } else {
      return std::move(snapshot).error();
    }
  }
  open.directory = directory;
  open.topic = kMetadataTopicId;
  open.partition = Partition(0);
  open.settings = settings_of_log(options_.segment_bytes);
  open.clean = seams_.data.was_clean();
  open.distrust_cache = seams_.data.distrust_cache();
  open.refuse_damage = true;
  storage::Seams seams{files, seams_.runtime.clock(), seams_.logger, seams_.data.index(), seams_.buffers, tails_, {}};
  auto log = storage::PartitionLog::open(seams, std::move(open));
  if (log.code() == Errc::kCorrupt)
    return Error{Errc::kCorrupt, fmt::format("the metadata log is damaged: {}; restore {} from a copy",
                                             log.error().context, directory)};
  if (!log) return std::move(log).error();
  log_ = std::move(log->log);
  opened.report = std::move(log->report);
  return {};
}

// What no restart can mend is refused here, before anything is written.
Status SoleVoter::check_opened(const Opened& opened) const {
  const std::string directory = seams_.data.meta_path();
  for (const auto& sentence : opened.damaged_snapshots) seams_.logger.error("metadata snapshot damaged: {}", sentence);
  if (opened.report.cut_bytes > 0)
    seams_.logger.warn("metadata log: a torn tail of {} bytes was cut and kept aside", opened.report.cut_bytes);
  if (opened.report.lost_synced)
    seams_.logger.error("the metadata log ends before what had been synced: the disk lost it");
  Offset known = opened.newest ? opened.newest->id.end : Offset(0);
  if (known < log_->log_start())
    return Error{Errc::kCorrupt,
                 fmt::format("{} has no usable snapshot, and its log begins at {} only; restore it from "
                             "a copy",
                             directory, log_->log_start().value)};
  bool blank = !opened.newest && log_->log_end() == Offset(0);
  const std::string& cluster = seams_.data.format().cluster_id;
  if (blank && !cluster.empty())
    return Error{Errc::kCorrupt,
                 fmt::format("the metadata of cluster {} is gone from {}; restore it from a copy", cluster, directory)};
  if (!blank && !opened.vote)
    seams_.logger.warn("{}/quorum-state is missing; going on by the epochs in the log", directory);
  return {};
}

aio::Task<Status> SoleVoter::adopt(Opened& opened) {
  snapshots_ = opened.snapshots;
  if (!opened.newest) co_return Status();
  SL_CO_CHECK(feed_snapshot(*opened.newest));
  if (applied_ <= log_->log_end()) co_return Status();
  // The disk has kept the snapshot and lost the log before it.
  seams_.logger.warn("the metadata log ends at {}, its snapshot at {}: the log begins anew there",
                     log_->log_end().value, applied_.value);
  SL_CO_TRY(auto job, log_->start_anew(applied_));
  co_await run_job(aio::Lane::kAppend, *job);
  co_return log_->finish(std::move(job));
}

Status SoleVoter::feed_snapshot(const Snapshot& snapshot) {
  SL_CHECK(listener_.begin_snapshot(snapshot.id.end));
  for (const auto& record : snapshot.records) {
    SL_CHECK(listener_.on_snapshot_record(record));
    if (auto* cluster = std::get_if<wire::ClusterIdRecord>(&record)) cluster_id_ = cluster->cluster_id;
  }
  SL_CHECK(listener_.end_snapshot());
  voters_ = snapshot.voters;
  kraft_version_ = snapshot.kraft_version;
  applied_ = snapshot.id.end;
  last_timestamp_ms_ = snapshot.last_timestamp_ms;
  return {};
}

aio::Task<Status> SoleVoter::replay() {
  record::Decompressor decompressor;
  while (applied_ < log_->log_end()) {
    SL_CO_TRY(storage::ReadPlan plan, log_->plan_read(applied_, kReplayBytes, log_->log_end()));
    storage::ReadResult read = std::move(plan.result);
    if (plan.job) {
      co_await run_job(aio::Lane::kRead, *plan.job);
      SL_CO_TRY(read, log_->finish(std::move(plan.job)));
    }
    if (read.bytes == 0)
      co_return Error{Errc::kCorrupt, fmt::format("the metadata log has nothing at {}", applied_.value)};
    for (const Slice& slice : read.slices) {
      Bytes left = slice.bytes;
      while (!left.empty()) {
        SL_CO_TRY(record::BatchView batch, record::parse_batch(left));
        SL_CO_CHECK(replay_batch(batch, decompressor));
        left = left.subspan(batch.size());
      }
    }
  }
  co_return Status();
}

Status SoleVoter::replay_batch(record::BatchView batch, record::Decompressor& decompressor) {
  if (batch.next_offset() <= applied_) return {};
  if (batch.base_offset() != applied_)
    return Error{Errc::kCorrupt, fmt::format("the metadata log has a batch at {} where {} was to come",
                                             batch.base_offset().value, applied_.value)};
  SL_TRY(BatchContent content, read_batch(batch, decompressor));
  if (content.voters) voters_ = *std::move(content.voters);
  if (content.kraft_version) kraft_version_ = *content.kraft_version;
  for (const auto& placed : content.records) {
    SL_CHECK(listener_.on_committed(placed.record, placed.offset));
    if (auto* cluster = std::get_if<wire::ClusterIdRecord>(&placed.record)) cluster_id_ = cluster->cluster_id;
  }
  applied_ = batch.next_offset();
  last_timestamp_ms_ = batch.max_timestamp_ms();
  note_unsnapshotted(batch.size());
  return {};
}

Status SoleVoter::check_voters() const {
  if (!voters_) return {};
  const auto& format = seams_.data.format();
  bool alone = voters_->voters.size() == 1 && voters_->voters[0].voter_id == format.node.value &&
               voters_->voters[0].voter_directory_id == format.directory_id;
  if (alone) return {};
  return Error{
      Errc::kInconsistentVoterSet,
      fmt::format("the metadata log in {} belongs to the voters {}, not to node {} (directory {}) alone",
                  seams_.data.meta_path(), describe_voters(*voters_), format.node.value, format.directory_id.text())};
}

aio::Task<Status> SoleVoter::vote(std::optional<Vote> last, Epoch newest) {
  Vote next = next_vote(last, newest, node(), seams_.data.format().directory_id);
  Status written;
  std::function<void()> work = [this, next, &written] {
    written = seams_.data.begin_writing();
    if (written) written = write_vote(seams_.runtime.files(), seams_.data.meta_path(), next);
  };
  co_await seams_.runtime.run_in_pool(aio::Lane::kAppend, std::move(work));
  SL_CO_CHECK(std::move(written));
  vote_ = next;
  co_return Status();
}

// The epoch's first batch. Where the log names no voters yet, they are named in it.
aio::Task<Status> SoleVoter::lead() {
  const auto& format = seams_.data.format();
  wire::LeaderChangeMessage change;
  change.version = 0;  // Kafka 4.3 has a version 1 but writes and reads this one, without looking at the field.
  change.leader_id = format.node.value;
  change.voters.emplace_back().voter_id = format.node.value;
  change.granting_voters = change.voters;
  std::string change_value = wire::encode_control(change);
  std::string version_value = wire::encode_control(wire::KRaftVersionRecord{0, 1});
  wire::VotersRecord voters;
  wire::VotersRecord::Voter me;
  me.voter_id = format.node.value;
  me.voter_directory_id = format.directory_id;
  me.kraft_version_feature.max_supported_version = 1;
  for (const auto& endpoint : options_.endpoints)
    me.endpoints.push_back({endpoint.listener, endpoint.host, endpoint.port});
  voters.voters.push_back(std::move(me));
  std::string voters_value = wire::encode_control(voters);
  std::array<record::ControlRecord, 3> records{
      record::ControlRecord{record::ControlType::kLeaderChange, as_bytes(change_value)},
      record::ControlRecord{record::ControlType::kRaftVersion, as_bytes(version_value)},
      record::ControlRecord{record::ControlType::kRaftVoters, as_bytes(voters_value)}};
  std::span<const record::ControlRecord> told(records.data(), voters_ ? 1u : 3u);

  epoch_start_ = log_->log_end();
  log_->assign_epoch(vote_.epoch);
  Pending pending;
  pending.timestamp_ms = seams_.runtime.wall_ms();
  record::BatchStamp stamp;
  Slice batch = record::build_control_batch(pending.timestamp_ms, stamp, told);
  SL_CO_TRY([[maybe_unused]] Offset at, co_await queue_and_wait(std::move(batch), std::move(pending)));
  if (!voters_) {
    voters_ = std::move(voters);
    kraft_version_ = 1;
  }
  role_ = Role::kLeader;
  seams_.logger.info("leading the metadata log: node={} epoch={} end={}", node().value, vote_.epoch.value,
                     log_->log_end().value);
  listener_.on_leader(node(), vote_.epoch);
  co_return Status();
}

aio::Task<Status> SoleVoter::name_cluster() {
  if (cluster_id_.empty()) {
    wire::ClusterIdRecord record{Uuid::random(seams_.runtime.random()).text()};
    std::vector<wire::MetadataRecord> records;
    records.emplace_back(record);
    SL_CO_TRY([[maybe_unused]] Offset at, co_await propose(std::move(records)));
    cluster_id_ = record.cluster_id;
  }
  if (seams_.data.format().cluster_id == cluster_id_) co_return Status();
  Status copied;
  std::function<void()> work = [this, &copied] { copied = seams_.data.set_cluster_id(cluster_id_); };
  co_await seams_.runtime.run_in_pool(aio::Lane::kAppend, std::move(work));
  co_return copied;
}

}  // namespace sl::quorum
