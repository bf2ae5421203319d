// Batches for the record tests: hexadecimal in and out, random records, and batches whose records are written byte by
// byte, which a builder would refuse to make.
#pragma once
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "record/batch_builder.h"
#include "record/record_cursor.h"

namespace sl::record::samples {

inline std::vector<uint8_t> from_hex(std::string_view hex) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return bytes;
}

inline std::string to_hex(Bytes bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (uint8_t byte : bytes) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

// The batch of one record that the format's description gives: key "k", value "v".
inline constexpr std::string_view kVector =
    "00000000000000000000003a0000000002e99b8dd80000000000000000018bcfe568000000018bcfe56800ffffffffffffffffffffffffffff"
    "0000000110000000026b027600";

using Text = std::optional<std::string>;

// A record that owns its bytes, comparable.
struct Sample {
  int64_t timestamp_ms = 0;
  Text key;
  Text value;
  std::vector<std::pair<std::string, Text>> headers;
  bool operator==(const Sample&) const = default;
};

inline std::optional<Bytes> view(const Text& text) {
  if (!text) return std::nullopt;
  return as_bytes(*text);
}
inline Text own(const std::optional<Bytes>& bytes) {
  if (!bytes) return std::nullopt;
  return std::string(as_text(*bytes));
}

inline std::vector<HeaderView> header_views(const Sample& sample) {
  std::vector<HeaderView> views;
  for (const auto& [name, value] : sample.headers) views.push_back({name, view(value)});
  return views;
}

inline bool append(BatchBuilder& builder, const Sample& sample) {
  return builder.append(sample.timestamp_ms, view(sample.key), view(sample.value), header_views(sample));
}

inline Sample own(const RecordView& record) {
  Sample sample{record.timestamp_ms, own(record.key), own(record.value), {}};
  HeaderCursor headers = record.headers();
  while (auto header = headers.next()) sample.headers.emplace_back(std::string(header->name), own(header->value));
  return sample;
}

inline Text random_text(Random& random, size_t bytes_max) {
  if (random.below(5) == 0) return std::nullopt;
  std::string text(random.below(4) == 0 ? 0 : random.below(bytes_max), '\0');
  // Half random, half repetitive, so that codecs both fail and succeed to shrink it.
  bool repetitive = random.below(2) == 0;
  for (auto& c : text) c = static_cast<char>(repetitive ? 'a' + random.below(2) : random.next());
  return text;
}

inline Sample random_sample(Random& random) {
  Sample sample;
  static constexpr int64_t kTimes[] = {0, -1, 1'700'000'000'000, INT64_MAX, INT64_MIN, 1'700'000'003'333};
  sample.timestamp_ms = kTimes[random.below(std::size(kTimes))];
  if (random.below(2) == 0) sample.timestamp_ms = 1'700'000'000'000 + static_cast<int64_t>(random.below(100'000));
  sample.key = random_text(random, 40);
  sample.value = random_text(random, random.below(20) == 0 ? 70'000 : 300);
  static const std::string kNames[] = {"", "trace", "trace", "größe"};
  if (random.below(3) == 0)
    for (uint64_t n = random.below(5); n > 0; --n)
      sample.headers.emplace_back(kNames[random.below(std::size(kNames))], random_text(random, 20));
  return sample;
}

// Every record of a batch, or the error that stopped the walk.
inline Result<std::vector<Sample>> read_all(BatchView batch, Decompressor& decompressor) {
  SL_TRY(RecordCursor cursor, RecordCursor::open(batch, decompressor));
  std::vector<Sample> samples;
  RecordView record;
  for (;;) {
    SL_TRY(bool more, cursor.next(record));
    if (!more) return samples;
    samples.push_back(own(record));
  }
}

// A batch around record bytes as they are, with a right CRC.
inline std::vector<uint8_t> batch_of(Bytes records, int32_t count, int32_t last_delta, int16_t attributes = 0) {
  std::vector<uint8_t> batch = from_hex(kVector);
  batch.resize(kBatchHeaderBytes);
  batch.insert(batch.end(), records.begin(), records.end());
  store_be(batch.data() + 8, static_cast<int32_t>(batch.size() - kBatchPrefixBytes));
  store_be(batch.data() + 21, attributes);
  store_be(batch.data() + 23, last_delta);
  store_be(batch.data() + 57, count);
  set_crc(batch);
  return batch;
}

}  // namespace sl::record::samples
