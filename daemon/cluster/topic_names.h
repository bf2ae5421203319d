// Which names a topic may have (Kafka's Topic.validate).
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cluster/image.h"

namespace sl::cluster {

// kInvalidTopic with the sentence.
Status check_topic_name(std::string_view name);
// Whether two names differ in '.' and '_' alone: in the names of metrics, where '.' becomes '_', both would be one.
bool names_collide(std::string_view a, std::string_view b);
// A topic with which the new name collides.
std::optional<std::string> colliding_topic(const Image& image, std::string_view name);

}  // namespace sl::cluster
