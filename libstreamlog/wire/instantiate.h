// SL_WIRE_MESSAGE(M) makes the verbs of wire/codec.h for one message. Only the .cc file beside the message's header
// includes this: the walks cost compile time, and once per message is enough.
#pragma once
#include "wire/codec.h"
#include "wire/decoder.h"
#include "wire/describer.h"
#include "wire/encoder.h"
#include "wire/filler.h"

namespace sl::wire {

template <class M>
void Walks<M>::encode(const void* message, Encoder& encoder) {
  encoder.structure(*static_cast<const M*>(message));
}

template <class M>
Result<M> decode(Bytes body, int16_t version, const Buffer& owner) {
  constexpr Versions kVersions = versions_of<M>();
  SL_CHECK(detail::check_version(Walks<M>::name(), kVersions, version));
  M message;
  Decoder decoder(body, version, kVersions.flexible(version), owner);
  decoder.structure(message);
  SL_CHECK(decoder.finish(Walks<M>::name(), kMayLeaveBytes<M>));
  return message;
}

template <class M>
std::string describe(const M& message, int16_t version) {
  std::string out;
  Describer(out, version, versions_of<M>().flexible(version)).structure(message);
  return out;
}

template <class M>
void fill(M& message, int16_t version, Random& random) {
  Filler(random, version, versions_of<M>().flexible(version)).structure(message);
}

}  // namespace sl::wire

#define SL_WIRE_MESSAGE(M)                                     \
  template <>                                                  \
  const char* Walks<M>::name() {                               \
    return #M;                                                 \
  }                                                            \
  template struct Walks<M>;                                    \
  template Result<M> decode<M>(Bytes, int16_t, const Buffer&); \
  template std::string describe<M>(const M&, int16_t);         \
  template void fill<M>(M&, int16_t, Random&)
