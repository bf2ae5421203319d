// Stream and Listener: connections as the house sees them: tcp, unix, later TLS, and the in-memory ones of a
// simulation. One reader and one writer at a time; close() resumes both with kCancelled.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "aio/task.h"
#include "base/bytes.h"
#include "base/result.h"

namespace sl::aio {

// Where something listens: HOST:PORT or unix:PATH.
struct Address {
  std::string host;  // empty for a unix socket
  uint16_t port = 0;
  std::string unix_path;  // empty for tcp
  bool is_unix() const { return !unix_path.empty(); }
  auto operator<=>(const Address&) const = default;
  std::string text() const;
  // "host:port", "[::1]:port", "unix:/path"; `default_port` where none is given (0: required).
  static Result<Address> parse(std::string_view text, uint16_t default_port = 0);
};

struct ListenOptions {
  // Mode bits of a unix socket (its directory is the caller's matter).
  uint32_t unix_mode = 0600;
  int backlog = 1024;
};

// Who is at the other end of a unix socket (SO_PEERCRED), where the kernel says.
struct PeerIdentity {
  uint32_t uid = 0;
  uint32_t gid = 0;
  int32_t pid = 0;
};

class Stream {
 public:
  // The owner has closed it and no read or write is pending.
  virtual ~Stream() = default;
  // Reads at least one byte into `into`; 0 is the end of the stream. `into` must stay until the task is done.
  // kConnectionClosed, kCancelled.
  virtual Task<Result<size_t>> read(MutableBytes into) = 0;
  // Reads what is there without waiting: kWouldBlock if nothing is. 0 is the end of the stream.
  virtual Result<size_t> try_read(MutableBytes into) = 0;
  // Writes all pieces, in order. They must stay until the task is done.
  virtual Task<Status> write(std::span<const Bytes> pieces) = 0;
  // No more reads or writes; pending ones resume with kCancelled, from the loop.
  virtual void close() = 0;
  virtual std::string peer_name() const = 0;
  virtual std::optional<PeerIdentity> peer_identity() const = 0;
};

class Listener {
 public:
  virtual ~Listener() = default;
  // kCancelled after close(); other errors (out of descriptors) pass, so the caller may go on.
  virtual Task<Result<std::unique_ptr<Stream>>> accept() = 0;
  virtual void close() = 0;
  // The address really bound: a port of 0 has become one.
  virtual Address address() const = 0;
};

}  // namespace sl::aio
