// Requests as a stranger sends them: the header, then the body by API and version. What is accepted must survive being
// encoded and decoded again, byte for byte, or two of our own nodes would understand it differently.
#include "tests/fuzz/fuzz.h"
#include "wire/api.h"
#include "wire/frame.h"

namespace {

using namespace sl;

template <wire::Request M>
void check(Bytes body, int16_t version, const Buffer& owner) {
  auto message = wire::decode<M>(body, version, owner);
  if (!message) return fuzz::require(!message.error().context.empty(), "an error names the field");
  fuzz::require(!wire::describe(*message, version).empty(), "a message can be described");
  std::string once = wire::encode(*message, version).joined();
  fuzz::require(once.size() == wire::encoded_size(*message, version), "the size is what encoding makes");
  Buffer again = Buffer::copy_of(as_bytes(once));
  auto second = wire::decode<M>(again.bytes(), version, again);
  fuzz::require(second.ok(), "what was encoded can be decoded");
  fuzz::require(wire::encode(*second, version).joined() == once, "a second round changes nothing");
}

template <wire::Request M>
std::string frame_of(Random& random) {
  constexpr wire::Versions kVersions = wire::versions_of<M>();
  auto span = static_cast<uint64_t>(kVersions.max - kVersions.min + 1);
  auto version = static_cast<int16_t>(kVersions.min + static_cast<int16_t>(random.below(span)));
  M message;
  wire::fill(message, version, random);
  std::optional<std::string> client_id;
  if (random.below(4) != 0) client_id = "fuzz";
  return wire::encode_request(static_cast<int32_t>(random.next()), client_id, message, version).joined().substr(4);
}

std::string make(Random& random) {
  std::string frame;
  wire::visit_request(static_cast<int16_t>(wire::kApis[random.below(wire::kApiCount)].key),
                      [&]<class M>() { frame = frame_of<M>(random); });
  return frame;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed) {
  return fuzz::mutate(data, size, size_max, seed, &make);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Buffer frame = Buffer::copy_of({data, size});
  auto request = wire::decode_request_header(frame.bytes());
  if (!request || !request->known) return 0;
  wire::visit_request(request->header.api_key,
                      [&]<class M>() { check<M>(request->body, request->header.api_version, frame); });
  return 0;
}
