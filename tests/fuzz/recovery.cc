// A log of a few small segments, made by the storage itself, and then what a disk and its owner may do to it while the
// daemon is down: any bytes over, behind and instead of its files, also with right checksums, notes of damage that say
// anything, rows of the index that are wrong. A start must end in good batches and errors: it never crashes, nothing
// bad is served, the log takes a new batch, and the next start finds nothing left to mend.
#include <fmt/core.h>

#include "aio/sim_disk.h"
#include "tests/fuzz/batches.h"
#include "tests/simulation/sample_batch.h"
#include "tests/simulation/storage_node.h"

namespace {

using namespace sl;
using simulation::StorageNode;

constexpr size_t kDamagesMax = 12;
constexpr int kReadsMax = 40;
const simulation::LogId kLog{Uuid(), Partition(0)};

enum Flag : uint8_t {
  kRelaxed = 1,
  kCompact = 2,
  kNoIndex = 4,
  kClean = 8,
  kEpochKnown = 16,
  kCheckpoint = 32,
  kTrimmed = 64
};
enum Damage : uint8_t { kOverwrite, kAppend, kTruncate, kReplace, kNote, kRow, kRemove, kDamages };

class Machine {
 public:
  explicit Machine(uint8_t flags) : flags_(flags), disk_(disk_options()) {
    settings_.segment_bytes = 700;
    if (flags & kRelaxed) settings_.flush_messages = INT64_MAX;
    if (flags & kCompact) settings_.compact = true;
  }
  aio::SimDisk& disk() { return disk_; }
  kv::FakeMedium& medium() { return *medium_; }
  bool wants(Flag flag) const { return flags_ & flag; }
  std::string directory() const { return fmt::format("{}/{}/0", StorageNode::kPath, kLog.topic.text()); }

  std::unique_ptr<StorageNode> start() {
    StorageNode::Seams seams{disk_, medium_, clock_, buffers_, 1, {}};
    auto node = std::make_unique<StorageNode>(std::move(seams));
    auto started = node->start();
    if (!started) std::fprintf(stderr, "start: %s\n", started.error().context.c_str());
    fuzz::require(started.ok(), "a data directory opens");
    return node;
  }
  storage::RecoveryReport open(StorageNode& node) {
    auto report = node.open(kLog, settings_, log_start_, wants(kEpochKnown) ? Epoch(3) : kNoEpoch);
    if (!report) std::fprintf(stderr, "open: %s\n", report.error().context.c_str());
    fuzz::require(report.ok(), "whatever lies in its folder, a log opens");
    return *std::move(report);
  }
  Slice batch(size_t bytes) {
    simulation::SampleRecord record{clock_.wall_ms(), simulation::sample_value(number_++, 16 + bytes)};
    simulation::SampleProducer producer;
    if (bytes % 3 == 0) producer = {ProducerId(5), 0, sequence_++};
    return simulation::sample_batch(buffers_, std::span(&record, 1), producer);
  }
  // The first life.
  void fill(fuzz::Input& input) {
    auto node = start();
    open(*node);
    storage::PartitionLog& log = *node->find(kLog);
    for (size_t count = input.below(16); count > 0; --count) {
      clock_.advance_ms(1000);
      auto appended = log.append(batch(input.take<uint8_t>()), Epoch(static_cast<int32_t>(count < 5)));
      fuzz::require(appended.ok() && StorageNode::write(log).ok(), "a log takes batches");
      if (count == 4 && wants(kCheckpoint)) fuzz::require(node->checkpoint().ok(), "and can be checkpointed");
    }
    if (wants(kClean)) fuzz::require(node->stop_cleanly().ok(), "and closed");
    // What the metadata says from now on.
    if (wants(kTrimmed)) log_start_ = Offset(static_cast<int64_t>(input.below(20)));
  }

