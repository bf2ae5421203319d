// The frame around a metadata record, and the search for its id among the alternatives of the variant.
#include "wire/metadata_records.h"

#include <fmt/format.h>

#include "base/varint.h"
#include "wire/instantiate.h"

namespace sl::wire {

SL_WIRE_MESSAGE(RegisterBrokerRecord);
SL_WIRE_MESSAGE(UnregisterBrokerRecord);
SL_WIRE_MESSAGE(TopicRecord);
SL_WIRE_MESSAGE(PartitionRecord);
SL_WIRE_MESSAGE(ConfigRecord);
SL_WIRE_MESSAGE(PartitionChangeRecord);
SL_WIRE_MESSAGE(FenceBrokerRecord);
SL_WIRE_MESSAGE(UnfenceBrokerRecord);
SL_WIRE_MESSAGE(RemoveTopicRecord);
SL_WIRE_MESSAGE(FeatureLevelRecord);
SL_WIRE_MESSAGE(ProducerIdsRecord);
SL_WIRE_MESSAGE(BrokerRegistrationChangeRecord);
SL_WIRE_MESSAGE(NoOpRecord);
SL_WIRE_MESSAGE(LogStartRecord);
SL_WIRE_MESSAGE(ClusterIdRecord);

namespace {

constexpr uint32_t kFrameVersion = 1;

// Decodes into the alternative whose id it is; `at` counts through the variant's alternatives.
template <size_t at = 0>
Result<MetadataRecord> decode_as(uint32_t id, int16_t version, Bytes fields) {
  if constexpr (at == std::variant_size_v<MetadataRecord>) {
    return Error{Errc::kMalformed, fmt::format("metadata record {} is unknown", id)};
  } else {
    using Record = std::variant_alternative_t<at, MetadataRecord>;
    if (Record::kId != id) return decode_as<at + 1>(id, version, fields);
    auto record = decode<Record>(fields, version, {});
    if (!record) return Error{Errc::kMalformed, std::move(record).error().context};
    return MetadataRecord(*std::move(record));
  }
}

}  // namespace

std::string encode_metadata_record(const MetadataRecord& record) {
  return std::visit(
      []<class Record>(const Record& r) {
        uint8_t frame[3 * kVarint32BytesMax];
        uint8_t* end = put_uvarint(frame, kFrameVersion);
        end = put_uvarint(end, Record::kId);
        end = put_uvarint(end, static_cast<uint64_t>(Record::kMaxVersion));
        std::string bytes(as_text({frame, end}));
        return bytes += encode(r, Record::kMaxVersion).joined();
      },
      record);
}

Result<MetadataRecord> decode_metadata_record(Bytes value) {
  const uint8_t* at = value.data();
  const uint8_t* end = at + value.size();
  uint32_t head[3] = {};  // frame version, record id, record version
  for (uint32_t& field : head)
    if (!(at = get_uvarint32(at, end, field))) return Error{Errc::kMalformed, "a metadata record is cut off"};
  if (head[0] != kFrameVersion)
    return Error{Errc::kMalformed, fmt::format("metadata record frame v{} is unknown", head[0])};
  if (head[2] > INT16_MAX)
    return Error{Errc::kMalformed, fmt::format("metadata record {} v{} is unknown", head[1], head[2])};
  return decode_as(head[1], static_cast<int16_t>(head[2]), {at, end});
}

std::string describe_metadata_record(const MetadataRecord& record) {
  return std::visit(
      []<class Record>(const Record& r) {
        return fmt::format("{} {}", message_name<Record>(), describe(r, Record::kMaxVersion));
      },
      record);
}

}  // namespace sl::wire
