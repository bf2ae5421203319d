#include "tests/conformance/case.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/base64.h"
#include "base/varint.h"
#include "query/name.h"

namespace sl::conformance {
namespace {

using query::FormatKind;
using Kind = Json::Kind;

void put_be(std::string& out, int64_t v) {
  char bytes[8];
  store_be<int64_t>(reinterpret_cast<uint8_t*>(bytes), v);
  out.append(bytes, 8);
}

// The bytes that a producer with the source's declared format would write.
Result<std::optional<std::string>> encoded(const Json* json, const query::Format& format,
                                           const std::vector<query::Field>& columns, bool key) {
  if (!json || json->kind == Kind::kNull) {
    if (key || !json) return std::optional<std::string>();
    return std::optional<std::string>();
  }
  if (format.kind == FormatKind::kNone) return std::optional<std::string>();
  if (format.kind == FormatKind::kJson) return std::optional(to_text(*json));
  if (format.kind == FormatKind::kDelimited || format.kind == FormatKind::kRaw) return std::optional(json->text);
  if (columns.empty()) return std::optional<std::string>();
  query::Arena arena;
  std::string why;
  const Json* inner = json;
  if (json->kind == Kind::kObject && json->fields.size() == 1) inner = &json->fields[0].second;
  auto value = query::value_from_json(to_text(*inner), *columns[0].type, arena, why);
  if (!value) return std::optional(inner->text);  // bytes that are no such number: the case wants them refused
  auto encoder = query::make_encoder(format, columns);
  const query::Value* column = &*value;
  std::string out;
  SL_TRY(bool some, encoder->encode(&column, 0, out));
  if (!some) return std::optional<std::string>();
  return std::optional(std::move(out));
}

std::string encoded_headers(const Json& headers, int32_t& count) {
  std::string out;
  auto put = [&out](std::string_view text) {
    uint8_t bytes[10];
    auto* end = put_varint(bytes, static_cast<int32_t>(text.size()));
    out.append(reinterpret_cast<char*>(bytes), static_cast<size_t>(end - bytes));
    out += text;
  };
  for (const auto& header : headers.items) {
    put(header.string_or("KEY", ""));
    const auto* value = header.find("VALUE");
    if (!value || value->kind == Kind::kNull) {
      uint8_t bytes[10];
      auto* end = put_varint(bytes, int32_t{-1});
      out.append(reinterpret_cast<char*>(bytes), static_cast<size_t>(end - bytes));
    } else {
      std::string raw;
      if (decode_base64(value->text, raw)) put(raw);
    }
    ++count;
  }
  return out;
}

int64_t number_or(const Json* json, int64_t otherwise) {
  return json && json->kind == Kind::kNumber ? std::strtoll(json->text.c_str(), nullptr, 10) : otherwise;
}

void append_window(std::string& key, const Json& window) {
  int64_t start = number_or(window.find("start"), 0), end = number_or(window.find("end"), 0);
  if (query::same_name(window.string_or("type", ""), "session")) put_be(key, end);
  put_be(key, start);
}

// A record's side as JSON, by the sink's format.
Json decoded(const std::optional<std::string>& bytes, const query::Format& format,
             const std::vector<query::Field>& columns) {
  Json out;
  if (!bytes) return out;
  if (format.kind == FormatKind::kJson) {
    auto parsed = parse_json(*bytes);
    if (parsed) return *std::move(parsed);
  } else if (format.kind == FormatKind::kKafka && !columns.empty()) {
    auto decoder = query::make_decoder(format, columns, {0});
    query::Value value;
    query::Value* column = &value;
    query::Arena arena;
    std::string why;
    if (decoder->decode(as_bytes(*bytes), 0, &column, 0, arena, why)) {
      std::string text;
      query::append_json(text, value, *columns[0].type);
      auto parsed = parse_json(text);
      if (parsed) return *std::move(parsed);
    }
  }
  out.kind = Kind::kString;
  out.text = *bytes;
  return out;
}

struct Shown {
  Json key, value;
  int64_t timestamp;
  std::optional<std::pair<int64_t, int64_t>> window;
};

Shown shown(const StoredRecord& record, const query::Source& sink) {
  Shown out;
  auto key = record.key;
  if (sink.window && key) {
    bool session = sink.window->kind == query::Window::Kind::kSession;
    size_t bytes = session ? 16 : 8;
    if (key->size() >= bytes) {
      const auto* at = reinterpret_cast<const uint8_t*>(key->data()) + key->size() - bytes;
      int64_t first = load_be<int64_t>(at);
      if (session)
        out.window = {load_be<int64_t>(at + 8), first};
      else
        out.window = {first, first + sink.window->size_ms};
      key->resize(key->size() - bytes);
    }
  }
  auto key_format = sink.key_format;
  out.key = decoded(key, key_format, sink.key);
  out.value = decoded(record.value, sink.value_format, sink.value);
  out.timestamp = record.timestamp;
  return out;
}

std::string text_of(const Shown& one) {
  auto window = one.window ? fmt::format(" [{}, {}]", one.window->first, one.window->second) : "";
  return fmt::format("{}{} = {} @{}", to_text(one.key), window, to_text(one.value), one.timestamp);
}

std::string compare_record(const Json& expected, const Shown& actual) {
  const auto* key = expected.find("key");
  const auto* value = expected.find("value");
  bool same = same_result(key ? *key : Json(), actual.key) && same_result(value ? *value : Json(), actual.value);
  if (const auto* time = expected.find("timestamp")) same = same && number_or(time, 0) == actual.timestamp;
  if (const auto* window = expected.find("window")) {
    auto wanted = std::pair(number_or(window->find("start"), 0), number_or(window->find("end"), 0));
    same = same && actual.window && *actual.window == wanted;
  }
  return same ? "" : fmt::format("expected {}\n      came {}", to_text(expected), text_of(actual));
}

std::string compare_topic(const std::string& topic, const std::vector<const Json*>& expected, Engine& engine) {
  const auto* sink = engine.source_of(topic);
  if (!sink) return fmt::format("nothing is known of topic {}", topic);
  const auto& records = engine.topic(topic);
  for (size_t i = 0; i < std::min(expected.size(), records.size()); ++i) {
    auto difference = compare_record(*expected[i], shown(records[i], *sink));
    if (!difference.empty()) return fmt::format("{} record {}: {}", topic, i, difference);
  }
  if (expected.size() == records.size()) return "";
  std::string more;
  if (records.size() > expected.size())
    more = "; first too many: " + text_of(shown(records[expected.size()], *sink));
  else
    more = "; first missing: " + to_text(*expected[records.size()]);
  return fmt::format("{}: expected {} records, came {}{}", topic, expected.size(), records.size(), more);
}

std::string plain_schema(std::string text) {
  std::string out;
  for (char c : text)
    if (c != ' ' && c != '`') out += query::upper(c);
  auto replace = [&out](std::string_view what, std::string_view with) {
    for (size_t at = 0; (at = out.find(what, at)) != std::string::npos; at += with.size())
      out.replace(at, what.size(), with);
  };
  replace("INTEGER", "INT");
  replace("PRIMARYKEY", "KEY");
  replace("VARCHAR", "STRING");
  return out;
}

std::string compare_sources(const Json& post, Engine& engine) {
  const auto* sources = post.find("sources");
  if (!sources) return "";
  for (const auto& wanted : sources->items) {
    const auto* source = engine.session().catalogue().find(wanted.string_or("name", ""));
    if (!source) return fmt::format("there is no {}", wanted.string_or("name", ""));
    auto kind = source->kind == query::SourceKind::kStream ? "stream" : "table";
    if (wanted.find("type") && !query::same_name(wanted.string_or("type", ""), kind))
      return fmt::format("{} is a {}", source->name, kind);
    const auto* schema = wanted.find("schema");
    auto actual = plain_schema(query::schema_text(*source));
    if (schema && schema->kind == Kind::kString && plain_schema(schema->text) != actual)
      return fmt::format("{} has the schema {}, expected {}", source->name, actual, plain_schema(schema->text));
  }
  return "";
}

query::Settings settings_of(const Case& one, std::string& wrong) {
  query::Settings settings;
  settings.strict = true;
  settings.identifiers = query::IdentifierCase::kUpper;
  settings.default_value_format.reset();
  if (const auto* properties = one.json.find("properties"))
    for (const auto& [name, value] : properties->fields) {
      if (name.starts_with("ksql.streams.__")) continue;
      auto set = settings.set(name, value.text);
      if (!set && set.error().code != Errc::kNotFound) wrong = set.error().context;
    }
  return settings;
}

std::string run_positive(const Case& one, Engine& engine) {
  const auto* inputs = one.json.find("inputs");
  std::vector<Engine::Input> fed;
  std::map<std::string, size_t> counts;
  if (inputs)
    for (const auto& input : inputs->items) {
      auto topic = input.string_or("topic", "");
      const auto* source = engine.source_of(topic);
      if (!source) continue;
      StoredRecord record;
      auto key = encoded(input.find("key"), source->key_format, source->key, true);
      auto value = encoded(input.find("value"), source->value_format, source->value, false);
      if (!key || !value) return "an input cannot be encoded";
      record.key = *key;
      record.value = *value;
      if (const auto* window = input.find("window"); window && record.key) append_window(*record.key, *window);
      record.timestamp = number_or(input.find("timestamp"), 0);
      if (const auto* headers = input.find("headers")) record.headers = encoded_headers(*headers, record.header_count);
      engine.produce(topic, std::move(record));
      fed.push_back({topic, counts[topic]++});
    }
  if (auto ran = engine.run(fed); !ran) return "it failed: " + ran.error().context;
  std::map<std::string, std::vector<const Json*>> wanted;
  if (const auto* outputs = one.json.find("outputs"))
    for (const auto& output : outputs->items) wanted[output.string_or("topic", "")].push_back(&output);
  for (const auto& [topic, records] : wanted) {
    auto difference = compare_topic(topic, records, engine);
    if (!difference.empty()) return difference;
  }
  const auto* post = one.json.find("post");
  return post ? compare_sources(*post, engine) : "";
}

}  // namespace

Result<std::vector<Case>> read_cases(const std::string& text) {
  SL_TRY(auto json, parse_json(text));
  const auto* cases = json.find("cases");
  if (!cases) return Error{Errc::kMalformed, "it has no \"cases\""};
  std::vector<Case> out;
  for (const auto& one : cases->items) out.push_back({one.string_or("name", "?"), one.string_or("tier", "T?"), one});
  return out;
}

std::string run_case(const Case& one, const RunOptions& options) {
  std::string wrong;
  auto settings = settings_of(one, wrong);
  if (!wrong.empty()) return wrong;
  Engine engine(settings, options);
  const auto* statements = one.json.find("statements");
  size_t count = statements ? statements->items.size() : 0;
  for (size_t i = 0; i < count; ++i) {
    auto done = engine.execute(statements->items[i].text);
    bool last = i + 1 == count;
    if (one.negative() && last)
      return done ? fmt::format("it was not refused; expected: {}", one.json.string_or("error", "")) : "";
    if (!done) return fmt::format("statement {}: {}", i + 1, done.error().context);
  }
  return run_positive(one, engine);
}

}  // namespace sl::conformance
