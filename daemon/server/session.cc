#include "server/session.h"

#include "base/limits.h"
#include "server/broker.h"

namespace sl::server {
namespace {

// A session with this much unanswered reads no further until answers have left.
constexpr size_t kRequestsUnansweredMax = 32;
// While a frame arrives there must be something of it in so long, or its sender is only holding our memory. A slow one
// has time: 17 MiB at 30 kB/s.
constexpr int64_t kFrameStillMsMax = 30'000;
constexpr int64_t kFrameMsMax = 600'000;
// So much of a session's requests need not ask for memory.
constexpr size_t kFreeRequestBytes = 64 << 10;
// While others wait for memory, a peer has so long to send its frame, or to take a part of an answer.
constexpr int64_t kMemoryMsMax = 10'000;
// After a stop a peer has so long to take its answers, from when they are ready.
constexpr int64_t kStopGraceMs = 5'000;
// An answer is written in steps of so much, so that it can be seen to move.
constexpr size_t kWriteBytesMax = 1 << 20;
// Answers that the peer has not taken yet; one more may be larger than this.
constexpr size_t kAnswerBytesMax = 4 << 20;
constexpr size_t kBytesUnansweredMax = kProduceFrameBytesMax + (8 << 20);
// Of one session: one is sent while the next is read from the log.
constexpr size_t kFetchesMax = 2;

void append_pieces(Bytes bytes, std::vector<Bytes>& pieces) {
  while (bytes.size() > kWriteBytesMax) {
    pieces.push_back(bytes.first(kWriteBytesMax));
    bytes = bytes.subspan(kWriteBytesMax);
  }
  pieces.push_back(bytes);
}

// As many of the first pieces as one step takes; at least one.
std::span<const Bytes> next_step(std::span<const Bytes> pieces) {
  size_t count = 1;
  size_t bytes = pieces[0].size();
  while (count < pieces.size() && bytes + pieces[count].size() <= kWriteBytesMax) bytes += pieces[count++].size();
  return pieces.first(count);
}

}  // namespace

Session::Session(Broker& broker, std::unique_ptr<aio::Stream> stream, SessionView view)
    : broker_(broker),
      stream_(std::move(stream)),
      view_(std::move(view)),
      appends_(broker.runtime(), 1),
      reader_(*stream_, broker.buffers()),
      room_(broker.runtime()) {
  view_.appends = &appends_;
  asked_.since_ms = broker.runtime().mono_ms();
}

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
  while (!view_.leaving) {
    while (!may_read() && !view_.leaving) co_await room_.wait();
    if (view_.leaving) break;
    Permits::Share memory;
    auto frame = co_await read_frame(memory);
    reading_ = false;
    if (!frame) {
      bool hung_up = frame.code() == Errc::kConnectionClosed || view_.leaving;
      close(hung_up ? std::string_view() : frame.error().context);
      break;
    }
    if (view_.leaving) break;
    bytes_unanswered_ += frame->bytes.size();
    uint64_t ticket = first_ticket_ + slots_.size();
    slots_.emplace_back();
    tasks_.spawn(handle(*std::move(frame), std::move(memory), ticket));
  }
  co_await tasks_.drained();
  close({});
}

aio::Task<Result<Slice>> Session::read_frame(Permits::Share& memory) {
  reading_ = true;
  SL_CO_TRY(size_t size, co_await reader_.next_size(kProduceFrameBytesMax + kControlFrameBytesMax));
  if (bytes_unanswered_ + size > kFreeRequestBytes) {
    memory = co_await take_memory(size);
    if (!memory) co_return Errc::kCancelled;
  }
  co_return co_await reader_.next_frame(size);
}

aio::Task<Permits::Share> Session::take_memory(size_t bytes) {
  Permits::Ask ask(broker_.request_memory(), bytes);
  reading_ = false;
  asking_ = &ask;
  Permits::Share share = co_await ask;
  asking_ = nullptr;
  reading_ = true;
  if (share) ++shares_;
  co_return share;
}

aio::Task<void> Session::handle(Slice frame, Permits::Share memory, uint64_t ticket) {
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
  if (memory) --shares_;
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
  sending_since_ms_ = broker_.runtime().mono_ms();
  while (!slots_.empty() && slots_.front().ready && !closed_) {
    std::vector<wire::Encoded> answers;
    std::vector<Bytes> pieces;
    while (!slots_.empty() && slots_.front().ready) {
      if (slots_.front().answer) answers.push_back(*std::move(slots_.front().answer));
      slots_.pop_front();
      ++first_ticket_;
    }
    for (const auto& answer : answers)
      for (const Slice& piece : answer.pieces()) append_pieces(piece.bytes, pieces);
    uint64_t next_unsent = first_ticket_;
    Status sent;
    for (std::span<const Bytes> left = pieces; !left.empty() && sent;) {
      auto step = next_step(left);
      left = left.subspan(step.size());
      sent = co_await stream_->write(step);
      ++writes_;
    }
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
  if (asking_) asking_->cancel();
  auto waiting = std::move(view_.on_close);
  view_.on_close.clear();
  for (auto& [who, wake] : waiting) wake();
  room_.notify();
}

void Session::close_if_idle(int64_t now_ms, int64_t idle_ms_max) {
  // While we do not read, a frame of which a part lies here already cannot go on.
  bool within_frame = reading_ && reader_.within_frame();
  uint64_t bytes = reader_.bytes_arrived();
  int64_t frame_ms = frames_.still_ms(first_ticket_ + slots_.size(), within_frame, now_ms);
  if (arriving_.still_ms(bytes, within_frame, now_ms) > kFrameStillMsMax || frame_ms > kFrameMsMax)
    close("a frame was begun and not ended");
  int64_t answer_ms = leaving_.still_ms(writes_, sending_, now_ms);
  if (answer_ms > idle_ms_max) close("it does not take its answers");
  bool wanted = shares_ > 0 && broker_.request_memory().has_waiters();
  if (wanted && std::max(frame_ms, answer_ms) > kMemoryMsMax)
    close("others wait for the memory that its requests hold, and it is too slow");
  bool owes_nothing = slots_.empty() && !sending_ && !asking_;
  if (asked_.still_ms(bytes, owes_nothing, now_ms) > idle_ms_max) close({});
}

void Session::shut_down() {
  if (shut_down_ms_ == 0) shut_down_ms_ = broker_.runtime().mono_ms();
  leave();
  if (slots_.empty() && !sending_) close({});
}

void Session::close_if_unread(int64_t now_ms) {
  int64_t since_ms = std::max(shut_down_ms_, sending_since_ms_);
  if (sending_ && now_ms - since_ms >= kStopGraceMs) close("its answers were not taken before the stop");
}

void Session::close(std::string_view why) {
  if (closed_) return;
  closed_ = true;
  if (!why.empty()) broker_.logger().warn("closed the connection of {}: {}", view_.peer, why);
  stream_->close();
  leave();
}

}  // namespace sl::server
