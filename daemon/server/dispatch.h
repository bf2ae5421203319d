// Dispatcher: from the bytes of a request to the bytes of its answer. Handlers register themselves by request type;
// what is registered is what ApiVersions lists, so nothing is promised that is not served. A registration says how its
// requests are authorised: by one check of the dispatcher's, or by the handler's own check of each resource it names.
#pragma once
#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "aio/task.h"
#include "aio/timer.h"
#include "base/log.h"
#include "server/authorise.h"
#include "wire/api.h"
#include "wire/frame.h"

namespace sl::server {

class Broker;
class Permits;

// A connection as its requests see it. Lives until the last of them is answered.
struct SessionView {
  Principal principal;
  std::string listener;  // the name of the listener that was connected to
  std::string peer;
  bool is_unix = false;
  // One turn: a produce holds it from its checks to its last append where they are not done at once.
  Permits* appends = nullptr;
  bool leaving = false;  // the peer is gone or the daemon stops: whoever waits answers with what there is
  std::map<const void*, std::function<void()>> on_close;  // woken, once, when `leaving` becomes true
};

// One request on its way through.
struct Call {
  Broker& broker;
  SessionView& session;
  wire::RequestHeader header;
  bool answer = true;    // a handler clears it where the protocol has no answer (acks=0)
  bool hang_up = false;  // a handler sets it where the protocol's only answer is to close
  bool allowed(Operation operation, ResourceType type, std::string_view name) const;
  int16_t version() const { return header.api_version; }
};

using Answer = std::optional<wire::Encoded>;

// How a request type is authorised. kByHandler: the handler calls Call::allowed for each resource it is asked about.
// kOpen: anyone who may connect (ApiVersions).
enum class Guard { kByHandler, kOpen };

class Dispatcher {
 public:
  template <class Request>
  using Handler = aio::Task<typename Request::Response> (*)(Call&, Request);

  template <class Request>
  void add(Guard guard, Handler<Request> handler) {
    Entry& entry = entries_[static_cast<int16_t>(Request::kApi)];
    entry.guard = guard;
    entry.serve = [handler](Call& call, Bytes body, const Buffer& owner) {
      return serve<Request>(handler, call, body, owner);
    };
  }

  // Answers one frame (size stripped). kMalformed, kUnsupportedVersion and the like mean that the connection must be
  // closed; an empty Answer, that there is nothing to send.
  aio::Task<Result<Answer>> dispatch(Broker& broker, SessionView& session, wire::RequestFrame frame,
                                     Buffer owner) const;

  bool serves(int16_t api_key) const { return entries_.contains(api_key); }
  Guard guard_of(int16_t api_key) const { return entries_.at(api_key).guard; }

 private:
  using Serve = std::function<aio::Task<Result<Answer>>(Call&, Bytes, const Buffer&)>;
  struct Entry {
    Guard guard = Guard::kByHandler;
    Serve serve;
  };

  template <class Request>
  static aio::Task<Result<Answer>> serve(Handler<Request> handler, Call& call, Bytes body, Buffer owner) {
    SL_CO_TRY(Request request, wire::decode<Request>(body, call.version(), owner));
    auto response = co_await handler(call, std::move(request));
    if (call.hang_up) co_return Errc::kInvalidRequest;
    if (!call.answer) co_return Answer();
    co_return Answer(wire::encode_response(call.header.correlation_id, response, call.version()));
  }
  std::map<int16_t, Entry> entries_;
};

// Fills a dispatcher with every handler there is (server/handlers/).
void add_all_handlers(Dispatcher& dispatcher);

}  // namespace sl::server
