#include "group/image_topics.h"

#include <re2/re2.h>

namespace sl::group {
namespace {

// Of one compiled expression; RE2's own default is eight times that.
constexpr int64_t kRegexBytesMax = 1 << 20;

re2::RE2::Options options() {
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(kRegexBytesMax);
  return options;
}

}  // namespace

Status check_regex(const std::string& regex) {
  re2::RE2 compiled(regex, options());
  if (compiled.ok()) return {};
  return Error{Errc::kInvalidRegularExpression, compiled.error()};
}

std::optional<Topics::Topic> ImageTopics::find(const std::string& name) const {
  const cluster::TopicState* topic = image_.find(name);
  if (!topic) return std::nullopt;
  return Topic{topic->id, static_cast<int32_t>(topic->partitions.size())};
}

std::vector<std::string> ImageTopics::matching(const std::string& regex) const {
  std::vector<std::string> names;
  re2::RE2 compiled(regex, options());
  if (!compiled.ok()) return names;
  for (const auto& [name, id] : image_.names())
    if (!name.starts_with("__") && re2::RE2::FullMatch(name, compiled)) names.push_back(name);
  return names;
}

}  // namespace sl::group
