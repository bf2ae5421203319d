#include "aio/uv_stream.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <cerrno>

#include "aio/uv_poller.h"

namespace sl::aio {
namespace {

// A sendmsg takes at most this many pieces; more go in rounds.
constexpr size_t kPiecesPerCall = 64;
// What the kernel may hold for us in each direction of a unix socket; larger is fewer wake-ups at full speed.
constexpr int kSocketBufferBytes = 1 << 20;
constexpr int kSynRetries = 2;

Error socket_error(std::string_view doing, const std::string& peer, int e) {
  Errc code = Errc::kIo;
  if (e == ECONNREFUSED || e == ENOENT || e == EHOSTUNREACH || e == ENETUNREACH || e == ETIMEDOUT || e == EADDRNOTAVAIL)
    code = Errc::kUnreachable;
  if (e == ECONNRESET || e == EPIPE || e == ECONNABORTED) code = Errc::kConnectionClosed;
  if (e == EACCES || e == EPERM) code = Errc::kPermissionDenied;
  if (e == EADDRINUSE) code = Errc::kLocked;
  return Error{code, fmt::format("cannot {} {}: {}", doing, peer, std::string(std::strerror(e)))};
}

class SocketStream final : public Stream {
 public:
  SocketStream(UvContext context, int fd, std::string peer_name, bool is_unix)
      : context_(context),
        fd_(fd),
        is_unix_(is_unix),
        peer_name_(std::move(peer_name)),
        poller_(std::make_unique<Poller>(context.loop, fd)) {}
  ~SocketStream() override {
    poller_.reset();
    discard_unread();
    ::close(fd_);
  }

  Result<size_t> try_read(MutableBytes into) override {
    if (closed_) return Errc::kCancelled;
    for (;;) {
      ssize_t n = ::recv(fd_, into.data(), into.size(), 0);
      if (n >= 0) return static_cast<size_t>(n);
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return Errc::kWouldBlock;
      return socket_error("read from", peer_name_, errno);
    }
  }

  Task<Result<size_t>> read(MutableBytes into) override {
    for (;;) {
      auto n = try_read(into);
      if (n || n.code() != Errc::kWouldBlock) co_return n;
      co_await poller_->ready(UV_READABLE);
    }
  }

  Task<Status> write(std::span<const Bytes> pieces) override {
    size_t done = 0;  // of pieces.front()
    while (!pieces.empty()) {
      if (closed_) co_return Errc::kCancelled;
      iovec vectors[kPiecesPerCall];
      size_t count = std::min(pieces.size(), kPiecesPerCall);
      for (size_t i = 0; i < count; ++i) vectors[i] = {const_cast<uint8_t*>(pieces[i].data()), pieces[i].size()};
      vectors[0] = {const_cast<uint8_t*>(pieces[0].data()) + done, pieces[0].size() - done};
      msghdr message{};
      message.msg_iov = vectors;
      message.msg_iovlen = count;
      ssize_t n = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) {
        co_await poller_->ready(UV_WRITABLE);
        continue;
      }
      if (n < 0) co_return socket_error("write to", peer_name_, errno);
      done += static_cast<size_t>(n);
      while (!pieces.empty() && done >= pieces[0].size()) {
        done -= pieces[0].size();
        pieces = pieces.subspan(1);
      }
    }
    co_return Status();
  }

  void close() override {
    if (closed_) return;
    closed_ = true;
    ::shutdown(fd_, SHUT_RDWR);
    auto [reader, writer] = poller_->close();
    if (reader) context_.runtime->post(reader);
    if (writer) context_.runtime->post(writer);
  }

  std::string peer_name() const override { return peer_name_; }

