// The reading half of the lossless JSON line, on simdjson's on-demand parser. Hard about it: unescaped strings live in
// the parser until its next document, decoded base64 lives here, and the line may lie at the end of a buffer that
// simdjson, which reads up to 64 bytes ahead, must not leave.
#include <fmt/core.h>
// Without these an error that nobody asked about throws; with them off it does not compile.
#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

#include <limits>

#include "base/base64.h"
#include "base/text.h"
#include "tools/common/json_record.h"

namespace sl::tools {
namespace {

namespace od = simdjson::ondemand;

constexpr std::string_view kFields[] = {"topic", "partition", "offset",  "ts",      "tstype",  "epoch",  "key",
                                        "value", "key64",     "value64", "headers", "payload", "broker", "timestamp"};

Error not_json(simdjson::error_code code) {
  return {Errc::kMalformed, fmt::format("it is not a JSON object: {}", simdjson::error_message(code))};
}

Error wrong(std::string_view field, std::string_view wanted) {
  return {Errc::kMalformed, fmt::format("\"{}\" must be {}", field, wanted)};
}

// Passes on simdjson's own complaint where the JSON itself is broken, else says what the field must be.
Error wrong_type(simdjson::error_code code, std::string_view field, std::string_view wanted) {
  bool type =
      code == simdjson::INCORRECT_TYPE || code == simdjson::NUMBER_ERROR || code == simdjson::NUMBER_OUT_OF_RANGE;
  return type ? wrong(field, wanted) : not_json(code);
}

// One key and one value a line, whichever way each is written.
Status once(bool& given, std::string_view name, std::string_view what) {
  if (given) return Error{Errc::kMalformed, fmt::format("\"{}\" gives it a second {}", name, what)};
  given = true;
  return {};
}

// Anything that only begins like a null is none.
bool is_null(od::value& value) {
  bool null = false;
  return !value.is_null().get(null) && null;
}

// The name of a field where it lies. Only a name with escapes, which nobody writes, goes through simdjson's buffer. The
// first pass has made sure that the closing quote is there.
Result<std::string_view> name_of(simdjson::simdjson_result<od::field> field) {
  od::field inner;
  if (auto code = std::move(field).get(inner)) return not_json(code);
  const char* begin = inner.key().raw();
  const char* end = begin;
  while (*end != '"' && *end != '\\') ++end;
  if (*end == '"') return std::string_view(begin, static_cast<size_t>(end - begin));
  std::string_view name;
  if (auto code = inner.unescaped_key().get(name)) return not_json(code);
  return name;
}

}  // namespace

struct JsonRecordReader::Parser {
  od::parser parser;
  std::string padded;
  std::string decoded;  // the base64 of this line, decoded; reserved ahead, since views into it must not move
  bool key_given = false, value_given = false;  // in this line

