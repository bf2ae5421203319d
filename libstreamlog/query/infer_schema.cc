#include "query/infer_schema.h"

#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "query/format.h"

namespace sl::query {
namespace {

namespace dom = simdjson::dom;

TypePtr type_of(dom::element value);

TypePtr array_of(dom::array items) {
  TypePtr element = simple_type(Base::kUnknown);
  for (auto item : items) {
    auto common = common_type(element, type_of(item));
    if (!common) return array_type(simple_type(Base::kString));
    element = common;
  }
  return array_type(element);
}

TypePtr struct_of(dom::object object) {
  std::vector<Field> fields;
  for (auto [name, value] : object) fields.push_back({std::string(name), type_of(value)});
  return struct_type(std::move(fields));
}

TypePtr type_of(dom::element value) {
  switch (value.type()) {
    case dom::element_type::BOOL:
      return simple_type(Base::kBoolean);
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
      return simple_type(Base::kBigint);
    case dom::element_type::DOUBLE:
      return simple_type(Base::kDouble);
    case dom::element_type::STRING:
      return simple_type(Base::kString);
    case dom::element_type::ARRAY: {
      dom::array items;
      if (value.get_array().get(items)) break;
      return array_of(items);
    }
    case dom::element_type::OBJECT: {
      dom::object object;
      if (value.get_object().get(object)) break;
      return struct_of(object);
    }
    case dom::element_type::NULL_VALUE:
      break;
  }
  return simple_type(Base::kUnknown);
}

// What was null in every record is a STRING.
TypePtr settled(const TypePtr& type) {
  if (type->base == Base::kUnknown) return simple_type(Base::kString);
  if (type->base == Base::kArray) return array_type(settled(type->element));
  if (type->base != Base::kStruct) return type;
  if (type->fields.empty()) return simple_type(Base::kString);
  std::vector<Field> fields;
  for (const auto& field : type->fields) fields.push_back({field.name, settled(field.type)});
  return struct_type(std::move(fields));
}

// The fields of a line, quotes taken off; a delimiter within quotes is a part of its field.
std::vector<std::string> csv_fields(std::string_view line, char delimiter) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"')
      out.back() += line[++i];
    else if (c == '"')
      quoted = !quoted;
    else if (c == delimiter && !quoted)
      out.emplace_back();
    else
      out.back() += c;
  }
  return out;
}

}  // namespace

std::vector<Field> infer_json(std::span<const std::string_view> records) {
  std::vector<Field> fields;
  dom::parser parser;
  for (auto record : records) {
    dom::element root;
    dom::object object;
    if (parser.parse(record.data(), record.size()).get(root) || root.get_object().get(object)) return {};
    for (auto [name, value] : object) {
      auto type = type_of(value);
      auto at = std::find_if(fields.begin(), fields.end(), [&, key = name](const Field& f) { return f.name == key; });
      if (at == fields.end()) {
        fields.push_back({std::string(name), type});
        continue;
      }
      auto common = common_type(at->type, type);
      at->type = common ? common : simple_type(Base::kString);
    }
  }
  for (auto& field : fields) field.type = settled(field.type);
  return fields;
}

std::vector<Field> infer_delimited(std::span<const std::string_view> lines, char delimiter) {
  if (lines.empty()) return {};
  std::vector<Field> fields;
  for (auto& name : csv_fields(lines[0], delimiter)) fields.push_back({name, simple_type(Base::kUnknown)});
  for (auto line : lines.subspan(1)) {
    auto values = csv_fields(line, delimiter);
    for (size_t i = 0; i < std::min(values.size(), fields.size()); ++i) {
      auto value = trim(values[i]);
      if (value.empty()) continue;
      auto base = parse_int(value) ? Base::kBigint : parse_double(value) ? Base::kDouble : Base::kString;
      auto common = common_type(fields[i].type, simple_type(base));
      fields[i].type = common ? common : simple_type(Base::kString);
    }
  }
  for (auto& field : fields) field.type = settled(field.type);
  return fields;
}

}  // namespace sl::query