  std::optional<PeerIdentity> peer_identity() const override {
    ucred peer;
    socklen_t size = sizeof peer;
    if (!is_unix_ || ::getsockopt(fd_, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
    return PeerIdentity{peer.uid, peer.gid, peer.pid};
  }

 private:
  // TCP answers a close with unread bytes by a reset, which throws away what was written and has not arrived: the last
  // answers, that is, of a session that ends while its peer still asks.
  void discard_unread() {
    std::array<char, 16384> bytes;
    for (int i = 0; i < 64 && ::recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT) > 0; ++i) {
    }
  }

  UvContext context_;
  int fd_;
  bool is_unix_;
  bool closed_ = false;
  std::string peer_name_;
  std::unique_ptr<Poller> poller_;
};

void prepare_socket(int fd, bool is_unix) {
  int one = 1;
  if (!is_unix) {
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    // A connect cannot be cancelled, so one into silence must end by itself: after 7 s, not the kernel's two minutes.
    ::setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &kSynRetries, sizeof kSynRetries);
    return;
  }
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSocketBufferBytes, sizeof kSocketBufferBytes);
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kSocketBufferBytes, sizeof kSocketBufferBytes);
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Result<SocketAddress> unix_address(const std::string& path) {
  SocketAddress address;
  auto* un = reinterpret_cast<sockaddr_un*>(&address.storage);
  if (path.size() >= sizeof un->sun_path)
    return Error{Errc::kUsage,
                 fmt::format("the socket path '{}' is longer than {} bytes", path, sizeof un->sun_path - 1)};
  un->sun_family = AF_UNIX;
  std::memcpy(un->sun_path, path.c_str(), path.size() + 1);
  address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return address;
}

std::string name_of(const SocketAddress& address) {
  char text[64] = "?";
  auto* any = reinterpret_cast<const sockaddr*>(&address.storage);
  uint16_t port = 0;
  if (any->sa_family == AF_INET) {
    auto* in = reinterpret_cast<const sockaddr_in*>(any);
    uv_ip4_name(in, text, sizeof text);
    port = ntohs(in->sin_port);
  } else if (any->sa_family == AF_INET6) {
    auto* in = reinterpret_cast<const sockaddr_in6*>(any);
    uv_ip6_name(in, text, sizeof text);
    port = ntohs(in->sin6_port);
  } else {
    return "unix";
  }
  return Address{text, port, {}}.text();
}

// Looks a host up without blocking the loop; numeric addresses need no look-up.
class Lookup {
 public:
  Lookup(uv_loop_t* loop, const Address& address) : loop_(loop), host_(address.host), port_(address.port) {}

  auto run() {
    struct Awaiter {
      Lookup& lookup;
      bool await_ready() { return lookup.numeric(); }
      bool await_suspend(std::coroutine_handle<> h) {
        lookup.waiter_ = h;
        lookup.request_.data = &lookup;
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        lookup.status_ =
            uv_getaddrinfo(lookup.loop_, &lookup.request_, &Lookup::done, lookup.host_.c_str(), nullptr, &hints);
        return lookup.status_ == 0;
      }
      void await_resume() {}
    };
    return Awaiter{*this};
  }
  int status() const { return status_; }
  std::vector<SocketAddress> found;

 private:
  bool numeric() {
    SocketAddress address;
    if (uv_ip4_addr(host_.c_str(), port_, reinterpret_cast<sockaddr_in*>(&address.storage)) == 0) {
      address.size = sizeof(sockaddr_in);
    } else if (uv_ip6_addr(host_.c_str(), port_, reinterpret_cast<sockaddr_in6*>(&address.storage)) == 0) {
      address.size = sizeof(sockaddr_in6);
    } else {
      return false;
    }
    found.push_back(address);
    return true;
  }
  static void done(uv_getaddrinfo_t* request, int status, addrinfo* list) {
    auto* self = static_cast<Lookup*>(request->data);
    self->status_ = status;
    for (addrinfo* a = list; a; a = a->ai_next) {
      SocketAddress address;
      std::memcpy(&address.storage, a->ai_addr, a->ai_addrlen);
      address.size = a->ai_addrlen;
      uint16_t port = htons(self->port_);
      if (a->ai_family == AF_INET)
        reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port = port;
      else if (a->ai_family == AF_INET6)
        reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port = port;
      else
        continue;
      self->found.push_back(address);
    }
    uv_freeaddrinfo(list);
    std::exchange(self->waiter_, {}).resume();
  }
  uv_loop_t* loop_;
  std::string host_;
  uint16_t port_;
  uv_getaddrinfo_t request_{};
  int status_ = 0;
  std::coroutine_handle<> waiter_;
};

