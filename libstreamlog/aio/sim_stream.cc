#include "aio/sim_stream.h"

namespace sl::aio {
namespace {

// Parks one coroutine in a slot of an end.
struct Waiter {
  std::coroutine_handle<>& slot;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) noexcept { slot = h; }
  void await_resume() noexcept {}
};

}  // namespace

Result<size_t> SimStream::try_read(MutableBytes into) {
  SimPipe& pipe = link_.pipes[1 - end_];
  if (self().closed) return Errc::kCancelled;
  if (self().reset) return Error{Errc::kConnectionClosed, "the connection was reset"};
  if (pipe.arrived == 0) return pipe.fin_arrived ? Result<size_t>(size_t{0}) : Errc::kWouldBlock;
  size_t n = pipe.take(into);
  if (link_.ends[1 - end_].writer) network_.open_window(link_, 1 - end_);
  return n;
}

Task<Result<size_t>> SimStream::read(MutableBytes into) {
  for (;;) {
    auto n = try_read(into);
    if (n || n.code() != Errc::kWouldBlock) co_return n;
    Waiter wait{self().reader};
    co_await wait;
  }
}

Task<Status> SimStream::write(std::span<const Bytes> pieces) {
  SimPipe& pipe = link_.pipes[end_];
  for (Bytes piece : pieces) {
    while (!piece.empty()) {
      if (self().closed) co_return Errc::kCancelled;
      if (self().reset) co_return Error{Errc::kConnectionClosed, "the connection was reset"};
      size_t room = pipe.window - std::min(pipe.window, pipe.held());
      if (room == 0) {
        Waiter wait{self().writer};
        co_await wait;
        continue;
      }
      size_t n = std::min(room, piece.size());
      pipe.put(piece.first(n));
      piece = piece.subspan(n);
      network_.schedule_delivery(link_, end_);
    }
  }
  co_return Status();
}

std::optional<PeerIdentity> SimStream::peer_identity() const {
  if (!link_.is_unix) return std::nullopt;
  return link_.ends[1 - end_].process->identity();
}

Task<Result<std::unique_ptr<Stream>>> SimListener::accept() {
  for (;;) {
    if (closed_) co_return Errc::kCancelled;
    if (!waiting_.empty()) {
      auto stream = std::move(waiting_.front());
      waiting_.pop_front();
      co_return Result<std::unique_ptr<Stream>>(std::move(stream));
    }
    Waiter wait{acceptor_};
    co_await wait;
  }
}

void SimListener::close() {
  if (closed_) return;
  closed_ = true;
  network_.listeners_.erase(key_);
  waiting_.clear();
  if (acceptor_) process_.post(std::exchange(acceptor_, {}));
}

void SimListener::offer(std::unique_ptr<Stream> stream) {
  waiting_.push_back(std::move(stream));
  if (acceptor_) process_.post(std::exchange(acceptor_, {}));
}

}  // namespace sl::aio
