// Compiles a format of record_format.h into its operations.
#include "tools/common/record_format_parse.h"

#include <fmt/core.h>

#include <optional>

#include "tools/common/format_reader.h"
#include "tools/common/record_format.h"
#include "tools/common/unpack.h"

namespace sl::tools {
namespace {

using Operation = RecordFormat::Operation;
using Kind = Operation::Kind;

Error wrong_modifier(char letter, std::string_view modifier, std::string_view wanted) {
  return {Errc::kUsage, fmt::format("%{} does not take {{{}}}: use {}", letter, modifier, wanted)};
}

// "[%F %T]" behind `name`: what stands between the brackets.
std::optional<std::string> bracketed(std::string_view modifier, std::string_view name) {
  if (!modifier.starts_with(name)) return std::nullopt;
  modifier.remove_prefix(name.size());
  if (modifier.size() < 2 || modifier.front() != '[' || modifier.back() != ']') return std::nullopt;
  return std::string(modifier.substr(1, modifier.size() - 2));
}

Status set_bytes_style(Operation& op, char letter, const std::string& modifier) {
  if (modifier == "hex") {
    op.bytes = BytesStyle::kHex;
  } else if (modifier == "base64") {
    op.bytes = BytesStyle::kBase64;
  } else if (modifier == "base64raw") {
    op.bytes = BytesStyle::kBase64Raw;
  } else if (modifier == "json") {
    op.bytes = BytesStyle::kJson;
  } else if (auto spec = bracketed(modifier, "unpack")) {
    SL_CHECK(check_unpack(*spec));
    op.bytes = BytesStyle::kUnpack;
    op.text = *spec;
  } else {
    return wrong_modifier(letter, modifier, "{hex}, {base64}, {base64raw}, {json} or {unpack[...]}");
  }
  return {};
}

Status set_number_style(Operation& op, char letter, const std::string& modifier) {
  struct Named {
    std::string_view name;
    NumberStyle style;
  };
  static constexpr Named kSized[] = {
      {"hex", NumberStyle::kHex}, {"big", NumberStyle::kBig}, {"little", NumberStyle::kLittle}};
  if (modifier == "ascii") return {};
  if (modifier == "byte" || modifier == "bool") {
    op.number = modifier == "byte" ? NumberStyle::kByte : NumberStyle::kBool;
    return {};
  }
  for (const Named& named : kSized) {
    if (!modifier.starts_with(named.name)) continue;
    std::string bits = modifier.substr(named.name.size());
    op.number = named.style;
    op.bits = bits == "64" ? 64 : bits == "32" ? 32 : bits == "16" ? 16 : bits == "8" ? 8 : bits == "4" ? 4 : 0;
    if (op.bits == 4 && named.style != NumberStyle::kHex) op.bits = 0;
    if (op.bits != 0) return {};
  }
  return wrong_modifier(letter, modifier,
                        "{ascii}, {hex64} to {hex4}, {big64} to {big8}, {little64} to {little8}, "
                        "{byte} or {bool}");
}

Status set_time_style(Operation& op, char letter, const std::string& modifier) {
  if (auto spec = bracketed(modifier, "strftime")) {
    op.time = TimeStyle::kStrftime;
    op.text = *spec;
  } else if (modifier == "unix") {
    op.time = TimeStyle::kUnix;
  } else if (modifier == "rfc3339") {
    op.time = TimeStyle::kRfc3339;
  } else if (modifier != "unixmilli") {
    if (!set_number_style(op, letter, modifier))
      return wrong_modifier(letter, modifier, "{strftime[%F %T]}, {unix}, {unixmilli}, {rfc3339} or a number's style");
  }
  return {};
}

std::optional<Kind> kind_in_record(char letter) {
  switch (letter) {
    case 't':
      return Kind::kTopic;
    case 'p':
      return Kind::kPartition;
    case 'o':
      return Kind::kOffset;
    case 'e':
      return Kind::kEpoch;
    case 'T':
    case 'd':
      return Kind::kTimestamp;
    case 'i':
      return Kind::kCount;
    case 'k':
      return Kind::kKey;
    case 'K':
      return Kind::kKeyLength;
    case 'v':
    case 's':
      return Kind::kValue;
    case 'V':
    case 'S':
    case 'R':
      return Kind::kValueLength;
    case 'H':
      return Kind::kHeaderCount;
    case 'h':
      return Kind::kHeaders;
    default:
      return std::nullopt;
  }
}

std::optional<Kind> kind_in_header(char letter) {
  switch (letter) {
    case 'k':
      return Kind::kHeaderName;
    case 'K':
      return Kind::kHeaderNameLength;
    case 'v':
      return Kind::kHeaderValue;
    case 'V':
      return Kind::kHeaderValueLength;
    default:
      return std::nullopt;
  }
}

bool takes_bytes(Kind kind) {
  return kind == Kind::kTopic || kind == Kind::kKey || kind == Kind::kValue || kind == Kind::kHeaderName ||
         kind == Kind::kHeaderValue;
}

Result<std::vector<Operation>> parse_level(std::string_view format, bool in_header);

Result<Operation> parse_letter(const FormatPiece& piece, bool in_header) {
  auto kind = in_header ? kind_in_header(piece.letter) : kind_in_record(piece.letter);
  if (!kind)
    return Error{Errc::kUsage,
                 fmt::format("the format has no %{}: {}", piece.letter,
                             in_header ? "inside %h{...} there are %k %v %K %V"
                                       : "there are %t %p %o %e %T %d %i %k %K %v %V %s %S %R %H %h and %%")};
  Operation op;
  op.kind = *kind;
  if (piece.letter == 'R') {
    op.number = NumberStyle::kBig;
    op.bits = 32;
  }
  if (op.kind == Kind::kHeaders && !piece.has_modifier) op.kind = Kind::kFlatHeaders;
  if (!piece.has_modifier) return op;
  if (op.kind == Kind::kHeaders) {
    SL_TRY(op.inner, parse_level(piece.text, true));
  } else if (op.kind == Kind::kTimestamp) {
    SL_CHECK(set_time_style(op, piece.letter, piece.text));
  } else if (takes_bytes(op.kind)) {
    SL_CHECK(set_bytes_style(op, piece.letter, piece.text));
  } else {
    SL_CHECK(set_number_style(op, piece.letter, piece.text));
  }
  return op;
}

Result<std::vector<Operation>> parse_level(std::string_view format, bool in_header) {
  std::vector<Operation> operations;
  FormatReader reader(format);
  while (!reader.at_end()) {
    SL_TRY(FormatPiece piece, reader.next());
    Operation op;
    if (piece.letter == 0) {
      op.text = piece.text;
    } else {
      SL_TRY(op, parse_letter(piece, in_header));
    }
    operations.push_back(std::move(op));
  }
  return operations;
}

bool is_raw(const Operation& op, Kind kind) {
  return op.kind == kind && op.bytes == BytesStyle::kRaw;
}

}  // namespace

Result<std::vector<Operation>> parse_operations(std::string_view format) {
  return parse_level(format, false);
}

Result<RecordFormat> RecordFormat::compile(std::string_view format, std::string_view null_text) {
  SL_TRY(auto ops, parse_operations(format));
  // The common shapes skip the interpreter.
  if (ops.size() == 2 && is_raw(ops[0], Kind::kValue) && ops[1].kind == Kind::kText)
    return lines(ops[1].text, null_text);
  if (ops.size() == 1 && is_raw(ops[0], Kind::kValue)) return lines("", null_text);
  if (ops.size() == 4 && is_raw(ops[0], Kind::kKey) && ops[1].kind == Kind::kText && is_raw(ops[2], Kind::kValue) &&
      ops[3].kind == Kind::kText)
    return keyed_lines(ops[1].text, ops[3].text, null_text);
  RecordFormat compiled;
  compiled.operations_ = std::move(ops);
  compiled.null_text_ = std::string(null_text);
  return compiled;
}

}  // namespace sl::tools
