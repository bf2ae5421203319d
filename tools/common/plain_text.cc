#include "tools/common/plain_text.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/file.h"
#include "base/text.h"
#include "tools/common/signals.h"

namespace sl::tools {
namespace {

constexpr size_t kFileBytesMax = 16 << 20;

Result<std::string> read_standard_input() {
  std::string content(kFileBytesMax + 1, '\0');
  content.resize(std::fread(content.data(), 1, content.size(), stdin));
  if (std::ferror(stdin)) return Error{Errc::kIo, "cannot read standard input"};
  if (content.size() > kFileBytesMax) return Error{Errc::kTooLarge, "standard input has more than 16 MiB"};
  return content;
}

std::string unquoted(std::string_view field) {
  if (field.size() < 2 || field.front() != '"' || field.back() != '"') return std::string(field);
  field = field.substr(1, field.size() - 2);
  std::string text;
  for (size_t i = 0; i < field.size(); ++i) {
    text += field[i];
    if (field.substr(i, 2) == "\"\"") ++i;
  }
  return text;
}

// The fields of a line, from the last to the first; of CSV the first may hold commas, being a group's name.
std::vector<std::string> fields_backwards(std::string_view line) {
  std::vector<std::string> fields;
  char separator = line.find(',') != line.npos ? ',' : line.find('\t') != line.npos ? '\t' : ' ';
  while (separator == ',' && fields.size() < 3) {
    size_t at = line.rfind(',');
    if (at == line.npos) break;
    fields.push_back(unquoted(sl::trim(line.substr(at + 1))));
    line = line.substr(0, at);
  }
  if (separator == ',') {
    fields.push_back(unquoted(sl::trim(line)));
    return fields;
  }
  for (std::string_view word : split(line, separator))
    if (!word.empty()) fields.emplace(fields.begin(), word);
  return fields;
}

// A # begins one where no word is before it: a group's name may hold one.
std::string_view without_comment(std::string_view line) {
  for (size_t i = 0; i < line.size(); ++i)
    if (line[i] == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) return line.substr(0, i);
  return line;
}

std::optional<OffsetLine> parse_line(std::string_view line) {
  std::vector<std::string> fields = fields_backwards(line);
  if (fields.size() < 3 || fields.size() > 4 || (fields.size() == 4 && line.find(',') == line.npos)) return {};
  auto offset = parse_int(fields[0]);
  auto partition = parse_int(fields[1]);
  if (!offset || !partition || *offset < 0 || *partition < 0 || *partition > INT32_MAX) return {};
  OffsetLine parsed;
  parsed.topic = fields[2];
  parsed.partition = Partition(static_cast<int32_t>(*partition));
  parsed.offset = Offset(*offset);
  if (fields.size() == 4) parsed.group = fields[3];
  return parsed;
}

}  // namespace

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

Status flush_printed() {
  if (std::fflush(stdout) == 0) return {};
  if (errno == EPIPE) die_by_sigpipe();
  Error why{Errc::kIo, fmt::format("cannot write to standard output: {}", std::strerror(errno))};
  std::clearerr(stdout);
  return why;
}

Result<std::vector<OffsetLine>> read_offset_lines(const std::string& path) {
  SL_TRY(std::string content, path == "-" ? read_standard_input() : system_files().read_whole(path, kFileBytesMax));
  std::vector<OffsetLine> lines;
  size_t number = 0;
  for (std::string_view line : split(content, '\n')) {
    ++number;
    line = sl::trim(without_comment(line));
    if (line.empty()) continue;
    auto parsed = parse_line(line);
    if (!parsed) return Error{Errc::kUsage, fmt::format("{}:{}: a line is TOPIC PARTITION OFFSET", path, number)};
    lines.push_back(*std::move(parsed));
  }
  return lines;
}

}  // namespace sl::tools
