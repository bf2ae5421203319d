// The search for a key's kind among the alternatives of the variant, and the versions in which values are written.
#include "wire/group_records.h"

#include <fmt/format.h>

#include "wire/instantiate.h"

namespace sl::wire {

SL_WIRE_MESSAGE(OffsetCommitKey);
SL_WIRE_MESSAGE(OffsetCommitValue);
SL_WIRE_MESSAGE(GroupMetadataKey);
SL_WIRE_MESSAGE(GroupMetadataValue);
SL_WIRE_MESSAGE(ConsumerGroupMetadataKey);
SL_WIRE_MESSAGE(ConsumerGroupMetadataValue);
SL_WIRE_MESSAGE(ConsumerGroupPartitionMetadataKey);
SL_WIRE_MESSAGE(ConsumerGroupPartitionMetadataValue);
SL_WIRE_MESSAGE(ConsumerGroupMemberMetadataKey);
SL_WIRE_MESSAGE(ConsumerGroupMemberMetadataValue);
SL_WIRE_MESSAGE(ConsumerGroupTargetAssignmentMetadataKey);
SL_WIRE_MESSAGE(ConsumerGroupTargetAssignmentMetadataValue);
SL_WIRE_MESSAGE(ConsumerGroupTargetAssignmentMemberKey);
SL_WIRE_MESSAGE(ConsumerGroupTargetAssignmentMemberValue);
SL_WIRE_MESSAGE(ConsumerGroupCurrentMemberAssignmentKey);
SL_WIRE_MESSAGE(ConsumerGroupCurrentMemberAssignmentValue);
SL_WIRE_MESSAGE(ConsumerGroupRegularExpressionKey);
SL_WIRE_MESSAGE(ConsumerGroupRegularExpressionValue);

namespace {

template <class Value>
int16_t written_version(const Value& value) {
  if constexpr (requires { value.written_version(); })
    return value.written_version();
  else
    return Value::kMaxVersion;
}

// Decodes into the alternative whose kind it is; `at` counts through the variant's alternatives.
template <size_t at = 0>
Result<GroupRecord> decode_as(int16_t kind, Bytes key, const std::optional<Bytes>& value) {
  if constexpr (at == std::variant_size_v<GroupRecord>) {
    return Error{Errc::kUnsupportedVersion, fmt::format("group record {} is unknown", kind)};
  } else {
    using Entry = std::variant_alternative_t<at, GroupRecord>;
    if (!versions_of<typename Entry::Key>().has(kind)) return decode_as<at + 1>(kind, key, value);
    Entry entry;
    SL_TRY(entry.key, decode_versioned<typename Entry::Key>(key));
    if (value) {
      SL_TRY(entry.value, decode_versioned<typename Entry::Value>(*value));
    }
    return GroupRecord(std::move(entry));
  }
}

}  // namespace

GroupRecordBytes encode_group_record(const GroupRecord& record) {
  return std::visit(
      [](const auto& entry) {
        GroupRecordBytes bytes{encode_versioned(entry.key), std::nullopt};
        if (entry.value) bytes.value = encode_versioned(*entry.value, written_version(*entry.value));
        return bytes;
      },
      record);
}

Result<GroupRecord> decode_group_record(Bytes key, const std::optional<Bytes>& value) {
  if (key.size() < sizeof(int16_t)) return Error{Errc::kMalformed, "a group record's key without a kind"};
  return decode_as(load_be<int16_t>(key.data()), key, value);
}

std::string describe_group_record(const GroupRecord& record) {
  return std::visit(
      []<class Key>(const GroupEntry<Key>& entry) {
        using Value = typename Key::Value;
        std::string text = fmt::format("{} {}", message_name<Key>(), describe(entry.key, Key::kMaxVersion));
        if (!entry.value) return text + " null";
        return fmt::format("{} {} {}", text, message_name<Value>(),
                           describe(*entry.value, written_version(*entry.value)));
      },
      record);
}

}  // namespace sl::wire
