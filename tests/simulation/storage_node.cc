// Each call makes a job, runs it and hands it back, in the order in which the daemon's layers would.
#include "tests/simulation/storage_node.h"

#include <fmt/core.h>

namespace sl::simulation {

std::string LogId::text() const {
  return fmt::format("{}-{}", topic.text(), partition.value);
}

StorageNode::StorageNode(Seams seams) : seams_(std::move(seams)), random_(seams_.seed), opener_(seams_.medium) {
  logger_.set_level(LogLevel::kWarn);
}
StorageNode::~StorageNode() = default;

Status StorageNode::start() {
  storage::DataDirectory::Seams below{seams_.files, logger_, random_, opener_};
  SL_TRY(data_, storage::DataDirectory::open(below, kPath, NodeId(1)));
  SL_CHECK(data_->begin_writing());
  checkpointer_ = std::make_unique<storage::Checkpointer>(data_->index());
  return {};
}

storage::Seams StorageNode::log_seams() {
  return storage::Seams{seams_.files, seams_.clock, logger_, data_->index(), seams_.buffers, tails_, seams_.options};
}

storage::LogPlace StorageNode::place_of(const LogId& id) {
  return storage::LogPlace{log_seams(), id.topic, id.partition, data_->partition_path(id.topic, id.partition)};
}

Result<storage::RecoveryReport> StorageNode::open(const LogId& id, const storage::LogSettings& settings,
                                                  Offset log_start, Epoch epoch_max) {
  storage::OpenOptions options;
  options.directory = data_->partition_path(id.topic, id.partition);
  options.topic = id.topic;
  options.partition = id.partition;
  options.settings = settings;
  options.clean = data_->was_clean();
  options.distrust_cache = data_->distrust_cache();
  options.log_start = log_start;
  options.epoch_max = epoch_max;
  SL_TRY(auto opened, storage::PartitionLog::open(log_seams(), std::move(options)));
  logs_[id] = std::move(opened.log);
  return std::move(opened.report);
}

storage::PartitionLog* StorageNode::find(const LogId& id) {
  auto at = logs_.find(id);
  return at == logs_.end() ? nullptr : at->second.get();
}

Status StorageNode::remove(const LogId& id) {
  logs_.erase(id);
  return data_->delete_partition({id.topic, id.partition});
}

Status StorageNode::checkpoint() {
  std::vector<storage::PartitionLog*> logs;
  for (auto& [id, log] : logs_) logs.push_back(log.get());
  auto job = checkpointer_->start(logs);
  if (!job) return {};
  job->run();
  return checkpointer_->finish(std::move(job));
}

Status StorageNode::stop_cleanly() {
  for (auto& [id, log] : logs_) {
    SL_TRY(auto job, log->start_close());
    if (!job) continue;
    job->run();
    SL_CHECK(log->finish(std::move(job)));
  }
  SL_CHECK(checkpoint());
  return data_->end_cleanly();
}

Result<storage::Appended> StorageNode::append(storage::PartitionLog& log, Slice batch, Epoch epoch) {
  SL_TRY(auto checked,
         storage::check_batch(std::move(batch), log.settings(), seams_.clock.wall_ms(), checker_, seams_.buffers));
  return log.append(checked, epoch);
}

Status StorageNode::write(storage::PartitionLog& log) {
  while (auto job = log.start_write()) {
    job->run();
    SL_TRY([[maybe_unused]] auto progress, log.finish(std::move(job)));
  }
  return {};
}

Status StorageNode::sync(storage::PartitionLog& log) {
  auto job = log.start_sync();
  if (!job) return {};
  job->run();
  SL_TRY([[maybe_unused]] auto progress, log.finish(std::move(job)));
  return {};
}

namespace {

Result<storage::ReadResult> read_once(storage::PartitionLog& log, Offset from, Offset limit, size_t bytes_max) {
  SL_TRY(auto plan, log.plan_read(from, bytes_max, limit));
  if (!plan.job) return std::move(plan.result);
  plan.job->run();
  return log.finish(std::move(plan.job));
}

}  // namespace

Result<std::vector<std::string>> StorageNode::read(storage::PartitionLog& log, Offset from, Offset limit) {
  std::vector<std::string> batches;
  while (from < limit) {
    SL_TRY(auto result, read_once(log, from, limit, 64 << 10));
    for (const Slice& slice : result.slices) {
      for (Bytes rest = slice.bytes; !rest.empty();) {
        SL_TRY(record::BatchView batch, record::parse_batch(rest));
        batches.emplace_back(as_text(batch.bytes()));
        rest = rest.subspan(batch.size());
      }
    }
    if (result.next <= from) return Error{Errc::kUnknownServerError, "a read that does not get on"};
    from = result.next;
  }
  return batches;
}

Result<std::string> StorageNode::read_batch(storage::PartitionLog& log, Offset from) {
  SL_TRY(auto result, read_once(log, from, log.log_end(), 1));
  if (result.slices.empty()) return Error{Errc::kUnknownServerError, "a read that brings nothing"};
  SL_TRY(record::BatchView batch, record::parse_batch(result.slices.front().bytes));
  return std::string(as_text(batch.bytes()));
}

Result<std::optional<storage::FoundTime>> StorageNode::find_time(storage::PartitionLog& log, int64_t timestamp_ms) {
  auto job = log.find_time(timestamp_ms, log.log_end());
  if (!job) return std::optional<storage::FoundTime>();
  job->run();
  return log.finish(std::move(job));
}

}  // namespace sl::simulation
