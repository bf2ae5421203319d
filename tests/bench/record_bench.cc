// What a record costs in the record module, in nanoseconds: building a batch, its CRC, the broker's check of it and the
// consumer's walk over it. A copy of the same bytes in the same run is the ratio's base, since machines differ.
#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "record/batch_builder.h"
#include "record/record_cursor.h"

namespace {

using namespace sl;
using namespace sl::record;

constexpr size_t kBatchBytes = 1 << 20;
constexpr size_t kValueBytes = 100;
constexpr size_t kBatches = 64;
constexpr int kRounds = 5;

// Words, so that the codecs have something to do.
std::string sample_text(size_t bytes) {
  SeededRandom random(1);
  std::vector<std::string> words(2000);
  for (auto& word : words)
    for (uint64_t n = 2 + random.below(8); n > 0; --n) word += static_cast<char>('a' + random.below(26));
  std::string text;
  while (text.size() < bytes) text += words[random.below(words.size())] + " ";
  text.resize(bytes);
  return text;
}

Slice build(BatchBuilder& builder, std::string_view text, size_t value_bytes, int64_t& records) {
  int64_t now = 1'700'000'000'000;
  for (size_t at = 0;; at += value_bytes) {
    if (at + value_bytes > text.size()) at = 0;
    if (!builder.append(now, std::nullopt, as_bytes(text.substr(at, value_bytes)))) break;
  }
  records += builder.count();
  return builder.finish(BatchStamp{.producer_id = ProducerId(1), .producer_epoch = 0, .base_sequence = 0});
}

// Runs `work` (which returns how many records it did) and prints the best of a few rounds.
double measure(std::string_view what, double base_ns, const std::function<int64_t()>& work) {
  double best = 1e18;
  for (int round = 0; round < kRounds; ++round) {
    int64_t begin = system_clock().mono_ns();
    int64_t records = work();
    best = std::min(best, static_cast<double>(system_clock().mono_ns() - begin) / static_cast<double>(records));
  }
  fmt::print("{:<28} {:8.2f} ns/record {:8.2f} M/s", what, best, 1000 / best);
  if (base_ns > 0) fmt::print(" {:6.2f} x copy", best / base_ns);
  fmt::print("\n");
  return best;
}

int64_t walk(BatchView batch, Decompressor& decompressor) {
  auto cursor = RecordCursor::open(batch, decompressor);
  if (!cursor) return -1;
  RecordView record;
  size_t bytes = 0;
  for (;;) {
    auto more = cursor->next(record);
    if (!more) return -1;
    if (!*more) break;
    bytes += record.value->size();
  }
  return bytes > 0 ? batch.record_count() : 0;
}

void bench_values(size_t value_bytes, const std::string& text) {
  fmt::print("values of {} bytes, batches of {} KiB\n", value_bytes, kBatchBytes >> 10);
  BufferPool pool(256 << 20);
  Decompressor decompressor(&pool);
  std::vector<Slice> batches;
  int64_t per_set = 0;
  BatchBuilder builder(pool, kBatchBytes, kBatchBytes);
  for (size_t i = 0; i < kBatches; ++i) batches.push_back(build(builder, text, value_bytes, per_set));
  auto over_all = [&](auto work) {
    return [&batches, work]() {
      int64_t records = 0;
      for (auto& slice : batches) records += work(BatchView(slice.bytes));
      return records;
    };
  };
  std::string copy(kBatchBytes, '\0');
  double base = measure("copy of the batch", 0, over_all([&](BatchView b) {
                          std::memcpy(copy.data(), b.bytes().data(), b.size());
                          return int64_t{b.record_count()};
                        }));
  measure("build", base, [&] {
    int64_t records = 0;
    for (size_t i = 0; i < kBatches; ++i) build(builder, text, value_bytes, records);
    return records;
  });
  measure("crc", base, over_all([](BatchView b) { return b.crc_ok() ? int64_t{b.record_count()} : -1; }));
  measure("check", base, over_all([&](BatchView b) {
            auto stats = check_records(b, decompressor);
            return stats ? int64_t{stats->count} : -1;
          }));
  measure("iterate", base, over_all([&](BatchView b) { return walk(b, decompressor); }));
}

void bench_codecs(const std::string& text) {
  BufferPool pool(256 << 20);
  Compressor compressor;
  Decompressor decompressor(&pool);
  for (Codec codec : {Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
    Slice batch;
    auto make = [&] {
      BatchBuilder builder(pool, kBatchBytes, kBatchBytes);
      while (builder.append(1, {}, as_bytes(std::string_view(text).substr(builder.size() % 65536, kValueBytes)))) {
      }
      int64_t records = builder.count();
      batch = builder.finish({}, codec, kDefaultLevel, compressor);
      return records;
    };
    measure(fmt::format("{}: build, compress", codec_name(codec)), 0, make);
    measure(fmt::format("{}: decompress, iterate", codec_name(codec)), 0,
            [&] { return walk(BatchView(batch.bytes), decompressor); });
    fmt::print("{:<28} {:8.2f} bytes/record\n", "",
               static_cast<double>(batch.bytes.size()) / BatchView(batch.bytes).record_count());
  }
}

}  // namespace

int main() {
  std::string text = sample_text(8 << 20);
  bench_values(kValueBytes, text);
  bench_values(1000, text);
  bench_codecs(text);
}