Task<Result<std::unique_ptr<Stream>>> connect_one(UvContext context, SocketAddress address, std::string name) {
  bool is_unix = address.get()->sa_family == AF_UNIX;
  int fd = ::socket(address.get()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) co_return socket_error("connect to", name, errno);
  prepare_socket(fd, is_unix);
  int rc = ::connect(fd, address.get(), address.size);
  int failed = rc == 0 ? 0 : errno;
  if (failed == EINPROGRESS) {
    auto poller = std::make_unique<Poller>(context.loop, fd);
    co_await poller->ready(UV_WRITABLE);
    socklen_t size = sizeof failed;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size);
  }
  if (failed != 0) {
    ::close(fd);
    co_return socket_error("connect to", name, failed);
  }
  co_return make_socket_stream(context, fd, name, is_unix);
}

class SocketListener final : public Listener {
 public:
  SocketListener(UvContext context, int fd, Address address, int lock_fd, std::string unlink_at_end)
      : context_(context),
        fd_(fd),
        lock_fd_(lock_fd),
        address_(std::move(address)),
        unlink_at_end_(std::move(unlink_at_end)),
        poller_(std::make_unique<Poller>(context.loop, fd)) {}
  ~SocketListener() override {
    poller_.reset();
    if (!unlink_at_end_.empty()) ::unlink(unlink_at_end_.c_str());
    ::close(fd_);
    if (lock_fd_ >= 0) ::close(lock_fd_);
  }

  Task<Result<std::unique_ptr<Stream>>> accept() override {
    for (;;) {
      if (closed_) co_return Errc::kCancelled;
      SocketAddress peer;
      peer.size = sizeof peer.storage;
      int fd = ::accept4(fd_, peer.get(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) {
        prepare_socket(fd, address_.is_unix());
        co_return make_socket_stream(context_, fd, name_of(peer), address_.is_unix());
      }
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno != EAGAIN) co_return socket_error("accept at", address_.text(), errno);
      co_await poller_->ready(UV_READABLE);
    }
  }

  void close() override {
    if (closed_) return;
    closed_ = true;
    ::shutdown(fd_, SHUT_RDWR);  // The kernel refuses at once, instead of queueing whom nobody will accept.
    auto [reader, writer] = poller_->close();
    if (reader) context_.runtime->post(reader);
    if (writer) context_.runtime->post(writer);
  }

  Address address() const override { return address_; }

 private:
  UvContext context_;
  int fd_;
  int lock_fd_;
  bool closed_ = false;
  Address address_;
  std::string unlink_at_end_;
  std::unique_ptr<Poller> poller_;
};

// Binds a unix socket. A lock file beside it decides who owns the path: whoever holds the lock may unlink a stale
// socket; a live one is refused.
Result<std::unique_ptr<Listener>> listen_unix(UvContext context, const Address& address, const ListenOptions& options) {
  const std::string& path = address.unix_path;
  SL_TRY(SocketAddress bound, unix_address(path));
  std::string lock_path = path + ".lock";
  int lock_fd = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock_fd < 0) return socket_error("listen at", address.text(), errno);
  if (::flock(lock_fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock_fd);
    return Error{Errc::kLocked, fmt::format("another daemon listens at {}", address.text())};
  }
  struct stat there;
  if (::lstat(path.c_str(), &there) == 0) {
    if (!S_ISSOCK(there.st_mode)) {
      ::close(lock_fd);
      return Error{Errc::kExists,
                   fmt::format("cannot listen at {}: a file that is no socket is there", address.text())};
    }
    int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool live = probe >= 0 && ::connect(probe, bound.get(), bound.size) == 0;
    if (probe >= 0) ::close(probe);
    if (live) {
      ::close(lock_fd);
      return Error{Errc::kLocked, fmt::format("another program listens at {}", address.text())};
    }
    ::unlink(path.c_str());
  }
  int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  // The mode is set by the umask before the socket has a name, so nobody can slip in between.
  mode_t before = ::umask(static_cast<mode_t>(~options.unix_mode & 0777));
  int rc = fd < 0 ? -1 : ::bind(fd, bound.get(), bound.size);
  int failed = errno;
  ::umask(before);
  if (rc == 0 && ::listen(fd, options.backlog) != 0) {
    rc = -1;
    failed = errno;
  }
  if (rc != 0) {
    if (fd >= 0) ::close(fd);
    ::close(lock_fd);
    return socket_error("listen at", address.text(), failed);
  }
  return std::unique_ptr<Listener>(new SocketListener(context, fd, address, lock_fd, path));
}

