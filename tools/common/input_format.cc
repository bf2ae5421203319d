#include "tools/common/input_format.h"

#include <fmt/core.h>

#include <charconv>
#include <limits>

#include "base/base64.h"
#include "base/limits.h"
#include "base/text.h"
#include "tools/common/record_format_parse.h"

namespace sl::tools {
namespace {

using Operation = RecordFormat::Operation;
using Kind = Operation::Kind;

bool is_bytes(Kind kind) {
  return kind == Kind::kTopic || kind == Kind::kKey || kind == Kind::kValue || kind == Kind::kHeaderName ||
         kind == Kind::kHeaderValue;
}

// The operation that gives the length of another, if there is one.
std::optional<Kind> length_kind(Kind kind) {
  switch (kind) {
    case Kind::kKey:
      return Kind::kKeyLength;
    case Kind::kValue:
      return Kind::kValueLength;
    case Kind::kHeaderName:
      return Kind::kHeaderNameLength;
    case Kind::kHeaderValue:
      return Kind::kHeaderValueLength;
    case Kind::kHeaders:
      return Kind::kHeaderCount;
    default:
      return std::nullopt;
  }
}

Status check(const std::vector<Operation>& ops) {
  for (size_t i = 0; i < ops.size(); ++i) {
    const Operation& op = ops[i];
    bool sized = false;
    for (size_t j = 0; j < i; ++j) sized |= length_kind(op.kind) == ops[j].kind;
    bool ended = i + 1 < ops.size() && ops[i + 1].kind == Kind::kText;
    if (op.kind == Kind::kFlatHeaders || (op.kind == Kind::kHeaders && !sized))
      return Error{Errc::kUsage, "reading headers takes their number and their form: %H and %h{%k=%v }"};
    if (is_bytes(op.kind) && !sized && !ended)
      return Error{Errc::kUsage,
                   "nothing says where a field of the format ends: put its length before it (%V{big32}%v) or text "
                   "behind it (%v\\n)"};
    bool readable = op.bytes == BytesStyle::kRaw || op.bytes == BytesStyle::kHex || op.bytes == BytesStyle::kBase64 ||
                    op.bytes == BytesStyle::kBase64Raw;
    if (!readable || op.number == NumberStyle::kBool)
      return Error{Errc::kUsage, "of the styles {hex}, {base64} and those of numbers can be read"};
    if (op.time != TimeStyle::kMs && op.time != TimeStyle::kUnix)
      return Error{Errc::kUsage, "a timestamp can be read as a number only: %T or %d{unix}"};
    SL_CHECK(check(op.inner));
  }
  return {};
}

}  // namespace

// One record being read.
class InputFormat::Run {
 public:
  Run(std::string_view input, bool last, std::deque<std::string>& decoded, InputRecord& record)
      : left_(input), last_(last), decoded_(decoded), record_(record) {}

  Status read(const std::vector<Operation>& ops, bool outer) {
    for (size_t i = 0; i < ops.size(); ++i) {
      std::string_view end;
      bool text_follows = i + 1 < ops.size() && ops[i + 1].kind == Kind::kText;
      if (text_follows) end = ops[i + 1].text;
      bool final_text = outer && text_follows && i + 2 == ops.size();
      SL_CHECK(read_one(ops[i], end, final_text, outer && i + 1 == ops.size()));
    }
    return {};
  }

  std::string_view left() const { return left_; }

 private:
  Error too_short() const {
    return last_ ? Error{Errc::kMalformed, "the input ends in the middle of a record"} : Error{Errc::kWouldBlock, {}};
  }

  Status read_one(const Operation& op, std::string_view end, bool final_text, bool is_final) {
    if (op.kind == Kind::kText) return read_literal(op.text, is_final);
    if (op.kind == Kind::kHeaders) return read_headers(op);
    if (is_bytes(op.kind)) return read_bytes(op, end, final_text);
    SL_TRY(int64_t number, read_number(op));
    switch (op.kind) {
      case Kind::kPartition:
        if (number < 0 || number > std::numeric_limits<int32_t>::max())
          return Error{Errc::kMalformed, fmt::format("{} is not a partition", number)};
        record_.partition = static_cast<int32_t>(number);
        break;
      case Kind::kTimestamp:
        if (number >= 0) record_.timestamp_ms = op.time == TimeStyle::kUnix ? number * 1000 : number;
        break;
      case Kind::kKeyLength:
        key_length_ = number;
        break;
      case Kind::kValueLength:
        value_length_ = number;
        break;
      case Kind::kHeaderNameLength:
        name_length_ = number;
        break;
      case Kind::kHeaderValueLength:
        header_value_length_ = number;
        break;
      case Kind::kHeaderCount:
        header_count_ = number;
        break;
      default:
        break;  // where it lay is of no use to a new record
    }
    return {};
  }

  Status read_literal(std::string_view text, bool is_final) {
    if (left_.starts_with(text)) {
      left_.remove_prefix(text.size());
      return {};
    }
    if (text.starts_with(left_)) {
      if (!last_) return too_short();
      if (is_final && left_.empty()) return {};
    }
    return Error{Errc::kMalformed, fmt::format("'{}' stands where the format has '{}'",
                                               left_.substr(0, std::min<size_t>(left_.size(), 16)), text)};
  }

