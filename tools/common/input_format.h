// The -f format of sl-produce: the letters of record_format.h, read instead of written, so that what sl-consume wrote
// by a format can be read by the same one where that is unambiguous.
//
//   %v\n                    lines
//   %k\t%v\n                a key, a tab, the value
//   %K{big32}%k%V{big32}%v  binary, each with its length before it (-1 is null)
//   %p %T %t %v\n           partition, timestamp in ms and topic per record; %o and %e are read and ignored
//   %H %h{%k=%v }%v\n       as many headers as %H says
//
// A field ends where its length says, or else at the text that follows it. {hex} and {base64} are decoded.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tools/common/input_record.h"
#include "tools/common/record_format.h"

namespace sl::tools {

class InputFormat {
 public:
  // Refuses what cannot be read back: a field that nothing ends, a time in words.
  static Result<InputFormat> compile(std::string_view format);

  // Reads the record at the beginning of `input` and answers how many bytes it took. kWouldBlock: the input ends
  // before the record does; come again with more. At the end of the input (`last`) the very last text may be missing,
  // anything else that is cut short is kMalformed. Views are good until the next call and while `input` is.
  Result<size_t> read(std::string_view input, bool last, InputRecord& record);

 private:
  class Run;
  std::vector<RecordFormat::Operation> operations_;
  std::deque<std::string> decoded_;
};

}  // namespace sl::tools
