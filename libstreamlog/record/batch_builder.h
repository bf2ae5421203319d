// BatchBuilder: records in, one finished batch out. Records are encoded as they come into one block whose first 61
// bytes wait for the header, so a record's bytes are copied once between the caller's input and the socket. The append
// of a small record is inline: at millions of records a second, a call and a loop per record would be the producer's
// whole cost.
#pragma once
#include <cassert>
#include <optional>
#include <span>

#include "base/buffer.h"
#include "base/varint.h"
#include "record/batch.h"
#include "record/compression.h"
#include "record/record.h"

namespace sl::record {

// What the header says beside what follows from the records. The defaults are those of a producer without an id.
struct BatchStamp {
  Offset base_offset{0};
  Epoch leader_epoch = kNoEpoch;
  ProducerId producer_id{-1};
  int16_t producer_epoch = -1;
  int32_t base_sequence = -1;
  bool transactional = false;
  bool control = false;
};

// The second number in a control record's key (Kafka's ControlRecordType).
enum class ControlType : int16_t {
  kAbort = 0,
  kCommit = 1,
  kLeaderChange = 2,
  kSnapshotHeader = 3,
  kSnapshotFooter = 4,
  kRaftVersion = 5,
  kRaftVoters = 6,
};

class BatchBuilder {
 public:
  // The batch, its header included and before compression, will not exceed `bytes_max` (at most kDecompressedBytesMax).
  // A block is taken from `pool` with the first record, of `first_bytes`, and grows fourfold when it is full.
  BatchBuilder(BufferPool& pool, size_t bytes_max, size_t first_bytes = 64 << 10);

  // False, and nothing happened, where the record does not fit; in an empty builder it never will.
  bool append(int64_t timestamp_ms, std::optional<Bytes> key, std::optional<Bytes> value,
              std::span<const HeaderView> headers = {}) {
    size_t payload = (key ? key->size() : 0) + (value ? value->size() : 0);
    if (payload + kOverheadMax > static_cast<size_t>(limit_ - at_) || !headers.empty()) [[unlikely]]
      return append_slow(timestamp_ms, key, value, headers);
    put(timestamp_ms, key, value);
    return true;
  }
  // A control record; the stamp at finish() must say control.
  bool append_control(int64_t timestamp_ms, ControlType type, Bytes value);

  // Whether append() would take it.
  bool fits(std::optional<Bytes> key, std::optional<Bytes> value, std::span<const HeaderView> headers = {}) const;
  // A batch of this one record is at most so large; what `bytes_max` must be for it.
  static size_t batch_bytes_max(std::optional<Bytes> key, std::optional<Bytes> value,
                                std::span<const HeaderView> headers = {});

  bool empty() const { return count_ == 0; }
  int32_t count() const { return count_; }
  // Bytes of the batch so far, uncompressed, the header included.
  size_t size() const { return kBatchHeaderBytes + static_cast<size_t>(at_ - start_); }
  // That of the first record.
  int64_t base_timestamp_ms() const { return base_timestamp_ms_; }

  // Writes header and CRC and hands the batch out; the builder is then empty and may be filled again. Not for an empty
  // builder.
  Slice finish(const BatchStamp& stamp);
  // The same, compressed; left uncompressed where that would be refused by the reader's bounds.
  Slice finish(const BatchStamp& stamp, Codec codec, int level, Compressor& compressor);

 private:
  // Five varints of 32 bits, one of 64, the attributes.
  static constexpr size_t kOverheadMax = 5 * kVarint32BytesMax + kVarint64BytesMax + 1;
  static uint32_t length_of(const std::optional<Bytes>& bytes) {
    return bytes ? static_cast<uint32_t>(bytes->size()) << 1 : 1;  // zig-zag; null is -1, which is 1
  }
  static uint8_t* put_bytes(uint8_t* to, uint32_t zigzag_length, const std::optional<Bytes>& bytes) {
    to = put_uvarint(to, zigzag_length);
    if (!bytes || bytes->empty()) return to;
    std::memcpy(to, bytes->data(), bytes->size());
    return to + bytes->size();
  }
  // Encodes a record without headers; the room was checked.
  void put(int64_t timestamp_ms, const std::optional<Bytes>& key, const std::optional<Bytes>& value) {
    uint64_t timestamp = timestamp_delta(timestamp_ms);
    uint32_t offset = static_cast<uint32_t>(count_) << 1;
    uint32_t key_length = length_of(key);
    uint32_t value_length = length_of(value);
    size_t body = 2 + uvarint_size(timestamp) + uvarint_size(offset) + uvarint_size(key_length) +
                  uvarint_size(value_length) + (key ? key->size() : 0) + (value ? value->size() : 0);
    uint8_t* to = put_uvarint(at_, body << 1);
    *to++ = 0;  // attributes
    to = put_uvarint(to, timestamp);
    to = put_uvarint(to, offset);
    to = put_bytes(to, key_length, key);
    to = put_bytes(to, value_length, value);
    *to++ = 0;  // no headers
    at_ = to;
    ++count_;
  }
  // Zig-zagged, and notes the extremes. Wraps around as the reader's addition does.
  uint64_t timestamp_delta(int64_t timestamp_ms) {
    if (count_ == 0) base_timestamp_ms_ = max_timestamp_ms_ = timestamp_ms;
    if (timestamp_ms > max_timestamp_ms_) max_timestamp_ms_ = timestamp_ms;
    return zigzag(
        static_cast<int64_t>(static_cast<uint64_t>(timestamp_ms) - static_cast<uint64_t>(base_timestamp_ms_)));
  }
  bool append_slow(int64_t timestamp_ms, const std::optional<Bytes>& key, const std::optional<Bytes>& value,
                   std::span<const HeaderView> headers);
  void put_with_headers(int64_t timestamp_ms, const std::optional<Bytes>& key, const std::optional<Bytes>& value,
                        std::span<const HeaderView> headers, size_t headers_bytes);
  void make_room(size_t bytes);
  void write_header(MutableBytes batch, const BatchStamp& stamp, Codec codec) const;
  void clear();

  BufferPool* pool_;
  size_t bytes_max_;
  size_t first_bytes_;
  Buffer buffer_;
  uint8_t* start_ = nullptr;  // first record
  uint8_t* at_ = nullptr;     // where the next record goes
  uint8_t* limit_ = nullptr;  // end of the room
  int32_t count_ = 0;
  int64_t base_timestamp_ms_ = -1;
  int64_t max_timestamp_ms_ = -1;
};

struct ControlRecord {
  ControlType type;
  Bytes value;
};
// A batch of control records, in a block of its own; sets stamp.control.
Slice build_control_batch(int64_t timestamp_ms, BatchStamp stamp, std::span<const ControlRecord> records);
// What a record of a control batch is: kMalformed where the key is not a control record's.
Result<ControlType> control_type(const RecordView& record);

// Gives a finished batch another producer id, epoch and sequence (a retry after the id was fenced or replaced), and its
// CRC anew.
void restamp(MutableBytes batch, ProducerId producer_id, int16_t producer_epoch, int32_t base_sequence);

// Recomputes the CRC after a change behind it.
void set_crc(MutableBytes batch);

}  // namespace sl::record