  Status read_headers(const Operation& op) {
    int64_t count = header_count_.value_or(0);
    if (count < 0 || count > static_cast<int64_t>(kArrayElementsMax))
      return Error{Errc::kMalformed, fmt::format("{} is not a number of headers", count)};
    for (int64_t i = 0; i < count; ++i) {
      record_.headers.emplace_back();
      SL_CHECK(read(op.inner, false));
    }
    return {};
  }

  Status read_bytes(const Operation& op, std::string_view end, bool final_text) {
    std::optional<int64_t> length;
    if (op.kind == Kind::kKey) length = key_length_;
    if (op.kind == Kind::kValue) length = value_length_;
    if (op.kind == Kind::kHeaderName) length = name_length_;
    if (op.kind == Kind::kHeaderValue) length = header_value_length_;
    std::optional<std::string_view> bytes;
    if (length == -1) return set(op.kind, bytes);
    if (length) {
      if (*length < 0 || *length > static_cast<int64_t>(kProduceFrameBytesMax))
        return Error{Errc::kTooLarge, fmt::format("{} bytes is no length of a key or value", *length)};
      if (left_.size() < static_cast<uint64_t>(*length)) return too_short();
      bytes = left_.substr(0, static_cast<size_t>(*length));
    } else {
      size_t at = left_.find(end);
      if (at == left_.npos && !(last_ && final_text)) return too_short();
      bytes = left_.substr(0, at);
    }
    left_.remove_prefix(bytes->size());
    if (op.bytes == BytesStyle::kRaw) return set(op.kind, bytes);
    std::string& decoded = decoded_.emplace_back();
    auto done = op.bytes == BytesStyle::kHex ? decode_hex(*bytes, decoded) : decode_base64(*bytes, decoded);
    if (!done) return Error{Errc::kMalformed, fmt::format("a field cannot be decoded: {}", done.error().context)};
    return set(op.kind, std::string_view(decoded));
  }

  Status set(Kind kind, std::optional<std::string_view> bytes) {
    if (kind == Kind::kTopic) record_.topic = bytes;
    if (kind == Kind::kKey) record_.key = bytes;
    if (kind == Kind::kValue) record_.value = bytes;
    if (kind == Kind::kHeaderValue) record_.headers.back().value = bytes;
    if (kind == Kind::kHeaderName) {
      if (!bytes) return Error{Errc::kMalformed, "a header's name cannot be null"};
      record_.headers.back().name = *bytes;
    }
    return {};
  }

  Result<int64_t> read_number(const Operation& op) {
    if (op.number == NumberStyle::kAscii) return read_decimal();
    size_t bytes = op.number == NumberStyle::kByte ? 1 : op.number == NumberStyle::kHex ? op.bits / 4u : op.bits / 8u;
    if (left_.size() < bytes) return too_short();
    std::string_view text = left_.substr(0, bytes);
    left_.remove_prefix(bytes);
    uint64_t bits = 0;
    if (op.number == NumberStyle::kHex) {
      if (std::from_chars(text.data(), text.data() + bytes, bits, 16).ptr != text.data() + bytes)
        return Error{Errc::kMalformed, fmt::format("'{}' is not a hexadecimal number", text)};
    } else {
      for (size_t i = 0; i < bytes; ++i)
        bits = bits << 8 | static_cast<uint8_t>(text[op.number == NumberStyle::kLittle ? bytes - 1 - i : i]);
    }
    // All ones is -1 at any width, so that null lengths survive.
    unsigned width = op.number == NumberStyle::kByte ? 8 : op.bits;
    return static_cast<int64_t>(bits << (64 - width)) >> (64 - width);
  }

  Result<int64_t> read_decimal() {
    size_t end = left_.find_first_not_of("0123456789", left_.starts_with('-') ? 1 : 0);
    if (end == left_.npos) {
      if (!last_) return too_short();
      end = left_.size();
    }
    auto number = parse_int(left_.substr(0, end));
    if (!number)
      return Error{Errc::kMalformed, fmt::format("'{}' stands where the format has a number",
                                                 left_.substr(0, std::min<size_t>(left_.size(), 16)))};
    left_.remove_prefix(end);
    return number;
  }

  std::string_view left_;
  bool last_;
  std::deque<std::string>& decoded_;
  InputRecord& record_;
  std::optional<int64_t> key_length_, value_length_, name_length_, header_value_length_, header_count_;
};

Result<InputFormat> InputFormat::compile(std::string_view format) {
  InputFormat compiled;
  SL_TRY(compiled.operations_, parse_operations(format));
  SL_CHECK(check(compiled.operations_));
  if (compiled.operations_.empty()) return Error{Errc::kUsage, "the format is empty"};
  return compiled;
}

Result<size_t> InputFormat::read(std::string_view input, bool last, InputRecord& record) {
  record.clear();
  decoded_.clear();
  Run run(input, last, decoded_, record);
  SL_CHECK(run.read(operations_, true));
  if (run.left().size() == input.size()) return Error{Errc::kMalformed, "the format reads nothing"};
  return input.size() - run.left().size();
}

}  // namespace sl::tools
