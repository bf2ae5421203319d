// The lossless JSON line, which sl-consume -J writes and sl-produce -J reads:
//
//   {"topic":"t","partition":0,"offset":4,"ts":1603987358147,"tstype":"create","epoch":3,"key":"k","value":"v",
//    "headers":[["n","v"],["n",null]]}          (one line)
//
// Bytes that are not UTF-8 go as base64: "key64", "value64", ["n",{"b64":"…"}]. Null is null and "" is empty; headers
// keep order and duplicates. A header name that is not UTF-8 cannot come from a correct client; it is written as
// {"b64":"…"} too.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "record/record.h"
#include "tools/common/input_record.h"
#include "tools/common/record_context.h"

namespace sl::tools {

// Appends the line, newline included.
void append_json_record(std::string& out, const RecordContext& context, const record::RecordView& record);

// Reads lines. On input offset, epoch, tstype and broker are ignored; kcat's names and its flat headers [n,v,n,v], and
// rpk's "timestamp" and [{"key":n,"value":v}] are taken as well. An unknown name is an error, so that a mistyped
// "vlaue" does not become a null.
class JsonRecordReader {
 public:
  JsonRecordReader();
  ~JsonRecordReader();
  // `line` without its newline. `readable` is how many bytes may be read from line.data() on: where it is not at least
  // 64 more than the line (simdjson reads ahead), the line is copied first. The record's views are good until the
  // next call. The error's sentence does not name the line's number: the caller knows it.
  Status read(std::string_view line, size_t readable, InputRecord& record);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace sl::tools
