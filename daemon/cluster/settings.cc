// Values: checked, looked up through all the places that may set them, and turned into what a log understands.
#include "cluster/settings.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "base/text.h"
#include "record/compression.h"

namespace sl::cluster {
namespace {

Error invalid(std::string_view name, std::string_view value, std::string_view why) {
  return Error{Errc::kInvalidConfig, fmt::format("Invalid value {} for configuration {}: {}", value, name, why)};
}

// As Kafka words it, with the name that was probably meant.
Error unknown(std::string_view what, std::string_view name, std::span<const Setting> table) {
  std::vector<std::string_view> names;
  for (const Setting& setting : table) names.push_back(setting.name);
  std::string text = fmt::format("Unknown {} config name: {}", what, name);
  if (auto nearest = nearest_name(name, names)) text += fmt::format(" (did you mean {}?)", *nearest);
  return Error{Errc::kInvalidConfig, std::move(text)};
}

std::string_view type_name(SettingType type) {
  switch (type) {
    case SettingType::kInt:
      return "INT";
    case SettingType::kShort:
      return "SHORT";
    case SettingType::kDouble:
      return "DOUBLE";
    default:
      return "LONG";
  }
}

bool is_one_of(std::string_view value, std::string_view choices) {
  for (std::string_view choice : split(choices, '|'))
    if (choice == value) return true;
  return false;
}

Status check_number(const Setting& setting, std::string_view value) {
  auto number = parse_int(value);
  if (!number) return invalid(setting.name, value, fmt::format("Not a number of type {}", type_name(setting.type)));
  if (*number < setting.min) return invalid(setting.name, value, fmt::format("Value must be at least {}", setting.min));
  if (*number > setting.max)
    return invalid(setting.name, value, fmt::format("Value must be no more than {}", setting.max));
  return {};
}

Status check_real(const Setting& setting, std::string_view value) {
  auto number = parse_double(value);
  if (!number || std::isnan(*number)) return invalid(setting.name, value, "Not a number of type DOUBLE");
  if (*number < static_cast<double>(setting.min))
    return invalid(setting.name, value, fmt::format("Value must be at least {}", setting.min));
  if (setting.max != INT64_MAX && *number > static_cast<double>(setting.max))
    return invalid(setting.name, value, fmt::format("Value must be no more than {}", setting.max));
  return {};
}

Status check_words(const Setting& setting, std::string_view value) {
  std::string choices;
  for (std::string_view choice : split(setting.one_of, '|'))
    choices += fmt::format("{}{}", choices.empty() ? "" : ", ", choice);
  if (setting.type == SettingType::kString) {
    if (is_one_of(value, setting.one_of)) return {};
    return invalid(setting.name, value, fmt::format("String must be one of: {}", choices));
  }
  if (trim(value).empty()) return {};
  for (std::string_view word : split(value, ','))
    if (!is_one_of(trim(word), setting.one_of))
      return invalid(setting.name, value, fmt::format("String must be one of: {}", choices));
  return {};
}

Status check_value(const Setting& setting, std::string_view value) {
  switch (setting.type) {
    case SettingType::kBoolean:
      if (value == "true" || value == "false") return {};
      return invalid(setting.name, value, "Expected value to be either true or false");
    case SettingType::kString:
    case SettingType::kList:
      if (setting.one_of.empty()) return {};
      return check_words(setting, value);
    case SettingType::kDouble:
      return check_real(setting, value);
    default:
      if (setting.name == "compression.gzip.level" && value == "0")
        return invalid(setting.name, value, "Value must be -1 or between 1 and 9");
      return check_number(setting, value);
  }
}

// A broker's value in the topic's unit. Where a product would not fit it is as long as can be; negative is for ever.
std::string in_topic_unit(const BrokerSynonym& synonym, const std::string& value) {
  if (synonym.unit == 1) return value;
  auto number = parse_int(value);
  if (!number || *number < 0) return value;
  if (*number > INT64_MAX / synonym.unit) return std::to_string(INT64_MAX);
  return std::to_string(*number * synonym.unit);
}

const std::string* value_in(const Image::Settings& settings, std::string_view name) {
  auto at = settings.find(std::string(name));
  return at == settings.end() ? nullptr : &at->second;
}

// Every place that sets a broker key, the strongest first.
template <class Visit>
void visit_broker_key(std::string_view key, const BrokerSettings& broker, const Image& image, SettingSource source,
                      Visit visit) {
  const std::string* value = nullptr;
  if (source == SettingSource::kDynamicBroker) {
    if (const Image::Settings* mine = image.broker_settings(broker.node())) value = value_in(*mine, key);
  }
  if (source == SettingSource::kDynamicDefaultBroker) value = value_in(image.cluster_settings(), key);
  if (source == SettingSource::kStaticBroker) value = broker.given(key);
  if (value) visit(*value);
}

constexpr SettingSource kBrokerSources[] = {SettingSource::kDynamicBroker, SettingSource::kDynamicDefaultBroker,
                                            SettingSource::kStaticBroker};

void settle(EffectiveSetting& effective) {
  if (effective.origins.empty()) {
    effective.value = std::string(effective.setting->fallback);
    effective.source = SettingSource::kDefault;
    return;
  }
  effective.source = effective.origins.front().source;
}

}  // namespace

Status check_topic_setting(std::string_view name, std::string_view value) {
  const Setting* setting = find_topic_setting(name);
  if (!setting) return unknown("topic", name, topic_settings());
  return check_value(*setting, value);
}

Status check_broker_setting(std::string_view name, std::string_view value) {
  const Setting* setting = find_broker_setting(name);
  if (!setting) return unknown("broker", name, broker_settings());
  return check_value(*setting, value);
}

Status BrokerSettings::set(const std::string& key, const std::string& value) {
  auto checked = check_broker_setting(key, value);
  if (!checked) return Error{Errc::kBadConfig, checked.error().context};
  given_[key] = value;
  return {};
}

const std::string* BrokerSettings::given(std::string_view key) const {
  auto at = given_.find(key);
  return at == given_.end() ? nullptr : &at->second;
}

std::string BrokerSettings::text(std::string_view key) const {
  if (const std::string* value = given(key)) return *value;
  const Setting* setting = find_broker_setting(key);
  assert(setting);
  return std::string(setting->fallback);
}

int64_t BrokerSettings::integer(std::string_view key) const {
  auto number = parse_int(text(key));
  assert(number);
  return *number;
}

double BrokerSettings::real(std::string_view key) const {
  auto number = parse_double(text(key));
  assert(number);
  return *number;
}

bool BrokerSettings::boolean(std::string_view key) const {
  return text(key) == "true";
}

EffectiveSetting effective_topic_setting(const Setting& setting, const BrokerSettings& broker, const Image& image,
                                         const Image::Settings& own) {
  EffectiveSetting effective;
  effective.setting = &setting;
  if (const std::string* value = value_in(own, setting.name)) {
    effective.origins.push_back({std::string(setting.name), *value, SettingSource::kTopic});
    effective.value = *value;
  }
  for (SettingSource source : kBrokerSources) {
    for (const BrokerSynonym& synonym : setting.broker) {
      visit_broker_key(synonym.key, broker, image, source, [&](const std::string& value) {
        if (effective.origins.empty()) effective.value = in_topic_unit(synonym, value);
        effective.origins.push_back({std::string(synonym.key), value, source});
      });
    }
  }
  settle(effective);
  for (const BrokerSynonym& synonym : setting.broker) {
    std::string_view fallback = find_broker_setting(synonym.key)->fallback;
    if (!fallback.empty())
      effective.origins.push_back({std::string(synonym.key), std::string(fallback), SettingSource::kDefault});
  }
  return effective;
}

EffectiveSetting effective_broker_setting(const Setting& setting, const BrokerSettings& broker, const Image& image) {
  EffectiveSetting effective;
  effective.setting = &setting;
  for (SettingSource source : kBrokerSources) {
    visit_broker_key(setting.name, broker, image, source, [&](const std::string& value) {
      if (effective.origins.empty()) effective.value = value;
      effective.origins.push_back({std::string(setting.name), value, source});
    });
  }
  settle(effective);
  effective.origins.push_back({std::string(setting.name), std::string(setting.fallback), SettingSource::kDefault});
  return effective;
}

storage::LogSettings log_settings(const BrokerSettings& broker, const Image& image, const TopicState& topic) {
  auto text = [&](std::string_view name) {
    return effective_topic_setting(*find_topic_setting(name), broker, image, topic.settings).value;
  };
  auto number = [&](std::string_view name) {
    auto parsed = parse_int(text(name));
    return parsed ? *parsed : *parse_int(find_topic_setting(name)->fallback);
  };
  storage::LogSettings settings;
  settings.segment_bytes = number("segment.bytes");
  settings.segment_ms = number("segment.ms");
  settings.retention_ms = number("retention.ms");
  settings.retention_bytes = number("retention.bytes");
  settings.flush_messages = number("flush.messages");
  settings.flush_ms = number("flush.ms");
  settings.max_message_bytes = number("max.message.bytes");
  settings.timestamp_before_max_ms = number("message.timestamp.before.max.ms");
  settings.timestamp_after_max_ms = number("message.timestamp.after.max.ms");
  settings.timestamp_type = text("message.timestamp.type") == "LogAppendTime" ? storage::TimestampType::kLogAppendTime
                                                                              : storage::TimestampType::kCreateTime;
  settings.delete_old = text("cleanup.policy").find("delete") != std::string::npos;
  settings.compact = text("cleanup.policy").find("compact") != std::string::npos;
  settings.delete_retention_ms = number("delete.retention.ms");
  settings.min_compaction_lag_ms = number("min.compaction.lag.ms");
  settings.max_compaction_lag_ms = number("max.compaction.lag.ms");
  if (auto ratio = parse_double(text("min.cleanable.dirty.ratio"))) settings.min_cleanable_dirty_ratio = *ratio;
  std::string compression = text("compression.type");
  settings.keep_producer_compression = compression == "producer";
  if (settings.keep_producer_compression) return settings;
  auto codec = record::parse_codec(compression == "uncompressed" ? "none" : compression);
  settings.compression = codec ? *codec : record::Codec::kNone;
  if (settings.compression == record::Codec::kGzip && number("compression.gzip.level") != -1)
    settings.compression_level = static_cast<int>(number("compression.gzip.level"));
  // Kafka's level 9, the default, is lz4's fast mode; the others are its high compression.
  if (settings.compression == record::Codec::kLz4 && number("compression.lz4.level") != 9)
    settings.compression_level = static_cast<int>(number("compression.lz4.level"));
  if (settings.compression == record::Codec::kZstd)
    settings.compression_level = static_cast<int>(number("compression.zstd.level"));
  return settings;
}

}  // namespace sl::cluster
