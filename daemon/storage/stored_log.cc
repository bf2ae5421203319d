// Fields are big-endian in a fixed order, closed by the CRC. A version byte in the state lets a later format be told
// from this one; an unknown one makes the log rebuild its index.
#include "storage/stored_log.h"

#include <algorithm>

#include "base/crc32c.h"
#include "kv/key.h"

namespace sl::storage {
namespace {

enum Kind : uint8_t { kState = 1, kSegment = 2, kChunk = 3, kEpochs = 4, kProducer = 5, kCleaned = 6 };
constexpr uint8_t kStateVersion = 1;

kv::KeyBuilder key_of(const LogPlace& place, Kind kind) {
  kv::KeyBuilder key;
  key.u8('s').uuid(place.topic).be32(place.partition).u8(kind);
  return key;
}

class Packer {
 public:
  template <class Int>
  Packer& add(Int value) {
    uint8_t raw[sizeof value];
    store_be(raw, value);
    bytes_.append(reinterpret_cast<const char*>(raw), sizeof raw);
    return *this;
  }
  Packer& add(Offset offset) { return add(offset.value); }
  Packer& add(const BatchMark& mark) { return add(mark.base).add(mark.position).add(mark.size).add(mark.crc); }
  std::string seal(std::string_view key) && {
    add(crc32c(as_bytes(bytes_), crc32c(as_bytes(key))));
    return std::move(bytes_);
  }

 private:
  std::string bytes_;
};

class Unpacker {
 public:
  Unpacker(std::string_view key, std::string_view value) {
    if (value.size() < 4) return;
    std::string_view body = value.substr(0, value.size() - 4);
    auto crc = load_be<uint32_t>(as_bytes(value).data() + body.size());
    ok_ = crc == crc32c(as_bytes(body), crc32c(as_bytes(key)));
    if (ok_) rest_ = as_bytes(body);
  }
  bool ok() const { return ok_; }
  bool finished() const { return ok_ && rest_.empty(); }
  size_t left() const { return rest_.size(); }
  template <class Int>
  Int get() {
    if (rest_.size() < sizeof(Int)) ok_ = false;
    if (!ok_) return Int{};
    Int value = load_be<Int>(rest_.data());
    rest_ = rest_.subspan(sizeof(Int));
    return value;
  }
  Offset offset() { return Offset(get<int64_t>()); }
  BatchMark mark() {
    BatchMark mark;
    mark.base = offset();
    mark.position = get<uint64_t>();
    mark.size = get<uint32_t>();
    mark.crc = get<uint32_t>();
    return mark;
  }

