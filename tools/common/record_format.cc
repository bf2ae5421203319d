// Running a compiled format; the compiler is in record_format_parse.cc.
#include "tools/common/record_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "base/base64.h"
#include "base/text.h"
#include "tools/common/json_writer.h"
#include "tools/common/unpack.h"

namespace sl::tools {
namespace {

using Operation = RecordFormat::Operation;

void append_number(std::string& out, const Operation& op, int64_t value) {
  auto bits = static_cast<uint64_t>(value);
  size_t bytes = op.bits / 8;
  switch (op.number) {
    case NumberStyle::kAscii: {
      fmt::format_int digits(value);
      out.append(digits.data(), digits.size());
      return;
    }
    case NumberStyle::kHex:
      for (int shift = op.bits - 4; shift >= 0; shift -= 4) out += "0123456789abcdef"[bits >> shift & 15];
      return;
    case NumberStyle::kBig:
      for (size_t i = bytes; i-- > 0;) out += static_cast<char>(bits >> (8 * i) & 0xff);
      return;
    case NumberStyle::kLittle:
      for (size_t i = 0; i < bytes; ++i) out += static_cast<char>(bits >> (8 * i) & 0xff);
      return;
    case NumberStyle::kByte:
      out += static_cast<char>(bits & 0xff);
      return;
    case NumberStyle::kBool:
      out += value != 0 ? "true" : "false";
      return;
  }
}

void append_bytes(std::string& out, const Operation& op, const std::optional<Bytes>& bytes,
                  std::string_view null_text) {
  if (!bytes) {
    out += op.bytes == BytesStyle::kJson && null_text.empty() ? "null" : null_text;
    return;
  }
  switch (op.bytes) {
    case BytesStyle::kRaw:
      out += as_text(*bytes);
      return;
    case BytesStyle::kHex:
      append_hex(out, *bytes);
      return;
    case BytesStyle::kBase64:
      append_base64(out, *bytes);
      return;
    case BytesStyle::kBase64Raw:
      append_base64(out, *bytes, false);
      return;
    case BytesStyle::kJson:
      JsonWriter(out).text(as_text(*bytes));
      return;
    case BytesStyle::kUnpack:
      append_unpacked(out, op.text, *bytes);
      return;
  }
}

int64_t length_of(const std::optional<Bytes>& bytes) {
  return bytes ? static_cast<int64_t>(bytes->size()) : -1;
}

int64_t floor_second(int64_t ms) {
  return ms / 1000 - (ms % 1000 < 0);
}

// A run of records has the same second again and again, so the text of the last one is kept.
void append_strftime(std::string& out, Operation& op, int64_t ms) {
  int64_t second = floor_second(ms);
  if (second != op.shown_second || op.shown_text.empty()) {
    std::tm parts{};
    std::time_t time = second;
    gmtime_r(&time, &parts);
    std::array<char, 512> text;
    op.shown_text.assign(text.data(), std::strftime(text.data(), text.size(), op.text.c_str(), &parts));
    op.shown_second = second;
  }
  out += op.shown_text;
}

void append_time(std::string& out, Operation& op, int64_t ms, std::string_view null_text) {
  if (ms < 0 && (op.time == TimeStyle::kStrftime || op.time == TimeStyle::kRfc3339)) {
    out += null_text;
    return;
  }
  switch (op.time) {
    case TimeStyle::kMs:
      append_number(out, op, ms);
      return;
    case TimeStyle::kUnix:
      append_number(out, op, floor_second(ms));
      return;
    case TimeStyle::kRfc3339:
      out += format_time(ms);
      return;
    case TimeStyle::kStrftime:
      append_strftime(out, op, ms);
      return;
  }
}

// kcat's: n=v,n=v
void append_flat_headers(std::string& out, const record::RecordView& record) {
  auto headers = record.headers();
  for (bool first = true; auto header = headers.next(); first = false) {
    if (!first) out += ',';
    out += header->name;
    out += '=';
    out += header->value ? as_text(*header->value) : std::string_view("NULL");
  }
}

void append_headers(std::string& out, const Operation& op, const record::RecordView& record,
                    std::string_view null_text) {
  auto headers = record.headers();
  while (auto header = headers.next()) {
    for (const Operation& inner : op.inner) {
      switch (inner.kind) {
        case Operation::Kind::kHeaderName:
          append_bytes(out, inner, as_bytes(header->name), null_text);
          break;
        case Operation::Kind::kHeaderNameLength:
          append_number(out, inner, length_of(as_bytes(header->name)));
          break;
        case Operation::Kind::kHeaderValue:
          append_bytes(out, inner, header->value, null_text);
          break;
        case Operation::Kind::kHeaderValueLength:
          append_number(out, inner, length_of(header->value));
          break;
        default:
          out += inner.text;
      }
    }
  }
}

}  // namespace

RecordFormat RecordFormat::lines(std::string_view delimiter, std::string_view null_text) {
  RecordFormat format;
  format.shape_ = Shape::kValueLine;
  format.after_ = std::string(delimiter);
  format.null_text_ = std::string(null_text);
  return format;
}

RecordFormat RecordFormat::keyed_lines(std::string_view key_delimiter, std::string_view delimiter,
                                       std::string_view null_text) {
  RecordFormat format = lines(delimiter, null_text);
  format.shape_ = Shape::kKeyValueLine;
  format.middle_ = std::string(key_delimiter);
  return format;
}

bool RecordFormat::needs_record() const {
  if (shape_ != Shape::kGeneral) return true;
  return std::any_of(operations_.begin(), operations_.end(), [](const Operation& op) {
    switch (op.kind) {
      case Operation::Kind::kText:
      case Operation::Kind::kTopic:
      case Operation::Kind::kPartition:
      case Operation::Kind::kOffset:
      case Operation::Kind::kEpoch:
      case Operation::Kind::kCount:
        return false;
      default:
        return true;
    }
  });
}

void RecordFormat::append(std::string& out, const RecordContext& context, const record::RecordView& record) {
  if (shape_ == Shape::kGeneral) return append_general(out, context, record);
  if (shape_ == Shape::kKeyValueLine) {
    out += record.key ? as_text(*record.key) : null_text_;
    out += middle_;
  }
  out += record.value ? as_text(*record.value) : null_text_;
  out += after_;
}

void RecordFormat::append_general(std::string& out, const RecordContext& context, const record::RecordView& record) {
  ++count_;
  for (Operation& op : operations_) {
    switch (op.kind) {
      case Operation::Kind::kText:
        out += op.text;
        break;
      case Operation::Kind::kTopic:
        append_bytes(out, op, as_bytes(context.topic), null_text_);
        break;
      case Operation::Kind::kPartition:
        append_number(out, op, context.partition.value);
        break;
      case Operation::Kind::kOffset:
        append_number(out, op, record.offset.value);
        break;
      case Operation::Kind::kEpoch:
        append_number(out, op, context.epoch.value);
        break;
      case Operation::Kind::kTimestamp:
        append_time(out, op, record.timestamp_ms, null_text_);
        break;
      case Operation::Kind::kCount:
        append_number(out, op, count_);
        break;
      case Operation::Kind::kKey:
        append_bytes(out, op, record.key, null_text_);
        break;
      case Operation::Kind::kKeyLength:
        append_number(out, op, length_of(record.key));
        break;
      case Operation::Kind::kValue:
        append_bytes(out, op, record.value, null_text_);
        break;
      case Operation::Kind::kValueLength:
        append_number(out, op, length_of(record.value));
        break;
      case Operation::Kind::kHeaderCount:
        append_number(out, op, record.header_count);
        break;
      case Operation::Kind::kHeaders:
        append_headers(out, op, record, null_text_);
        break;
      case Operation::Kind::kFlatHeaders:
        append_flat_headers(out, record);
        break;
      default:
        break;  // the header letters stand only inside kHeaders
    }
  }
}

}  // namespace sl::tools
