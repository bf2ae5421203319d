#include "rpc/connection.h"

#include <fmt/core.h>

#include <algorithm>

namespace sl::rpc {
namespace {

// The layout of this answer is understood by every broker since 2.4; older ones say so and are asked again.
constexpr int16_t kFirstApiVersions = 3;

}  // namespace

// One request on its way; lives in the frame of its caller.
struct Connection::Call {
  Call(Connection& c, wire::ApiKey a, int32_t id, int64_t timeout_ms)
      : api(a), correlation(id), deadline(c.runtime_.timers(), Expiry{&c, a, timeout_ms}) {
    deadline.arm_ms(timeout_ms);
  }
  bool await_ready() const noexcept { return done; }
  void await_suspend(std::coroutine_handle<> h) noexcept { waiter = h; }
  void await_resume() noexcept {}

  wire::ApiKey api;
  int32_t correlation;
  bool done = false;
  Result<Slice> result = Slice();
  std::coroutine_handle<> waiter;
  aio::Deadline<Expiry> deadline;
};

Connection::Connection(aio::Runtime& runtime, BufferPool& pool, aio::Address address, ConnectionOptions options)
    : runtime_(runtime),
      pool_(pool),
      address_(std::move(address)),
      options_(std::move(options)),
      client_id_(options_.client_id),
      changed_(runtime) {}

Connection::~Connection() {
  assert(users_ == 0 && group_.live() == 0);
}

void Connection::leave() {
  --users_;
  changed_.notify();
}

aio::Task<void> Connection::drained() {
  co_await group_.drained();
  while (users_ > 0) co_await changed_.wait();
}

void Connection::close(Error why) {
  if (closed_) return;
  closed_ = true;
  if (why.code == Errc::kNone)
    why = Error{Errc::kCancelled, fmt::format("the connection to {} was closed", address_.text())};
  why_closed_ = std::move(why);
  if (stream_) stream_->close();
  for (Call* call : waiting_) finish(*call, why_closed_);
  waiting_.clear();
  for (Outgoing& unsent : outgoing_)
    if (unsent.sender) finish(*unsent.sender, why_closed_);
  outgoing_.clear();
  changed_.notify();
}

void Connection::Expiry::operator()() const {
  connection->close(
      Error{Errc::kRequestTimedOut, fmt::format("{} did not answer {} within {} ms", connection->address_.text(),
                                                wire::api_name(static_cast<int16_t>(api)), timeout_ms)});
}

void Connection::finish(Call& call, Result<Slice> result) {
  call.result = std::move(result);
  call.done = true;
  call.deadline.disarm();
  if (call.waiter) runtime_.post(std::exchange(call.waiter, {}));
}

// ---- opening

aio::Task<void> Connection::connect_stream() {
  Result<std::unique_ptr<aio::Stream>> stream = co_await runtime_.connect(address_);
  if (!stream) {
    close(std::move(stream).error());
  } else if (closed_) {
    (*stream)->close();
  } else {
    stream_ = *std::move(stream);
  }
  changed_.notify();
}

aio::Task<Status> Connection::open() {
  Users users(*this);
  aio::Deadline deadline(runtime_.timers(), [this] {
    close(Error{Errc::kRequestTimedOut,
                fmt::format("{} did not answer within {} ms", address_.text(), options_.open_timeout_ms)});
  });
  deadline.arm_ms(options_.open_timeout_ms);
  group_.spawn(connect_stream());
  while (!stream_ && !closed_) co_await changed_.wait();
  if (closed_) co_return why_closed_;
  reader_ = std::make_unique<FrameReader>(*stream_, pool_, kControlFrameBytesMax);
  group_.spawn(read_answers());
  Status spoken = co_await negotiate();
  if (!spoken) {
    close(std::move(spoken).error());
    co_return why_closed_;
  }
  negotiated_ = true;
  reader_->set_limit(options_.response_bytes_max);
  co_return Status();
}

// Asked in a version it does not know, a node answers in the layout of version 0 with an error and, since KIP-511, with
// the one entry that says what it knows.
aio::Task<Status> Connection::negotiate() {
  int16_t version = kFirstApiVersions;
  for (;;) {
    SL_CO_TRY(wire::ApiVersionsResponse answer, co_await ask_versions(version));
    Errc code = errc_from_wire(answer.error_code);
    if (code == Errc::kNone) {
      listed_ = std::move(answer.api_keys);
      co_return Status();
    }
    if (code != Errc::kUnsupportedVersion || version == 0)
      co_return Error{code,
                      fmt::format("{} refuses to say what it speaks: {}", address_.text(), error_info(code).text)};
    int16_t known = 0;
    for (const auto& api : answer.api_keys)
      if (api.api_key == static_cast<int16_t>(wire::ApiKey::kApiVersions)) known = api.max_version;
    version = known > 0 && known < version ? known : int16_t{0};
  }
}

aio::Task<Result<wire::ApiVersionsResponse>> Connection::ask_versions(int16_t version) {
  wire::ApiVersionsRequest request;
  request.client_software_name = "streamlog";
  request.client_software_version = SL_VERSION;
  int32_t correlation = ++last_correlation_;
  wire::Encoded encoded = wire::encode_request(correlation, client_id_, request, version);
  SL_CO_TRY(Slice frame,
            co_await exchange(correlation, std::move(encoded), wire::ApiKey::kApiVersions, options_.open_timeout_ms));
  bool refused = frame.bytes.size() >= 6 &&
                 load_be<int16_t>(frame.bytes.data() + 4) == static_cast<int16_t>(Errc::kUnsupportedVersion);
  int16_t layout = refused ? int16_t{0} : version;
  auto answer = wire::decode_response<wire::ApiVersionsResponse>(frame.bytes, layout, frame.owner);
  if (!answer) co_return misread(wire::ApiKey::kApiVersions, std::move(answer).error());
  co_return answer;
}

Result<int16_t> Connection::pick(wire::ApiKey api, wire::Versions own, int16_t version_max) const {
  if (closed_) return why_closed_;
  auto number = static_cast<int16_t>(api);
  auto found = std::find_if(listed_.begin(), listed_.end(), [&](const auto& row) { return row.api_key == number; });
  if (found == listed_.end())
    return Error{Errc::kUnsupportedVersion,
                 fmt::format("{} does not offer {}", address_.text(), wire::api_name(number))};
  int16_t version = std::min({own.max, found->max_version, version_max});
  if (version < std::max(own.min, found->min_version))
    return Error{Errc::kUnsupportedVersion, fmt::format("{} offers {} in versions {} to {}, and we need {} to {}",
                                                        address_.text(), wire::api_name(number), found->min_version,
                                                        found->max_version, own.min, std::min(own.max, version_max))};
  return version;
}

Error Connection::misread(wire::ApiKey api, Error error) {
  Error mismatch{Errc::kProtocolMismatch, fmt::format("the answer of {} to {} makes no sense: {}", address_.text(),
                                                      wire::api_name(static_cast<int16_t>(api)), error.context)};
  close(mismatch);
  return mismatch;
}

// ---- requests out

aio::Task<Result<Slice>> Connection::exchange(int32_t correlation, wire::Encoded encoded, wire::ApiKey api,
                                              int64_t timeout_ms) {
  if (closed_) co_return why_closed_;
  Call call(*this, api, correlation, timeout_ms);
  waiting_.push_back(&call);
  enqueue(Outgoing{std::move(encoded)});
  co_await call;
  co_return std::move(call.result);
}

aio::Task<Status> Connection::send_only(wire::Encoded encoded, wire::ApiKey api, int64_t timeout_ms) {
  if (closed_) co_return why_closed_;
  Call call(*this, api, 0, timeout_ms);
  enqueue(Outgoing{std::move(encoded), &call});
  co_await call;
  if (!call.result) co_return std::move(call.result).error();
  co_return Status();
}

void Connection::enqueue(Outgoing outgoing) {
  unsent_bytes_ += outgoing.encoded.size();
  outgoing_.push_back(std::move(outgoing));
  if (!writing_) group_.spawn(write_requests());
}

// Runs while there is something to write; what gathers meanwhile leaves together.
aio::Task<void> Connection::write_requests() {
  writing_ = true;
  while (!outgoing_.empty() && !closed_) {
    std::vector<Outgoing> now;
    now.swap(outgoing_);
    std::vector<Bytes> pieces;
    size_t bytes = 0;
    for (const Outgoing& each : now) {
      for (const Slice& piece : each.encoded.pieces()) pieces.push_back(piece.bytes);
      bytes += each.encoded.size();
    }
    Status written = co_await stream_->write(pieces);
    unsent_bytes_ -= bytes;
    if (!written && !closed_) close(std::move(written).error());
    for (const Outgoing& each : now) {
      if (!each.sender) continue;
      Result<Slice> result = Slice();
      if (closed_) result = why_closed_;
      finish(*each.sender, std::move(result));
    }
  }
  writing_ = false;
}

// ---- answers in

aio::Task<void> Connection::read_answers() {
  while (!closed_) {
    Result<Slice> frame = co_await reader_->next();
    if (closed_) co_return;
    if (frame) {
      answer(*std::move(frame));
      continue;
    }
    Error why = std::move(frame).error();
    if (why.code == Errc::kProtocolMismatch)
      why.context = fmt::format("the program at {} does not speak Kafka's protocol", address_.text());
    else if (why.code == Errc::kConnectionClosed && !negotiated_)
      why.context = fmt::format(
          "{} closed the connection before it said what it speaks; is it a listener of Kafka's "
          "protocol without TLS?",
          address_.text());
    else if (why.context.empty())
      why.context = fmt::format("{} closed the connection", address_.text());
    close(std::move(why));
  }
}

void Connection::answer(Slice frame) {
  auto correlation = wire::peek_correlation(frame.bytes);
  if (!correlation || waiting_.empty() || waiting_.front()->correlation != *correlation) {
    Error why{Errc::kProtocolMismatch,
              fmt::format("the program at {} does not speak Kafka's protocol: it answered what "
                          "nobody asked",
                          address_.text())};
    close(std::move(why));
    return;
  }
  Call* call = waiting_.front();
  waiting_.pop_front();
  finish(*call, std::move(frame));
}

}  // namespace sl::rpc
