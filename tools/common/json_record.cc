// The writing half of the lossless JSON line.
#include "tools/common/json_record.h"

#include <fmt/format.h>

#include <cstring>

#include "base/base64.h"
#include "base/text.h"
#include "tools/common/json_writer.h"

namespace sl::tools {
namespace {

// Most text is ASCII, and that is quick to see.
bool is_utf8(std::string_view text) {
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t eight;
    std::memcpy(&eight, text.data() + i, sizeof eight);
    if ((eight & 0x8080808080808080) != 0) break;
  }
  return valid_utf8(text.substr(i));
}

void append_number(std::string& out, int64_t value) {
  fmt::format_int digits(value);
  out.append(digits.data(), digits.size());
}

// A string, or {"b64":"…"} where the bytes are not UTF-8.
void append_name(std::string& out, std::string_view name) {
  if (is_utf8(name)) {
    append_json_string(out, name);
    return;
  }
  out += "{\"b64\":\"";
  append_base64(out, as_bytes(name));
  out += "\"}";
}

// ,"key":"…" or ,"key64":"…"
void append_field(std::string& out, std::string_view name, const std::optional<Bytes>& bytes) {
  out += ",\"";
  out += name;
  if (!bytes) {
    out += "\":null";
  } else if (std::string_view text = as_text(*bytes); is_utf8(text)) {
    out += "\":";
    append_json_string(out, text);
  } else {
    out += "64\":\"";
    append_base64(out, *bytes);
    out += '"';
  }
}

void append_headers(std::string& out, const record::RecordView& record) {
  out += ",\"headers\":[";
  auto headers = record.headers();
  for (bool first = true; auto header = headers.next(); first = false) {
    out += first ? "[" : ",[";
    append_name(out, header->name);
    out += ',';
    if (header->value) {
      append_name(out, as_text(*header->value));
    } else {
      out += "null";
    }
    out += ']';
  }
  out += ']';
}

}  // namespace

void append_json_record(std::string& out, const RecordContext& context, const record::RecordView& record) {
  out += "{\"topic\":";
  append_json_string(out, context.topic);
  out += ",\"partition\":";
  append_number(out, context.partition.value);
  out += ",\"offset\":";
  append_number(out, record.offset.value);
  out += ",\"ts\":";
  append_number(out, record.timestamp_ms);
  out += context.log_append_time ? ",\"tstype\":\"append\",\"epoch\":" : ",\"tstype\":\"create\",\"epoch\":";
  append_number(out, context.epoch.value);
  append_field(out, "key", record.key);
  append_field(out, "value", record.value);
  append_headers(out, record);
  out += "}\n";
}

}  // namespace sl::tools
