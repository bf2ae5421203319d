#include "tests/support/raw_peer.h"

#include <cstdio>
#include <cstdlib>

namespace sl::support {

RawPeer::RawPeer(SimBroker& server, bool reading)
    : server_(server), runtime_(server.client()), reading_(reading), go_on_(runtime_) {
  server_.world().run(connect(server.address()));
  tasks_.spawn(read_all());
}

RawPeer::~RawPeer() {
  close();
  server_.world().run_until([this] { return tasks_.live() == 0; });
}

aio::Task<void> RawPeer::connect(aio::Address address) {
  auto stream = co_await runtime_.connect(std::move(address));
  if (!stream) {
    std::fprintf(stderr, "cannot connect to the broker under test\n");
    std::abort();
  }
  stream_ = *std::move(stream);
}

void RawPeer::send(std::string bytes) {
  outbox_.push_back(std::move(bytes));
  if (!writing_ && !closed_) tasks_.spawn(write_all());
}

aio::Task<void> RawPeer::write_all() {
  writing_ = true;
  while (!outbox_.empty() && !closed_) {
    std::string bytes = std::move(outbox_.front());
    Bytes piece = as_bytes(bytes);
    std::span<const Bytes> pieces(&piece, 1);
    auto sent = co_await stream_->write(pieces);
    outbox_.pop_front();
    if (!sent) break;
  }
  writing_ = false;
}

size_t RawPeer::unsent() const {
  return outbox_.size();
}

void RawPeer::read_on() {
  reading_ = true;
  go_on_.notify();
}

aio::Task<void> RawPeer::read_all() {
  std::vector<uint8_t> room(64 << 10);
  while (!closed_) {
    if (!reading_) {
      co_await go_on_.wait();
      continue;
    }
    auto size = co_await stream_->read(room);
    if (!size || *size == 0) break;
    inbox_.append(as_text(Bytes(room).first(*size)));
    cut_frames();
  }
  ended_ = !closed_;
}

void RawPeer::cut_frames() {
  size_t at = 0;
  while (inbox_.size() - at >= sizeof(int32_t)) {
    auto size = static_cast<size_t>(load_be<uint32_t>(as_bytes(inbox_).data() + at));
    if (inbox_.size() - at - sizeof(int32_t) < size) break;
    frames_.push_back(inbox_.substr(at + sizeof(int32_t), size));
    at += sizeof(int32_t) + size;
  }
  inbox_.erase(0, at);
}

void RawPeer::close() {
  if (closed_) return;
  closed_ = true;
  stream_->close();
  go_on_.notify();
}

bool RawPeer::wait_frames(size_t count, int64_t limit_ms) {
  server_.world().run_until([this, count] { return frames_.size() >= count || ended_; }, limit_ms);
  return frames_.size() >= count;
}

bool RawPeer::wait_hang_up(int64_t limit_ms) {
  server_.world().run_until([this] { return ended_; }, limit_ms);
  return ended_;
}

}  // namespace sl::support
