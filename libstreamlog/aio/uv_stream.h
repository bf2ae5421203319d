// Sockets of the libuv runtime: connected streams and listeners. Internal to it.
#pragma once
#include <memory>

#include "aio/runtime.h"

typedef struct uv_loop_s uv_loop_t;

namespace sl::aio {

struct UvContext {
  uv_loop_t* loop;
  Runtime* runtime;
};

// Takes over a connected, non-blocking socket.
std::unique_ptr<Stream> make_socket_stream(UvContext context, int fd, std::string peer_name, bool is_unix);
Result<std::unique_ptr<Listener>> make_socket_listener(UvContext context, const Address& address,
                                                       const ListenOptions& options);
Task<Result<std::unique_ptr<Stream>>> connect_socket(UvContext context, Address address);

}  // namespace sl::aio
