// LogPlace: where a log lives and what its jobs need to get there; shared by the log and every job it hands out.
#pragma once
#include <string>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/uuid.h"
#include "kv/store.h"
#include "storage/settings.h"
#include "storage/tail_cache.h"

namespace sl::storage {

// What a shard gives its logs. All of it must outlive the logs and their jobs.
struct Seams {
  FileSystem& files;
  const Clock& clock;
  Logger& logger;
  kv::Store& index;
  BufferPool& buffers;
  TailBudget& tails;
  StorageOptions options = {};
};

struct LogPlace {
  Seams seams;
  Uuid topic;
  Partition partition;
  std::string directory;
};

}  // namespace sl::storage
