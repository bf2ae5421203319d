// The topics of a plan's sources, read from the cluster and pushed into its task.
#pragma once
#include <string>
#include <vector>

#include "client/consumer.h"
#include "query/task.h"
#include "record/compression.h"
#include "tools/common/session.h"

namespace sl::tools::query {

class TopicReader {
 public:
  // `task` must outlive it.
  TopicReader(Session& session, sl::query::Task& task);

  // Finds the topics and begins to read: from their start, or from their end where `at_end`; up to where they end now
  // where `until_end`.
  aio::Task<Status> open(bool at_end, bool until_end);
  // Pushes what comes next; waits for it at most so long. False where everything has been read.
  aio::Task<Result<bool>> pump(int64_t wait_ms_max);
  // The next pump() would wait.
  bool idle() const { return !consumer_.ready(); }
  aio::Task<void> close() { return consumer_.close(); }

 private:
  Status take(const client::Fetched& fetched);
  Status push(const std::string& topic);

  Session& session_;
  sl::query::Task& task_;
  client::Consumer consumer_;
  record::Decompressor decompressor_;
  std::vector<sl::query::InputRecord> records_;
};

}  // namespace sl::tools::query
