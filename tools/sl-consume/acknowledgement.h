// Acknowledgements: lines `[TOPIC ]PARTITION OFFSET` that a script writes to the descriptor of --ack-fd. This record
// and all before it in its partition are done.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"

namespace sl::tools::consume {

struct Acknowledgement {
  std::string_view topic;  // empty where the line names none
  Partition partition;
  Offset offset;
};

// kUsage, with a sentence that shows the line.
Result<Acknowledgement> parse_acknowledgement(std::string_view line);

// Lines out of pieces of any size. Empty lines are left out.
class LineSplitter {
 public:
  using Take = std::function<Status(std::string_view line)>;
  // kUsage where a line is longer than any acknowledgement; an error of `take` ends it.
  Status take(std::string_view piece, const Take& take_line);
  // What was begun and has no newline.
  Status end(const Take& take_line);

 private:
  std::string begun_;
};

}  // namespace sl::tools::consume
