#include "aio/uv_fd.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sl::aio {
namespace {

bool ready_now(int fd, short events) {
  pollfd p{fd, events, 0};
  return ::poll(&p, 1, 0) > 0;
}

// A second, non-blocking description of the same pipe or terminal; -1 where the kernel does not give one.
int reopen_nonblocking(int fd, int flags) {
  return ::open(fmt::format("/proc/self/fd/{}", fd).c_str(), flags | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

mode_t kind_of(int fd, uint64_t* size) {
  struct stat s;
  if (::fstat(fd, &s) != 0) return 0;
  if (size) *size = S_ISREG(s.st_mode) ? static_cast<uint64_t>(s.st_size) : 0;
  return s.st_mode & S_IFMT;
}

}  // namespace

InputFd::InputFd(UvRuntime& runtime, int fd) : runtime_(runtime), fd_(fd) {
  mode_t kind = kind_of(fd, &size_);
  regular_ = kind == S_IFREG || kind == S_IFBLK || kind == 0;
  if (kind != S_IFIFO) return;
  int own = reopen_nonblocking(fd, O_RDONLY);
  if (own < 0) return;
  fd_ = own;
  own_ = true;
}

InputFd::~InputFd() {
  runtime_.forget_fd(fd_);
  if (own_) ::close(fd_);
}

Task<Result<size_t>> InputFd::read(MutableBytes into) {
  for (;;) {
    if (cancelled_) co_return Errc::kCancelled;
    if (!own_ && !regular_ && !ready_now(fd_, POLLIN)) {
      auto ready = co_await runtime_.fd_ready(fd_, false);
      if (!ready) co_return std::move(ready).error();
    }
    ssize_t n = ::read(fd_, into.data(), into.size());
    if (n >= 0) co_return static_cast<size_t>(n);
    if (errno == EINTR) continue;
    if (errno != EAGAIN)
      co_return Error{Errc::kIo, fmt::format("cannot read the input: {}", std::string(std::strerror(errno)))};
    auto ready = co_await runtime_.fd_ready(fd_, false);
    if (!ready) co_return std::move(ready).error();
  }
}

void InputFd::give_back(size_t bytes) {
  if (bytes > 0) ::lseek(fd_, -static_cast<off_t>(bytes), SEEK_CUR);
}

bool InputFd::would_wait() const {
  return !regular_ && !ready_now(fd_, POLLIN);
}

void InputFd::cancel() {
  cancelled_ = true;
  if (!regular_) runtime_.cancel_fd(fd_);
}

bool InputFd::is_terminal() const {
  return ::isatty(fd_) != 0;
}

OutputFd::OutputFd(UvRuntime& runtime, int fd) : runtime_(runtime), given_(fd), fd_(fd) {
  mode_t kind = kind_of(fd, nullptr);
  pollable_ = kind == S_IFIFO || kind == S_IFSOCK || (kind == S_IFCHR && ::isatty(fd));
  pipe_ = kind == S_IFIFO;
  if (!pipe_) return;
  int own = reopen_nonblocking(fd, O_WRONLY);
  if (own < 0) return;
  fd_ = own;
  own_ = true;
}

OutputFd::~OutputFd() {
  runtime_.forget_fd(fd_);
  if (own_) ::close(fd_);
}

Task<Status> OutputFd::write(Bytes bytes) {
  while (!bytes.empty()) {
    if (cancelled_) co_return Errc::kCancelled;
    size_t piece = bytes.size();
    if (pollable_ && !own_) {
      if (!ready_now(fd_, POLLOUT)) {
        auto ready = co_await runtime_.fd_ready(fd_, true);
        if (!ready) co_return ready;
      }
      piece = std::min<size_t>(piece, PIPE_BUF);
    }
    ssize_t n = ::write(fd_, bytes.data(), piece);
    if (n >= 0) {
      written_ += static_cast<uint64_t>(n);
      bytes = bytes.subspan(static_cast<size_t>(n));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN) {
      auto ready = co_await runtime_.fd_ready(fd_, true);
      if (!ready) co_return ready;
      continue;
    }
    Errc code = errno == EPIPE ? Errc::kBrokenPipe : errno == ENOSPC ? Errc::kDiskFull : Errc::kIo;
    co_return Error{code, fmt::format("cannot write the output: {}", std::string(std::strerror(errno)))};
  }
  co_return Status();
}

// The end of a pipe that is written to never becomes readable: the error that its last reader leaves ends the wait.
Task<bool> OutputFd::reader_gone() {
  while (own_ && !cancelled_) {
    if (reader_has_gone()) co_return true;
    auto ready = co_await runtime_.fd_ready(fd_, false);
    if (!ready) break;
  }
  co_return false;
}

bool OutputFd::reader_has_gone() const {
  return pipe_ && ready_now(fd_, 0);
}

void OutputFd::hang_up() {
  runtime_.forget_fd(fd_);
  if (own_) ::close(fd_);
  own_ = pipe_ = pollable_ = false;
  fd_ = given_;
  int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  ::dup2(nowhere, given_);
  ::close(nowhere);
}

void OutputFd::cancel() {
  cancelled_ = true;
  if (pollable_) runtime_.cancel_fd(fd_);
}

bool OutputFd::is_terminal() const {
  return ::isatty(fd_) != 0;
}

uint64_t OutputFd::unread_bytes() const {
  int n = 0;
  if (!pipe_ || ::ioctl(fd_, FIONREAD, &n) != 0 || n <= 0) return 0;
  // The pipe may have been somebody else's before.
  return std::min(static_cast<uint64_t>(n), written_);
}

Result<int> open_input_file(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd >= 0) return fd;
  Errc code = errno == ENOENT ? Errc::kNotFound : errno == EACCES ? Errc::kPermissionDenied : Errc::kIo;
  return Error{code, fmt::format("cannot open '{}': {}", path, std::string(std::strerror(errno)))};
}

void close_fd(int fd) {
  ::close(fd);
}

bool fd_is_open(int fd) {
  return ::fcntl(fd, F_GETFD) != -1;
}

}  // namespace sl::aio
