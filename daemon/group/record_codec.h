// Records of a group as plain structs, to and from the bytes of __consumer_offsets, in Kafka's own format.
#pragma once
#include <vector>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/result.h"
#include "group/records.h"
#include "wire/group_records.h"

namespace sl::group {

wire::GroupRecordBytes encode(const Record& record);

// All of them as one batch; kRecordListTooLarge where it would be over `bytes_max`.
Result<Slice> batch_of(const std::vector<Record>& records, int64_t wall_ms, size_t bytes_max, BufferPool& buffers);

// None for what Kafka keeps and we derive: the topics of a group's subscription, the names behind a regular
// expression. kMalformed; kUnsupportedVersion for kinds of records that are not known here.
Result<std::optional<Record>> decode(Bytes key, const std::optional<Bytes>& value);

}  // namespace sl::group
