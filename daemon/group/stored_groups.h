// StoredGroups: the groups of one partition of __consumer_offsets as the index keeps them: records that make all of
// them, and the offset of the log up to which they speak, so that a start reads what came after and not the whole log.
// They lie beside the log's own rows in the index, go with them, and can be lost like them: the log makes them anew.
#pragma once
#include <optional>
#include <vector>

#include "base/buffer.h"
#include "base/ids.h"
#include "base/uuid.h"
#include "group/records.h"
#include "kv/store.h"
#include "record/batch.h"

namespace sl::group {

struct StoredGroups {
  Offset applied;       // everything before it is in the batch
  int64_t wall_ms = 0;  // when they were stored
  std::string batch;    // empty where there are no groups
};

// Both block: they are for the pool. Replaces what was stored. kTooLarge beyond what a batch may hold.
Status store_groups(kv::Store& index, const Uuid& topic, sl::Partition partition, Offset applied, int64_t wall_ms,
                    const std::vector<Record>& records, BufferPool& buffers);
// None where there are none that are whole. Errors are the store's.
Result<std::optional<StoredGroups>> load_groups(kv::Store& index, const Uuid& topic, sl::Partition partition);

}  // namespace sl::group
