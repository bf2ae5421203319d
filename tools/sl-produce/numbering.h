// Numbering: which line of which file a record came from. Records are numbered through all files, from 1.
#pragma once
#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tools/sl-produce/reader.h"

namespace sl::tools::produce {

class Numbering {
 public:
  explicit Numbering(RecordReader::Unit unit) : unit_(unit) {}

  // The records from `first` on are of this file; "" is standard input.
  void begin_file(uint64_t first, std::string file) { files_.push_back({first, std::move(file)}); }

  // "line 7", "line 7 of a.txt", "'a.pdf'"
  std::string where(uint64_t input) const {
    size_t at = files_.size();
    while (at > 1 && files_[at - 1].first > input) --at;
    File file = at == 0 ? File{1, {}} : files_[at - 1];
    if (unit_ == RecordReader::Unit::kFile)
      return file.name.empty() ? "standard input" : fmt::format("'{}'", file.name);
    std::string text =
        fmt::format("{} {}", unit_ == RecordReader::Unit::kLine ? "line" : "record", input - file.first + 1);
    if (!file.name.empty()) text += fmt::format(" of '{}'", file.name);
    return text;
  }

 private:
  struct File {
    uint64_t first;
    std::string name;
  };
  RecordReader::Unit unit_;
  std::vector<File> files_;
};

}  // namespace sl::tools::produce
