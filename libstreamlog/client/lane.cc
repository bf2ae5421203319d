#include "client/lane.h"

#include <algorithm>

#include "record/record_cursor.h"

namespace sl::client {

record::BatchStamp Lane::stamp(const ProducerIdentity& identity, int32_t base_sequence) const {
  record::BatchStamp stamp;
  if (identity.id.value < 0) return stamp;
  stamp.producer_id = identity.id;
  stamp.producer_epoch = static_cast<int16_t>(identity.epoch + epochs_);
  stamp.base_sequence = base_sequence;
  return stamp;
}

SealedBatch& Lane::seal(Sealing& sealing) {
  auto batch = std::make_shared<SealedBatch>();
  batch->lane = this;
  batch->count = builder.count();
  batch->first_input = first_input;
  batch->opened_ns = opened_ns;
  if (sealing.identity.id.value >= 0) {
    batch->base_sequence = next_sequence_;
    next_sequence_ = sequence_after(next_sequence_, batch->count);
  }
  record::BatchStamp header = stamp(sealing.identity, batch->base_sequence);
  batch->bytes = builder.finish(header, sealing.codec, sealing.level, sealing.compressor);
  due = false;
  ++generation;
  batches.push_back(std::move(batch));
  return *batches.back();
}

// Whether only one batch may be in flight: while one that was sent before is not settled, and until the leader has
// stored one. A leader takes any sequence number of a producer it has never seen, so it would take the second batch
// where it had to refuse the first.
bool Lane::careful() const {
  if (!known_ && !batches.empty() && batches.front()->base_sequence >= 0) return true;
  return std::any_of(batches.begin(), batches.end(),
                     [](const BatchPtr& batch) { return batch->attempts > (batch->in_flight ? 1 : 0); });
}

BatchPtr Lane::next(int in_flight_max) const {
  if (gap_ || in_flight_ >= (careful() ? 1 : in_flight_max)) return nullptr;
  auto first = std::find_if(batches.begin(), batches.end(), [](const BatchPtr& batch) { return !batch->in_flight; });
  return first == batches.end() ? nullptr : *first;
}

bool Lane::could_send(int in_flight_max) const {
  bool all_sent = static_cast<size_t>(in_flight_) == batches.size();
  return all_sent && !gap_ && in_flight_ < (careful() ? 1 : in_flight_max);
}

void Lane::sent(SealedBatch& batch) {
  batch.in_flight = true;
  ++batch.attempts;
  ++in_flight_;
}

void Lane::returned(SealedBatch& batch, bool maybe_stored) {
  batch.in_flight = false;
  batch.maybe_stored |= maybe_stored;
  --in_flight_;
}

void Lane::settled(const SealedBatch& batch, bool gap) {
  if (batch.in_flight) --in_flight_;
  if (gap && batch.base_sequence >= 0) gap_ = true;
  if (!gap) known_ = true;
  std::erase_if(batches, [&](const BatchPtr& each) { return each.get() == &batch; });
}

std::vector<BatchPtr> Lane::heal(const ProducerIdentity& identity) {
  std::vector<BatchPtr> unknown;
  if (!gap_ || in_flight_ > 0) return unknown;
  gap_ = false;
  ++epochs_;
  next_sequence_ = 0;
  std::deque<BatchPtr> left;
  left.swap(batches);
  for (BatchPtr& batch : left) {
    if (batch->maybe_stored) {
      unknown.push_back(std::move(batch));
      continue;
    }
    batch->base_sequence = next_sequence_;
    batch->attempts = 0;
    next_sequence_ = sequence_after(next_sequence_, batch->count);
    record::BatchStamp header = stamp(identity, batch->base_sequence);
    MutableBytes bytes(batch->bytes.owner.data(), batch->bytes.bytes.size());
    record::restamp(bytes, header.producer_id, header.producer_epoch, header.base_sequence);
    batches.push_back(std::move(batch));
  }
  return unknown;
}

namespace {

struct Piece {
  Slice bytes;
  int32_t count;
};

// Encodes the records of `batch` anew, in batches of at most `bytes_max`.
Result<std::vector<Piece>> recut(record::BatchView batch, size_t bytes_max, BufferPool& pool, Sealing& sealing,
                                 record::BatchStamp stamp) {
  record::Decompressor decompressor;
  SL_TRY(record::RecordCursor cursor, record::RecordCursor::open(batch, decompressor));
  std::vector<Piece> pieces;
  std::vector<record::HeaderView> headers;
  record::BatchBuilder builder(pool, bytes_max, bytes_max);
  auto close = [&] {
    int32_t count = builder.count();
    pieces.push_back({builder.finish(stamp, sealing.codec, sealing.level, sealing.compressor), count});
    if (stamp.base_sequence >= 0) stamp.base_sequence = sequence_after(stamp.base_sequence, count);
  };
  for (record::RecordView record;;) {
    SL_TRY(bool more, cursor.next(record));
    if (!more) break;
    headers.clear();
    for (record::HeaderCursor each = record.headers(); auto header = each.next();) headers.push_back(*header);
    if (builder.append(record.timestamp_ms, record.key, record.value, headers)) continue;
    if (!builder.empty()) close();
    size_t needed = record::BatchBuilder::batch_bytes_max(record.key, record.value, headers);
    builder = record::BatchBuilder(pool, std::max(bytes_max, needed), std::max(bytes_max, needed));
    builder.append(record.timestamp_ms, record.key, record.value, headers);
  }
  if (!builder.empty()) close();
  return pieces;
}

}  // namespace

Result<std::vector<BatchPtr>> Lane::split(SealedBatch& batch, Sealing& sealing) {
  if (batch.count < 2) return Errc::kMessageTooLarge;
  // Halves of what this one was before compression; the next refusal halves again.
  size_t half = std::max<size_t>(batch_bytes / 2, record::kBatchHeaderBytes + 256);
  if (sealing.codec == record::Codec::kNone) half = std::min(half, batch.bytes.bytes.size() / 2 + 128);
  record::BatchStamp header = stamp(sealing.identity, batch.base_sequence);
  SL_TRY(std::vector<Piece> pieces, recut(record::BatchView(batch.bytes.bytes), half, pool, sealing, header));
  batch_bytes = half;
  auto at = std::find_if(batches.begin(), batches.end(), [&](const BatchPtr& each) { return each.get() == &batch; });
  BatchPtr whole = *at;
  std::vector<BatchPtr> parts;
  int32_t done = 0;
  for (Piece& piece : pieces) {
    auto part = std::make_shared<SealedBatch>(*whole);
    part->bytes = std::move(piece.bytes);
    part->count = piece.count;
    part->attempts = 0;
    if (part->base_sequence >= 0) part->base_sequence = sequence_after(whole->base_sequence, done);
    done += piece.count;
    parts.push_back(std::move(part));
  }
  at = batches.erase(at);
  batches.insert(at, parts.begin(), parts.end());
  return parts;
}

}  // namespace sl::client
