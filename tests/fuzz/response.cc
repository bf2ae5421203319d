// Answers as a strange server sends them. The first three bytes choose API and version, as the client's memory of its
// question does.
#include "tests/fuzz/fuzz.h"
#include "wire/api.h"
#include "wire/frame.h"

namespace {

using namespace sl;

template <wire::Response M>
void check(Bytes frame, int16_t version, const Buffer& owner) {
  auto message = wire::decode_response<M>(frame, version, owner);
  if (!message) return;
  fuzz::require(!wire::describe(*message, version).empty(), "a message can be described");
  std::string once = wire::encode_response(1, *message, version).joined().substr(4);
  Buffer again = Buffer::copy_of(as_bytes(once));
  auto second = wire::decode_response<M>(again.bytes(), version, again);
  fuzz::require(second.ok(), "what was encoded can be decoded");
  fuzz::require(wire::encode_response(1, *second, version).joined().substr(4) == once, "a second round is the same");
}

template <class Request>
int16_t version_of(uint16_t choice) {
  constexpr wire::Versions kVersions = wire::versions_of<Request>();
  return static_cast<int16_t>(kVersions.min + choice % (kVersions.max - kVersions.min + 1));
}

std::string make(Random& random) {
  auto api = static_cast<uint8_t>(random.below(wire::kApiCount));
  auto choice = static_cast<uint16_t>(random.below(64));
  std::string input(3, '\0');
  input[0] = static_cast<char>(api);
  input[2] = static_cast<char>(choice);
  wire::visit_request(static_cast<int16_t>(wire::kApis[api].key), [&]<class M>() {
    typename M::Response message;
    int16_t version = version_of<M>(choice);
    wire::fill(message, version, random);
    input += wire::encode_response(1, message, version).joined().substr(4);
  });
  return input;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed) {
  return fuzz::mutate(data, size, size_max, seed, &make);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  auto key = static_cast<int16_t>(wire::kApis[input.below(wire::kApiCount)].key);
  auto choice = input.take<uint16_t>();
  Buffer frame = input.rest();
  (void)wire::peek_correlation(frame.bytes());
  wire::visit_request(key,
                      [&]<class M>() { check<typename M::Response>(frame.bytes(), version_of<M>(choice), frame); });
  return 0;
}
