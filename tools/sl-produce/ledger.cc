#include "tools/sl-produce/ledger.h"

#include <cassert>
#include <cstring>

#include "base/varint.h"

namespace sl::tools::produce {
namespace {

constexpr size_t kCompactBytes = 64 << 10;

int32_t length_of(const std::optional<Bytes>& bytes) {
  return bytes ? static_cast<int32_t>(bytes->size()) : -1;
}

void append(std::string& out, const std::optional<Bytes>& bytes) {
  if (bytes) out += as_text(*bytes);
}

void append_varint(std::string& out, int32_t value) {
  uint8_t encoded[kVarint32BytesMax];
  out.append(reinterpret_cast<const char*>(encoded), static_cast<size_t>(put_varint(encoded, value) - encoded));
}

}  // namespace

void Ledger::push(const client::ProducerRecord& record) {
  if (at_ > kCompactBytes && at_ > bytes_.size() / 2) {
    bytes_.erase(0, at_);
    at_ = 0;
  }
  Entry entry{record.timestamp_ms, length_of(record.key), length_of(record.value),
              static_cast<int32_t>(record.headers.size()), 0};
  size_t begin = bytes_.size();
  bytes_.resize(begin + sizeof entry);
  append(bytes_, record.key);
  append(bytes_, record.value);
  size_t headers = bytes_.size();
  // As a record holds them, so that they can be read like those of one.
  for (const record::HeaderView& header : record.headers) {
    append_varint(bytes_, static_cast<int32_t>(header.name.size()));
    bytes_ += header.name;
    append_varint(bytes_, length_of(header.value));
    append(bytes_, header.value);
  }
  entry.header_bytes = static_cast<uint32_t>(bytes_.size() - headers);
  std::memcpy(bytes_.data() + begin, &entry, sizeof entry);
}

record::RecordView Ledger::pop() {
  assert(!empty());
  Entry entry;
  std::memcpy(&entry, bytes_.data() + at_, sizeof entry);
  const uint8_t* from = reinterpret_cast<const uint8_t*>(bytes_.data()) + at_ + sizeof entry;
  const uint8_t* begin = from;
  record::RecordView record;
  record.timestamp_ms = entry.timestamp_ms;
  if (entry.key_bytes >= 0) {
    record.key.emplace(from, static_cast<size_t>(entry.key_bytes));
    from += entry.key_bytes;
  }
  if (entry.value_bytes >= 0) {
    record.value.emplace(from, static_cast<size_t>(entry.value_bytes));
    from += entry.value_bytes;
  }
  record.header_bytes = {from, entry.header_bytes};
  record.header_count = entry.header_count;
  at_ += sizeof entry + static_cast<size_t>(from - begin) + entry.header_bytes;
  return record;
}

}  // namespace sl::tools::produce