 private:
  aio::SimDiskOptions disk_options() {
    aio::SimDiskOptions options;
    options.clock = &clock_;
    options.cache_miss_permille = 0;
    return options;
  }
  uint8_t flags_;
  simulation::ManualClock clock_;
  aio::SimDisk disk_;
  std::shared_ptr<kv::FakeMedium> medium_ = std::make_shared<kv::FakeMedium>();
  BufferPool buffers_{1 << 20};
  storage::LogSettings settings_;
  Offset log_start_{0};
  uint64_t number_ = 0;
  int32_t sequence_ = 0;
};

// What happens between two lives.
class Vandal {
 public:
  explicit Vandal(Machine& machine) : machine_(machine) {}
  void strike(fuzz::Input& input) {
    auto kind = input.take<uint8_t>();
    size_t which = input.take<uint8_t>();
    if (kind % kDamages == kRow) return change_row(which, input);
    std::string path = kind % kDamages == kReplace ? new_path(input) : segment(which);
    if (path.empty()) return;
    if (kind % kDamages == kNote) {
      path.replace(path.size() - 3, 3, "quarantine");
      return write(path, 0, input.long_text());
    }
    if (kind % kDamages == kRemove) return (void)machine_.disk().remove(path);
    auto file = *machine_.disk().open(path, FileSystem::Mode::kCreate);
    uint64_t size = *file->size();
    uint64_t at = size == 0 ? 0 : input.take<uint16_t>() % (size + 1);
    if (kind % kDamages == kTruncate) fuzz::require(file->truncate(at).ok(), "the disk works");
    if (kind % kDamages == kOverwrite) write(path, at, input.long_text());
    if (kind % kDamages == kAppend || kind % kDamages == kReplace) write(path, size, input.long_text());
    if (kind & 128) make_whole(path);
  }

