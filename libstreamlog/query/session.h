// A session of statements: what SET, DEFINE and CREATE have made known so far, and what each next statement amounts to.
// It knows no topics and runs nothing; whoever runs it acts on the outcome and then commits it.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "query/catalogue.h"
#include "query/plan.h"
#include "query/settings.h"

namespace sl::query {

// SELECT: to be run by who asked.
struct RunSelect {
  std::shared_ptr<Plan> plan;
};
// CREATE … AS or INSERT … SELECT: a query that goes on.
struct StartQuery {
  std::string id;
  std::shared_ptr<Plan> plan;
  bool creates_sink = true;
};
// CREATE STREAM|TABLE over a topic.
struct Declared {
  Source source;
};
// INSERT … VALUES: one record of the target.
struct InsertRow {
  Source target;
  std::vector<Value> key, value;  // by column; in `arena`
  std::shared_ptr<Arena> arena;
  std::optional<int64_t> timestamp;
};
struct Dropped {
  std::string name;
  std::string topic;
  bool delete_topic = false;
};
// Nothing to act on; `text` is for people, where there is something to say.
struct Said {
  std::string text;
};
// Statements whose answer the catalogue alone does not give: SHOW TOPICS, PRINT, TERMINATE, PAUSE, RESUME, SHOW
// QUERIES.
struct Asked {
  std::shared_ptr<Statement> statement;
};
using Outcome = std::variant<RunSelect, StartQuery, Declared, InsertRow, Dropped, Said, Asked>;

class Session {
 public:
  explicit Session(Settings settings) : settings_(std::move(settings)) {}

  // One statement, as SET, DEFINE and CREATE TYPE have it read.
  Result<Statement> parse(const StatementText& text) const;
  // Plans it and, where it makes or drops something, notes that. Errors name the place; they change nothing.
  Result<Outcome> run(Statement statement);

  Catalogue& catalogue() { return catalogue_; }
  const Settings& settings() const { return settings_; }
  Settings& settings() { return settings_; }
  // A topic's schema where FROM names a topic that is no stream (the tool infers it).
  void put_source(Source source) { catalogue_.put(std::move(source)); }

 private:
  Result<Outcome> create_source(const CreateSource& statement, const std::string& text);
  Result<Outcome> create_as(const CreateAs& statement, const std::string& text);
  Result<Outcome> insert_select(const InsertSelect& statement);
  Result<Outcome> insert_values(const InsertValues& statement, const Position& at);
  Result<Outcome> drop(const Drop& statement, const Position& at);
  Result<Outcome> alter(const AlterSource& statement, const Position& at);
  Result<Outcome> create_type(const CreateType& statement, const Position& at);
  Result<Outcome> describe(const Describe& statement, const Position& at);
  Result<Outcome> explain(const Explain& statement);
  Result<Outcome> show(const Show& statement, Statement& whole);
  // Whether `name` may be made: an error where it exists and is not to be replaced; false where it is to be left.
  Result<bool> may_create(const std::string& name, SourceKind kind, bool replace, bool if_not_exists,
                          const Position& at);
  std::string next_id(std::string_view verb, const std::string& sink);
  // The query that writes a source, and those that read it.
  struct Query {
    std::string id;
    std::string sink;
    std::vector<std::string> sources;
  };

  Settings settings_;
  Catalogue catalogue_;
  std::map<std::string, std::string> variables_;
  std::vector<Query> queries_;
  size_t query_number_ = 0;
};

}  // namespace sl::query
