// Nothing here is hard: a record is a number and filling, a batch is a handful of them.
#include "tests/simulation/sample_batch.h"

#include <fmt/core.h>

#include "base/random.h"

namespace sl::simulation {

Slice sample_batch(BufferPool& buffers, std::span<const SampleRecord> records, const SampleProducer& producer) {
  record::BatchBuilder builder(buffers, 8 << 20, 4 << 10);
  for (const SampleRecord& one : records) {
    std::optional<Bytes> key, value;
    if (!one.key.empty()) key = as_bytes(one.key);
    if (!one.tombstone) value = as_bytes(one.value);
    [[maybe_unused]] bool taken = builder.append(one.timestamp_ms, key, value);
    assert(taken);
  }
  record::BatchStamp stamp;
  stamp.producer_id = producer.id;
  stamp.producer_epoch = producer.epoch;
  stamp.base_sequence = producer.sequence;
  return builder.finish(stamp);
}

std::string sample_value(uint64_t number, size_t size) {
  std::string text = fmt::format("r{:014d} ", number);
  SeededRandom random(number);
  while (text.size() + 8 <= size) {
    uint64_t word = random.next();
    text.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  text.resize(std::max<size_t>(size, 16), 'x');
  return text;
}

}  // namespace sl::simulation
