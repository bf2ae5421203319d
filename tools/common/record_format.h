// The -f format of sl-consume and of sl-produce -o: printf-like, kcat's and rpk's letters. It is compiled once into a
// list of operations and then runs once per record, so that `%v\n` costs a copy and nothing else.
//
//   %t topic  %p partition  %o offset  %e leader epoch  %T timestamp (ms)  %i number of the record, from 1
//   %k key  %K its length   %v %s value  %V %S its length   (-1 for null)  %R the length as 4 big-endian bytes (kcat)
//   %H number of headers  %h{ %k=%v } the inner format once per header   %h alone: n=v,n=v
//   %d timestamp: %d{strftime[%F %T]} (UTC), %d{unix}, %d{rfc3339}; alone as %T      %% %{ %}
//   \n \r \t \0 \\ \xNN
//
// Bytes take {hex} {base64} {base64raw} {json} {unpack[>iq s]}; numbers take {ascii} {hex64} … {hex4}
// {big64} … {big8} {little64} … {little8} {byte} {bool}.
//
// unpack: < > byte order (big at first), b B h H i I q Q integers, c or . one character, s the rest, $ here it must
// end, x or a space a space; what does not fit is shown as <too short> or <N bytes left>.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "record/record.h"
#include "tools/common/record_context.h"

namespace sl::tools {

class RecordFormat {
 public:
  // `null_text` stands for null keys, values and header values (-Z prints "NULL"); empty by itself.
  static Result<RecordFormat> compile(std::string_view format, std::string_view null_text = {});
  // What sl-consume writes by default: the value and a delimiter; with a key delimiter, the key in front.
  static RecordFormat lines(std::string_view delimiter, std::string_view null_text = {});
  static RecordFormat keyed_lines(std::string_view key_delimiter, std::string_view delimiter,
                                  std::string_view null_text = {});

  // Appends one record.
  void append(std::string& out, const RecordContext& context, const record::RecordView& record);
  // True where a record's offset, key, time and headers do not matter.
  bool value_only() const { return shape_ == Shape::kValueLine; }
  // False where a record's place is all that is shown: topic, partition, offset and its number.
  bool needs_record() const;

  struct Operation;

 private:
  enum class Shape { kGeneral, kValueLine, kKeyValueLine };
  void append_general(std::string& out, const RecordContext& context, const record::RecordView& record);

  Shape shape_ = Shape::kGeneral;
  std::string middle_, after_;  // of the two lines
  std::string null_text_;
  std::vector<Operation> operations_;
  int64_t count_ = 0;
};

// How a number or bytes are shown.
enum class NumberStyle : uint8_t { kAscii, kHex, kBig, kLittle, kByte, kBool };
enum class BytesStyle : uint8_t { kRaw, kHex, kBase64, kBase64Raw, kJson, kUnpack };
enum class TimeStyle : uint8_t { kMs, kUnix, kRfc3339, kStrftime };

struct RecordFormat::Operation {
  enum class Kind : uint8_t {
    kText,
    kTopic,
    kPartition,
    kOffset,
    kEpoch,
    kTimestamp,
    kCount,
    kKey,
    kKeyLength,
    kValue,
    kValueLength,
    kHeaderCount,
    kHeaders,
    kHeaderName,
    kHeaderNameLength,
    kHeaderValue,
    kHeaderValueLength,
    kFlatHeaders,
  };
  Kind kind = Kind::kText;
  NumberStyle number = NumberStyle::kAscii;
  BytesStyle bytes = BytesStyle::kRaw;
  TimeStyle time = TimeStyle::kMs;
  uint8_t bits = 64;          // of kHex, kBig and kLittle
  int64_t shown_second = -1;  // of kStrftime: the second that shown_text shows
  std::string shown_text;
  std::string text;              // of kText; the argument of unpack and strftime
  std::vector<Operation> inner;  // of kHeaders
};

}  // namespace sl::tools
