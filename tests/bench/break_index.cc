// Makes the index of every sealed segment of a stopped daemon's logs wrong, and nothing else: each entry points a byte
// too far, under a good checksum. The daemon then finds out at the first read that asks, and rebuilds.
//
//   bench_break_index DATA_DIRECTORY
#include <fmt/core.h>

#include <filesystem>

#include "base/log.h"
#include "kv/lmdb_store.h"
#include "storage/stored_log.h"

namespace {

using namespace sl;

Result<int64_t> shift_entries(kv::Store& index, const storage::LogPlace& place, Offset base) {
  int64_t shifted = 0;
  auto done = index.write([&](kv::Writer& writer) -> Status {
    std::vector<std::pair<std::string, storage::StoredChunk>> chunks;
    SL_TRY(kv::Cursor cursor, writer.cursor(storage::chunk_prefix(place, base)));
    SL_TRY(auto row, cursor.first());
    while (row) {
      auto chunk = storage::decode_chunk(row->key, row->value);
      if (!chunk) return Error{Errc::kCorrupt, "a chunk of the index does not decode"};
      chunks.emplace_back(row->key, *std::move(chunk));
      SL_TRY(row, cursor.next());
    }
    for (auto& [key, chunk] : chunks) {
      for (auto& entry : chunk.entries) ++entry.position;
      SL_CHECK(writer.put(key, storage::encode_chunk(key, chunk.first, chunk.entries)));
      shifted += std::ssize(chunk.entries);
    }
    return {};
  });
  if (!done) return done.error();
  return shifted;
}

// Of one partition's folder: all segments but the newest, whose index the daemon keeps in memory.
Result<int64_t> break_log(storage::Seams seams, const Uuid& topic, const std::filesystem::path& directory) {
  auto partition = Partition(std::stoi(directory.filename().string()));
  storage::LogPlace place{seams, topic, partition, directory.string()};
  SL_TRY(auto names, seams.files.list(place.directory));
  std::vector<Offset> bases;
  for (const std::string& name : names)
    if (auto base = storage::parse_segment_name(name)) bases.push_back(*base);
  if (!bases.empty()) bases.pop_back();
  int64_t shifted = 0;
  for (Offset base : bases) {
    SL_TRY(int64_t more, shift_entries(seams.index, place, base));
    shifted += more;
  }
  return shifted;
}

Result<int64_t> break_all(const std::filesystem::path& data) {
  SL_TRY(auto store, kv::LmdbStore::open((data / "index.lmdb").string()));
  MemoryLogger logger;
  BufferPool buffers(1 << 20);
  storage::TailBudget tails;
  storage::Seams seams{system_files(), system_clock(), logger, *store, buffers, tails};
  int64_t shifted = 0;
  for (const auto& folder : std::filesystem::directory_iterator(data)) {
    auto topic = Uuid::parse(folder.path().filename().string());
    if (!topic || !folder.is_directory()) continue;
    for (const auto& partition : std::filesystem::directory_iterator(folder.path())) {
      SL_TRY(int64_t more, break_log(seams, *topic, partition.path()));
      shifted += more;
    }
  }
  store->close();
  return shifted;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: bench_break_index DATA_DIRECTORY (of a daemon that is not running)\n");
    return 2;
  }
  auto shifted = break_all(argv[1]);
  if (!shifted) {
    fmt::print(stderr, "bench_break_index: {}\n", shifted.error().context);
    return 1;
  }
  fmt::print("{} entries\n", *shifted);
  return 0;
}
