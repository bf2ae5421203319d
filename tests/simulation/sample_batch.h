// Batches for the simulations: records whose sizes, keys and times are the caller's, as a producer would send them.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "base/ids.h"
#include "record/batch_builder.h"

namespace sl::simulation {

struct SampleRecord {
  int64_t timestamp_ms = 0;
  std::string value;
  std::string key = {};    // empty: none
  bool tombstone = false;  // a key without a value
};

// Which producer sends it; the default is one without an id.
struct SampleProducer {
  ProducerId id{-1};
  int16_t epoch = -1;
  int32_t sequence = -1;
};

// One uncompressed batch. `records` is not empty.
Slice sample_batch(BufferPool& buffers, std::span<const SampleRecord> records, const SampleProducer& producer);

// Text that says who it is and is hard to compress, of exactly `size` bytes (at least 16).
std::string sample_value(uint64_t number, size_t size);

}  // namespace sl::simulation
