// The real half of the file seam. What is hard is telling failures apart: a full disk heals, a failed sync never does.
#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"

namespace sl {
namespace {

// A large write goes in pieces, and the disk is told to begin with each while the next is copied, so that the sync that
// follows finds most of the work done. It is a hint and promises nothing.
constexpr size_t kWritePieceBytes = 1 << 20;

Error os_error(std::string_view doing, std::string_view path) {
  int e = errno;
  Errc code = Errc::kIo;
  if (e == ENOENT || e == ENOTDIR) code = Errc::kNotFound;
  if (e == EEXIST) code = Errc::kExists;
  if (e == EACCES || e == EPERM || e == EROFS) code = Errc::kPermissionDenied;
  if (e == ENOSPC || e == EDQUOT || e == EFBIG) code = Errc::kDiskFull;
  if (e == EAGAIN) code = Errc::kWouldBlock;
  return Error{code, fmt::format("cannot {} '{}': {}", doing, path, std::string(std::strerror(e)))};
}

class PosixFile final : public File {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixFile() override { ::close(fd_); }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  Result<size_t> read_at(MutableBytes into, uint64_t at) override {
    size_t done = 0;
    while (done < into.size()) {
      ssize_t n = ::pread(fd_, into.data() + done, into.size() - done, static_cast<off_t>(at + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return os_error("read", path_);
      if (n == 0) break;
      done += static_cast<size_t>(n);
    }
    return done;
  }

  Result<size_t> read_at_cached(MutableBytes into, uint64_t at) override {
    iovec piece{into.data(), into.size()};
    ssize_t n = ::preadv2(fd_, &piece, 1, static_cast<off_t>(at), RWF_NOWAIT);
    if (n >= 0) return static_cast<size_t>(n);
    if (errno == EOPNOTSUPP) return Errc::kWouldBlock;
    return os_error("read", path_);
  }

  Status write_at(std::span<const Bytes> pieces, uint64_t at) override {
    std::vector<iovec> left;
    left.reserve(pieces.size());
    size_t total = 0;
    for (Bytes piece : pieces) {
      if (piece.empty()) continue;
      left.push_back({const_cast<uint8_t*>(piece.data()), piece.size()});
      total += piece.size();
    }
    bool large = total > 2 * kWritePieceBytes;
    for (size_t first = 0; first < left.size();) {
      size_t count = 0, bytes = 0;
      for (size_t i = first; i < left.size() && count < IOV_MAX && (!large || bytes < kWritePieceBytes); ++i, ++count)
        bytes += left[i].iov_len;
      size_t cut = large && bytes > kWritePieceBytes ? bytes - kWritePieceBytes : 0;
      if (cut >= left[first + count - 1].iov_len) cut = 0;
      left[first + count - 1].iov_len -= cut;
      ssize_t n = ::pwritev(fd_, &left[first], static_cast<int>(count), static_cast<off_t>(at));
      int failed = errno;
      left[first + count - 1].iov_len += cut;
      errno = failed;
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return os_error("write", path_);
      if (large) ::sync_file_range(fd_, static_cast<off_t>(at), n, SYNC_FILE_RANGE_WRITE);
      at += static_cast<uint64_t>(n);
      auto done = static_cast<size_t>(n);
      while (first < left.size() && done >= left[first].iov_len) done -= left[first++].iov_len;
      if (done > 0) left[first] = {static_cast<uint8_t*>(left[first].iov_base) + done, left[first].iov_len - done};
    }
    return {};
  }

  Status sync() override {
    if (::fdatasync(fd_) == 0) return {};
    Error error = os_error("sync", path_);
    error.code = Errc::kSyncFailed;
    return error;
  }

  Result<uint64_t> size() override {
    struct stat s;
    if (::fstat(fd_, &s) != 0) return os_error("stat", path_);
    return static_cast<uint64_t>(s.st_size);
  }

  Status truncate(uint64_t size) override {
    if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return os_error("truncate", path_);
    return {};
  }

  Status preallocate(uint64_t size) override {
    int e = ::posix_fallocate(fd_, 0, static_cast<off_t>(size));
    if (e == 0) return {};
    errno = e;
    return os_error("reserve room in", path_);
  }

  void forget_cached() override { ::posix_fadvise(fd_, 0, 0, POSIX_FADV_DONTNEED); }

 private:
  int fd_;
  std::string path_;
};

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(int fd) : fd_(fd) {}
  ~PosixLock() override { ::close(fd_); }

