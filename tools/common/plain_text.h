// Plain text out and in: what a tool prints on standard output, and small files of lines that it is given.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace sl::tools {

// To standard output. A failed write is kept by the stream; CommandLine::run looks at it at the end.
void print(std::string_view text);
// Lets out what was printed so far. An error is for the caller to say; nobody says it again at the end.
Status flush_printed();

// A position in a partition, as a line of a file has it.
struct OffsetLine {
  std::optional<std::string> group;  // of a CSV line of four fields
  std::string topic;
  Partition partition;
  Offset offset;
};

// Lines of TOPIC PARTITION OFFSET, with blanks or a tab between them, or of Kafka's CSV,
// [GROUP,]TOPIC,PARTITION,OFFSET. Empty ones and comments (#) are passed over. `path` may be -, standard input. kUsage
// with file and line where one is something else, errors of reading the file, kTooLarge over 16 MiB.
Result<std::vector<OffsetLine>> read_offset_lines(const std::string& path);

}  // namespace sl::tools
