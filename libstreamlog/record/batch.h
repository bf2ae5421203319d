// Record batch v2, the one format of the house (KIP-98; kafka.apache.org/documentation, "Record Batch"): what a
// producer builds crosses the wire, lies on disk, replicates and is parsed by the consumer. Everything here is a view;
// nothing is copied.
//
// Layout, big-endian: baseOffset 0..8 | batchLength 8..12 (bytes after it) | leaderEpoch 12..16 | magic 16 | crc 17..21
// over 21..end | attributes 21..23 | lastOffsetDelta 23..27 | baseTimestamp 27..35 | maxTimestamp 35..43 |
// producerId 43..51 | producerEpoch 51..53 | baseSequence 53..57 | recordsCount 57..61 | records. baseOffset and
// leaderEpoch are outside the CRC: the broker sets them in place.
#pragma once
#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

namespace sl::record {

inline constexpr size_t kBatchHeaderBytes = 61;
// baseOffset and batchLength: what is needed to know where a batch ends.
inline constexpr size_t kBatchPrefixBytes = 12;
inline constexpr int8_t kMagic = 2;

enum class Codec : int8_t { kNone = 0, kGzip = 1, kSnappy = 2, kLz4 = 3, kZstd = 4 };

// A whole batch whose length and magic have been checked (see parse_batch); accessors read the header in place.
class BatchView {
 public:
  explicit BatchView(Bytes bytes) : bytes_(bytes) {}
  Bytes bytes() const { return bytes_; }
  size_t size() const { return bytes_.size(); }
  Offset base_offset() const { return Offset(at<int64_t>(0)); }
  Epoch leader_epoch() const { return Epoch(at<int32_t>(12)); }
  uint32_t crc() const { return at<uint32_t>(17); }
  int16_t attributes() const { return at<int16_t>(21); }
  Codec codec() const { return static_cast<Codec>(attributes() & 7); }
  bool log_append_time() const { return attributes() & 8; }
  bool transactional() const { return attributes() & 16; }
  bool control() const { return attributes() & 32; }
  bool has_delete_horizon() const { return attributes() & 64; }
  int32_t last_offset_delta() const { return at<int32_t>(23); }
  Offset last_offset() const { return base_offset() + last_offset_delta(); }
  Offset next_offset() const { return base_offset() + (int64_t{last_offset_delta()} + 1); }
  int64_t base_timestamp_ms() const { return at<int64_t>(27); }
  int64_t max_timestamp_ms() const { return at<int64_t>(35); }
  ProducerId producer_id() const { return ProducerId(at<int64_t>(43)); }
  int16_t producer_epoch() const { return at<int16_t>(51); }
  int32_t base_sequence() const { return at<int32_t>(53); }
  int32_t record_count() const { return at<int32_t>(57); }
  // The records section, compressed if codec() says so.
  Bytes records() const { return bytes_.subspan(kBatchHeaderBytes); }
  // True where the CRC in the header is that of the bytes.
  bool crc_ok() const;

 private:
  template <class Int>
  Int at(size_t offset) const {
    return load_be<Int>(bytes_.data() + offset);
  }
  Bytes bytes_;
};

// The first batch of `bytes`. kMalformed where length or offset is impossible or the magic unknown; kWouldBlock where
// `bytes` ends before the batch does. Checks neither the CRC nor the records.
Result<BatchView> parse_batch(Bytes bytes);

// The two fields a broker sets, in place.
inline void set_base_offset(MutableBytes batch, Offset offset) {
  store_be(batch.data(), offset.value);
}
inline void set_leader_epoch(MutableBytes batch, Epoch epoch) {
  store_be(batch.data() + 12, epoch.value);
}

}  // namespace sl::record
