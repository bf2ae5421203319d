// The values of the metadata log's control records, and the file of the quorum's vote.
#include "tests/fuzz/fuzz.h"
#include "wire/control_records.h"

namespace {

using namespace sl;

using Kinds = std::tuple<wire::LeaderChangeMessage, wire::KRaftVersionRecord, wire::VotersRecord,
                         wire::SnapshotHeaderRecord, wire::SnapshotFooterRecord>;

template <class F>
void with_kind(size_t choice, F&& f) {
  [&]<size_t... I>(std::index_sequence<I...>) {
    ((choice == I ? f.template operator()<std::tuple_element_t<I, Kinds>>() : void()), ...);
  }
  (std::make_index_sequence<std::tuple_size_v<Kinds>>{});
}

template <class M>
void check(Bytes value) {
  auto record = wire::decode_control<M>(value);
  if (!record) return;
  std::string once = wire::encode_control(*record);
  auto second = wire::decode_control<M>(as_bytes(once));
  fuzz::require(second.ok() && wire::encode_control(*second) == once, "a second round changes nothing");
}

void check_vote(Bytes content) {
  constexpr wire::Versions kVersions = wire::versions_of<wire::QuorumStateData>();
  for (int16_t version = kVersions.min; version <= kVersions.max; ++version) {
    auto state = wire::decode<wire::QuorumStateData>(content, version, {});
    if (state) fuzz::require(wire::encode(*state, version).size() <= content.size(), "no more than was read");
  }
}

std::string make(Random& random) {
  auto choice = static_cast<uint8_t>(random.below(std::tuple_size_v<Kinds>));
  std::string input(1, static_cast<char>(choice));
  with_kind(choice, [&]<class M>() {
    M record;
    wire::fill(record, wire::versions_of<M>().max, random);
    record.version = wire::versions_of<M>().max;
    input += wire::encode_control(record);
  });
  return input;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed) {
  return fuzz::mutate(data, size, size_max, seed, &make);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  size_t choice = input.below(std::tuple_size_v<Kinds> + 1);
  Buffer value = input.rest();
  if (choice == std::tuple_size_v<Kinds>) check_vote(value.bytes());
  with_kind(choice, [&]<class M>() { check<M>(value.bytes()); });
  return 0;
}
