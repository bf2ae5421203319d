// TailCache: the newest batches of one log as they were received, for readers at the tail, who then need no disk and
// no check. A budget is shared by the logs of a shard: whoever appends makes room by dropping its own oldest bytes, and
// a log that falls idle drops everything.
#pragma once
#include <cstddef>
#include <vector>

#include "base/buffer.h"
#include "base/ids.h"
#include "record/batch.h"

namespace sl::storage {

struct TailBudget {
  size_t bytes_max = 32 << 20;
  size_t used = 0;
};

class TailCache {
 public:
  explicit TailCache(TailBudget& budget) : budget_(&budget) {}
  ~TailCache() { clear(); }
  TailCache(const TailCache&) = delete;
  TailCache& operator=(const TailCache&) = delete;

  // A batch with its final offsets; each begins where the last one ended. A small part of a large buffer is copied, so
  // that it does not keep the rest alive.
  void push(Slice batch);
  bool covers(Offset offset) const;
  // Whole batches from the one that holds `from`, below `limit`, at most `bytes_max` but, unless `strict`, at least
  // one; nothing if the first of them is not there.
  void collect(Offset from, Offset limit, size_t bytes_max, bool strict, std::vector<Slice>& into, size_t& bytes,
               Offset& next) const;
  void truncate_to(Offset end);
  void clear();
  size_t bytes() const { return bytes_; }

 private:
  struct Kept {
    Offset base;
    Offset next;
    Slice batch;
  };
  void drop_oldest();
  void compact();
  TailBudget* budget_;
  std::vector<Kept> kept_;
  size_t first_ = 0;  // those before it are dropped
  size_t bytes_ = 0;
};

}  // namespace sl::storage