 private:
  Bytes rest_;
  bool ok_ = false;
};

std::optional<StoredState> decode_state(std::string_view key, std::string_view value) {
  Unpacker in(key, value);
  if (in.get<uint8_t>() != kStateVersion) return std::nullopt;
  StoredState state;
  state.recovery_point = in.offset();
  state.segment = in.offset();
  state.position = in.get<uint64_t>();
  state.anchor = in.mark();
  state.log_start = in.offset();
  state.records_before_start = in.get<int64_t>();
  if (!in.finished()) return std::nullopt;
  return state;
}

std::optional<StoredSegment> decode_segment(std::string_view key, std::string_view value) {
  Unpacker in(key, value);
  kv::KeyReader fields(key.substr(std::min<size_t>(key.size(), 22)));
  StoredSegment segment;
  segment.base = Offset(fields.be64());
  SegmentStats& stats = segment.stats;
  stats.bytes = in.get<uint64_t>();
  stats.next = in.offset();
  stats.records = in.get<int64_t>();
  stats.first_timestamp_ms = in.get<int64_t>();
  stats.max_timestamp_ms = in.get<int64_t>();
  stats.last_append_ms = in.get<int64_t>();
  stats.last = in.mark();
  segment.index_entries = in.get<uint64_t>();
  if (!in.finished() || !fields.finished()) return std::nullopt;
  return segment;
}

bool decode_epochs(std::string_view key, std::string_view value, std::vector<EpochStart>& into) {
  Unpacker in(key, value);
  while (in.ok() && in.left() > 0) {
    EpochStart start;
    start.epoch = Epoch(in.get<int32_t>());
    start.start = in.offset();
    if (!into.empty() && (start.epoch <= into.back().epoch || start.start <= into.back().start)) return false;
    into.push_back(start);
  }
  return in.ok();
}

std::optional<ProducerEntry> decode_producer(std::string_view key, std::string_view value) {
  Unpacker in(key, value);
  ProducerEntry entry;
  entry.epoch = in.get<int16_t>();
  entry.next_sequence = in.get<int32_t>();
  entry.last_used_ms = in.get<int64_t>();
  entry.count = in.get<uint8_t>();
  if (!in.ok() || entry.count > ProducerEntry::kBatchesMax) return std::nullopt;
  for (size_t i = 0; i < entry.count; ++i) {
    ProducerBatch& batch = entry.batches[i];
    batch.first_sequence = in.get<int32_t>();
    batch.last_sequence = in.get<int32_t>();
    batch.base = in.offset();
    batch.last = in.offset();
    batch.timestamp_ms = in.get<int64_t>();
  }
  if (!in.finished()) return std::nullopt;
  return entry;
}

StoredCleaned decode_cleaned(std::string_view key, std::string_view value) {
  Unpacker in(key, value);
  StoredCleaned cleaned;
  cleaned.end = in.offset();
  cleaned.horizon_ms = in.get<int64_t>();
  return in.finished() ? cleaned : StoredCleaned();
}

// Calls `take(entry)` for each entry below `prefix`; false from it ends the walk.
template <class Take>
Status walk(kv::Reader& reader, std::string_view prefix, Take take) {
  SL_TRY(kv::Cursor cursor, reader.cursor(prefix));
  auto found = cursor.first();
  for (; found && *found; found = cursor.next())
    if (!take(**found)) return {};
  if (!found) return std::move(found).error();
  return {};
}

Status load_rows(kv::Reader& reader, const LogPlace& place, StoredLog& log, bool& usable) {
  SL_CHECK(walk(reader, key_of(place, kSegment), [&](const kv::Entry& row) {
    if (auto segment = decode_segment(row.key, row.value)) log.segments.push_back(*segment);
    return true;
  }));
  SL_CHECK(walk(reader, key_of(place, kEpochs), [&](const kv::Entry& row) {
    usable = usable && decode_epochs(row.key, row.value, log.epochs);
    return usable;
  }));
  SL_CHECK(walk(reader, key_of(place, kProducer), [&](const kv::Entry& row) {
    kv::KeyReader fields(row.key.substr(22));
    ProducerId id(fields.be64());
    auto entry = decode_producer(row.key, row.value);
    usable = usable && entry && fields.finished();
    if (usable) log.producers.emplace_back(id, *entry);
    return usable;
  }));
  std::string clean_key = cleaned_key(place);
  SL_TRY(auto cleaned, reader.get(clean_key));
  if (cleaned) log.cleaned = decode_cleaned(clean_key, *cleaned);
  SL_TRY(kv::Cursor chunks, reader.cursor(chunk_prefix(place, log.state.segment)));
  SL_TRY(auto last, chunks.last());
  if (last) {
    auto chunk = decode_chunk(last->key, last->value);
    if (chunk)
      log.tail = std::move(*chunk);
    else
      usable = false;
  }
  return {};
}

}  // namespace

const StoredSegment* StoredLog::find(Offset base) const {
  auto at = std::lower_bound(segments.begin(), segments.end(), base,
                             [](const StoredSegment& segment, Offset b) { return segment.base < b; });
  return at != segments.end() && at->base == base ? &*at : nullptr;
}

std::string log_prefix(const Uuid& topic, Partition partition) {
  return std::string(kv::KeyBuilder().u8('s').uuid(topic).be32(partition).view());
}
std::string state_key(const LogPlace& place) {
  return std::string(key_of(place, kState).view());
}
std::string segment_key(const LogPlace& place, Offset base) {
  return std::string(key_of(place, kSegment).be64(base).view());
}
std::string chunk_prefix(const LogPlace& place, Offset base) {
  return std::string(key_of(place, kChunk).be64(base).view());
}
std::string chunk_key(const LogPlace& place, Offset base, Offset first) {
  return std::string(key_of(place, kChunk).be64(base).be64(first).view());
}
std::string epochs_key(const LogPlace& place, int32_t number) {
  return std::string(key_of(place, kEpochs).be32(number).view());
}
std::string producer_key(const LogPlace& place, ProducerId id) {
  return std::string(key_of(place, kProducer).be64(id).view());
}

std::string cleaned_key(const LogPlace& place) {
  return std::string(key_of(place, kCleaned).view());
}

std::string encode_state(std::string_view key, const StoredState& state) {
  Packer out;
  out.add(kStateVersion).add(state.recovery_point).add(state.segment).add(state.position).add(state.anchor);
  out.add(state.log_start).add(state.records_before_start);
  return std::move(out).seal(key);
}

std::string encode_segment(std::string_view key, const SegmentStats& stats, uint64_t index_entries) {
  Packer out;
  out.add(stats.bytes).add(stats.next).add(stats.records).add(stats.first_timestamp_ms).add(stats.max_timestamp_ms);
  out.add(stats.last_append_ms).add(stats.last).add(index_entries);
  return std::move(out).seal(key);
}

std::string encode_chunk(std::string_view key, size_t first, std::span<const IndexEntry> entries) {
  Packer out;
  out.add(static_cast<uint32_t>(first));
  for (const IndexEntry& entry : entries)
    out.add(entry.offset).add(entry.position).add(entry.records_before).add(entry.max_timestamp_before_ms);
  return std::move(out).seal(key);
}

std::string encode_epochs(std::string_view key, std::span<const EpochStart> starts) {
  Packer out;
  for (const EpochStart& start : starts) out.add(start.epoch.value).add(start.start);
  return std::move(out).seal(key);
}

std::string encode_producer(std::string_view key, const ProducerEntry& entry) {
  Packer out;
  out.add(entry.epoch).add(entry.next_sequence).add(entry.last_used_ms).add(entry.count);
  for (size_t i = 0; i < entry.count; ++i) {
    const ProducerBatch& batch = entry.batches[i];
    out.add(batch.first_sequence).add(batch.last_sequence).add(batch.base).add(batch.last).add(batch.timestamp_ms);
  }
  return std::move(out).seal(key);
}

std::string encode_cleaned(std::string_view key, const StoredCleaned& cleaned) {
  Packer out;
  out.add(cleaned.end).add(cleaned.horizon_ms);
  return std::move(out).seal(key);
}

std::optional<StoredChunk> decode_chunk(std::string_view key, std::string_view value) {
  Unpacker in(key, value);
  StoredChunk chunk;
  chunk.first = in.get<uint32_t>();
  while (in.ok() && in.left() > 0) {
    IndexEntry entry;
    entry.offset = in.offset();
    entry.position = in.get<uint32_t>();
    entry.records_before = in.get<uint32_t>();
    entry.max_timestamp_before_ms = in.get<int64_t>();
    chunk.entries.push_back(entry);
  }
  if (!in.ok() || chunk.entries.empty()) return std::nullopt;
  return chunk;
}

Result<std::optional<StoredState>> load_state(kv::Reader& reader, const LogPlace& place) {
  std::string key = state_key(place);
  SL_TRY(auto value, reader.get(key));
  return value ? decode_state(key, *value) : std::nullopt;
}

Result<std::optional<StoredLog>> load_log(const LogPlace& place) {
  StoredLog log;
  bool usable = false;
  SL_CHECK(place.seams.index.read([&](kv::Reader& reader) -> Status {
    SL_TRY(auto state, load_state(reader, place));
    if (!state) return {};
    log.state = *state;
    usable = true;
    return load_rows(reader, place, log, usable);
  }));
  if (!usable) return std::optional<StoredLog>();
  return std::optional(std::move(log));
}

Result<FoundEntry> find_stored(const LogPlace& place, Offset base, Offset offset) {
  FoundEntry found;
  SL_CHECK(place.seams.index.read([&](kv::Reader& reader) -> Status {
    SL_TRY(kv::Cursor cursor, reader.cursor(chunk_prefix(place, base)));
    SL_TRY(auto row, cursor.floor(chunk_key(place, base, offset)));
    if (!row) return {};
    auto chunk = decode_chunk(row->key, row->value);
    if (!chunk) return {};
    auto after = std::upper_bound(chunk->entries.begin(), chunk->entries.end(), offset,
                                  [](Offset o, const IndexEntry& entry) { return o < entry.offset; });
    auto at = after - chunk->entries.begin();
    if (at > 0) found.entry = chunk->entries[static_cast<size_t>(at) - 1];
    if (at > 1) found.before = chunk->entries[static_cast<size_t>(at) - 2];
    return {};
  }));
  return found;
}

Result<std::optional<IndexEntry>> find_stored_time(const LogPlace& place, Offset base, int64_t timestamp_ms) {
  std::optional<IndexEntry> best;
  SL_CHECK(place.seams.index.read([&](kv::Reader& reader) -> Status {
    return walk(reader, chunk_prefix(place, base), [&](const kv::Entry& row) {
      auto chunk = decode_chunk(row.key, row.value);
      if (!chunk) return false;
      for (const IndexEntry& entry : chunk->entries) {
        if (best && entry.max_timestamp_before_ms >= timestamp_ms) return false;
        best = entry;
      }
      return true;
    });
  }));
  return best;
}

Status forget_log(kv::Store& index, const Uuid& topic, Partition partition) {
  return index.write([&](kv::Writer& writer) { return forget_log(writer, topic, partition); });
}

Status forget_log(kv::Writer& writer, const Uuid& topic, Partition partition) {
  SL_TRY([[maybe_unused]] auto erased, writer.erase_prefix(log_prefix(topic, partition)));
  return {};
}

Status forget_segment(kv::Writer& writer, const LogPlace& place, Offset base) {
  SL_CHECK(writer.erase(segment_key(place, base)));
  SL_TRY([[maybe_unused]] auto erased, writer.erase_prefix(chunk_prefix(place, base)));
  return {};
}

}  // namespace sl::storage