// The address of a tcp listener is numeric or "localhost"; a daemon's configuration names no other.
Result<SocketAddress> numeric_address(const Address& address) {
  SocketAddress bound;
  std::string host = address.host == "localhost" ? "127.0.0.1" : address.host;
  if (uv_ip4_addr(host.c_str(), address.port, reinterpret_cast<sockaddr_in*>(&bound.storage)) == 0) {
    bound.size = sizeof(sockaddr_in);
    return bound;
  }
  if (uv_ip6_addr(host.c_str(), address.port, reinterpret_cast<sockaddr_in6*>(&bound.storage)) == 0) {
    bound.size = sizeof(sockaddr_in6);
    return bound;
  }
  return Error{Errc::kUsage, fmt::format("cannot listen at '{}': name a numeric address or localhost", address.host)};
}

Result<std::unique_ptr<Listener>> listen_tcp(UvContext context, const Address& address, const ListenOptions& options) {
  SL_TRY(SocketAddress bound, numeric_address(address));
  int fd = ::socket(bound.get()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return socket_error("listen at", address.text(), errno);
  int one = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (::bind(fd, bound.get(), bound.size) != 0 || ::listen(fd, options.backlog) != 0) {
    Error error = socket_error("listen at", address.text(), errno);
    ::close(fd);
    return error;
  }
  SocketAddress real;
  real.size = sizeof real.storage;
  Address named = address;
  if (::getsockname(fd, real.get(), &real.size) == 0) {
    if (auto parsed = Address::parse(name_of(real))) named.port = parsed->port;
  }
  return std::unique_ptr<Listener>(new SocketListener(context, fd, named, -1, {}));
}

}  // namespace

std::unique_ptr<Stream> make_socket_stream(UvContext context, int fd, std::string peer_name, bool is_unix) {
  return std::make_unique<SocketStream>(context, fd, std::move(peer_name), is_unix);
}

Result<std::unique_ptr<Listener>> make_socket_listener(UvContext context, const Address& address,
                                                       const ListenOptions& options) {
  return address.is_unix() ? listen_unix(context, address, options) : listen_tcp(context, address, options);
}

Task<Result<std::unique_ptr<Stream>>> connect_socket(UvContext context, Address address) {
  if (address.is_unix()) {
    SL_CO_TRY(SocketAddress to, unix_address(address.unix_path));
    std::string name = address.text();
    co_return co_await connect_one(context, to, name);
  }
  auto lookup = std::make_unique<Lookup>(context.loop, address);
  co_await lookup->run();
  if (lookup->found.empty())
    co_return Error{Errc::kUnreachable, fmt::format("cannot find the host '{}': {}", address.host,
                                                    lookup->status() ? uv_strerror(lookup->status()) : "no address")};
  Result<std::unique_ptr<Stream>> last = Errc::kUnreachable;
  for (const SocketAddress& to : lookup->found) {
    std::string name = address.text();
    last = co_await connect_one(context, to, name);
    if (last) break;
  }
  co_return last;
}

}  // namespace sl::aio
