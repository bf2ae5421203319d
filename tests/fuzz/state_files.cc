// The small files that a start reads: the vote, a snapshot of the metadata, the data directory's `format`. What is
// accepted must survive being written and read again; what is not accepted is called damaged, in a sentence.
#include <fmt/core.h>

#include "aio/sim_disk.h"
#include "base/crc32c.h"
#include "kv/fake_store.h"
#include "quorum/quorum_state.h"
#include "quorum/snapshot.h"
#include "storage/data_directory.h"
#include "tests/fuzz/batches.h"

namespace {

using namespace sl;

enum Kind : uint8_t { kVote, kSnapshot, kFormat, kKinds };
constexpr const char* kPath = "/d";

std::string read_back(FileSystem& files, const std::string& path) {
  auto content = files.read_whole(path, 1 << 20);
  fuzz::require(content.ok(), "what was written can be read");
  return *content;
}

void put(FileSystem& files, const std::string& path, Bytes content) {
  fuzz::require(files.make_directory(kPath).ok() && files.replace(path, content).ok(), "the disk works");
}

void check_error(const Error& error) {
  bool known = error.code == Errc::kCorrupt || error.code == Errc::kMalformed ||
               error.code == Errc::kUnsupportedVersion || error.code == Errc::kBadConfig ||
               error.code == Errc::kTooLarge || error.code == Errc::kCorruptMessage;
  fuzz::require(known && !error.context.empty(), "a refusal says why");
}

void check_vote(Bytes content) {
  auto vote = quorum::decode_vote(content);
  if (!vote) return check_error(vote.error());
  auto again = quorum::decode_vote(as_bytes(quorum::encode_vote(*vote)));
  fuzz::require(again.ok() && *again == *vote, "a vote is remembered");
  (void)quorum::next_vote(*vote, kNoEpoch, NodeId(1), Uuid());
}

void check_snapshot(Bytes content) {
  aio::SimDisk disk;
  quorum::SnapshotId id{Offset(7), Epoch(1)};
  put(disk, kPath + std::string("/") + id.file_name(), content);
  auto snapshot = quorum::read_snapshot(disk, kPath, id);
  if (!snapshot) return check_error(snapshot.error());
  BufferPool pool(0);
  fuzz::require(quorum::write_snapshot(disk, pool, kPath, *snapshot).ok(), "what was read can be written");
  std::string once = read_back(disk, kPath + std::string("/") + id.file_name());
  auto second = quorum::read_snapshot(disk, kPath, id);
  fuzz::require(second.ok() && second->records.size() == snapshot->records.size(), "and has all its records");
  fuzz::require(quorum::write_snapshot(disk, pool, kPath, *second).ok(), "and can be written again");
  fuzz::require(read_back(disk, kPath + std::string("/") + id.file_name()) == once, "a second round is the same");
}

Result<storage::Format> open_directory(aio::SimDisk& disk, NodeId node) {
  SeededRandom random(1);
  MemoryLogger logger;
  kv::FakeOpener opener(std::make_shared<kv::FakeMedium>());
  storage::DataDirectory::Seams seams{disk, logger, random, opener};
  SL_TRY(auto data, storage::DataDirectory::open(seams, kPath, node));
  return data->format();
}

void check_format(Bytes content) {
  aio::SimDisk disk;
  put(disk, kPath + std::string("/format"), content);
  auto format = open_directory(disk, NodeId(1));
  if (!format) return check_error(format.error());
  fuzz::require(format->version <= storage::Format::kVersion && format->node == NodeId(1), "it is ours");
  auto again = open_directory(disk, NodeId(1));
  fuzz::require(again.ok() && again->directory_id == format->directory_id, "opening it changes nothing");
}

std::string make_snapshot(Random& random) {
  quorum::Snapshot snapshot;
  snapshot.id = {Offset(7), Epoch(static_cast<int32_t>(random.below(5)))};
  snapshot.kraft_version = static_cast<int16_t>(random.below(2));
  wire::fill(snapshot.voters, wire::versions_of<wire::VotersRecord>().max, random);
  snapshot.voters.version = wire::versions_of<wire::VotersRecord>().max;
  for (uint64_t count = random.below(4); count > 0; --count) {
    wire::TopicRecord topic;
    wire::PartitionRecord partition;
    wire::fill(topic, wire::versions_of<wire::TopicRecord>().max, random);
    wire::fill(partition, wire::versions_of<wire::PartitionRecord>().max, random);
    snapshot.records.emplace_back(std::move(topic));
    snapshot.records.emplace_back(std::move(partition));
  }
  aio::SimDisk disk;
  BufferPool pool(0);
  fuzz::require(disk.make_directory(kPath).ok(), "the disk works");
  fuzz::require(quorum::write_snapshot(disk, pool, kPath, snapshot).ok(), "a snapshot can be written");
  return read_back(disk, kPath + std::string("/") + snapshot.id.file_name());
}

std::string make(Random& random) {
  auto kind = static_cast<uint8_t>(random.below(kKinds));
  std::string input(1, static_cast<char>(kind));
  if (kind == kVote) {
    quorum::Vote vote{Epoch(static_cast<int32_t>(random.below(100))), NodeId(1), Uuid::random(random)};
    return input + quorum::encode_vote(vote);
  }
  if (kind == kSnapshot) return input + make_snapshot(random);
  aio::SimDisk disk;
  fuzz::require(open_directory(disk, NodeId(1)).ok(), "a blank directory is taken");
  return input + read_back(disk, kPath + std::string("/format"));
}

void repair_batches(MutableBytes content) {
  while (content.size() >= record::kBatchHeaderBytes) {
    size_t size = record::kBatchPrefixBytes + load_be<uint32_t>(content.data() + 8);
    if (size < record::kBatchHeaderBytes || size > content.size()) size = content.size();
    fuzz::make_whole(content.first(size));
    content = content.subspan(size);
  }
}

void repair(MutableBytes input) {
  MutableBytes content = input.subspan(1);
  switch (input[0] % kKinds) {
    case kVote:
      if (content.size() > 4) store_be(content.data(), crc32c(Bytes(content).subspan(4)));
      return;
    case kSnapshot:
      return repair_batches(content);
    default: {
      size_t at = as_text(content).rfind("crc=");
      if (at == std::string_view::npos || at + 13 > content.size()) return;
      std::string sum = fmt::format("{:08x}", crc32c(Bytes(content).first(at)));
      std::copy(sum.begin(), sum.end(), content.begin() + static_cast<ptrdiff_t>(at) + 4);
    }
  }
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed) {
  return fuzz::mutate(data, size, size_max, seed, &make, &repair);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  size_t kind = input.below(kKinds);
  Buffer content = input.rest();
  if (kind == kVote) check_vote(content.bytes());
  if (kind == kSnapshot) check_snapshot(content.bytes());
  if (kind == kFormat) check_format(content.bytes());
  return 0;
}
