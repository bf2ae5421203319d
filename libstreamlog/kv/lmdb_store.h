// Store over LMDB, in one file and its lock file beside it (`<path>-lock`). LMDB is copy-on-write with two meta pages
// and needs no recovery; this file holds to the rules that keep it so: default sync, no WRITEMAP, no DUPSORT, readers
// not tied to threads (MDB_NOTLS), the map grown only while no transaction is open. This is the one place outside
// base where a library touches the disk by itself.
//
// LMDB 0.9 keeps no checksums: a damaged meta page or a truncated file is noticed at open, a flipped bit in a data page
// may not be. What is kept here must be derivable from elsewhere, and answers are checked against what they point at.
//
// Caveats (lmdb.h): one open per process and path; never used across fork(); not on network file systems.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "kv/store.h"

namespace sl::kv {

struct LmdbOptions {
  // Address space reserved, not memory: the file grows as it is used. In whole pages.
  uint64_t map_bytes = uint64_t{64} << 30;
  // A full map doubles up to this; beyond it write() answers kMapFull.
  uint64_t map_bytes_max = uint64_t{1} << 40;
};

class LmdbStore : public Store {
 public:
  // The file is made 0600 if there is none. kCorrupt where it is not an LMDB file of this version or lacks pages;
  // kPermissionDenied, kNotFound (its directory), kDiskFull, kIo.
  static Result<std::unique_ptr<LmdbStore>> open(const std::string& path, LmdbOptions options = {});
  // Frees the reader slots of processes that were killed, and says how many. Also done at open.
  virtual Result<int> drop_dead_readers() = 0;
};

class LmdbOpener final : public Opener {
 public:
  explicit LmdbOpener(LmdbOptions options = {}) : options_(options) {}
  Result<std::unique_ptr<Store>> open(const std::string& path) override;
  Status destroy(const std::string& path) override;

 private:
  LmdbOptions options_;
};

}  // namespace sl::kv
