// The metadata log's records, one after the other, each applied to an image, as a start does with what it finds on
// disk. A record that does not fit the image must leave it as it was.
#include "cluster/image.h"
#include "tests/fuzz/fuzz.h"
#include "wire/metadata_records.h"

namespace {

using namespace sl;

constexpr size_t kRecordBytesMax = 4096;

template <size_t... I>
wire::MetadataRecord any_record(uint64_t choice, Random& random, std::index_sequence<I...>) {
  wire::MetadataRecord record;
  auto fill_it = [&]<class M>(std::type_identity<M>) {
    M message;
    wire::fill(message, wire::versions_of<M>().max, random);
    record = std::move(message);
  };
  ((choice == I ? fill_it(std::type_identity<std::variant_alternative_t<I, wire::MetadataRecord>>{}) : void()), ...);
  return record;
}

std::string make(Random& random) {
  constexpr size_t kKinds = std::variant_size_v<wire::MetadataRecord>;
  std::string input;
  for (uint64_t count = 1 + random.below(6); count > 0; --count) {
    auto record = any_record(random.below(kKinds), random, std::make_index_sequence<kKinds>());
    std::string encoded = wire::encode_metadata_record(record);
    input += static_cast<char>(encoded.size() >> 8);
    input += static_cast<char>(encoded.size());
    input += encoded;
  }
  return input;
}

// What the image would write into a snapshot.
std::string content(const cluster::Image& image) {
  std::string all;
  for (const auto& record : image.records()) all += wire::encode_metadata_record(record);
  return all;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed) {
  return fuzz::mutate(data, size, size_max, seed, &make);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes left(data, size);
  cluster::Image image;
  Offset offset{0};
  while (left.size() > 2) {
    size_t bytes = std::min<size_t>({load_be<uint16_t>(left.data()), left.size() - 2, kRecordBytesMax});
    Buffer value = Buffer::copy_of(left.subspan(2, bytes));
    left = left.subspan(2 + bytes);
    auto record = wire::decode_metadata_record(value.bytes());
    if (!record) continue;
    fuzz::require(!wire::describe_metadata_record(*record).empty(), "a record can be described");
    std::string once = wire::encode_metadata_record(*record);
    auto second = wire::decode_metadata_record(as_bytes(once));
    fuzz::require(second.ok() && wire::encode_metadata_record(*second) == once, "a second round changes nothing");
    std::string before = content(image);
    if (!image.apply(*record, offset)) fuzz::require(content(image) == before, "a refused record changes nothing");
    offset = offset + 1;
  }
  // A snapshot of it makes the same image.
  cluster::Image copy;
  copy.reset(offset);
  for (const auto& record : image.records()) fuzz::require(copy.apply(record, offset).ok(), "a snapshot can be loaded");
  fuzz::require(content(copy) == content(image), "a snapshot is the whole state");
  return 0;
}
