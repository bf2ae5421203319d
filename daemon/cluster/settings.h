// THE settings table: every setting of a topic and every key of a broker whose feature exists, with type, default,
// range, documentation and kinship: one list drives validation, what logs do, and DescribeConfigs. Names, types and
// defaults are Kafka's (kafka.apache.org/documentation, "Topic Configs", "Broker Configs"), but for flush.messages and
// the memory of compaction (log.cleaner.dedupe.buffer.size).
//
// A topic's value is the first there is of: its own; the broker's key of the same meaning, changed at run time for this
// broker, then for all; the same from file or command line; the default.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "cluster/image.h"
#include "storage/settings.h"
#include "wire/messages/configs.h"

namespace sl::cluster {

// Numbers of DescribeConfigs.
enum class SettingType : int8_t { kBoolean = 1, kString = 2, kInt = 3, kShort = 4, kLong = 5, kDouble = 6, kList = 7 };
enum class SettingSource : int8_t {
  kTopic = 1,
  kDynamicBroker = 2,
  kDynamicDefaultBroker = 3,
  kStaticBroker = 4,
  kDefault = 5
};

// One broker key that means the same as a topic setting, and how many of the topic's units its unit is.
struct BrokerSynonym {
  std::string_view key;
  int64_t unit = 1;
};

struct Setting {
  std::string_view name;
  SettingType type = SettingType::kString;
  std::string_view fallback;  // the default
  int64_t min = INT64_MIN;    // of numbers, INT64_MAX being no limit of a double
  int64_t max = INT64_MAX;
  std::string_view one_of = {};                // "a|b|c" for texts and lists; empty: anything
  std::string_view documentation = {};         // a sentence
  std::span<const BrokerSynonym> broker = {};  // of a topic setting, the strongest first
  bool dynamic = false;                        // a broker key that may be changed at run time
};

// In order of their names.
std::span<const Setting> topic_settings();
std::span<const Setting> broker_settings();
const Setting* find_topic_setting(std::string_view name);
const Setting* find_broker_setting(std::string_view name);

// kInvalidConfig with Kafka's sentence, and the nearest name where the name is unknown.
Status check_topic_setting(std::string_view name, std::string_view value);
Status check_broker_setting(std::string_view name, std::string_view value);
// What file and command line say of the broker.
class BrokerSettings {
 public:
  // kBadConfig with the sentence for the user.
  Status set(const std::string& key, const std::string& value);
  // The value, or the default. The key must be in the table, of that type.
  std::string text(std::string_view key) const;
  int64_t integer(std::string_view key) const;
  double real(std::string_view key) const;
  bool boolean(std::string_view key) const;
  // Null where nobody set it.
  const std::string* given(std::string_view key) const;
  NodeId node() const { return NodeId(static_cast<int32_t>(integer("node.id"))); }

 private:
  std::map<std::string, std::string, std::less<>> given_;
};

// What the settings of a topic mean to its logs on this broker.
storage::LogSettings log_settings(const BrokerSettings& broker, const Image& image, const TopicState& topic);

// A setting's value with where it comes from, and all it overrides, the strongest first.
struct EffectiveSetting {
  const Setting* setting = nullptr;
  std::string value;
  SettingSource source = SettingSource::kDefault;
  struct Origin {
    std::string name;
    std::string value;
    SettingSource source;
  };
  std::vector<Origin> origins;
};
// `own` are the topic's settings.
EffectiveSetting effective_topic_setting(const Setting& setting, const BrokerSettings& broker, const Image& image,
                                         const std::map<std::string, std::string>& own);
EffectiveSetting effective_broker_setting(const Setting& setting, const BrokerSettings& broker, const Image& image);

}  // namespace sl::cluster
