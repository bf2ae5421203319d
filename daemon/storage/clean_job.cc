// The two walks, over sources one after the other, each resumed where the last step left it.
#include "storage/clean_job.h"

#include <fmt/core.h>

#include <algorithm>

namespace sl::storage {
namespace {

// Segments that become one file: as many files are open meanwhile.
constexpr size_t kGroupMax = 32;

}  // namespace

CleanJob::~CleanJob() = default;

void CleanJob::run() {
  moved_bytes_ = 0;
  Status done = given_up_ ? Status(Error{Errc::kCancelled, "given up"}) : step();
  if (done) return;
  discard();
  state_ = State::kFailed;
  error_ = std::move(done).error();
}

Status CleanJob::step() {
  state_ = State::kWorking;
  if (!newest_) {
    newest_ = std::make_unique<OffsetMap>(dirty_from_, options_.map_bytes);
    cleaner_ = std::make_unique<BatchCleaner>(place_->seams.buffers);
    rules_.newest = newest_.get();
    rules_.secret = options_.secret;
    rules_.log_start = log_start_;
    end_ = dirty_from_;
    while (at_ < sources_.size() && sources_[at_].next <= dirty_from_) ++at_;
  }
  if (!learnt_) return learn_some(options_.step_bytes);
  if (!cleaned_) {
    SL_CHECK(begin_group());
    if (state_ == State::kDone) return {};
  }
  return copy_some(options_.step_bytes);
}

Status CleanJob::open_source(const Source& source) {
  std::string path = segment_path(place_->directory, source.base);
  auto file = place_->seams.files.open(path, FileSystem::Mode::kRead);
  // Retention may take a segment away meanwhile.
  if (file.code() == Errc::kNotFound) return Error{Errc::kCancelled, fmt::format("'{}' is gone", path)};
  SL_TRY(file_, std::move(file));
  scanner_.emplace(*file_, place_->seams.buffers, 0, source.bytes);
  expected_ = source.base;
  return {};
}

void CleanJob::close_source() {
  scanner_.reset();
  file_.reset();
}

// kBad as well where a batch is not the one that must come next, or where the segment ends too early.
Result<BatchScanner::Found> CleanJob::next_batch(const Source& source) {
  SL_TRY(auto found, scanner_->next());
  if (found == BatchScanner::Found::kEnd && expected_ == source.next) return found;
  if (found != BatchScanner::Found::kBatch) return BatchScanner::Found::kBad;
  record::BatchView batch = scanner_->batch();
  if (!misfit(batch, {expected_, kNoEpoch, false}).empty()) return BatchScanner::Found::kBad;
  expected_ = batch.next_offset();
  moved_bytes_ += batch.size();
  return found;
}

// Of a damaged one no record is judged; what was learnt from it so far is there to be read.
void CleanJob::leave_out(Source& source) {
  source.left_out = true;
  (void)note_damage(source);
  end_ = source.next;
  close_source();
  ++at_;
}

// Fills the map from the part that is dirty, until that ends or the map is full.
Status CleanJob::learn_some(uint64_t budget) {
  while (moved_bytes_ < budget) {
    if (at_ >= sources_.size()) {
      learnt_ = true;
      break;
    }
    Source& source = sources_[at_];
    if (source.left_out) {
      end_ = source.next;
      ++at_;
      continue;
    }
    if (!scanner_) SL_CHECK(open_source(source));
    SL_TRY(auto found, next_batch(source));
    if (found == BatchScanner::Found::kBad) {
      leave_out(source);
      continue;
    }
    if (found == BatchScanner::Found::kEnd) {
      close_source();
      ++at_;
      continue;
    }
    record::BatchView batch = scanner_->batch();
    read_bytes_ += batch.size();
    if (batch.next_offset() <= dirty_from_) continue;
    Offset full_at;
    auto all = batch.control() ? Result<bool>(true) : cleaner_->learn(batch, options_.secret, *newest_, full_at);
    if (!all) {
      // Its CRC is right and its records are none: damage all the same.
      leave_out(source);
      continue;
    }
    if (*all) {
      end_ = batch.next_offset();
      continue;
    }
    if (full_at <= dirty_from_)
      return Error{Errc::kTooLarge, "not even one key has room in log.cleaner.dedupe.buffer.size"};
    end_ = full_at;
    learnt_ = true;
    break;
  }
  if (!learnt_) return {};
  close_source();
  rules_.end = end_;
  at_ = 0;
  return {};
}

// A new file, for the next source that is whole.
Status CleanJob::begin_group() {
  while (at_ < sources_.size() && sources_[at_].left_out && sources_[at_].base < end_) {
    keep_tombstones_ = true;
    ++at_;
  }
  if (at_ >= sources_.size() || sources_[at_].base >= end_) {
    state_ = State::kDone;
    return {};
  }
  group_at_ = group_end_ = at_;
  SL_TRY(cleaned_, CleanedSegment::create(*place_, sources_[at_].base));
  widen_group();
  return {};
}

// Takes the next source in. What the others became is known by now, so the file becomes as full as it may.
void CleanJob::widen_group() {
  cleaned_->appended(sources_[group_end_].last_append_ms);
  ++group_end_;
}

bool CleanJob::next_fits() const {
  if (group_end_ >= sources_.size() || group_end_ - group_at_ >= kGroupMax) return false;
  const Source& next = sources_[group_end_];
  if (next.left_out || next.base >= end_ || next.next - sources_[group_at_].base > INT32_MAX) return false;
  return cleaned_->bytes() + next.bytes <= static_cast<uint64_t>(segment_bytes_);
}

Status CleanJob::copy_some(uint64_t budget) {
  while (moved_bytes_ < budget) {
    if (at_ == group_end_) {
      if (!next_fits()) return end_group();
      widen_group();
    }
    const Source& source = sources_[at_];
    if (!scanner_) {
      SL_CHECK(open_source(source));
      group_files_.push_back(file_);
    }
    uint64_t before = cleaned_->bytes();
    SL_TRY(auto found, next_batch(source));
    if (found == BatchScanner::Found::kBad) return refuse(source);
    if (found == BatchScanner::Found::kEnd) {
      close_source();
      ++at_;
      continue;
    }
    SL_CHECK(copy_batch(source, scanner_->batch()));
    moved_bytes_ += cleaned_->bytes() - std::min(before, cleaned_->bytes());
  }
  return {};
}

std::string CleanJob::note_damage(const Source& source) {
  auto text = fmt::format("'{}' is damaged at byte {}; the segment stays as it is, and tombstones behind it too",
                          segment_path(place_->directory, source.base), scanner_->position());
  damaged_.emplace_back(source.base, text);
  return text;
}

// The next pass will leave it out.
Error CleanJob::refuse(const Source& source) {
  return {Errc::kCorruptMessage, note_damage(source)};
}

Status CleanJob::copy_batch(const Source& source, record::BatchView batch) {
  auto cleaned = cleaner_->clean(batch, rules_, keep_tombstones_);
  if (!cleaned && cleaned.code() == Errc::kTooLarge) {
    // It stays whole, and with it what tombstones behind it were meant for.
    if (batch.base_offset() < log_start_) return refuse(source);
    keep_tombstones_ = true;
    return cleaned_->put(batch, false);
  }
  if (!cleaned) return refuse(source);
  horizon_ms_ = std::min(horizon_ms_, cleaned->horizon_ms);
  switch (cleaned->fate) {
    case CleanedBatch::Fate::kSame:
      return cleaned_->put(batch, false);
    case CleanedBatch::Fate::kChanged:
      return cleaned_->put(record::BatchView(cleaned->changed.bytes), true);
    case CleanedBatch::Fate::kEmpty:
      break;
  }
  auto last = last_batches_.find(batch.producer_id());
  return cleaned_->put_empty(batch, last != last_batches_.end() && last->second == batch.last_offset());
}

Status CleanJob::end_group() {
  bool alone = group_end_ - group_at_ == 1;
  if (alone && !cleaned_->changed()) {
    discard();
    return {};
  }
  SL_CHECK(cleaned_->seal());
  written_bytes_ += cleaned_->bytes();
  state_ = State::kSwap;
  return {};
}

// Takes the half-written file away. Where that fails, the next start or the next pass does it.
void CleanJob::discard() {
  close_source();
  group_files_.clear();
  if (!cleaned_) return;
  Offset base = cleaned_->segment().base;
  cleaned_.reset();
  (void)place_->seams.files.remove(cleaned_path(place_->directory, base));
}

}  // namespace sl::storage
