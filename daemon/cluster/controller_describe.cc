// DescribeConfigs: every setting of a topic or broker with its value, where that comes from, and what it overrides.
#include <set>

#include "cluster/controller.h"

namespace sl::cluster {
namespace {

// In the table's order. A request may name thousands, known or not.
std::set<const Setting*> asked_for(const wire::DescribeConfigsRequest::Resource& asked, std::span<const Setting> table,
                                   const Setting* (*find)(std::string_view)) {
  std::set<const Setting*> settings;
  if (!asked.configuration_keys || asked.configuration_keys->empty()) {
    for (const Setting& setting : table) settings.insert(&setting);
    return settings;
  }
  for (const auto& key : *asked.configuration_keys)
    if (const Setting* setting = find(key)) settings.insert(setting);
  return settings;
}

wire::DescribeConfigsResponse::Config row(EffectiveSetting&& effective, bool read_only, bool synonyms,
                                          bool documentation) {
  wire::DescribeConfigsResponse::Config config;
  const Setting& setting = *effective.setting;
  config.name = std::string(setting.name);
  bool unset =
      effective.value.empty() && effective.source == SettingSource::kDefault && setting.type != SettingType::kList;
  if (!unset) config.value = std::move(effective.value);
  config.read_only = read_only;
  config.config_source = static_cast<int8_t>(effective.source);
  config.config_type = static_cast<int8_t>(setting.type);
  if (documentation) config.documentation = std::string(setting.documentation);
  if (!synonyms) return config;
  for (auto& origin : effective.origins)
    if (origin.source != SettingSource::kDefault || !origin.value.empty() || !unset)
      config.synonyms.push_back({std::move(origin.name), std::move(origin.value), static_cast<int8_t>(origin.source)});
  return config;
}

}  // namespace

Status Controller::describe_resource(const wire::DescribeConfigsRequest::Resource& asked, bool synonyms,
                                     bool documentation, wire::DescribeConfigsResponse::Resource& answer) const {
  SL_TRY(Image::Settings own, settings_of(Resource{asked.resource_type, asked.resource_name}));
  if (asked.resource_type == kTopicResource) {
    for (const Setting* setting : asked_for(asked, topic_settings(), find_topic_setting))
      answer.configs.push_back(
          row(effective_topic_setting(*setting, settings_, image_, own), false, synonyms, documentation));
    return {};
  }
  for (const Setting* setting : asked_for(asked, broker_settings(), find_broker_setting)) {
    // The defaults of all brokers are only those that were set at run time.
    if (asked.resource_name.empty() && !own.contains(std::string(setting->name))) continue;
    auto effective = effective_broker_setting(*setting, settings_, image_);
    if (asked.resource_name.empty()) {
      effective.value = own.at(std::string(setting->name));
      effective.source = SettingSource::kDynamicDefaultBroker;
      std::erase_if(effective.origins, [](const auto& o) { return o.source == SettingSource::kDynamicBroker; });
    }
    answer.configs.push_back(row(std::move(effective), !setting->dynamic, synonyms, documentation));
  }
  return {};
}

wire::DescribeConfigsResponse Controller::describe_configs(const wire::DescribeConfigsRequest& request) const {
  wire::DescribeConfigsResponse response;
  for (const auto& asked : request.resources) {
    auto& answer = response.results.emplace_back();
    answer.resource_type = asked.resource_type;
    answer.resource_name = asked.resource_name;
    auto described = describe_resource(asked, request.include_synonyms, request.include_documentation, answer);
    if (described) continue;
    answer.error_code = errc_to_wire(described.code());
    answer.error_message = described.error().context;
  }
  return response;
}

}  // namespace sl::cluster