  Status read_object(od::object object, InputRecord& record);
  Status read_field(std::string_view name, od::value value, InputRecord& record);
  Status read_time(std::string_view name, od::value value, InputRecord& record);
  Status read_partition(std::string_view name, od::value value, InputRecord& record);
  Result<std::optional<std::string_view>> read_text(std::string_view name, od::value value);
  Result<std::optional<std::string_view>> read_base64(std::string_view name, od::value value);
  Result<std::optional<std::string_view>> read_text_or_b64(od::value value);
  Status read_headers(od::value value, InputRecord& record);
  Status read_pair(od::array pair, InputRecord& record);
  Status read_named_header(od::object object, InputRecord& record);
};

JsonRecordReader::JsonRecordReader() : parser_(std::make_unique<Parser>()) {}
JsonRecordReader::~JsonRecordReader() = default;

Status JsonRecordReader::read(std::string_view line, size_t readable, InputRecord& record) {
  record.clear();
  Parser& p = *parser_;
  if (readable < line.size() + simdjson::SIMDJSON_PADDING) {
    p.padded.assign(line);
    p.padded.resize(line.size() + simdjson::SIMDJSON_PADDING, ' ');
    line = std::string_view(p.padded.data(), line.size());
    readable = p.padded.size();
  }
  p.decoded.clear();
  p.key_given = p.value_given = false;
  // All base64 of a line together decodes to less than the line, so the views into it stay good.
  if (line.find("64\"") != line.npos) p.decoded.reserve(line.size() + 16);
  od::document document;
  if (auto code = p.parser.iterate(line.data(), line.size(), readable).get(document)) return not_json(code);
  od::object object;
  if (auto code = document.get_object().get(object)) return not_json(code);
  SL_CHECK(p.read_object(object, record));
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
    return Error{Errc::kMalformed, "it has something behind the JSON object"};
  return {};
}

Status JsonRecordReader::Parser::read_object(od::object object, InputRecord& record) {
  for (auto field : object) {
    SL_TRY(std::string_view name, name_of(field));
    od::value value;
    if (auto code = field.value().get(value)) return not_json(code);
    SL_CHECK(read_field(name, value, record));
  }
  return {};
}

Status JsonRecordReader::Parser::read_field(std::string_view name, od::value value, InputRecord& record) {
  if (name == "value" || name == "payload") {
    SL_CHECK(once(value_given, name, "value"));
    SL_TRY(record.value, read_text(name, value));
  } else if (name == "key") {
    SL_CHECK(once(key_given, name, "key"));
    SL_TRY(record.key, read_text(name, value));
  } else if (name == "value64") {
    SL_CHECK(once(value_given, name, "value"));
    SL_TRY(record.value, read_base64(name, value));
  } else if (name == "key64") {
    SL_CHECK(once(key_given, name, "key"));
    SL_TRY(record.key, read_base64(name, value));
  } else if (name == "headers") {
    return read_headers(value, record);
  } else if (name == "topic") {
    SL_TRY(record.topic, read_text(name, value));
  } else if (name == "ts" || name == "timestamp") {
    return read_time(name, value, record);
  } else if (name == "partition") {
    return read_partition(name, value, record);
  } else if (name == "offset" || name == "epoch" || name == "tstype" || name == "broker") {
    // These say where the record lay; a new one is given its own.
  } else {
    auto nearest = nearest_name(name, kFields);
    return Error{Errc::kMalformed, fmt::format("\"{}\" is not a field of a record{}", name,
                                               nearest ? fmt::format(" (did you mean \"{}\"?)", *nearest) : "")};
  }
  return {};
}

// -1 is Kafka's word for a record without a time, and sl-consume's.
Status JsonRecordReader::Parser::read_time(std::string_view name, od::value value, InputRecord& record) {
  if (is_null(value)) return {};
  int64_t number;
  if (auto code = value.get_int64().get(number)) return wrong_type(code, name, "a whole number");
  if (number < -1) return wrong(name, "a time in milliseconds since 1970, from 0 on, or -1 for none");
  if (number >= 0) record.timestamp_ms = number;
  return {};
}

Status JsonRecordReader::Parser::read_partition(std::string_view name, od::value value, InputRecord& record) {
  if (is_null(value)) return {};
  int64_t number;
  if (auto code = value.get_int64().get(number)) return wrong_type(code, name, "a whole number");
  if (number < 0 || number > std::numeric_limits<int32_t>::max()) return wrong(name, "a partition number, from 0 on");
  record.partition = static_cast<int32_t>(number);
  return {};
}

Result<std::optional<std::string_view>> JsonRecordReader::Parser::read_text(std::string_view name, od::value value) {
  std::string_view text;
  // Without a backslash the string is the token between its quotes, and nothing need be copied: simdjson's own way
  // goes byte by byte where the build names no processor.
  std::string_view token = value.raw_json_token();
  if (token.starts_with('"') && token.find('\\') == token.npos) {
    token = trim(token);
    od::raw_json_string raw;
    if (auto code = value.get_raw_json_string().get(raw)) return not_json(code);
    return std::optional(token.substr(1, token.size() - 2));
  }
  auto code = value.get_string().get(text);
  if (!code) return std::optional(text);
  if (code == simdjson::INCORRECT_TYPE && is_null(value)) return std::optional<std::string_view>();
  return wrong_type(code, name, "a string or null");
}

Result<std::optional<std::string_view>> JsonRecordReader::Parser::read_base64(std::string_view name, od::value value) {
  SL_TRY(auto text, read_text(name, value));
  if (!text) return text;
  size_t begin = decoded.size();
  // An escaped key could hide the base64 from the look ahead; never let the bytes move.
  if (decoded.capacity() - begin < text->size()) return wrong(name, "spelled without escapes");
  if (!decode_base64(*text, decoded)) return wrong(name, "base64");
  return std::optional(std::string_view(decoded).substr(begin));
}

Result<std::optional<std::string_view>> JsonRecordReader::Parser::read_text_or_b64(od::value value) {
  od::json_type type;
  if (auto code = value.type().get(type)) return not_json(code);
  if (type != od::json_type::object) return read_text("headers", value);
  od::object object;
  if (auto code = value.get_object().get(object)) return not_json(code);
  std::optional<std::string_view> bytes;
  for (auto field : object) {
    SL_TRY(std::string_view name, name_of(field));
    od::value inner;
    if (auto code = field.value().get(inner)) return not_json(code);
    if (name != "b64" || bytes) return wrong("headers", "made of strings, nulls and {\"b64\":\"…\"}");
    SL_TRY(bytes, read_base64("b64", inner));
  }
  if (!bytes) return wrong("headers", "made of strings, nulls and {\"b64\":\"…\"}");
  return bytes;
}

// [["n","v"],…], kcat's flat ["n","v",…], or rpk's [{"key":"n","value":"v"},…].
Status JsonRecordReader::Parser::read_headers(od::value value, InputRecord& record) {
  constexpr std::string_view kWanted = "a list like [[\"name\",\"value\"],[\"name\",null]]";
  record.headers.clear();
  if (is_null(value)) return {};
  od::array list;
  if (auto code = value.get_array().get(list)) return wrong_type(code, "headers", kWanted);
  std::optional<std::string_view> name;
  for (auto element : list) {
    od::value item;
    if (auto code = element.get(item)) return not_json(code);
    od::json_type type;
    if (auto code = item.type().get(type)) return not_json(code);
    if (!name && type == od::json_type::array) {
      od::array pair;
      if (auto code = item.get_array().get(pair)) return not_json(code);
      SL_CHECK(read_pair(pair, record));
    } else if (!name && type == od::json_type::object) {
      od::object object;
      if (auto code = item.get_object().get(object)) return not_json(code);
      SL_CHECK(read_named_header(object, record));
    } else if (!name) {
      SL_TRY(name, read_text("headers", item));
      if (!name) return wrong("headers", kWanted);
    } else {
      SL_TRY(auto bytes, read_text_or_b64(item));
      record.headers.push_back({*name, bytes});
      name.reset();
    }
  }
  if (name) return wrong("headers", kWanted);
  return {};
}

Status JsonRecordReader::Parser::read_pair(od::array pair, InputRecord& record) {
  std::optional<std::string_view> parts[2];
  size_t count = 0;
  for (auto element : pair) {
    od::value item;
    if (auto code = element.get(item)) return not_json(code);
    if (count == 2) return wrong("headers", "a list of pairs");
    SL_TRY(parts[count], read_text_or_b64(item));
    ++count;
  }
  if (count != 2 || !parts[0]) return wrong("headers", "a list of pairs, each a name and a value or null");
  record.headers.push_back({*parts[0], parts[1]});
  return {};
}

Status JsonRecordReader::Parser::read_named_header(od::object object, InputRecord& record) {
  std::optional<std::string_view> name, value;
  for (auto field : object) {
    SL_TRY(std::string_view part, name_of(field));
    od::value item;
    if (auto code = field.value().get(item)) return not_json(code);
    if (part != "key" && part != "value") return wrong("headers", "a list of pairs or of {\"key\":…,\"value\":…}");
    SL_TRY((part == "key" ? name : value), read_text_or_b64(item));
  }
  if (!name) return wrong("headers", "a list of pairs or of {\"key\":…,\"value\":…}");
  record.headers.push_back({*name, value});
  return {};
}

}  // namespace sl::tools
