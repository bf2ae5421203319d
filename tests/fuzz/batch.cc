// A record batch from outside: its header, CRC and every record, compressed or not; and the rewritings a broker does.
// The broker's check and the consumer's walk must agree on what a good batch is.
#include "record/record_cursor.h"
#include "record/rewrite.h"
#include "tests/fuzz/batches.h"

namespace {

using namespace sl;

std::string make(Random& random) {
  return fuzz::any_batch(random);
}

// All records to their last header; how many there were, or -1 where one was broken.
int64_t walk(record::BatchView batch, record::Decompressor& decompressor) {
  auto cursor = record::RecordCursor::open(batch, decompressor);
  if (!cursor) return -1;
  record::RecordView record;
  for (int64_t count = 0;; ++count) {
    auto more = cursor->next(record);
    if (!more) return -1;
    if (!*more) return count;
    fuzz::require(record.offset >= batch.base_offset(), "offsets begin at the base");
    auto headers = record.headers();
    int32_t seen = 0;
    while (auto header = headers.next()) ++seen;
    fuzz::require(seen == record.header_count, "as many headers as were counted");
  }
}

void rewrite(record::BatchView batch, const record::RecordStats& stats) {
  BufferPool pool(0);
  record::Decompressor decompressor;
  record::Compressor compressor;
  auto codec = static_cast<record::Codec>((static_cast<int>(batch.codec()) + 1) % 5);
  auto other = record::recompress(batch, codec, record::kDefaultLevel, decompressor, compressor, pool);
  if (!other) return;
  auto view = record::parse_batch(other->bytes);
  fuzz::require(view.ok() && view->crc_ok(), "a rewritten batch is whole");
  record::CheckOptions rising{.contiguous = false};
  auto again = record::check_records(*view, decompressor, rising);
  fuzz::require(again.ok() && again->count == stats.count && again->uncompressed_bytes == stats.uncompressed_bytes,
                "a rewritten batch holds the same records");
  Buffer stamped = Buffer::copy_of(other->bytes);
  record::set_log_append_time(stamped.bytes(), 1'700'000'000'000);
  fuzz::require(record::BatchView(stamped.bytes()).crc_ok(), "a stamped batch is whole");
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed) {
  return fuzz::mutate(data, size, size_max, seed, &make, &fuzz::make_whole);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Buffer bytes = Buffer::copy_of({data, size});
  auto batch = record::parse_batch(bytes.bytes());
  if (!batch) return 0;
  record::Decompressor decompressor;
  bool whole = batch->crc_ok();
  int64_t walked = walk(*batch, decompressor);
  record::CheckOptions rising{.contiguous = false};
  auto checked = record::check_records(*batch, decompressor, rising);
  // Of the attributes of a record, which Kafka has never used, the broker refuses what the consumer reads past.
  bool refined = !checked && checked.error().context.find("attributes") != std::string::npos;
  fuzz::require(refined || checked.ok() == (walked >= 0), "check and walk agree");
  if (checked) {
    fuzz::require(checked->count == walked && walked == batch->record_count(), "the count is the header's");
    if (whole) rewrite(*batch, *checked);
  }
  return 0;
}
