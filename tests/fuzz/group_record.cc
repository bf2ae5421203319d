// The records of `__consumer_offsets`, as a start finds them on disk, and the subscriptions and assignments that
// clients embed in the requests of their groups. What is accepted is the same after a second round.
#include "tests/fuzz/fuzz.h"
#include "wire/consumer_protocol.h"
#include "wire/group_records.h"

namespace {

using namespace sl;

enum Kind : uint8_t { kRecord, kTombstone, kSubscription, kAssignment, kKinds };

template <class M>
void check_versioned(Bytes bytes) {
  auto message = wire::decode_versioned<M>(bytes);
  if (!message) return fuzz::require(!message.error().context.empty(), "an error names the field");
  std::string once = wire::encode_versioned(*message);
  auto second = wire::decode_versioned<M>(as_bytes(once));
  fuzz::require(second.ok() && *second == *message, "what was encoded is what is decoded");
}

void check_record(Bytes key, const std::optional<Bytes>& value) {
  auto record = wire::decode_group_record(key, value);
  if (!record) return fuzz::require(!record.error().context.empty(), "an error names the field");
  fuzz::require(!wire::describe_group_record(*record).empty(), "a record can be described");
  wire::GroupRecordBytes once = wire::encode_group_record(*record);
  std::optional<Bytes> once_value;
  if (once.value) once_value = as_bytes(*once.value);
  auto second = wire::decode_group_record(as_bytes(once.key), once_value);
  fuzz::require(second.ok(), "what was encoded can be decoded");
  wire::GroupRecordBytes twice = wire::encode_group_record(*second);
  fuzz::require(twice.key == once.key && twice.value == once.value, "a second round changes nothing");
}

template <size_t... I>
wire::GroupRecord any_record(uint64_t choice, Random& random, std::index_sequence<I...>) {
  wire::GroupRecord record;
  auto fill_it = [&]<class Entry>(std::type_identity<Entry>) {
    using Value = typename Entry::Value;
    Entry entry;
    wire::fill(entry.key, Entry::Key::kMaxVersion, random);
    auto version = static_cast<int16_t>(random.below(uint64_t{Value::kMaxVersion} + 1));
    wire::fill(entry.value.emplace(), version, random);
    record = std::move(entry);
  };
  ((choice == I ? fill_it(std::type_identity<std::variant_alternative_t<I, wire::GroupRecord>>{}) : void()), ...);
  return record;
}

template <class M>
std::string any_versioned(Random& random) {
  M message;
  auto version = static_cast<int16_t>(random.below(uint64_t{M::kMaxVersion} + 1));
  wire::fill(message, version, random);
  return wire::encode_versioned(message, version);
}

// The kind; a record's key with its length in two bytes; the value.
std::string make(Random& random) {
  auto kind = static_cast<Kind>(random.below(kKinds));
  std::string input(1, static_cast<char>(kind));
  if (kind == kSubscription) return input + any_versioned<wire::ConsumerProtocolSubscription>(random);
  if (kind == kAssignment) return input + any_versioned<wire::ConsumerProtocolAssignment>(random);
  constexpr size_t kRecords = std::variant_size_v<wire::GroupRecord>;
  auto record = any_record(random.below(kRecords), random, std::make_index_sequence<kRecords>());
  wire::GroupRecordBytes bytes = wire::encode_group_record(record);
  input += {static_cast<char>(bytes.key.size() >> 8), static_cast<char>(bytes.key.size())};
  return input + bytes.key + *bytes.value;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed) {
  return fuzz::mutate(data, size, size_max, seed, &make);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  size_t kind = input.below(kKinds);
  Buffer key = kind <= kTombstone ? Buffer::copy_of(as_bytes(input.long_text())) : Buffer();
  Buffer rest = input.rest();
  switch (kind) {
    case kRecord:
      check_record(key.bytes(), rest.bytes());
      break;
    case kTombstone:
      check_record(key.bytes(), std::nullopt);
      break;
    case kSubscription:
      check_versioned<wire::ConsumerProtocolSubscription>(rest.bytes());
      break;
    default:
      check_versioned<wire::ConsumerProtocolAssignment>(rest.bytes());
  }
  return 0;
}
