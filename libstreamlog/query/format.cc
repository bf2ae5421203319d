#include "query/format.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "query/format_kinds.h"
#include "query/name.h"

namespace sl::query {
namespace {

struct FormatName {
  std::string_view name;
  FormatKind kind;
};
constexpr std::array<FormatName, 5> kFormats = {{{"JSON", FormatKind::kJson},
                                                 {"DELIMITED", FormatKind::kDelimited},
                                                 {"KAFKA", FormatKind::kKafka},
                                                 {"NONE", FormatKind::kNone},
                                                 {"RAW", FormatKind::kRaw}}};

Error unsupported(const Format& format, std::string_view what) {
  return {Errc::kMalformed, fmt::format("The '{}' format does not support {}", format_name(format.kind), what)};
}

// MAPs have STRING keys in JSON, whatever they lie in.
Status check_json(const Type& type) {
  if (type.base == Base::kMap) {
    if (type.key->base != Base::kString)
      return Error{Errc::kMalformed, "JSON only supports MAP types with STRING keys"};
    return check_json(*type.element);
  }
  if (type.base == Base::kArray) return check_json(*type.element);
  for (const auto& field : type.fields) SL_CHECK(check_json(*field.type));
  return {};
}

bool has_map(const Type& type) {
  if (type.base == Base::kMap) return true;
  if (type.base == Base::kArray) return has_map(*type.element);
  for (const auto& field : type.fields)
    if (has_map(*field.type)) return true;
  return false;
}

Status check_kafka(const Format& format, std::span<const Field> columns) {
  if (columns.size() > 1) return unsupported(format, fmt::format("multiple columns, got: {}", columns.size()));
  for (const auto& column : columns) {
    auto base = column.type->base;
    bool fits = base == Base::kInt || base == Base::kBigint || base == Base::kDouble || base == Base::kString ||
                base == Base::kBytes;
    if (!fits)
      return unsupported(format, fmt::format("type '{}', column: {}", to_sql(*column.type), quoted_name(column.name)));
  }
  return {};
}

}  // namespace

Result<FormatKind> parse_format(std::string_view name) {
  for (const auto& format : kFormats)
    if (same_name(format.name, name)) return format.kind;
  for (std::string_view later : {"AVRO", "PROTOBUF", "PROTOBUF_NOSR", "JSON_SR"})
    if (same_name(later, name))
      return Error{Errc::kNotFound, fmt::format("the format {} needs a schema registry and is not supported", later)};
  std::vector<std::string_view> names;
  for (const auto& format : kFormats) names.push_back(format.name);
  auto near = nearest_name(upper_name(name), names);
  return Error{Errc::kNotFound, fmt::format("Unknown format: {}{}", name,
                                            near ? "; did you mean " + *near + "?"
                                                 : "; there are JSON, DELIMITED, KAFKA, NONE and RAW")};
}

std::string_view format_name(FormatKind kind) {
  for (const auto& format : kFormats)
    if (format.kind == kind) return format.name;
  return "?";
}

Status check_format(const Format& format, std::span<const Field> columns, bool key) {
  switch (format.kind) {
    case FormatKind::kJson:
      for (const auto& column : columns) {
        if (key && has_map(*column.type))
          return Error{Errc::kMalformed, fmt::format("Map keys, including types that contain maps, are not supported "
                                                     "as they may lead to unexpected behavior: column {}",
                                                     quoted_name(column.name))};
        SL_CHECK(check_json(*column.type));
      }
      if (format.unwrapped && columns.size() != 1)
        return unsupported(format,
                           "'WRAP_SINGLE_VALUE' set to 'false': it is only valid for schemas with a single field");
      return {};
    case FormatKind::kDelimited:
      for (const auto& column : columns)
        if (column.type->nested())
          return unsupported(format,
                             fmt::format("type '{}', column: {}", to_sql(*column.type), quoted_name(column.name)));
      return {};
    case FormatKind::kKafka:
      return check_kafka(format, columns);
    case FormatKind::kNone:
      if (columns.empty()) return {};
      return unsupported(format, key ? "key columns: KEY_FORMAT is needed" : "value columns");
    case FormatKind::kRaw:
      if (columns.size() > 1) return unsupported(format, fmt::format("multiple columns, got: {}", columns.size()));
      if (columns.size() == 1 && columns[0].type->base != Base::kString && columns[0].type->base != Base::kBytes)
        return unsupported(format, fmt::format("type '{}': it is STRING or BYTES", to_sql(*columns[0].type)));
      return {};
  }
  return {};
}

std::unique_ptr<Decoder> make_decoder(const Format& format, std::vector<Field> columns, std::vector<size_t> wanted) {
  switch (format.kind) {
    case FormatKind::kJson:
      return json_decoder(format, std::move(columns), std::move(wanted));
    case FormatKind::kDelimited:
      return delimited_decoder(format, std::move(columns), std::move(wanted));
    case FormatKind::kKafka:
    case FormatKind::kNone:
    case FormatKind::kRaw:
      break;
  }
  return plain_decoder(format, std::move(columns), std::move(wanted));
}

std::unique_ptr<Encoder> make_encoder(const Format& format, std::vector<Field> columns) {
  switch (format.kind) {
    case FormatKind::kJson:
      return json_encoder(format, std::move(columns));
    case FormatKind::kDelimited:
      return delimited_encoder(format, std::move(columns));
    case FormatKind::kKafka:
    case FormatKind::kNone:
    case FormatKind::kRaw:
      break;
  }
  return plain_encoder(format, std::move(columns));
}

}  // namespace sl::query
