// A ring in a vector: dropped batches stay in front until half of it is dropped.
#include "storage/tail_cache.h"

#include <algorithm>

#include "base/limits.h"

namespace sl::storage {

void TailCache::push(Slice batch) {
  record::BatchView view(batch.bytes);
  size_t size = batch.bytes.size();
  if (size > kTailCacheBytesMax) return clear();
  if (!kept_.empty() && first_ < kept_.size() && kept_.back().next != view.base_offset()) clear();
  Kept kept{view.base_offset(), view.next_offset(), {}};
  if (batch.owner.size() > 2 * size + 1024) {
    Buffer copy = Buffer::copy_of(batch.bytes);
    Bytes bytes = copy.bytes().first(size);
    kept.batch = {std::move(copy), bytes};
  } else {
    kept.batch = std::move(batch);
  }
  kept_.push_back(std::move(kept));
  bytes_ += size;
  budget_->used += size;
  while (first_ < kept_.size() && (bytes_ > kTailCacheBytesMax || budget_->used > budget_->bytes_max)) drop_oldest();
  compact();
}

void TailCache::drop_oldest() {
  Kept& oldest = kept_[first_++];
  bytes_ -= oldest.batch.bytes.size();
  budget_->used -= oldest.batch.bytes.size();
  oldest.batch = {};
}

void TailCache::compact() {
  if (first_ * 2 < kept_.size()) return;
  kept_.erase(kept_.begin(), kept_.begin() + static_cast<ptrdiff_t>(first_));
  first_ = 0;
}

bool TailCache::covers(Offset offset) const {
  return first_ < kept_.size() && kept_[first_].base <= offset && offset < kept_.back().next;
}

void TailCache::collect(Offset from, Offset limit, size_t bytes_max, bool strict, std::vector<Slice>& into,
                        size_t& bytes, Offset& next) const {
  if (!covers(from)) return;
  auto it = std::upper_bound(kept_.begin() + static_cast<ptrdiff_t>(first_), kept_.end(), from,
                             [](Offset offset, const Kept& kept) { return offset < kept.next; });
  for (; it != kept_.end() && it->next <= limit; ++it) {
    size_t size = it->batch.bytes.size();
    if ((strict || bytes > 0) && bytes + size > bytes_max) break;
    Slice* last = into.empty() ? nullptr : &into.back();
    if (last && last->bytes.data() + last->bytes.size() == it->batch.bytes.data() &&
        last->owner.data() == it->batch.owner.data())
      last->bytes = {last->bytes.data(), last->bytes.size() + size};
    else
      into.push_back(it->batch);
    bytes += size;
    next = it->next;
  }
}

void TailCache::truncate_to(Offset end) {
  while (first_ < kept_.size() && kept_.back().next > end) {
    bytes_ -= kept_.back().batch.bytes.size();
    budget_->used -= kept_.back().batch.bytes.size();
    kept_.pop_back();
  }
  compact();
}

void TailCache::clear() {
  budget_->used -= bytes_;
  bytes_ = 0;
  first_ = 0;
  std::vector<Kept>().swap(kept_);
}

}  // namespace sl::storage
