// Topics: the topics written to, found (or with --create made) when the first record for them comes, and what each
// takes at most in a record.
#pragma once
#include <map>
#include <string>

#include "client/admin.h"
#include "client/producer.h"
#include "tools/common/session.h"
#include "tools/sl-produce/options.h"

namespace sl::tools::produce {

// Larger records are refused whatever the topic says: they would not fit the memory that this tool may use.
inline constexpr size_t kRecordBytesMax = 8 << 20;

struct OpenTopic {
  client::ProducerTopic* topic = nullptr;
  size_t record_bytes_max = 0;  // of the batch that a record would make alone
};

class Topics {
 public:
  // `session` and `options` must outlive it.
  Topics(Session& session, const Options& options);

  // Makes sure that the topic exists, and asks how large its records may be. kUnknownTopicOrPartition with a sentence
  // that says how to create it.
  aio::Task<Result<size_t>> prepare(std::string name);
  // The same, then opens it for `producer`.
  aio::Task<Result<OpenTopic*>> open(client::Producer& producer, std::string name);
  // If it was opened before.
  OpenTopic* find(std::string_view name);

 private:
  aio::Task<Status> create(std::string name);

  Session& session_;
  const Options& options_;
  client::Admin admin_;
  std::map<std::string, size_t, std::less<>> limits_;  // of topics that exist
  std::map<std::string, OpenTopic, std::less<>> topics_;
};

}  // namespace sl::tools::produce
