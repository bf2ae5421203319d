// Rules of topic names.
#include "cluster/topic_names.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/limits.h"
#include "quorum/quorum.h"

namespace sl::cluster {
namespace {

bool allowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

std::string folded(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '.', '_');
  return text;
}

Error refuse(std::string text) {
  return Error{Errc::kInvalidTopic, std::move(text)};
}

}  // namespace

Status check_topic_name(std::string_view name) {
  if (name.empty()) return refuse("Topic name is invalid: the empty string is not allowed");
  if (name == "." || name == "..") return refuse("Topic name is invalid: '.' or '..' is not allowed");
  if (name.size() > kTopicNameBytesMax)
    return refuse(fmt::format("Topic name is invalid: the length of '{}' is longer than the max allowed length {}",
                              name, kTopicNameBytesMax));
  if (!std::all_of(name.begin(), name.end(), allowed))
    return refuse(
        fmt::format("Topic name is invalid: '{}' contains one or more characters other than ASCII "
                    "alphanumerics, '.', '_' and '-'",
                    name));
  if (name == quorum::kMetadataTopicName)
    return refuse(fmt::format("Creation of internal topic {} is prohibited", name));
  return {};
}

bool names_collide(std::string_view a, std::string_view b) {
  return a.size() == b.size() && a != b && folded(a) == folded(b);
}

std::optional<std::string> colliding_topic(const Image& image, std::string_view name) {
  if (name.find('.') == name.npos && name.find('_') == name.npos) return std::nullopt;
  for (const auto& [other, id] : image.names())
    if (names_collide(other, name)) return other;
  return std::nullopt;
}

}  // namespace sl::cluster
