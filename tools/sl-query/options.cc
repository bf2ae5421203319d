#include "tools/sl-query/options.h"

#include <fmt/format.h>

namespace sl::tools::query {

void declare(Command& root, Options& options) {
  declare_common(root, options.common);
  declare_timeout(root, options.timeout_ms);
  root.example("sl-query 'SELECT card, amount FROM payments WHERE amount > 1000;'",
               "rows of a topic of JSON, as they come");
  root.example("sl-query -f fraud.sql --until-end", "the statements of a file, over what there is now");
  root.example("sl-query --stdin json 'SELECT card, count(*) AS n FROM stdin GROUP BY card EMIT CHANGES;' < log.json",
               "the lines of a pipe, without a daemon");
  root.positional("SQL", "Statements, each ended by a semicolon; `-` reads them from standard input")
      .into(&options.sql);
  root.option("-f,--file", "FILE", "Read the statements from a file").into(&options.file);
  root.option("--stdin", "FORMAT", "Query the lines of standard input, as the stream `stdin`: json, csv, tsv or raw")
      .into(&options.stdin_format)
      .choices({"json", "csv", "tsv", "raw"});
  root.option("--columns", "COLUMNS",
              "Names and types of --stdin, like 'card STRING, ts BIGINT' (else from the first lines)")
      .into(&options.columns);
  root.option("--timestamp", "COLUMN", "The column of --stdin that holds the time, in milliseconds (else now)")
      .into(&options.timestamp);
  root.option("--format", "FORMAT", "How rows are printed: table, json, csv or tsv (table on a terminal, else json)")
      .into(&options.format)
      .choices({"table", "json", "csv", "tsv"});
  root.option("--property", "NAME=VALUE", "A property, as SET 'name'='value' would set it; may be repeated")
      .into(&options.settings);
  root.flag("--until-end", "End where the topics end now, instead of waiting for more").into(&options.until_end);
  root.flag("--strict", "ksqlDB's dialect, with its errors").into(&options.strict);
}

Result<sl::query::Settings> settings_of(const Options& options) {
  sl::query::Settings settings;
  settings.strict = options.strict;
  for (const auto& one : options.settings) {
    auto equals = one.find('=');
    if (equals == std::string::npos) return Error{Errc::kUsage, fmt::format("--property {}: write NAME=VALUE", one)};
    auto set = settings.set(std::string_view(one).substr(0, equals), std::string_view(one).substr(equals + 1));
    if (!set) return Error{Errc::kUsage, fmt::format("--property {}: {}", one, set.error().context)};
  }
  return settings;
}

Result<RowFormat> row_format_of(const Options& options, bool terminal) {
  if (!options.format) return terminal ? RowFormat::kTable : RowFormat::kJson;
  return parse_row_format(*options.format);
}

}  // namespace sl::tools::query
