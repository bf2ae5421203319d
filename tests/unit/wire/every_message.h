// Every message of the wire module with every version it has, for tests that must hold for all of them.
#pragma once
#include "wire/api.h"
#include "wire/consumer_protocol.h"
#include "wire/control_records.h"
#include "wire/group_records.h"
#include "wire/metadata_records.h"

namespace sl::wire {

// Calls f.operator()<M>() for every request, response, metadata record, control record and the quorum state, and for
// the keys and values of group records and what clients embed in their groups' requests.
template <class F>
void for_each_message(F&& f) {
  for_each_request([&]<class M>() {
    f.template operator()<M>();
    f.template operator()<typename M::Response>();
  });
  [&]<class... Ms>(std::type_identity<std::variant<Ms...>>) {
    (f.template operator()<Ms>(), ...);
  }(std::type_identity<MetadataRecord>{});
  [&]<class... Entries>(std::type_identity<std::variant<Entries...>>) {
    ((f.template operator()<typename Entries::Key>(), f.template operator()<typename Entries::Value>()), ...);
  }(std::type_identity<GroupRecord>{});
  [&]<class... Ms>(std::type_identity<std::tuple<Ms...>>) {
    (f.template operator()<Ms>(), ...);
  }(std::type_identity<
      std::tuple<LeaderChangeMessage, KRaftVersionRecord, VotersRecord, SnapshotHeaderRecord, SnapshotFooterRecord,
                 QuorumStateData, ConsumerProtocolSubscription, ConsumerProtocolAssignment>>{});
}

// Calls f.operator()<M>(version) for each version of each message.
template <class F>
void for_each_version(F&& f) {
  for_each_message([&]<class M>() {
    constexpr Versions kVersions = versions_of<M>();
    for (int16_t v = kVersions.min; v <= kVersions.max; ++v) f.template operator()<M>(v);
  });
}

// The bytes of a message in a buffer of their own, as a frame would hold them.
template <class M>
Buffer encoded_buffer(const M& message, int16_t version) {
  return Buffer::copy_of(as_bytes(encode(message, version).joined()));
}

}  // namespace sl::wire
