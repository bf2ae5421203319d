// Which partitions are compacted when: the dirtiest first, as many at once as there are threads for it, and again at
// once as long as something was done, since a log with many keys takes several passes.
#include <algorithm>

#include "replica/replicas.h"

namespace sl::replica {

// What the passes of a round share.
struct Replicas::CompactRound {
  std::vector<std::pair<double, std::shared_ptr<Partition>>> due;  // the dirtiest last
  bool any = false;
};

aio::Task<void> Replicas::compact() {
  for (;;) {
    bool go_on = co_await clean_tick_.wait_ms(options_.cleaner.backoff_ms);
    if (!go_on) break;
    bool any = true;
    while (any && !stopping_) any = co_await compact_round();
  }
}

// One pass over each partition that is due. False where none came to its end.
aio::Task<bool> Replicas::compact_round() {
  CompactRound round;
  for (auto& [key, partition] : partitions_) {
    auto ratio = partition->compaction_due();
    if (ratio) round.due.emplace_back(*ratio, partition);
  }
  std::stable_sort(round.due.begin(), round.due.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  aio::TaskGroup passes;
  for (int i = 0; i < options_.cleaner.threads && !round.due.empty(); ++i) passes.spawn(compact_due(round));
  co_await passes.drained();
  // The next pass begins where the index knows all segments.
  if (round.any && !stopping_) co_await checkpoint();
  co_return round.any;
}

aio::Task<void> Replicas::compact_due(CompactRound& round) {
  while (!round.due.empty() && !stopping_) {
    auto partition = std::move(round.due.back().second);
    round.due.pop_back();
    storage::CleanOptions options;
    options.map_bytes = options_.cleaner.map_bytes / static_cast<size_t>(options_.cleaner.threads);
    options.step_bytes = pace_.step_bytes();
    options.secret = {shard_.runtime.random().next(), shard_.runtime.random().next()};
    bool done = co_await partition->compact(pace_, options);
    round.any = round.any || done;
  }
}

}  // namespace sl::replica
