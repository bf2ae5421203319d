#include "tools/sl-consume/time_merge.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

namespace sl::tools::consume {
namespace {

constexpr size_t kHeldAnswers = 2;
// With more partitions than this one answer of each is enough to be busy with, and as much as memory allows.
constexpr size_t kManyPartitions = 32;
// All that is held, for answers of the size that is asked for.
constexpr size_t kHeldBytes = 12 << 20;
constexpr size_t kAnswerBytesMin = 4 << 10;
constexpr size_t kAnswerBytesMax = 1 << 20;

}  // namespace

client::ConsumerOptions merge_options(client::ConsumerOptions options, size_t partitions) {
  size_t share = kHeldBytes / (kHeldAnswers * std::max<size_t>(partitions, 1));
  options.partition_bytes_max = static_cast<int32_t>(std::clamp(share, kAnswerBytesMin, kAnswerBytesMax));
  options.buffered_bytes_max = 4 << 20;
  return options;
}

TimeMerge::TimeMerge(client::Consumer& consumer, BufferPool& pool) : consumer_(consumer) {
  held_max_ = consumer.assignment_count() > kManyPartitions ? 1 : kHeldAnswers;
  for (size_t i = 0; i < consumer.assignment_count(); ++i) {
    sources_.push_back(std::make_unique<Source>(i, pool));
    missing_.push_back(i);
  }
}

// For a heap with the earliest record on top: at equal times that of the first partition.
bool TimeMerge::later(size_t a, size_t b) const {
  int64_t time_a = sources_[a]->head.timestamp_ms;
  int64_t time_b = sources_[b]->head.timestamp_ms;
  return time_a != time_b ? time_a > time_b : a > b;
}

Result<TimeMerge::Step> TimeMerge::next() {
  auto order = [this](size_t a, size_t b) { return later(a, b); };
  if (current_ != kNone) missing_.push_back(std::exchange(current_, kNone));
  for (size_t i = 0; i < missing_.size();) {
    Source& source = *sources_[missing_[i]];
    SL_TRY(source.has_head, advance(source));
    if (!source.has_head && !source.ended) {
      ++i;
      continue;
    }
    if (source.has_head) {
      heap_.push_back(missing_[i]);
      std::push_heap(heap_.begin(), heap_.end(), order);
    }
    missing_[i] = missing_.back();
    missing_.pop_back();
  }
  if (!missing_.empty()) return Step::kMore;
  if (heap_.empty()) return Step::kEnd;
  std::pop_heap(heap_.begin(), heap_.end(), order);
  current_ = heap_.back();
  heap_.pop_back();
  return Step::kRecord;
}

RecordContext TimeMerge::context() const {
  const Source& source = *sources_[current_];
  const client::Assignment& of = consumer_.assignment(current_);
  const record::BatchView& batch = source.held.front().batches[source.batch];
  return {of.topic, of.partition, batch.leader_epoch(), batch.log_append_time()};
}

// To the source's next record; false where what is held has no more.
Result<bool> TimeMerge::advance(Source& source) {
  for (;;) {
    if (source.cursor) {
      const Held& held = source.held.front();
      SL_TRY(bool more, source.cursor->next(source.head));
      if (more && source.head.offset < held.from) continue;
      if (more && source.head.offset < held.until) return true;
      source.cursor.reset();
      ++source.batch;
    }
    SL_TRY(bool opened, open_batch(source));
    if (!opened) return false;
  }
}

Result<bool> TimeMerge::open_batch(Source& source) {
  while (!source.held.empty() && source.batch >= source.held.front().batches.size()) {
    source.held.pop_front();
    source.batch = 0;
    if (!source.ended) consumer_.resume(source.index);
  }
  if (source.held.empty()) return false;
  SL_TRY(source.cursor, record::RecordCursor::open(source.held.front().batches[source.batch], source.decompressor));
  return true;
}

void TimeMerge::take(const client::Fetched& fetched) {
  using Kind = client::Fetched::Kind;
  if (fetched.kind == Kind::kFinished)
    for (auto& source : sources_) source->ended = true;
  if (fetched.kind == Kind::kEnded || fetched.kind == Kind::kGone) sources_[fetched.index]->ended = true;
  if (fetched.kind != Kind::kRecords) return;
  Source& source = *sources_[fetched.index];
  Held held{Buffer::allocate(fetched.bytes()), {}, fetched.from, fetched.until};
  uint8_t* to = held.bytes.data();
  for (const record::BatchView& batch : fetched.batches) {
    std::memcpy(to, batch.bytes().data(), batch.size());
    held.batches.emplace_back(Bytes(to, batch.size()));
    to += batch.size();
  }
  source.held.push_back(std::move(held));
  if (source.held.size() >= held_max_) consumer_.pause(fetched.index);
}

}  // namespace sl::tools::consume
