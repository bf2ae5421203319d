// Frames: an int32 size, a header, a message (https://kafka.apache.org/protocol, "Protocol Primitive Types" and
// "Requests"). The size is written by the encode functions here; whoever reads a stream strips it and passes the rest.
// What is hard: the header's own version follows from the API and its version (KIP-482), except that an ApiVersions
// response always has the oldest header (KIP-511), since the asker does not know yet what the other side speaks.
#pragma once
#include <optional>
#include <string>

#include "wire/codec.h"

namespace sl::wire {

struct RequestHeader {
  int16_t api_key = 0;
  int16_t api_version = 0;
  int32_t correlation_id = 0;
  std::optional<std::string> client_id;
};

// A request frame taken apart. `known` says that the API and its version are ones we decode; where it is false only
// the header's fixed part and the client id could be read and `body` is empty.
struct RequestFrame {
  RequestHeader header;
  Bytes body;
  bool known = false;
};

// `frame` is what follows the size. kMalformed where the header does not fit.
Result<RequestFrame> decode_request_header(Bytes frame);

// The correlation id at the head of a response frame, which says what request it answers. kMalformed.
Result<int32_t> peek_correlation(Bytes frame);
// What follows the header of a response to `api_key` at `version`. kMalformed.
Result<Bytes> response_body(Bytes frame, ApiKey api_key, int16_t version);

// A whole frame, size included. The version must be in the request's range.
template <Request M>
Encoded encode_request(int32_t correlation_id, const std::optional<std::string>& client_id, const M& message,
                       int16_t version) {
  FrameHead head{Framing::kRequest, static_cast<int16_t>(M::kApi), correlation_id, &client_id};
  return detail::encode(head, &message, &Walks<M>::encode, versions_of<M>(), version);
}
template <Response M>
Encoded encode_response(int32_t correlation_id, const M& message, int16_t version) {
  FrameHead head{Framing::kResponse, static_cast<int16_t>(M::Request::kApi), correlation_id, nullptr};
  return detail::encode(head, &message, &Walks<M>::encode, versions_of<M>(), version);
}

// The response in a frame whose correlation id the caller has matched. kMalformed.
template <Response M>
Result<M> decode_response(Bytes frame, int16_t version, const Buffer& owner) {
  SL_TRY(Bytes body, response_body(frame, M::Request::kApi, version));
  return decode<M>(body, version, owner);
}

}  // namespace sl::wire
