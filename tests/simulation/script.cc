// Every operation has the same shape: set the latitude, make the job, run it, hand it back, settle the model.
#include "tests/simulation/script.h"

#include <fmt/core.h>

#include <algorithm>

namespace sl::simulation {
namespace {

constexpr int64_t kNarrowSegments[] = {3 << 10, 6 << 10, 12 << 10};
constexpr int64_t kWideSegments[] = {64 << 10, 160 << 10};
constexpr size_t kLogsMin = 3, kLogsMax = 5;

Error wrong(std::string sentence) {
  return Error{Errc::kUnknownServerError, std::move(sentence)};
}

}  // namespace

Script::Script(aio::SimDisk& disk, std::shared_ptr<kv::FakeMedium> medium, BufferPool& buffers, ScriptOptions options)
    : disk_(disk), medium_(std::move(medium)), buffers_(buffers), options_(options), random_(options.seed) {}
Script::~Script() = default;

StorageNode& Script::make_node() {
  node_.reset();
  // Whoever opens the index anew must not be taken for the life before.
  SeededRandom unused(1);
  medium_->crash(kv::FakeMedium::CrashMode::kKeepCommitted, unused);
  storage::StorageOptions options;
  options.preallocate = options_.preallocate;
  uint64_t seed = options_.seed * 1000 + static_cast<uint64_t>(++lives_);
  node_ = std::make_unique<StorageNode>(StorageNode::Seams{disk_, medium_, clock_, buffers_, seed, options});
  return *node_;
}

Status Script::begin() {
  doing_ = "begin";
  SL_CHECK(make_node().start());
  for (size_t i = 0; i < kLogsMin + 1; ++i) SL_CHECK(create_log());
  return {};
}

LogModel& Script::choose() {
  auto at = logs_.begin();
  std::advance(at, static_cast<long>(random_.below(logs_.size())));
  return at->second;
}

Status Script::step() {
  clock_.advance_ms(static_cast<int64_t>(random_.below(20)));
  if (random_.below(20) == 0) clock_.advance_ms(2000);
  uint64_t choice = random_.below(100);
  if (choice < 8) {
    doing_ = "checkpoint";
    return node_->checkpoint();
  }
  if (choice < 10) return restart(Restart::kClean);
  if (choice < 12) return restart(Restart::kUnclean);
  if (choice < 15) return logs_.size() > kLogsMin ? delete_log() : create_log();
  if (choice < 18) return logs_.size() < kLogsMax ? create_log() : delete_log();
  LogModel& model = choose();
  return on_log(choice, model);
}

Status Script::on_log(uint64_t choice, LogModel& model) {
  storage::PartitionLog& log = *node_->find(model.id);
  if (choice < 24) return trim(model);
  if (choice < 30) return retain(model);
  if (choice < 34) return truncate(model);
  if (choice < 35) return begin_anew(model);
  if (choice >= 48 && choice < (options_.compacting ? 75 : 62) && model.keyed) return compact(model);
  if (choice < 40) return configure(model);
  if (choice < 44) {
    doing_ = "sync";
    return write(model, log, true);
  }
  if (choice < 48) {
    doing_ = "epoch";
    Writer& writer = writers_[model.id];
    writer.epoch = Epoch(writer.epoch.value + 1 + static_cast<int32_t>(random_.below(2)));
    log.assign_epoch(writer.epoch);
    return {};
  }
  return append(model);
}

Status Script::create_log() {
  doing_ = "create";
  LogModel model;
  // Some share their topic's folder.
  Uuid topic = logs_.empty() || random_.below(2) == 0 ? Uuid::random(random_) : logs_.begin()->first.topic;
  model.id = LogId{topic, Partition(static_cast<int32_t>(++records_))};
  Writer& writer = writers_[model.id];
  writer.wide = logs_.size() == 1;
  writer.producer = {ProducerId(++producers_), 0, 0};
  model.settings.segment_bytes = writer.wide ? kWideSegments[0] : kNarrowSegments[random_.below(3)];
  model.settings.retention_ms = -1;
  if (random_.below(3) == 0) model.settings.flush_messages = 5;
  model.keyed = model.settings.compact = options_.compacting || random_.below(2) == 0;
  model.settings.delete_retention_ms = 40;
  model.settings.min_cleanable_dirty_ratio = 0;
  model.may_be_gone = true;
  LogModel& kept = logs_[model.id] = std::move(model);
  SL_TRY([[maybe_unused]] auto report, node_->open(kept.id, kept.settings, kept.log_start));
  node_->find(kept.id)->assign_epoch(writer.epoch);
  kept.settle();
  return {};
}

Status Script::delete_log() {
  doing_ = "delete";
  LogModel& model = choose();
  model.may_be_gone = true;
  LogId id = model.id;
  SL_CHECK(node_->remove(id));
  logs_.erase(id);
  writers_.erase(id);
  gone_.push_back(id);
  return {};
}

Status Script::append(LogModel& model) {
  storage::PartitionLog& log = *node_->find(model.id);
  uint64_t batches = 1 + random_.below(3);
  doing_ = fmt::format("append {} batches at {} to {}", batches, log.log_end().value, model.id.text());
  for (uint64_t i = 0; i < batches; ++i) SL_CHECK(queue_batch(model, log));
  SL_CHECK(write(model, log, false));
  return random_.below(8) == 0 ? retry_last(model, log) : Status();
}

Status Script::queue_batch(LogModel& model, storage::PartitionLog& log) {
  Writer& writer = writers_[model.id];
  ModelBatch batch;
  batch.epoch = writer.epoch;
  uint64_t count = 1 + random_.below(4);
  for (uint64_t i = 0; i < count; ++i) {
    size_t size = writer.wide ? 1500 + random_.below(6000) : 20 + random_.below(300);
    int64_t jitter_ms = static_cast<int64_t>(random_.below(10)) - 5;
    SampleRecord record{clock_.wall + jitter_ms, sample_value(++records_, size)};
    if (model.keyed) {
      record.key = fmt::format("key {}", random_.below(12));
      record.tombstone = random_.below(5) == 0;
    }
    batch.records.push_back(std::move(record));
  }
  if (random_.below(3) != 0) batch.producer = writer.producer;
  Slice slice = sample_batch(buffers_, batch.records, batch.producer);
  SL_TRY(auto appended, node_->append(log, slice, writer.epoch));
  if (appended.duplicate || appended.base != model.end())
    return wrong(fmt::format("appended at {}, not {}", appended.base.value, model.end().value));
  if (batch.producer.id.value >= 0) writer.producer.sequence += static_cast<int32_t>(count);
  batch.base = appended.base;
  batch.next = appended.next;
  batch.bytes = as_text(slice.bytes);
  model.batches.push_back(std::move(batch));
  return {};
}

Status Script::retry_last(LogModel& model, storage::PartitionLog& log) {
  if (model.batches.empty() || model.batches.back().producer.id.value < 0) return {};
  const ModelBatch& last = model.batches.back();
  Slice slice = sample_batch(buffers_, last.records, last.producer);
  SL_TRY(auto appended, node_->append(log, std::move(slice), writers_[model.id].epoch));
  if (!appended.duplicate || appended.base != last.base) return wrong("a retry was taken as new");
  return {};
}

Status Script::write(LogModel& model, storage::PartitionLog& log, bool sync) {
  for (;;) {
    auto job = sync ? log.start_sync() : log.start_write();
    if (!job) return {};
    job->run();
    SL_CHECK(log.finish(std::move(job)));
    model.durable_end = log.synced_end();
    model.written_end = log.written_end();
    sync = false;
  }
}

Status Script::trim(LogModel& model) {
  storage::PartitionLog& log = *node_->find(model.id);
  Offset end = log.readable_end();
  Offset to = log.log_start() + static_cast<int64_t>(random_.below(static_cast<uint64_t>(end - log.log_start()) + 1));
  doing_ = fmt::format("trim {} to {}", model.id.text(), to.value);
  model.start_max = to;
  SL_TRY(auto job, log.start_log_start(to, end));
  if (job) {
    job->run();
    SL_CHECK(log.finish(std::move(job)));
  }
  if (log.log_start() != to) return wrong(fmt::format("trimmed to {}, not {}", log.log_start().value, to.value));
  model.log_start = model.metadata_start = to;
  model.settle();
  return {};
}

Status Script::retain(LogModel& model) {
  storage::PartitionLog& log = *node_->find(model.id);
  doing_ = fmt::format("retention of {}", model.id.text());
  model.start_max = log.readable_end();
  storage::LogSettings settings = model.settings;
  settings.retention_bytes = static_cast<int64_t>(random_.below(4)) * settings.segment_bytes;
  if (random_.below(4) == 0) settings.retention_ms = 1000;
  log.set_settings(settings);
  auto job = log.start_retention(clock_.wall_ms(), log.readable_end());
  if (job) {
    job->run();
    SL_CHECK(log.finish(std::move(job)));
  }
  log.set_settings(model.settings);
  SL_CHECK(write(model, log, false));  // the roll that retention may want
  model.log_start = log.log_start();
  model.settle();
  return {};
}

Status Script::truncate(LogModel& model) {
  storage::PartitionLog& log = *node_->find(model.id);
  uint64_t span = static_cast<uint64_t>(log.log_end() - log.log_start());
  // Mostly the end of it, as after a change of leaders.
  if (random_.below(3) != 0) span = std::min<uint64_t>(span, 12);
  Offset to = log.log_end() - static_cast<int64_t>(random_.below(span + 1));
  // Only what nobody may see yet is ever cut, and only what everybody may see is compacted.
  to = std::max(to, model.cleaned_to);
  doing_ = fmt::format("truncate {} from {} to {}", model.id.text(), log.log_end().value, to.value);
  Offset end = to;
  for (const ModelBatch& batch : model.batches)
    if (batch.base < to && batch.next > to) end = batch.base;
  // The log starts within the batch that goes, and begins anew there.
  Offset start = log.log_start();
  if (end < start) model.anew_at = start;
  model.end_min = end;
  SL_TRY(auto job, log.start_truncate(to));
  if (job) {
    job->run();
    SL_CHECK(log.finish(std::move(job)));
  }
  if (log.log_end() != std::max(end, start))
    return wrong(fmt::format("truncated to {}, not {}", log.log_end().value, std::max(end, start).value));
  if (end < start)
    model.begin_anew(start);
  else
    model.cut_to(to);
  model.durable_end = log.synced_end();
  model.settle();
  // Whoever leads now is another, with producers of its own.
  new_leader(model, log);
  return {};
}

// One pass, with appends between its steps.
Status Script::compact(LogModel& model) {
  storage::PartitionLog& log = *node_->find(model.id);
  if (options_.compacting || random_.below(2) == 0) SL_CHECK(node_->checkpoint());
  storage::CleanOptions options{{random_.next(), random_.next()}, random_.below(2) << 20, 2000};
  auto job = log.start_clean(options, clock_.wall_ms(), log.readable_end());
  if (!job) return {};
  std::string doing = fmt::format("compact {}", model.id.text());
  model.cleaned_to = std::max(model.cleaned_to, log.segments().back()->base);
  for (;;) {
    doing_ = doing;
    job->run();
    if (job->state() == storage::CleanJob::State::kSwap) {
      SL_CHECK(swap(model, log, *job));
    } else if (job->state() != storage::CleanJob::State::kWorking) {
      break;
    }
    if (random_.below(6) == 0) SL_CHECK(append(model));
    if (random_.below(12) == 0) SL_CHECK(node_->checkpoint());
  }
  bool done = job->state() == storage::CleanJob::State::kDone;
  Error error = job->error();
  log.finish(std::move(job));
  return done ? Status() : Status(std::move(error));
}

Status Script::swap(LogModel& model, storage::PartitionLog& log, storage::CleanJob& job) {
  SL_TRY(auto swap, log.start_swap(job));
  ++swaps_;
  swap->run();
  // Readers and writers go on before the log hears of it.
  if (random_.below(4) == 0) SL_CHECK(append(model));
  return log.finish(job, std::move(swap));
}

void Script::new_leader(LogModel& model, storage::PartitionLog& log) {
  Writer& writer = writers_[model.id];
  model.cut_producers.push_back(writer.producer.id);
  writer.producer = {ProducerId(++producers_), 0, 0};
  writer.epoch = Epoch(std::max(writer.epoch.value, log.latest_epoch().value) + 1);
  log.assign_epoch(writer.epoch);
}

Status Script::begin_anew(LogModel& model) {
  storage::PartitionLog& log = *node_->find(model.id);
  Offset start = log.log_end() + static_cast<int64_t>(random_.below(50));
  doing_ = fmt::format("begin {} anew at {}", model.id.text(), start.value);
  model.anew_at = start;
  SL_TRY(auto job, log.start_anew(start));
  if (job) {
    job->run();
    SL_CHECK(log.finish(std::move(job)));
  }
  model.begin_anew(start);
  model.settle();
  new_leader(model, log);
  return {};
}

Status Script::configure(LogModel& model) {
  storage::PartitionLog& log = *node_->find(model.id);
  bool wide = writers_[model.id].wide;
  bool was_strict = model.settings.strict();
  model.settings.segment_bytes = wide ? kWideSegments[random_.below(2)] : kNarrowSegments[random_.below(3)];
  model.settings.flush_messages = random_.below(2) == 0 ? 1 : 5;
  // A log that was compacted may be one that is not, and back.
  if (model.keyed && random_.below(3) == 0) model.settings.compact = !model.settings.compact;
  doing_ = fmt::format("configure {}", model.id.text());
  log.set_settings(model.settings);
  if (was_strict || !model.settings.strict()) return {};
  SL_CHECK(write(model, log, true));
  if (log.synced_end() != log.log_end()) return wrong("a topic was tightened and is not synced");
  return {};
}

Status Script::restart(Restart how) {
  bool clean = how == Restart::kClean;
  doing_ = clean ? "clean restart" : "restart";
  if (clean) SL_CHECK(node_->stop_cleanly());
  // A clean stop has synced everything.
  for (auto& [id, model] : logs_)
    if (clean) model.durable_end = model.end();
  SL_CHECK(make_node().start());
  return open_all(clean);
}

Status Script::open_all(bool scans_nothing) {
  for (auto& [id, model] : logs_) {
    SL_TRY(auto report, node_->open(id, model.settings, model.metadata_start));
    storage::PartitionLog& log = *node_->find(id);
    if (scans_nothing && report.scanned_bytes > 0)
      return wrong(fmt::format("after a clean stop {} bytes of {} were scanned", report.scanned_bytes, id.text()));
    if (log.log_end() != model.end() || log.log_start() != model.log_start)
      return wrong(fmt::format("log {} was {} to {} and is {} to {} after a restart", id.text(), model.log_start.value,
                               model.end().value, log.log_start().value, log.log_end().value));
    model.durable_end = model.written_end = log.synced_end();
    log.assign_epoch(writers_[id].epoch);
  }
  return {};
}

Status Script::recover() {
  doing_ = "recover";
  SL_CHECK(make_node().start());
  SL_TRY(auto there, node_->data().partitions());
  std::erase_if(logs_, [&](const auto& entry) {
    const LogModel& model = entry.second;
    bool found = std::any_of(there.begin(), there.end(), [&](const storage::PartitionPlace& place) {
      return place.topic == model.id.topic && place.partition == model.id.partition;
    });
    return model.may_be_gone && !found;
  });
  for (auto& [id, model] : logs_) {
    SL_TRY(auto report, node_->open(id, model.settings, model.metadata_start));
    storage::PartitionLog& log = *node_->find(id);
    if (log.log_start() >= model.end())
      model.begin_anew(log.log_start());
    else
      model.cut_to(log.log_end());
    model.log_start = log.log_start();
    model.durable_end = model.written_end = log.synced_end();
    model.settle();
    new_leader(model, log);
  }
  return {};
}

}  // namespace sl::simulation
