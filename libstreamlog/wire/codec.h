// The verbs of a message: encode, decode, size, describe, fill. They are declared here and instantiated once per
// message beside its definition (SL_WIRE_MESSAGE in wire/instantiate.h), so that users of a message compile none of
// its walks.
//
// Decoding trusts nothing: every length is checked against the bytes that are left before anything is allocated,
// the number of structs in one message is capped (kArrayElementsMax), and bytes behind the last field are an error.
// Only behind a request they are ignored, as Kafka's broker does: librdkafka 2.15 writes the null array of "all topics"
// in Metadata's flexible versions as four zero bytes, of which three are left over; and where later versions append.
// kMalformed names the field; kUnsupportedVersion is a version outside the message's range.
#pragma once
#include <cstdint>
#include <string>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "wire/api_key.h"
#include "wire/encoded.h"
#include "wire/fields.h"

namespace sl::wire {

// One direction of an API. A request names its Response and carries the version range; a response names its Request.
template <class M>
concept Request = requires {
  typename M::Response;
};
template <class M>
concept Response = requires {
  typename M::Request;
};

// The versions of a message and where the flexible encodings begin; a record schema carries its own.
struct Versions {
  int16_t min = 0;
  int16_t max = 0;
  int16_t flexible_from = 0;
  constexpr bool has(int16_t version) const { return version >= min && version <= max; }
  constexpr bool flexible(int16_t version) const { return version >= flexible_from; }
};
template <class M>
constexpr Versions versions_of() {
  if constexpr (Response<M>)
    return versions_of<typename M::Request>();
  else
    return {M::kMinVersion, M::kMaxVersion, M::kFlexibleFrom};
}

// A message whose later versions only add fields at its end, and which says so (kLaterVersionsAppend).
template <class M>
concept LaterVersionsAppend = requires {
  requires M::kLaterVersionsAppend;
};
// Whether bytes behind the last field are no error.
template <class M>
inline constexpr bool kMayLeaveBytes = Request<M> || LaterVersionsAppend<M>;

class Encoder;

// What the functions below need of one message, defined in wire/instantiate.h.
template <class M>
struct Walks {
  static void encode(const void* message, Encoder& encoder);
  static const char* name();
};

// What precedes a message in its frame.
enum class Framing : uint8_t { kNone, kRequest, kResponse };
struct FrameHead {
  Framing framing = Framing::kNone;
  int16_t api_key = 0;
  int32_t correlation_id = 0;
  const std::optional<std::string>* client_id = nullptr;
};

namespace detail {
using EncodeWalk = void (*)(const void*, Encoder&);
Encoded encode(const FrameHead& head, const void* message, EncodeWalk walk, Versions versions, int16_t version);
size_t encoded_size(const void* message, EncodeWalk walk, Versions versions, int16_t version);
Status check_version(const char* message, Versions versions, int16_t version);
}  // namespace detail

// The message alone, without any frame. The version must be in range.
template <class M>
Encoded encode(const M& message, int16_t version) {
  return detail::encode({}, &message, &Walks<M>::encode, versions_of<M>(), version);
}

// Bytes that encode() makes.
template <class M>
size_t encoded_size(const M& message, int16_t version) {
  return detail::encoded_size(&message, &Walks<M>::encode, versions_of<M>(), version);
}

// `body` is exactly one message and lies in `owner`, which records fields of the result keep.
template <class M>
Result<M> decode(Bytes body, int16_t version, const Buffer& owner);

// {acks: -1, topic_data: [{name: "t"}]}: for traces and tests. Records are named by their size.
template <class M>
std::string describe(const M& message, int16_t version);

// Random but valid values in the fields that exist in the version: the source of tests and fuzzers.
template <class M>
void fill(M& message, int16_t version, Random& random);

// "ProduceRequest"
template <class M>
const char* message_name() {
  return Walks<M>::name();
}

}  // namespace sl::wire
