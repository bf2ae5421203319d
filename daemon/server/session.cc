#include "server/session.h"

#include "base/limits.h"
#include "server/broker.h"

namespace sl::server {
namespace {

// A session with this much unanswered reads no further until answers have left.
constexpr size_t kRequestsUnansweredMax = 32;
// A frame must be whole so long after its first byte, or its sender is only holding our memory.
constexpr int64_t kFrameMsMax = 30'000;
// Answers that the peer has not taken yet; one more may be larger than this.
constexpr size_t kAnswerBytesMax = 4 << 20;
constexpr size_t kBytesUnansweredMax = kProduceFrameBytesMax + (8 << 20);
// Of one session: one is sent while the next is read from the log.
constexpr size_t kFetchesMax = 2;

}  // namespace

Session::Session(Broker& broker, std::unique_ptr<aio::Stream> stream, SessionView view)
    : broker_(broker),
      stream_(std::move(stream)),
      view_(std::move(view)),
      reader_(*stream_, broker.buffers()),
      room_(broker.runtime()) {}

bool Session::may_read() const {
  return slots_.size() < kRequestsUnansweredMax && bytes_unanswered_ < kBytesUnansweredMax &&
         answer_bytes_ < kAnswerBytesMax;
}

bool Session::may_fetch(uint64_t ticket) const {
  for (size_t i = 0; i < std::min(kFetchesMax, fetches_.size()); ++i)
    if (fetches_[i] == ticket) return true;
  return false;
}

aio::Task<void> Session::run() {
  last_frame_ms_ = broker_.runtime().mono_ms();
  while (!view_.leaving) {
    while (!may_read() && !view_.leaving) co_await room_.wait();
    if (view_.leaving) break;
    auto frame = co_await reader_.next(kProduceFrameBytesMax + kControlFrameBytesMax);
    if (!frame) {
      bool hung_up = frame.code() == Errc::kConnectionClosed || view_.leaving;
      close(hung_up ? std::string_view() : frame.error().context);
      break;
    }
    if (view_.leaving) break;
    last_frame_ms_ = broker_.runtime().mono_ms();
    bytes_unanswered_ += frame->bytes.size();
    uint64_t ticket = first_ticket_ + slots_.size();
    slots_.emplace_back();
    tasks_.spawn(handle(*std::move(frame), ticket));
  }
  co_await tasks_.drained();
  close({});
}

aio::Task<void> Session::handle(Slice frame, uint64_t ticket) {
  size_t bytes = frame.bytes.size();
  auto parsed = wire::decode_request_header(frame.bytes);
  if (!parsed) {
    close(parsed.error().context);
  } else if (parsed->header.api_key != static_cast<int16_t>(wire::ApiKey::kProduce) && bytes > kControlFrameBytesMax) {
    close("a request other than Produce larger than 1 MiB");
  } else {
    wire::RequestFrame request = *std::move(parsed);
    if (request.header.api_key == static_cast<int16_t>(wire::ApiKey::kFetch)) {
      fetches_.push_back(ticket);
      while (!may_fetch(ticket) && !view_.leaving) co_await room_.wait();
    }
    auto answer = co_await broker_.dispatcher().dispatch(broker_, view_, std::move(request), std::move(frame.owner));
    if (answer)
      settle(ticket, *std::move(answer));
    else
      close(answer.error().context);
  }
  bytes_unanswered_ -= bytes;
  room_.notify();
}

void Session::settle(uint64_t ticket, Answer answer) {
  Slot& slot = slots_[ticket - first_ticket_];
  slot.ready = true;
  slot.answer = std::move(answer);
  if (slot.answer) answer_bytes_ += slot.answer->size();
  if (!sending_ && slots_.front().ready) tasks_.spawn(send_ready());
}

aio::Task<void> Session::send_ready() {
  sending_ = true;
  while (!slots_.empty() && slots_.front().ready && !closed_) {
    std::vector<wire::Encoded> answers;
    std::vector<Bytes> pieces;
    while (!slots_.empty() && slots_.front().ready) {
      if (slots_.front().answer) answers.push_back(*std::move(slots_.front().answer));
      slots_.pop_front();
      ++first_ticket_;
    }
    for (const auto& answer : answers)
      for (const Slice& piece : answer.pieces()) pieces.push_back(piece.bytes);
    uint64_t next_unsent = first_ticket_;
    auto sent = co_await stream_->write(pieces);
    for (const auto& answer : answers) answer_bytes_ -= answer.size();
    while (!fetches_.empty() && fetches_.front() < next_unsent) fetches_.pop_front();
    if (!sent) close({});
    room_.notify();
  }
  sending_ = false;
  if (view_.leaving && slots_.empty()) close({});
}

void Session::leave() {
  view_.leaving = true;
  auto waiting = std::move(view_.on_close);
  view_.on_close.clear();
  for (auto& [who, wake] : waiting) wake();
  room_.notify();
}

void Session::close_if_idle(int64_t now_ms, int64_t idle_ms_max) {
  if (!slots_.empty()) last_frame_ms_ = now_ms;
  int64_t silent_ms = now_ms - last_frame_ms_;
  if (reader_.within_frame() && silent_ms > kFrameMsMax)
    close("a frame was begun and not ended");
  else if (slots_.empty() && silent_ms > idle_ms_max)
    close({});
}

void Session::shut_down() {
  leave();
  if (slots_.empty()) close({});
}

void Session::close(std::string_view why) {
  if (closed_) return;
  closed_ = true;
  if (!why.empty()) broker_.logger().warn("closed the connection of {}: {}", view_.peer, why);
  stream_->close();
  leave();
}

}  // namespace sl::server
