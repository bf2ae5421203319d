// What is known by name: streams and tables (a topic seen through a schema) and types.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/ast.h"
#include "query/format.h"
#include "query/settings.h"

namespace sl::query {

// How the keys of a windowed topic carry their window: behind the key's bytes stand the start (tumbling, hopping), or
// end and start (session), 8 bytes each, big-endian (Kafka Streams' WindowKeySchema and SessionKeySchema).
struct KeyWindow {
  Window::Kind kind = Window::Kind::kTumbling;
  int64_t size_ms = 0;  // 0 for sessions
};

struct HeaderColumn {
  std::string name;
  std::string
      header;  // the header whose last value it is; empty: all headers, as ARRAY<STRUCT<KEY STRING, VALUE BYTES>>
};

struct Source {
  SourceKind kind = SourceKind::kStream;
  std::string name;
  std::string topic;
  Format key_format{.kind = FormatKind::kKafka};
  Format value_format;
  std::vector<Field> key;
  std::vector<Field> value;
  std::vector<HeaderColumn> headers;
  std::optional<KeyWindow> window;
  std::string timestamp_column;  // empty: the record's own timestamp
  std::string timestamp_format;  // empty: the column is a number or TIMESTAMP
  std::optional<int> partitions;
  bool read_only = false;
  bool inferred = false;  // its columns were taken from its records: nobody declared its key
  std::string statement;  // that made it
};

// The type of a HEADERS column: ARRAY<STRUCT<KEY STRING, VALUE BYTES>>.
const TypePtr& headers_type();
// "ID STRING KEY, F1 INT": as DESCRIBE and the conformance cases say it.
std::string schema_text(const Source& source);

class Catalogue {
 public:
  // Null where there is none.
  const Source* find(std::string_view name) const;
  // As find(), but kNotFound with the nearest name, at the place in the text.
  Result<const Source*> need(std::string_view name, const Position& at) const;
  void put(Source source);
  void erase(std::string_view name);
  const std::vector<std::unique_ptr<Source>>& sources() const { return sources_; }

  TypePtr type(std::string_view name) const;
  void put_type(std::string name, TypePtr type) { types_[std::move(name)] = std::move(type); }
  bool erase_type(std::string_view name) { return types_.erase(std::string(name)) > 0; }
  const std::map<std::string, TypePtr>& types() const { return types_; }

 private:
  std::vector<std::unique_ptr<Source>> sources_;  // in order of creation
  std::map<std::string, TypePtr> types_;
};

// What CREATE STREAM|TABLE (columns) WITH (…) declares; kMalformed with ksqlDB's sentence where it makes no sense.
Result<Source> declared_source(const CreateSource& statement, const Settings& settings);
// What CREATE … AS makes of a query's result and WITH: formats, topic, timestamp. `like` is the query's (left) source;
// `explicit_key` says that WITH names a key format. The schema is filled in by the caller before.
struct SinkFormats {
  Format key;
  Format value;
  bool key_given = false;
};
Result<SinkFormats> sink_formats(const Options& with, const Source& like, const Settings& settings);
// The option of that name; null where it is not given.
const Literal* option(const Options& with, const std::string& name);
// ROWTIME and its like, which no column of one's own can be called.
bool system_name(std::string_view name);
// TIMESTAMP and TIMESTAMP_FORMAT: a column of `source` that can hold the time.
Status take_timestamp(const Options& with, Source& source);
Status settle_wrapping(const Options& with, const std::vector<Field>& columns, Format& value);
// Names in WITH that a clause does not know are errors: kMalformed.
Status check_options(const Options& with, bool of_query);
// "30 SECONDS": milliseconds, as WINDOW_SIZE takes it.
Result<int64_t> parse_window_size(std::string_view text);

}  // namespace sl::query
