// TimeMerge: the records of several partitions as one stream in the order of their timestamps, each partition in its
// own order. Nothing is collected: of each partition the answer that is being read is held, and at most one more.
//
// What is hard is that the next record is known only when every partition that has not ended shows its first one. So
// partitions that are ahead are paused, and those that are waited for are fetched.
#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "client/consumer.h"
#include "record/record_cursor.h"
#include "tools/common/record_context.h"

namespace sl::tools::consume {

// For a consumer of so many finite ranges.
client::ConsumerOptions merge_options(client::ConsumerOptions options, size_t partitions);

class TimeMerge {
 public:
  // `consumer`, assigned ranges that end, and `pool` must outlive it.
  TimeMerge(client::Consumer& consumer, BufferPool& pool);

  enum class Step { kRecord, kMore, kEnd };
  // kRecord: there is one. kMore: take() an answer of the consumer first. kInvalidRecord where a batch is broken.
  Result<Step> next();
  // Of the last next(); good until the next one.
  const record::RecordView& record() const { return sources_[current_]->head; }
  RecordContext context() const;

  // Takes over an answer.
  void take(const client::Fetched& fetched);

 private:
  // An answer, in a block of its own: the block it came in may hold those of many partitions.
  struct Held {
    Buffer bytes;
    std::vector<record::BatchView> batches;
    Offset from, until;
  };
  struct Source {
    Source(size_t i, BufferPool& pool) : index(i), decompressor(&pool) {}
    const size_t index;
    std::deque<Held> held;
    size_t batch = 0;  // of the first one held
    std::optional<record::RecordCursor> cursor;
    record::Decompressor decompressor;
    record::RecordView head;
    bool has_head = false;
    bool ended = false;
  };
  Result<bool> advance(Source& source);
  Result<bool> open_batch(Source& source);
  bool later(size_t a, size_t b) const;

  client::Consumer& consumer_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<size_t> heap_;     // sources with a head, the earliest on top
  std::vector<size_t> missing_;  // sources without one that have not ended
  static constexpr size_t kNone = SIZE_MAX;
  size_t current_ = kNone;  // whose head was given out
  size_t held_max_;         // answers of one partition
};

}  // namespace sl::tools::consume
