// CREATE STREAM|TABLE and the WITH clause: what a declaration means, and what is wrong with it.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "query/catalogue.h"
#include "query/name.h"

namespace sl::query {

const Literal* option(const Options& with, const std::string& name) {
  auto at = with.find(name);
  return at == with.end() ? nullptr : &at->second;
}

bool system_name(std::string_view name) {
  for (std::string_view word : {"ROWTIME", "ROWPARTITION", "ROWOFFSET", "WINDOWSTART", "WINDOWEND"})
    if (same_name(name, word)) return true;
  return false;
}

namespace {

using Role = ColumnDefinition::Role;

constexpr std::array<std::string_view, 14> kOptions = {
    "KAFKA_TOPIC",       "FORMAT",      "KEY_FORMAT", "VALUE_FORMAT", "KEY_DELIMITER",    "VALUE_DELIMITER",
    "WRAP_SINGLE_VALUE", "PARTITIONS",  "REPLICAS",   "TIMESTAMP",    "TIMESTAMP_FORMAT", "WINDOW_TYPE",
    "WINDOW_SIZE",       "RETENTION_MS"};

Result<char> delimiter_of(const Literal& literal) {
  auto name = upper_name(literal.text);
  if (name == "SPACE") return ' ';
  if (name == "TAB") return '\t';
  if (literal.text.size() == 1) return literal.text[0];
  return error_at(
      literal.at,
      fmt::format("Invalid delimiter value: '{}'. Delimiter must be a single character or one of SPACE, TAB",
                  literal.text));
}

Status take_format(const Options& with, const std::string& side, FormatKind& kind, bool& given) {
  const auto* both = option(with, "FORMAT");
  const auto* one = option(with, side + "_FORMAT");
  if (both && one)
    return error_at(
        one->at,
        fmt::format(
            "Cannot supply both '{0}_FORMAT' and 'FORMAT' properties, as 'FORMAT' sets both key and value formats.",
            side));
  const auto* literal = one ? one : both;
  if (!literal) return {};
  auto parsed = parse_format(literal->text);
  if (!parsed) return error_at(literal->at, parsed.error().context);
  kind = *parsed;
  given = true;
  return {};
}

Status take_delimiter(const Options& with, const std::string& side, Format& format) {
  const auto* literal = option(with, side + "_DELIMITER");
  if (!literal) return {};
  if (format.kind != FormatKind::kDelimited)
    return error_at(literal->at, fmt::format("Delimiter only supported with DELIMITED format; {} is {}", side,
                                             format_name(format.kind)));
  SL_TRY(format.delimiter, delimiter_of(*literal));
  return {};
}

Status take_wrapping(const Options& with, const Settings& settings, Format& value) {
  value.unwrapped = value.kind == FormatKind::kJson && !settings.wrap_single_values;
  const auto* literal = option(with, "WRAP_SINGLE_VALUE");
  if (!literal) return {};
  auto wanted = parse_bool(literal->text);
  if (!wanted) {
    auto text = upper_name(literal->text);
    if (text != "TRUE" && text != "FALSE") return error_at(literal->at, "WRAP_SINGLE_VALUE is TRUE or FALSE");
    wanted = text == "TRUE";
  }
  if (value.kind != FormatKind::kJson && *wanted)
    return error_at(literal->at, fmt::format("Format '{}' does not support 'WRAP_SINGLE_VALUE' set to '{}'.",
                                             format_name(value.kind), *wanted));
  value.unwrapped = value.kind == FormatKind::kJson && !*wanted;
  return {};
}

}  // namespace

// Wrapping is a matter of single columns: asked for elsewhere it is an error, by default it is no matter.
Status settle_wrapping(const Options& with, const std::vector<Field>& columns, Format& value) {
  const auto* literal = option(with, "WRAP_SINGLE_VALUE");
  if (columns.size() == 1) return {};
  if (literal) return error_at(literal->at, "'WRAP_SINGLE_VALUE' is only valid for single-field value schemas");
  value.unwrapped = false;
  return {};
}

Status take_timestamp(const Options& with, Source& source) {
  const auto* column = option(with, "TIMESTAMP");
  const auto* pattern = option(with, "TIMESTAMP_FORMAT");
  if (pattern && !column)
    return error_at(pattern->at, "TIMESTAMP_FORMAT needs TIMESTAMP, the column that holds the time");
  if (!column) return {};
  source.timestamp_column = column->text;
  if (pattern) source.timestamp_format = pattern->text;
  const Field* found = nullptr;
  for (const auto* fields : {&source.key, &source.value}) {
    auto at = find_name(*fields, column->text, [](const Field& f) -> const std::string& { return f.name; });
    if (at && !found) found = &(*fields)[*at];
  }
  if (!found)
    return error_at(
        column->at,
        fmt::format("The TIMESTAMP column set in the WITH clause does not exist in the schema: '{}'", column->text));
  source.timestamp_column = found->name;
  auto base = found->type->base;
  bool fits = pattern ? base == Base::kString : base == Base::kBigint || base == Base::kTimestamp;
  if (!fits)
    return error_at(
        column->at,
        fmt::format(
            "Timestamp column, {}, should be LONG(INT64), TIMESTAMP, or a String with a timestamp_format specified.",
            quoted_name(found->name)));
  return {};
}

namespace {

Status take_window(const Options& with, Source& source) {
  const auto* type = option(with, "WINDOW_TYPE");
  const auto* size = option(with, "WINDOW_SIZE");
  if (!type) {
    if (size) return error_at(size->at, "WINDOW_SIZE needs WINDOW_TYPE");
    return {};
  }
  auto name = upper_name(type->text);
  KeyWindow window;
  if (name == "SESSION")
    window.kind = Window::Kind::kSession;
  else if (name == "HOPPING")
    window.kind = Window::Kind::kHopping;
  else if (name != "TUMBLING")
    return error_at(type->at, "WINDOW_TYPE is TUMBLING, HOPPING or SESSION");
  if (window.kind == Window::Kind::kSession) {
    if (size) return error_at(size->at, "'WINDOW_SIZE' should not be set for SESSION windows.");
  } else {
    if (!size)
      return error_at(type->at, fmt::format("{} windows require 'WINDOW_SIZE' to be provided in the WITH clause. For "
                                            "example: 'WINDOW_SIZE'='10 SECONDS'",
                                            name));
    auto parsed = parse_window_size(size->text);
    if (!parsed) return error_at(size->at, parsed.error().context);
    window.size_ms = *parsed;
  }
  source.window = window;
  return {};
}

Status take_column(const CreateSource& statement, const ColumnDefinition& column, Source& source) {
  bool table = statement.kind == SourceKind::kTable;
  if (system_name(column.name))
    return error_at(column.at, fmt::format("'{}' is a reserved column name. You cannot use it as a name for a column.",
                                           upper_name(column.name)));
  if (column.role == Role::kKey && table)
    return error_at(
        column.at,
        fmt::format("Column {} is a 'KEY' column: please use 'PRIMARY KEY' for tables. Tables have PRIMARY KEYs, which "
                    "are unique and NON NULL; streams have KEYs, which have no uniqueness or NON NULL constraints.",
                    quoted_name(column.name)));
  if (column.role == Role::kPrimaryKey && !table)
    return error_at(
        column.at,
        fmt::format(
            "Column {} is a 'PRIMARY KEY' column: please use 'KEY' for streams. Tables have PRIMARY KEYs, which are "
            "unique and NON NULL; streams have KEYs, which have no uniqueness or NON NULL constraints.",
            quoted_name(column.name)));
  if (column.role == Role::kHeaders || column.role == Role::kHeader) {
    bool all = column.role == Role::kHeaders;
    bool fits = all ? same_type(*column.type, *headers_type()) : column.type->base == Base::kBytes;
    if (!fits)
      return error_at(
          column.at,
          all ? "Invalid type for HEADERS column: expected ARRAY<STRUCT<`KEY` STRING, `VALUE` BYTES>>, got " +
                    to_sql(*column.type)
              : fmt::format("Invalid type for HEADER('{}') column: expected BYTES, got {}", column.header,
                            to_sql(*column.type)));
    for (const auto& other : source.headers)
      if (all || other.header.empty() || other.header == column.header)
        return error_at(column.at, "Schema already contains a HEADERS column.");
    source.headers.push_back({column.name, column.header});
    return {};
  }
  auto& side = column.role == Role::kValue ? source.value : source.key;
  side.push_back({column.name, column.type});
  return {};
}

Status no_duplicates(const CreateSource& statement) {
  for (size_t i = 0; i < statement.columns.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (statement.columns[i].name == statement.columns[j].name)
        return error_at(statement.columns[i].at, fmt::format("Duplicate column names: {}", statement.columns[i].name));
  return {};
}

Status need_keys_decodable(const Source& source, const Options& with) {
  const Position at = with.empty() ? Position{} : with.begin()->second.at;
  if (auto checked = check_format(source.key_format, source.key, true); !checked)
    return error_at(at, checked.error().context);
  if (auto checked = check_format(source.value_format, source.value, false); !checked)
    return error_at(at, checked.error().context);
  return {};
}

}  // namespace

Result<int64_t> parse_window_size(std::string_view text) {
  text = trim(text);
  auto space = text.find(' ');
  Error bad{Errc::kMalformed, fmt::format("'{}' is no window size; write '10 SECONDS'", text)};
  if (space == std::string_view::npos) return bad;
  auto number = parse_int(text.substr(0, space));
  if (!number || *number <= 0) return bad;
  auto unit = upper_name(trim(text.substr(space)));
  if (unit.ends_with('S')) unit.pop_back();
  constexpr std::array<std::pair<std::string_view, int64_t>, 5> kUnits = {
      {{"MILLISECOND", 1}, {"SECOND", 1000}, {"MINUTE", 60'000}, {"HOUR", 3'600'000}, {"DAY", 86'400'000}}};
  for (const auto& [name, ms] : kUnits)
    if (unit == name && *number <= INT64_MAX / 8 / ms) return *number * ms;
  return bad;
}

Status check_options(const Options& with, bool of_query) {
  for (const auto& [name, literal] : with) {
    bool known = std::find(kOptions.begin(), kOptions.end(), name) != kOptions.end();
    if (known && of_query && (name == "WINDOW_TYPE" || name == "WINDOW_SIZE"))
      return error_at(literal.at, fmt::format("Invalid config variable(s) in the WITH clause: {}", name));
    if (known) continue;
    auto near = nearest_name(name, kOptions);
    return error_at(literal.at, fmt::format("Invalid config variable(s) in the WITH clause: {}{}", name,
                                            near ? "; did you mean " + *near + "?" : ""));
  }
  return {};
}

Result<SinkFormats> sink_formats(const Options& with, const Source& like, const Settings& settings) {
  SinkFormats out;
  out.key = like.key_format;
  out.value = like.value_format;
  bool value_given = false;
  SL_CHECK(take_format(with, "KEY", out.key.kind, out.key_given));
  SL_CHECK(take_format(with, "VALUE", out.value.kind, value_given));
  if (out.key_given && out.key.kind != like.key_format.kind) out.key.delimiter = ',';
  if (value_given && out.value.kind != like.value_format.kind) out.value.delimiter = ',';
  SL_CHECK(take_delimiter(with, "KEY", out.key));
  SL_CHECK(take_delimiter(with, "VALUE", out.value));
  SL_CHECK(take_wrapping(with, settings, out.value));
  return out;
}

Result<Source> declared_source(const CreateSource& statement, const Settings& settings) {
  Source source;
  source.kind = statement.kind;
  source.name = statement.name;
  source.read_only = statement.read_only;
  SL_CHECK(check_options(statement.with, false));
  SL_CHECK(no_duplicates(statement));
  for (const auto& column : statement.columns) SL_CHECK(take_column(statement, column, source));
  const auto& with = statement.with;
  source.key_format.kind = source.key.empty() ? FormatKind::kNone : settings.default_key_format;
  bool key_given = false, value_given = settings.default_value_format.has_value();
  source.value_format.kind = settings.default_value_format.value_or(FormatKind::kJson);
  SL_CHECK(take_format(with, "KEY", source.key_format.kind, key_given));
  SL_CHECK(take_format(with, "VALUE", source.value_format.kind, value_given));
  if (!value_given) return error_at({}, "Statement is missing the 'VALUE_FORMAT' property from the WITH clause.");
  SL_CHECK(take_delimiter(with, "KEY", source.key_format));
  SL_CHECK(take_delimiter(with, "VALUE", source.value_format));
  SL_CHECK(take_wrapping(with, settings, source.value_format));
  const auto* topic = option(with, "KAFKA_TOPIC");
  source.topic = topic ? topic->text : source.name;
  if (const auto* partitions = option(with, "PARTITIONS")) {
    auto count = parse_int(partitions->text);
    if (!count || *count < 1 || *count > 10'000)
      return error_at(partitions->at, "PARTITIONS is a number from 1 to 10,000");
    source.partitions = static_cast<int>(*count);
  }
  if (source.kind == SourceKind::kTable && source.key.empty())
    return error_at({}, "Tables require a PRIMARY KEY. Please define the PRIMARY KEY.");
  if (source.value.empty() && source.headers.empty() && source.key.empty())
    return error_at({}, "The statement does not define any columns.");
  SL_CHECK(take_timestamp(with, source));
  SL_CHECK(take_window(with, source));
  if (source.window && source.key.empty()) return error_at({}, "Windowed sources require a key column.");
  SL_CHECK(settle_wrapping(with, source.value, source.value_format));
  SL_CHECK(need_keys_decodable(source, with));
  return source;
}

}  // namespace sl::query
