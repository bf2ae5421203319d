// Files through a seam: everything that reaches a disk goes through FileSystem and File, so that a test can fail,
// tear or fill the disk at any operation, and forget what was not synced. All calls block; on a shard they are
// made inside pool jobs. Paths are absolute or relative to the process's directory, '/'-separated.
//
// Durability, as in POSIX: a file's bytes are durable after sync(); its name after sync_dir() of its directory.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace sl {

class File {
 public:
  virtual ~File() = default;
  // Reads up to into.size() bytes; fewer only at the end of the file.
  virtual Result<size_t> read_at(MutableBytes into, uint64_t at) = 0;
  // The same from the page cache alone (preadv2, RWF_NOWAIT): Errc::kWouldBlock where the disk would be needed;
  // may return fewer bytes than are there. Safe on a loop.
  virtual Result<size_t> read_at_cached(MutableBytes into, uint64_t at) = 0;
  // Writes all of it, or fails: kDiskFull, kIo. After a failure the range's content is undefined.
  virtual Status write_at(std::span<const Bytes> pieces, uint64_t at) = 0;
  // fdatasync. A failure is final: what was written since the last success may be gone (fsyncgate), and a second
  // call that succeeds proves nothing.
  virtual Status sync() = 0;
  virtual Result<uint64_t> size() = 0;
  virtual Status truncate(uint64_t size) = 0;
  // Reserves zeroed blocks up to `size` and extends the file to it.
  virtual Status preallocate(uint64_t size) = 0;
  // Drops clean pages, so that the next read comes from the disk.
  virtual void forget_cached() = 0;
};

struct FileInfo {
  uint64_t size = 0;
  bool is_directory = false;
  int64_t modified_ms = 0;
};

// Held until destroyed; the kernel lets go of it when the process dies.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

class FileSystem {
 public:
  enum class Mode { kRead, kReadWrite, kCreate, kCreateNew };
  virtual ~FileSystem() = default;
  // kCreate opens or makes, kCreateNew refuses an existing one (kExists). New files are 0600.
  virtual Result<std::unique_ptr<File>> open(const std::string& path, Mode mode) = 0;
  // Names in a directory, sorted, without "." and "..".
  virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
  virtual Result<FileInfo> stat(const std::string& path) = 0;
  // Makes the directory, 0700; its parents must exist. An existing directory is no error.
  virtual Status make_directory(const std::string& path) = 0;
  // Replaces `to` if it exists.
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  // A file, or an empty directory. kNotFound where there is none.
  virtual Status remove(const std::string& path) = 0;
  virtual Status sync_directory(const std::string& path) = 0;
  // Bytes that an ordinary user may still write to the file system that holds `path`, and its size.
  struct Space {
    uint64_t free_bytes = 0;
    uint64_t total_bytes = 0;
  };
  virtual Result<Space> space(const std::string& path) = 0;
  // Takes an exclusive lock on a file (made if missing), or answers kLocked.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;

  // On top of the above:
  Status make_directories(const std::string& path);
  Result<std::string> read_whole(const std::string& path, size_t bytes_max);
  // Writes aside, syncs, renames over `path` and syncs the directory: after it, either the old or the new content.
  Status replace(const std::string& path, Bytes content);
  // Removes a directory and all below it.
  Status remove_tree(const std::string& path);
  Result<bool> exists(const std::string& path);
};

// The machine's own. Shared by all threads.
FileSystem& system_files();

// "a/b/c" -> "a/b"; "c" -> ".".
std::string parent_of(std::string_view path);

}  // namespace sl
