// Rows of the index under a log's keys, with any bytes in them, also where their checksum is right: the state,
// segments, chunks of the sparse index, epochs, producers. What does not decode is as if it were not there; what does
// is encoded to the same bytes again.
#include "aio/sim_disk.h"
#include "base/crc32c.h"
#include "kv/fake_store.h"
#include "storage/stored_log.h"
#include "storage/tail_cache.h"
#include "tests/fuzz/fuzz.h"
#include "tests/simulation/storage_node.h"

namespace {

using namespace sl;

constexpr size_t kRowsMax = 16;

std::string sealed(std::string_view key, std::string body) {
  uint8_t crc[4];
  store_be(crc, crc32c(as_bytes(body), crc32c(as_bytes(key))));
  return body.append(reinterpret_cast<const char*>(crc), sizeof crc);
}

// A store, and what a log's place is made of.
class Index {
 public:
  Index() : store_(*opener_.open("/index")), seams_{disk_, clock_, logger_, *store_, buffers_, tails_, {}} {}
  storage::LogPlace place() { return {seams_, Uuid(), Partition(3), "/log"}; }
  void put(const std::string& key, const std::string& value) {
    auto done = store_->write([&](kv::Writer& writer) { return writer.put(key, value); });
    fuzz::require(done.ok() || done.code() == Errc::kTooLarge, "the store takes rows");
  }

 private:
  aio::SimDisk disk_;
  simulation::ManualClock clock_;
  MemoryLogger logger_;
  BufferPool buffers_{0};
  storage::TailBudget tails_;
  kv::FakeOpener opener_{std::make_shared<kv::FakeMedium>()};
  std::unique_ptr<kv::Store> store_;
  storage::Seams seams_;
};

std::string key_of(Index& index, uint8_t kind, int64_t a, int64_t b) {
  storage::LogPlace place = index.place();
  switch (kind % 5) {
    case 0:
      return storage::state_key(place);
    case 1:
      return storage::segment_key(place, Offset(a));
    case 2:
      return storage::chunk_key(place, Offset(a), Offset(b));
    case 3:
      return storage::epochs_key(place, static_cast<int32_t>(a));
    default:
      return storage::producer_key(place, ProducerId(a));
  }
}

void check_log(const storage::StoredLog& log) {
  for (size_t i = 1; i < log.segments.size(); ++i)
    fuzz::require(log.segments[i - 1].base < log.segments[i].base, "segments are in order");
  for (size_t i = 1; i < log.epochs.size(); ++i)
    fuzz::require(log.epochs[i - 1].epoch < log.epochs[i].epoch, "epochs are in order");
  for (const auto& [id, entry] : log.producers)
    fuzz::require(entry.count <= storage::ProducerEntry::kBatchesMax, "a producer has a few batches");
  (void)log.find(log.state.segment);
  storage::EpochCache cache;
  for (const auto& start : log.epochs) cache.assign(start.epoch, start.start);
  storage::ProducerTable table;
  for (auto [id, entry] : log.producers) {
    entry.cut_to(log.state.recovery_point);
    table.restore(id, entry);
  }
}

// A row in the input: kind, two small numbers for its key, flags (bit 0: make the checksum right), size, bytes.
void add(std::string& input, uint8_t kind, uint8_t a, uint8_t b, std::string_view body) {
  input += {static_cast<char>(kind), static_cast<char>(a), static_cast<char>(b), 1};
  input += {static_cast<char>(body.size() >> 8), static_cast<char>(body.size())};
  input += body;
}

std::string body_of(std::string value) {
  value.resize(value.size() - 4);
  return value;
}

storage::BatchMark any_mark(Random& random) {
  return {Offset(static_cast<int64_t>(random.below(50))), random.below(5000), static_cast<uint32_t>(random.below(500)),
          static_cast<uint32_t>(random.next())};
}

std::string make(Random& random) {
  std::string input;
  storage::StoredState state;
  state.recovery_point = Offset(static_cast<int64_t>(random.below(50)));
  state.segment = Offset(static_cast<int64_t>(random.below(3)));
  state.position = random.below(5000);
  state.anchor = any_mark(random);
  add(input, 0, 0, 0, body_of(storage::encode_state("", state)));
  for (uint8_t i = 0; i < random.below(3); ++i) {
    storage::SegmentStats stats;
    stats.bytes = random.below(5000);
    stats.next = Offset(static_cast<int64_t>(random.below(50)));
    stats.last = any_mark(random);
    add(input, 1, i, 0, body_of(storage::encode_segment("", stats, random.below(9))));
    std::vector<storage::IndexEntry> entries(1 + random.below(3));
    for (auto& entry : entries) entry.offset = Offset(static_cast<int64_t>(random.below(50)));
    add(input, 2, i, static_cast<uint8_t>(random.below(9)),
        body_of(storage::encode_chunk("", random.below(9), entries)));
  }
  std::vector<storage::EpochStart> starts;
  for (int32_t i = 0; i < static_cast<int32_t>(random.below(4)); ++i) starts.push_back({Epoch(i), Offset(10 * i)});
  add(input, 3, 0, 0, body_of(storage::encode_epochs("", starts)));
  storage::ProducerEntry producer;
  producer.epoch = 1;
  for (uint64_t i = 0; i < random.below(6); ++i) producer.push({});
  add(input, 4, 1, 0, body_of(storage::encode_producer("", producer)));
  return input;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed) {
  return fuzz::mutate(data, size, size_max, seed, &make);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  Index index;
  for (size_t rows = 0; rows < kRowsMax && !input.empty(); ++rows) {
    auto kind = input.take<uint8_t>();
    auto a = input.take<int8_t>();
    auto b = input.take<int8_t>();
    auto flags = input.take<uint8_t>();
    std::string value(input.long_text());
    std::string key = key_of(index, kind, a, b);
    if (flags & 2) key += "more";
    index.put(key, flags & 1 ? sealed(key, value) : value);
  }
  storage::LogPlace place = index.place();
  auto log = storage::load_log(place);
  fuzz::require(log.ok(), "bad rows are no error of the store");
  if (*log) check_log(**log);
  for (int64_t base = 0; base < 3; ++base) {
    fuzz::require(storage::find_stored(place, Offset(base), Offset(5)).ok(), "a look-up by offset ends");
    fuzz::require(storage::find_stored_time(place, Offset(base), 1'700'000'000'000).ok(), "a look-up by time ends");
  }
  fuzz::require(storage::forget_log(place.seams.index, place.topic, place.partition).ok(), "it can be forgotten");
  return 0;
}
