#include "tools/sl-consume/acknowledgement.h"

#include <fmt/core.h>

#include <vector>

#include "base/text.h"

namespace sl::tools::consume {
namespace {

// A topic's name has at most 249 characters.
constexpr size_t kLineMax = 1024;

std::vector<std::string_view> words_of(std::string_view line) {
  constexpr std::string_view kBlank = " \t\r";
  std::vector<std::string_view> words;
  for (size_t at = line.find_first_not_of(kBlank); at != line.npos; at = line.find_first_not_of(kBlank, at)) {
    size_t end = std::min(line.find_first_of(kBlank, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

}  // namespace

Result<Acknowledgement> parse_acknowledgement(std::string_view line) {
  std::vector<std::string_view> words = words_of(line);
  Error wrong{Errc::kUsage, fmt::format("'{}' is no acknowledgement: [TOPIC ]PARTITION OFFSET is meant", line)};
  if (words.size() != 2 && words.size() != 3) return wrong;
  auto partition = parse_int(words[words.size() - 2]);
  auto offset = parse_int(words.back());
  if (!partition || *partition < 0 || *partition > INT32_MAX || !offset || *offset < 0) return wrong;
  std::string_view topic = words.size() == 3 ? words[0] : std::string_view();
  return Acknowledgement{topic, Partition(static_cast<int32_t>(*partition)), Offset(*offset)};
}

Status LineSplitter::take(std::string_view piece, const Take& take_line) {
  for (size_t end = piece.find('\n'); end != piece.npos; end = piece.find('\n')) {
    begun_ += piece.substr(0, end);
    piece.remove_prefix(end + 1);
    SL_CHECK(this->end(take_line));
  }
  begun_ += piece;
  if (begun_.size() > kLineMax)
    return Error{Errc::kUsage,
                 fmt::format("'{}...' is no acknowledgement: [TOPIC ]PARTITION OFFSET is meant", begun_.substr(0, 40))};
  return {};
}

Status LineSplitter::end(const Take& take_line) {
  std::string line = std::exchange(begun_, {});
  return words_of(line).empty() ? Status() : take_line(line);
}

}  // namespace sl::tools::consume
