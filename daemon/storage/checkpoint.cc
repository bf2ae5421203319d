// One transaction for all logs of a shard. The function inside may run twice (a full map grows), so it starts over.
#include "storage/checkpoint.h"

#include "storage/partition_log.h"

namespace sl::storage {

void CheckpointJob::run() {
  result_ = index_->write([this](kv::Writer& writer) -> Status {
    for (CheckpointPart& part : parts_) {
      part.applied = part.token->generation == part.generation;
      if (!part.applied) continue;
      for (const std::string& key : part.erased) SL_CHECK(writer.erase(key));
      for (const auto& [key, value] : part.puts) SL_CHECK(writer.put(key, value));
    }
    return {};
  });
}

std::unique_ptr<CheckpointJob> Checkpointer::start(std::span<PartitionLog* const> logs, int64_t idle_since_ns) {
  if (under_way_) return nullptr;
  std::unique_ptr<CheckpointJob> job;
  for (PartitionLog* log : logs) {
    if (!log->dirty() || log->last_sync_ns() > idle_since_ns) continue;
    auto part = log->collect();
    if (!part) continue;
    if (!job) job = std::make_unique<CheckpointJob>();
    job->parts_.push_back(std::move(*part));
  }
  if (!job) return nullptr;
  job->index_ = index_;
  under_way_ = true;
  return job;
}

Status Checkpointer::finish(std::unique_ptr<CheckpointJob> job) {
  under_way_ = false;
  for (const CheckpointPart& part : job->parts_)
    if (part.token->log) part.token->log->finish(part, job->result_.ok());
  return std::move(job->result_);
}

}  // namespace sl::storage
