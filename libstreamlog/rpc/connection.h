// Connection: one negotiated, pipelined connection to a node that speaks Kafka's protocol. Several calls may be in
// flight; answers come in the order of the requests and are matched by correlation id.
//
// Life: open() connects and asks ApiVersions; call() and send() from any number of tasks; whatever goes wrong (a time
// over, bytes that make no sense, the peer gone) closes it, fails every call in flight with the reason, and it is never
// used again: the owner makes another. The owner calls close() and awaits drained() before it lets go of it.
#pragma once
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "aio/event.h"
#include "aio/runtime.h"
#include "base/buffer.h"
#include "base/limits.h"
#include "rpc/frame_reader.h"
#include "wire/frame.h"
#include "wire/messages/broker.h"

namespace sl::rpc {

struct ConnectionOptions {
  std::string client_id = "streamlog";
  // Connecting and negotiating together.
  int64_t open_timeout_ms = 10'000;
  size_t response_bytes_max = kResponseFrameBytesMax;
};

class Connection {
 public:
  // Blocks of large answers come from `pool`, which must outlive the connection, not the answers.
  Connection(aio::Runtime& runtime, BufferPool& pool, aio::Address address, ConnectionOptions options);
  Connection(const Connection&) = delete;
  ~Connection();

  // Once. kUnreachable, kRequestTimedOut, kConnectionClosed, kProtocolMismatch, kCancelled; all name the address.
  aio::Task<Status> open();

  // Sends the request in the highest version both sides know, at most `version_max`, and waits for its answer. The
  // request is on its way, behind those of earlier callers, before this first suspends. kUnsupportedVersion where the
  // node does not list the API or a version of it that we know; kRequestTimedOut after `timeout_ms`, which closes the
  // connection, since the answers behind the missing one would never come. Errors inside the answer are the caller's.
  template <wire::Request M>
  aio::Task<Result<typename M::Response>> call(M request, int64_t timeout_ms, int16_t version_max = INT16_MAX) {
    Users users(*this);
    SL_CO_TRY(int16_t version, pick(M::kApi, own_versions<M>(), version_max));
    int32_t correlation = ++last_correlation_;
    wire::Encoded encoded = wire::encode_request(correlation, client_id_, request, version);
    Result<Slice> frame = co_await exchange(correlation, std::move(encoded), M::kApi, timeout_ms);
    if (!frame) co_return std::move(frame).error();
    auto response = wire::decode_response<typename M::Response>(frame->bytes, version, frame->owner);
    if (!response) co_return misread(M::kApi, std::move(response).error());
    co_return response;
  }

  // A request that has no answer (Produce with acks 0): done when it is handed to the kernel.
  template <wire::Request M>
  aio::Task<Status> send(M request, int64_t timeout_ms, int16_t version_max = INT16_MAX) {
    Users users(*this);
    SL_CO_TRY(int16_t version, pick(M::kApi, own_versions<M>(), version_max));
    wire::Encoded encoded = wire::encode_request(++last_correlation_, client_id_, request, version);
    co_return co_await send_only(std::move(encoded), M::kApi, timeout_ms);
  }

  // The version that call() would use; kUnsupportedVersion with a sentence where there is none.
  template <wire::Request M>
  Result<int16_t> version_for(int16_t version_max = INT16_MAX) const {
    return pick(M::kApi, own_versions<M>(), version_max);
  }

  // Negotiated and not closed.
  bool usable() const { return negotiated_ && !closed_; }
  // Why it closed; its code is kNone while it is open.
  const Error& why_closed() const { return why_closed_; }
  // Fails every call with `why`, which becomes kCancelled if it has no code. Harmless when it is closed.
  void close(Error why = {});
  // After close(): until no task of this connection and no call lives.
  aio::Task<void> drained();

  const aio::Address& address() const { return address_; }
  size_t calls_in_flight() const { return waiting_.size(); }
  // Bytes of requests that the kernel has not yet taken.
  size_t unsent_bytes() const { return unsent_bytes_; }

 private:
  struct Call;
  struct Expiry {
    Connection* connection;
    wire::ApiKey api;
    int64_t timeout_ms;
    void operator()() const;
  };
  struct Outgoing {
    wire::Encoded encoded;
    Call* sender = nullptr;  // who waits for the write, if anyone
  };
  // Counts the coroutines that still use this object.
  struct Users {
    explicit Users(Connection& c) : connection(c) { ++connection.users_; }
    ~Users() { connection.leave(); }
    Connection& connection;
  };

  template <wire::Request M>
  static constexpr wire::Versions own_versions() {
    wire::Versions own = wire::versions_of<M>();
    if constexpr (requires { M::kListedMax; }) own.max = M::kListedMax;
    return own;
  }
  Result<int16_t> pick(wire::ApiKey api, wire::Versions own, int16_t version_max) const;
  Error misread(wire::ApiKey api, Error error);
  aio::Task<Result<Slice>> exchange(int32_t correlation, wire::Encoded encoded, wire::ApiKey api, int64_t timeout_ms);
  aio::Task<Status> send_only(wire::Encoded encoded, wire::ApiKey api, int64_t timeout_ms);
  aio::Task<void> connect_stream();
  aio::Task<Status> negotiate();
  aio::Task<Result<wire::ApiVersionsResponse>> ask_versions(int16_t version);
  aio::Task<void> read_answers();
  aio::Task<void> write_requests();
  void enqueue(Outgoing outgoing);
  void answer(Slice frame);
  void finish(Call& call, Result<Slice> result);
  void leave();

  aio::Runtime& runtime_;
  BufferPool& pool_;
  aio::Address address_;
  ConnectionOptions options_;
  std::optional<std::string> client_id_;
  aio::TaskGroup group_;
  aio::Event changed_;  // connected, closed, or the last user left
  std::unique_ptr<aio::Stream> stream_;
  std::unique_ptr<FrameReader> reader_;
  std::vector<wire::ApiVersionsResponse::Api> listed_;  // what the node speaks
  bool negotiated_ = false;
  bool closed_ = false;
  Error why_closed_;
  int32_t last_correlation_ = 0;
  std::deque<Call*> waiting_;  // in the order of their requests
  std::vector<Outgoing> outgoing_;
  bool writing_ = false;
  size_t unsent_bytes_ = 0;
  int users_ = 0;
};

}  // namespace sl::rpc