 private:
  int fd_;
};

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, Mode mode) override {
    int flags = O_CLOEXEC | O_NOFOLLOW;
    if (mode == Mode::kRead)
      flags |= O_RDONLY;
    else
      flags |= O_RDWR;
    if (mode == Mode::kCreate || mode == Mode::kCreateNew) flags |= O_CREAT;
    if (mode == Mode::kCreateNew) flags |= O_EXCL;
    int fd = ::open(path.c_str(), flags, 0600);
    if (fd < 0) return os_error("open", path);
    return std::unique_ptr<File>(new PosixFile(fd, path));
  }

  Result<std::vector<std::string>> list(const std::string& path) override {
    DIR* dir = ::opendir(path.c_str());
    if (!dir) return os_error("list", path);
    std::vector<std::string> names;
    while (dirent* entry = ::readdir(dir)) {
      std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    ::closedir(dir);
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<FileInfo> stat(const std::string& path) override {
    struct stat s;
    if (::lstat(path.c_str(), &s) != 0) return os_error("stat", path);
    return FileInfo{static_cast<uint64_t>(s.st_size), S_ISDIR(s.st_mode),
                    int64_t{s.st_mtim.tv_sec} * 1000 + s.st_mtim.tv_nsec / 1'000'000};
  }

  Status make_directory(const std::string& path) override {
    if (::mkdir(path.c_str(), 0700) == 0) return {};
    if (errno == EEXIST) {
      struct stat s;
      if (::stat(path.c_str(), &s) == 0 && S_ISDIR(s.st_mode)) return {};
      errno = EEXIST;
    }
    return os_error("make directory", path);
  }

  Status rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return os_error("rename", from);
    return {};
  }

  Status remove(const std::string& path) override {
    if (::remove(path.c_str()) != 0) return os_error("remove", path);
    return {};
  }

  Status sync_directory(const std::string& path) override {
    int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return os_error("open", path);
    int rc = ::fsync(fd);
    Error error = rc == 0 ? Error{} : os_error("sync", path);
    ::close(fd);
    if (rc == 0) return {};
    error.code = Errc::kSyncFailed;
    return error;
  }

  Result<Space> space(const std::string& path) override {
    struct statvfs s;
    if (::statvfs(path.c_str(), &s) != 0) return os_error("stat", path);
    return Space{s.f_bavail * s.f_frsize, s.f_blocks * s.f_frsize};
  }

  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return os_error("open", path);
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return std::unique_ptr<FileLock>(new PosixLock(fd));
    Error error = os_error("lock", path);
    ::close(fd);
    if (error.code == Errc::kWouldBlock) error.code = Errc::kLocked;
    return error;
  }
};

}  // namespace

FileSystem& system_files() {
  static PosixFileSystem files;
  return files;
}

std::string parent_of(std::string_view path) {
  size_t slash = path.rfind('/');
  if (slash == path.npos) return ".";
  return std::string(slash == 0 ? "/" : path.substr(0, slash));
}

Status FileSystem::make_directories(const std::string& path) {
  auto info = stat(path);
  if (info) return make_directory(path);
  if (std::string parent = parent_of(path); parent != path && parent != ".") SL_CHECK(make_directories(parent));
  return make_directory(path);
}

Result<std::string> FileSystem::read_whole(const std::string& path, size_t bytes_max) {
  SL_TRY(auto file, open(path, Mode::kRead));
  SL_TRY(uint64_t size, file->size());
  if (size > bytes_max) return Error{Errc::kTooLarge, fmt::format("'{}' is larger than {} bytes", path, bytes_max)};
  std::string content(size, '\0');
  SL_TRY(size_t n, file->read_at({reinterpret_cast<uint8_t*>(content.data()), content.size()}, 0));
  content.resize(n);
  return content;
}

Status FileSystem::replace(const std::string& path, Bytes content) {
  std::string aside = path + ".part";
  {
    SL_TRY(auto file, open(aside, Mode::kCreate));
    SL_CHECK(file->truncate(0));
    SL_CHECK(file->write_at(std::span(&content, 1), 0));
    SL_CHECK(file->sync());
  }
  SL_CHECK(rename(aside, path));
  return sync_directory(parent_of(path));
}

Status FileSystem::remove_tree(const std::string& path) {
  SL_TRY(FileInfo info, stat(path));
  if (info.is_directory) {
    SL_TRY(auto names, list(path));
    for (const auto& name : names) SL_CHECK(remove_tree(path + "/" + name));
  }
  return remove(path);
}

Result<bool> FileSystem::exists(const std::string& path) {
  auto info = stat(path);
  if (info) return true;
  if (info.code() == Errc::kNotFound) return false;
  return std::move(info).error();
}

}  // namespace sl
