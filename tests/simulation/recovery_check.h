// RecoveryCheck: one image of a crash, from the first start after it to the next batch: recovered, held against what
// the script says must be there, crashed again at once, recovered again, and written to.
#pragma once
#include <string>

#include "tests/simulation/script.h"

namespace sl::simulation {

enum class IndexFate {
  kKept,
  kLost,     // removed while the node was down
  kDamaged,  // cannot be opened
  kStale,    // from a backup: the last commits are missing
};

struct CrashImage {
  std::unique_ptr<aio::SimDisk> disk;
  std::shared_ptr<kv::FakeMedium> index;
  IndexFate fate = IndexFate::kKept;
  bool killed = false;       // the process died, the page cache lives on
  bool preallocate = false;  // what the next lives do
};

struct CheckTotals {
  uint64_t images = 0;
  uint64_t logs = 0;
  uint64_t batches_kept = 0;
  uint64_t torn_bytes = 0;
};

// Empty where everything holds; else what does not, with the logger's words. Consumes the image.
std::string check_recovery(CrashImage image, const Script& script, ManualClock& clock, BufferPool& buffers,
                           Random& random, CheckTotals& totals);

}  // namespace sl::simulation
