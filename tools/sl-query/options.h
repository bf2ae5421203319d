// What the command line of sl-query says.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "query/format.h"
#include "query/settings.h"
#include "tools/common/common_options.h"
#include "tools/sl-query/row_writer.h"

namespace sl::tools::query {

struct Options {
  CommonOptions common;
  int64_t timeout_ms = 10'000;
  std::optional<std::string> sql;
  std::optional<std::string> file;          // -f, "-" is standard input
  std::optional<std::string> stdin_format;  // json, csv, tsv or raw
  std::optional<std::string> columns;       // of --stdin
  std::optional<std::string> timestamp;     // a column
  std::optional<std::string> format;        // of rows
  std::vector<std::string> settings;        // --property name=value
  bool until_end = false;
  bool strict = false;
};

void declare(Command& root, Options& options);
// The settings that the session begins with.
Result<sl::query::Settings> settings_of(const Options& options);
// Of rows: as asked for; else a table on a terminal, JSON lines in a pipe.
Result<RowFormat> row_format_of(const Options& options, bool terminal);

}  // namespace sl::tools::query
