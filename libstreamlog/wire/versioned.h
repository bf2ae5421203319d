// A version as int16 and the message in it: how Kafka frames what it stores in its own topics and what clients embed in
// each other's requests, where no request's header tells the version.
#pragma once
#include "wire/codec.h"

namespace sl::wire {

// The version must be in range.
template <class M>
std::string encode_versioned(const M& message, int16_t version = M::kMaxVersion) {
  std::string bytes(sizeof version, '\0');
  store_be(reinterpret_cast<uint8_t*>(bytes.data()), version);
  return bytes += encode(message, version).joined();
}

// kMalformed; kUnsupportedVersion, but where later versions only append, one above ours is read as ours.
template <class M>
Result<M> decode_versioned(Bytes bytes) {
  if (bytes.size() < sizeof(int16_t))
    return Error{Errc::kMalformed, std::string(message_name<M>()) + " without a version"};
  auto version = load_be<int16_t>(bytes.data());
  if constexpr (LaterVersionsAppend<M>) version = std::min(version, M::kMaxVersion);
  return decode<M>(bytes.subspan(sizeof version), version, {});
}

}  // namespace sl::wire
