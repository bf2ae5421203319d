// The broker's look at a produced batch, under any settings of the topic; and a follower's at what a leader sent. What
// is accepted must be a batch that every later reader accepts too.
#include "storage/batch_check.h"

#include "record/record_cursor.h"
#include "tests/fuzz/batches.h"

namespace {

using namespace sl;

constexpr size_t kSettingsBytes = 4;
constexpr int64_t kNow = 1'700'000'050'000;

std::string make(Random& random) {
  std::string input(kSettingsBytes, '\0');
  for (char& c : input) c = static_cast<char>(random.next());
  return input + fuzz::any_batch(random);
}

void repair(MutableBytes input) {
  if (input.size() > kSettingsBytes) fuzz::make_whole(input.subspan(kSettingsBytes));
}

storage::LogSettings settings_of(fuzz::Input& input) {
  storage::LogSettings settings;
  auto flags = input.take<uint8_t>();
  if (flags & 1) settings.timestamp_type = storage::TimestampType::kLogAppendTime;
  if (flags & 2) settings.compact = true;
  if (flags & 4) settings.keep_producer_compression = false;
  if (flags & 8) settings.max_message_bytes = 200;
  if (flags & 16) settings.timestamp_before_max_ms = 60'000;
  settings.compression = static_cast<record::Codec>(input.below(5));
  input.take<uint16_t>();
  return settings;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed) {
  return fuzz::mutate(data, size, size_max, seed, &make, &repair);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  storage::LogSettings settings = settings_of(input);
  Buffer bytes = input.rest();
  auto whole = storage::check_replicated(bytes.bytes());
  if (whole) fuzz::require(whole->size() <= bytes.size(), "no more comes out than went in");
  BufferPool pool(0);
  storage::BatchChecker checker;
  auto checked = storage::check_batch(Slice{bytes, bytes.bytes()}, settings, kNow, checker, pool);
  if (!checked) {
    fuzz::require(!checked.error().context.empty(), "a refusal says why");
    return 0;
  }
  auto batch = record::parse_batch(checked->batch.bytes);
  fuzz::require(batch.ok() && batch->size() == checked->batch.bytes.size() && batch->crc_ok(), "it is one whole batch");
  record::Decompressor decompressor;
  auto stats = record::check_records(*batch, decompressor);
  fuzz::require(stats.ok() && stats->count == checked->record_count, "its records are all there");
  fuzz::require(static_cast<int64_t>(batch->size()) <= settings.max_message_bytes, "it is as small as is allowed");
  fuzz::require(batch->max_timestamp_ms() == checked->max_timestamp_ms, "its header tells the largest time");
  fuzz::require(settings.keep_producer_compression || batch->codec() == settings.compression, "the topic's codec");
  fuzz::require(!settings.compact || !stats->null_key, "a compacted topic has keys");
  return 0;
}