 private:
  std::string segment(size_t which) {
    std::vector<std::string> segments;
    auto names = machine_.disk().list(machine_.directory());
    for (const std::string& name : *names)
      if (name.ends_with(".log")) segments.push_back(name);
    return segments.empty() ? std::string() : machine_.directory() + "/" + segments[which % segments.size()];
  }
  std::string new_path(fuzz::Input& input) {
    uint64_t base = input.flag() ? input.take<uint8_t>() : input.take<uint64_t>();
    return fmt::format("{}/{:020}.log", machine_.directory(), base);
  }
  void write(const std::string& path, uint64_t at, std::string_view text) {
    auto file = *machine_.disk().open(path, FileSystem::Mode::kCreate);
    Bytes piece = as_bytes(text);
    fuzz::require(file->write_at(std::span(&piece, 1), at).ok() && file->sync().ok(), "the disk works");
  }
  // Gives every batch of the file its checksum.
  void make_whole(const std::string& path) {
    std::string content = *machine_.disk().read_whole(path, 1 << 20);
    MutableBytes left(reinterpret_cast<uint8_t*>(content.data()), content.size());
    while (left.size() >= record::kBatchHeaderBytes) {
      size_t size = record::kBatchPrefixBytes + load_be<uint32_t>(left.data() + 8);
      if (size < record::kBatchHeaderBytes || size > left.size()) break;
      fuzz::make_whole(left.first(size));
      left = left.subspan(size);
    }
    write(path, 0, content);
  }
  // Its checksum is not made right again: what the index says under a right one was said by this storage.
  void change_row(size_t which, fuzz::Input& input) {
    const std::string path = std::string(StorageNode::kPath) + "/index.lmdb";
    auto rows = machine_.medium().contents(path);
    if (rows.empty()) return;
    auto row = std::next(rows.begin(), static_cast<ptrdiff_t>(which % rows.size()));
    std::string value = row->second;
    size_t at = value.empty() ? 0 : input.take<uint8_t>() % value.size();
    std::string_view text = input.text();
    value.replace(at, std::min(text.size(), value.size() - at), text);
    value.resize(std::min(value.size(), kv::kValueBytesMax));
    auto medium = std::shared_ptr<kv::FakeMedium>(&machine_.medium(), [](kv::FakeMedium*) {});
    kv::FakeOpener opener(medium);
    auto store = *opener.open(path);
    fuzz::require(store->write([&](kv::Writer& writer) { return writer.put(row->first, value); }).ok(), "rows change");
  }
  Machine& machine_;
};

// Goes through the whole log as a reader does; damage is stepped over.
void read_all(storage::PartitionLog& log) {
  Offset from = log.log_start();
  for (int reads = 0; reads < kReadsMax && from < log.log_end(); ++reads) {
    auto bytes = StorageNode::read_batch(log, from);
    if (!bytes) {
      fuzz::require(bytes.code() == Errc::kCorruptMessage || bytes.code() == Errc::kUnknownServerError,
                    "what cannot be read is called corrupt");
      from = from + 1;
      continue;
    }
    auto batch = record::parse_batch(as_bytes(*bytes));
    fuzz::require(batch.ok() && batch->size() == bytes->size() && batch->crc_ok(), "what is served is whole");
    fuzz::require(batch->next_offset() > from && batch->next_offset() <= log.log_end(), "and where it belongs");
    from = batch->next_offset();
  }
  for (int64_t time : {INT64_MIN, int64_t{1'700'000'003'000}, INT64_MAX}) {
    auto found = StorageNode::find_time(log, time);
    fuzz::require(found.ok() || found.code() == Errc::kCorruptMessage, "a look-up by time ends");
  }
}

void check_append(Machine& machine, storage::PartitionLog& log) {
  Offset end = log.log_end();
  auto appended = log.append(machine.batch(100), std::max(log.latest_epoch(), Epoch(9)));
  if (!appended) std::fprintf(stderr, "append: %s\n", appended.error().context.c_str());
  fuzz::require(appended.ok() && appended->base == end && StorageNode::sync(log).ok(), "the log goes on");
  auto bytes = StorageNode::read_batch(log, end);
  if (!bytes) std::fprintf(stderr, "read: %s\n", bytes.error().context.c_str());
  fuzz::require(bytes.ok() && record::BatchView(as_bytes(*bytes)).base_offset() == end, "and gives it back");
}

std::string make(Random& random) {
  std::string input(1, static_cast<char>(random.below(64)));
  auto count = static_cast<char>(random.below(16));
  input += count;
  for (char i = 0; i < count; ++i) input += static_cast<char>(random.next());
  if (input[0] & kTrimmed) input += static_cast<char>(random.below(20));
  for (uint64_t damages = random.below(4); damages > 0; --damages) {
    auto kind = static_cast<uint8_t>(random.below(kDamages));
    std::string text = random.below(3) == 0 ? fuzz::any_batch(random) : fuzz::words(random, 20);
    if (kind == kNote)
      text = fmt::format("{} {} {} {}\n", random.below(900), random.below(900), random.below(20), random.below(20));
    input += static_cast<char>(kind | (random.below(2) == 0 ? 128 : 0));
    input += static_cast<char>(random.next());
    if (kind == kReplace) input += {1, static_cast<char>(random.below(20))};
    if (kind < kNote) input += {static_cast<char>(random.below(3)), static_cast<char>(random.next())};
    if (kind == kRow) {
      input += {static_cast<char>(random.below(60)), static_cast<char>(text.size())};
    } else if (kind != kTruncate && kind != kRemove) {
      input += {static_cast<char>(text.size() >> 8), static_cast<char>(text.size())};
    }
    if (kind != kTruncate && kind != kRemove) input += text;
  }
  return input;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed) {
  return fuzz::mutate(data, size, size_max, seed, &make);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  Machine machine(input.take<uint8_t>());
  machine.fill(input);
  Vandal vandal(machine);
  for (size_t damages = 0; damages < kDamagesMax && !input.empty(); ++damages) vandal.strike(input);
  if (machine.wants(kNoIndex)) machine.medium().wipe();

  auto node = machine.start();
  machine.open(*node);
  storage::PartitionLog& log = *node->find(kLog);
  fuzz::require(log.log_start() <= log.log_end() && log.synced_end() == log.log_end(), "the log has its ends");
  read_all(log);
  check_append(machine, log);
  read_all(log);
  Offset end = log.log_end();
  fuzz::require(node->stop_cleanly().ok(), "it stops");

  node.reset();
  node = machine.start();
  auto report = machine.open(*node);
  if (report.cut_bytes > 0 || node->find(kLog)->log_end() != end)
    std::fprintf(stderr, "the log ended at %ld, now at %ld; cut: %lu; %s\n", end.value,
                 node->find(kLog)->log_end().value, report.cut_bytes, node->said().c_str());
  fuzz::require(report.cut_bytes == 0 && node->find(kLog)->log_end() == end, "nothing is left to mend");
  return 0;
}
