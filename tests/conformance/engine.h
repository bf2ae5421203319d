// A whole world in one process for one case: a session of statements, topics in memory, a task for each query.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "query/session.h"
#include "query/sink_encoder.h"
#include "query/task.h"
#include "tests/conformance/json.h"

namespace sl::conformance {

struct StoredRecord {
  std::optional<std::string> key, value;
  int64_t timestamp = 0;
  std::string headers;  // as a batch encodes them
  int32_t header_count = 0;
};

// How a case is run.
struct RunOptions {
  size_t batch = 1;      // records pushed at a time, as far as they follow each other in one topic
  bool restart = false;  // after every record the task is lost and made again from what it had saved
};

class Engine {
 public:
  Engine(query::Settings settings, RunOptions options) : session_(std::move(settings)), options_(options) {}

  // Runs a statement; a query starts, but takes no records yet.
  Status execute(const std::string& statement);
  // Appends to a topic.
  void produce(const std::string& topic, StoredRecord record);
  // Runs every query, in the order of their creation, over what lies in their sources' topics. `inputs` are the records
  // that came from outside, in their order over all topics.
  struct Input {
    std::string topic;
    size_t index;  // in the topic
  };
  Status run(const std::vector<Input>& inputs);

  query::Session& session() { return session_; }
  const std::vector<StoredRecord>& topic(const std::string& name) { return topics_[name]; }
  // A source over a topic: the first that was made.
  const query::Source* source_of(const std::string& topic) const;

 private:
  query::Session session_;
  RunOptions options_;
  SeededRandom random_{1};
  std::map<std::string, std::vector<StoredRecord>> topics_;
  struct Query {
    std::shared_ptr<query::Plan> plan;
    std::unique_ptr<query::Task> task;
    std::unique_ptr<query::SinkEncoder> encoder;
    std::map<std::string, std::string> saved;
  };
  Status make_task(Query& query);
  Status feed(Query& query, const std::vector<Input>& inputs);
  Status push(Query& query, const std::string& topic, size_t from, size_t to);
  Status restart(Query& query);

  std::vector<std::unique_ptr<Query>> queries_;
};

}  // namespace sl::conformance
