// The model's own rules are a few lines each; the checks ask the log in the same ways as the daemon's handlers do.
#include "tests/simulation/log_model.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "record/record_cursor.h"
#include "storage/stored_log.h"

namespace sl::simulation {

void LogModel::settle() {
  end_min = Offset(INT64_MAX);
  start_max = Offset(-1);
  anew_at.reset();
  may_be_gone = false;
}

void LogModel::cut_to(Offset end) {
  while (!batches.empty() && batches.back().next > end) {
    empty_end = batches.back().base;
    batches.pop_back();
  }
  durable_end = std::min(durable_end, this->end());
  written_end = std::min(written_end, this->end());
}

void LogModel::begin_anew(Offset start) {
  batches.clear();
  empty_end = durable_end = written_end = log_start = start;
  cleaned_to = Offset(0);
}

int64_t LogModel::count(Offset from, Offset to) const {
  int64_t records = 0;
  for (const ModelBatch& batch : batches)
    records += std::max<int64_t>(0, std::min(batch.next, to) - std::max(batch.base, from));
  return records;
}

std::optional<storage::FoundTime> LogModel::first_at(int64_t timestamp_ms, Offset from, Offset to) const {
  for (const ModelBatch& batch : batches) {
    if (batch.next <= from) continue;
    Offset offset = batch.base;
    for (const SampleRecord& record : batch.records) {
      if (offset >= to) return std::nullopt;
      if (offset >= from && record.timestamp_ms >= timestamp_ms)
        return storage::FoundTime{offset, record.timestamp_ms, batch.epoch};
      ++offset;
    }
  }
  return std::nullopt;
}

std::vector<storage::EpochStart> LogModel::epochs(Offset from, Offset to) const {
  storage::EpochCache cache;
  for (const ModelBatch& batch : batches)
    if (batch.base < to) cache.assign(batch.epoch, batch.base);
  cache.advance_start(from);
  std::vector<storage::EpochStart> starts(cache.starts().begin(), cache.starts().end());
  // An epoch that begins behind the last batch is as if it were not there.
  while (!starts.empty() && starts.back().start >= to) starts.pop_back();
  return starts;
}

namespace {

using Batches = std::vector<ModelBatch>;

Batches::const_iterator holding(const Batches& batches, Offset offset) {
  return std::find_if(batches.begin(), batches.end(), [&](const ModelBatch& batch) { return batch.next > offset; });
}

// A log that is between its old content and a new beginning holds nothing that could be compared.
bool begins_anew(const storage::PartitionLog& log, const LogModel& model) {
  return model.anew_at && log.log_start() == log.log_end() &&
         (log.log_start() == *model.anew_at || log.log_start() == model.metadata_start);
}

std::string check_bounds(const storage::PartitionLog& log, const LogModel& model, bool killed) {
  if (begins_anew(log, model)) return {};
  Offset start_max = std::max(model.log_start, model.start_max);
  Offset acknowledged = killed ? model.written_end : model.durable_end;
  Offset end_min = std::max(model.log_start, std::min(acknowledged, model.end_min));
  if (model.anew_at) end_min = model.log_start;
  if (log.log_start() < model.log_start || log.log_start() > start_max)
    return fmt::format("begins at {}, not within {} and {}", log.log_start().value, model.log_start.value,
                       start_max.value);
  if (log.log_end() < end_min)
    return fmt::format("lost: ends at {}, acknowledged up to {}", log.log_end().value, end_min.value);
  if (log.log_end() > model.end())
    return fmt::format("ends at {}, but nothing behind {} was ever written", log.log_end().value, model.end().value);
  return {};
}

struct Survivor {
  Offset offset;
  SampleRecord record;
};

// The records of a log that was compacted; its batches must follow each other without a hole all the same.
Result<std::vector<Survivor>> survivors(storage::PartitionLog& log) {
  SL_TRY(auto batches, StorageNode::read(log, log.log_start(), log.log_end()));
  std::vector<Survivor> all;
  record::Decompressor decompressor;
  Offset next = kNoOffset;
  for (const std::string& bytes : batches) {
    SL_TRY(auto batch, record::parse_batch(as_bytes(bytes)));
    if (next == kNoOffset ? batch.base_offset() > log.log_start() : batch.base_offset() != next)
      return Error{Errc::kUnknownServerError, fmt::format("a hole before offset {}", batch.base_offset().value)};
    next = batch.next_offset();
    SL_TRY(auto cursor, record::RecordCursor::open(batch, decompressor));
    record::RecordView record;
    for (;;) {
      SL_TRY(bool more, cursor.next(record));
      if (!more) break;
      if (record.offset < log.log_start()) continue;
      Survivor one{record.offset, {record.timestamp_ms, {}}};
      if (record.key) one.record.key = as_text(*record.key);
      if (record.value) one.record.value = as_text(*record.value);
      one.record.tombstone = !record.value;
      all.push_back(std::move(one));
    }
  }
  if (next != kNoOffset && next != log.log_end())
    return Error{Errc::kUnknownServerError, fmt::format("reads end at {}", next.value)};
  return all;
}

// Every record is where it was written and as it was; the newest of each key is there, unless it is a tombstone that
// went, and then no older one has come back; and nothing went that compaction had not come to.
std::string check_compacted(storage::PartitionLog& log, const LogModel& model) {
  auto all = survivors(log);
  if (!all) return fmt::format("cannot be read: {} {}", error_info(all.code()).name, all.error().context);
  if (log.record_count() != static_cast<int64_t>(all->size()))
    return fmt::format("counts {} records, holds {}", log.record_count(), all->size());
  std::map<std::string, std::pair<Offset, const SampleRecord*>> newest;
  std::map<Offset, const SampleRecord*> written;
  for (const ModelBatch& batch : model.batches) {
    Offset offset = batch.base;
    for (const SampleRecord& record : batch.records) {
      if (offset >= log.log_start() && offset < log.log_end()) {
        written[offset] = &record;
        newest[record.key] = {offset, &record};
      }
      ++offset;
    }
  }
  std::map<std::string, Offset> last;
  for (const Survivor& one : *all) {
    auto at = written.find(one.offset);
    if (at == written.end()) return fmt::format("holds a record at {} that nobody wrote", one.offset.value);
    const SampleRecord& was = *at->second;
    bool same = was.key == one.record.key && was.timestamp_ms == one.record.timestamp_ms &&
                was.tombstone == one.record.tombstone && (was.tombstone || was.value == one.record.value);
    if (!same) return fmt::format("altered: the record at {} is not what was written", one.offset.value);
    written.erase(at);
    last[one.record.key] = one.offset;
  }
  // Half of a log that is to begin anew is nothing to rely on.
  if (model.anew_at) return {};
  for (const auto& [offset, record] : written)
    if (offset >= model.cleaned_to) return fmt::format("lost: the record at {} was never compacted", offset.value);
  for (const auto& [key, value] : newest) {
    const auto& [offset, record] = value;
    auto found = last.find(key);
    if (found != last.end() && found->second == offset) continue;
    if (!record->tombstone) return fmt::format("lost: the newest record of a key, at {}", offset.value);
    if (found != last.end())
      return fmt::format("the record at {} is back, though a tombstone at {} was for it", found->second.value,
                         offset.value);
  }
  return {};
}

std::string check_compacted_lookups(storage::PartitionLog& log, Random& random) {
  auto all = survivors(log);
  if (!all) return "cannot be read a second time";
  for (int i = 0; i < 3 && !all->empty(); ++i) {
    int64_t time = (*all)[static_cast<size_t>(random.below(all->size()))].record.timestamp_ms - 2 +
                   static_cast<int64_t>(random.below(4));
    auto expected =
        std::find_if(all->begin(), all->end(), [&](const Survivor& one) { return one.record.timestamp_ms >= time; });
    auto found = StorageNode::find_time(log, time);
    if (!found) return fmt::format("time {}: {}", time, found.error().context);
    Offset wanted = expected == all->end() ? kNoOffset : expected->offset;
    Offset got = found->has_value() ? (*found)->offset : kNoOffset;
    if (got != wanted) return fmt::format("time {} is found at {}, not {}", time, got.value, wanted.value);
  }
  return {};
}

std::string check_content(storage::PartitionLog& log, const LogModel& model) {
  if (model.cleaned_to > Offset(0)) return check_compacted(log, model);
  auto read = StorageNode::read(log, log.log_start(), log.log_end());
  if (!read) return fmt::format("cannot be read: {} {}", error_info(read.code()).name, read.error().context);
  auto expected = holding(model.batches, log.log_start());
  Offset next = log.log_start();
  for (const std::string& bytes : *read) {
    if (expected == model.batches.end()) return "holds a batch that nobody wrote";
    if (bytes != expected->bytes)
      return fmt::format("altered: the batch at offset {} is not what was written", expected->base.value);
    next = expected->next;
    ++expected;
  }
  if (next != log.log_end()) return fmt::format("ends at {}, but reads end at {}", log.log_end().value, next.value);
  int64_t count = model.count(log.log_start(), log.log_end());
  if (log.record_count() != count) return fmt::format("counts {} records, holds {}", log.record_count(), count);
  return {};
}

std::string words(const std::vector<storage::EpochStart>& starts) {
  std::string text;
  for (const auto& start : starts) text += fmt::format(" {}@{}", start.epoch.value, start.start.value);
  return text;
}

std::string check_epochs(const storage::PartitionLog& log, const LogModel& model) {
  auto known = log.epochs().starts();
  std::vector<storage::EpochStart> starts(known.begin(), known.end());
  while (!starts.empty() && starts.back().start >= log.log_end()) starts.pop_back();
  auto expected = model.epochs(log.log_start(), log.log_end());
  if (starts == expected) return {};
  return fmt::format("knows epochs{}, holds{}", words(starts), words(expected));
}

std::string check_lookups(storage::PartitionLog& log, const LogModel& model, Random& random) {
  if (model.cleaned_to > Offset(0)) return check_compacted_lookups(log, random);
  int64_t span = log.log_end() - log.log_start();
  for (int i = 0; i < 3 && span > 0; ++i) {
    Offset offset = log.log_start() + static_cast<int64_t>(random.below(static_cast<uint64_t>(span)));
    auto read = StorageNode::read_batch(log, offset);
    auto expected = holding(model.batches, offset);
    if (!read || *read != expected->bytes)
      return fmt::format("offset {} is not found in the batch at {}", offset.value, expected->base.value);
  }
  if (model.batches.empty()) return {};
  for (int i = 0; i < 3; ++i) {
    const ModelBatch& batch = model.batches[static_cast<size_t>(random.below(model.batches.size()))];
    int64_t time = batch.records.front().timestamp_ms - 3 + static_cast<int64_t>(random.below(6));
    auto found = StorageNode::find_time(log, time);
    auto expected = model.first_at(time, log.log_start(), log.log_end());
    if (!found) return fmt::format("time {}: {}", time, found.error().context);
    if (found->has_value() != expected.has_value() ||
        (expected && ((*found)->offset != expected->offset || (*found)->timestamp_ms != expected->timestamp_ms)))
      return fmt::format("time {} is found at {}, not {}", time, found->has_value() ? (*found)->offset.value : -1,
                         expected ? expected->offset.value : -1);
  }
  return {};
}

}  // namespace

std::string check_log(StorageNode& node, const LogModel& model, bool killed, Random& random) {
  storage::PartitionLog* log = node.find(model.id);
  std::string wrong = log ? check_bounds(*log, model, killed) : "is not open";
  bool anew = wrong.empty() && begins_anew(*log, model);
  if (wrong.empty() && !anew) wrong = check_content(*log, model);
  if (wrong.empty() && !anew) wrong = check_epochs(*log, model);
  if (wrong.empty() && !anew) wrong = check_lookups(*log, model, random);
  return wrong.empty() ? wrong : fmt::format("log {} {}", model.id.text(), wrong);
}

namespace {

// The last batch of each producer, if the log still has it: a retry must be answered with its offset.
std::string check_retries(StorageNode& node, storage::PartitionLog& log, const LogModel& model, BufferPool& buffers) {
  std::vector<ProducerId> seen = model.cut_producers;
  for (auto batch = model.batches.rbegin(); batch != model.batches.rend(); ++batch) {
    bool there = batch->next <= log.log_end() && batch->base >= log.log_start();
    ProducerId id = batch->producer.id;
    if (id.value < 0 || !there || std::find(seen.begin(), seen.end(), id) != seen.end()) continue;
    seen.push_back(id);
    auto again = node.append(log, sample_batch(buffers, batch->records, batch->producer), batch->epoch);
    if (!again)
      return fmt::format("refuses the retry of the batch at {}: {}", batch->base.value, again.error().context);
    if (!again->duplicate || again->base != batch->base)
      return fmt::format("doubled: the retry of the batch at {} was taken as new", batch->base.value);
  }
  return {};
}

}  // namespace

std::string check_appends(StorageNode& node, const LogModel& model, BufferPool& buffers, int64_t now_ms) {
  storage::PartitionLog& log = *node.find(model.id);
  if (model.anew_at) return {};
  bool cut_under_way = model.end_min.value != INT64_MAX;
  std::string wrong = cut_under_way ? std::string() : check_retries(node, log, model, buffers);
  if (!wrong.empty()) return fmt::format("log {} {}", model.id.text(), wrong);
  std::vector<SampleRecord> records{{now_ms, sample_value(1, 40), "k"}, {now_ms, sample_value(2, 40), "k"}};
  Offset base = log.log_end();
  Epoch epoch = std::max(log.latest_epoch(), Epoch(0));
  auto appended = node.append(log, sample_batch(buffers, records, SampleProducer()), epoch);
  if (!appended) return fmt::format("log {} takes no batch: {}", model.id.text(), appended.error().context);
  auto written = StorageNode::write(log);
  if (!written) return fmt::format("log {} cannot be written: {}", model.id.text(), written.error().context);
  auto read = StorageNode::read(log, base, base + 2);
  if (appended->base != base || log.readable_end() != base + 2 || !read || read->size() != 1)
    return fmt::format("log {} does not give back what was appended after recovery", model.id.text());
  return {};
}

std::string describe_index(StorageNode& node, const LogId& id) {
  storage::LogPlace place = node.place_of(id);
  auto stored = storage::load_log(place);
  if (!stored || !*stored) return "nothing usable";
  const storage::StoredLog& log = **stored;
  const storage::StoredState& state = log.state;
  std::string text = fmt::format("point {}, start {}\n", state.recovery_point.value, state.log_start.value);
  for (const auto& segment : log.segments) {
    const storage::SegmentStats& stats = segment.stats;
    // Whether a segment without a batch is known is a matter of when the last checkpoint was.
    if (stats.bytes == 0) continue;
    text += fmt::format("segment {}: {} bytes, next {}, {} records, times {} {}, last {} {:x}, {} entries\n",
                        segment.base.value, stats.bytes, stats.next.value, stats.records, stats.first_timestamp_ms,
                        stats.max_timestamp_ms, stats.last.base.value, stats.last.crc, segment.index_entries);
    (void)place.seams.index.read([&](kv::Reader& reader) -> Status {
      SL_TRY(kv::Cursor cursor, reader.cursor(storage::chunk_prefix(place, segment.base)));
      auto row = cursor.first();
      for (; row && *row; row = cursor.next()) {
        auto chunk = storage::decode_chunk((*row)->key, (*row)->value);
        text += fmt::format("  chunk from {}:", chunk ? chunk->first : 0);
        for (const auto& entry : chunk ? chunk->entries : std::vector<storage::IndexEntry>())
          text += fmt::format(" {}@{} {} {}", entry.offset.value, entry.position, entry.records_before,
                              entry.max_timestamp_before_ms);
        text += "\n";
      }
      return {};
    });
  }
  storage::EpochCache epochs;
  for (const auto& start : log.epochs)
    if (start.start < state.recovery_point) epochs.assign(start.epoch, start.start);
  // A truncation stores a new log start alone.
  epochs.advance_start(state.log_start);
  epochs.truncate_to(state.recovery_point);
  for (const auto& start : epochs.starts()) text += fmt::format("epoch {} {}\n", start.epoch.value, start.start.value);
  return text;
}

}  // namespace sl::simulation
