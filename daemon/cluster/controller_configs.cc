// Settings changed. Both requests end in the same: what a resource's own settings are to be, and the records of the
// difference. Each resource is answered by itself; those that pass their checks go into one batch.
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "cluster/controller.h"

namespace sl::cluster {
namespace {

enum Operation : int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };

void refuse(auto& answer, const Error& error) {
  answer.error_code = errc_to_wire(error.code);
  answer.error_message = error.context.empty() ? std::string(error_info(error.code).text) : error.context;
}

Error invalid(std::string text) {
  return Error{Errc::kInvalidConfig, std::move(text)};
}

const Setting* find_setting(int8_t type, std::string_view name) {
  return type == kTopicResource ? find_topic_setting(name) : find_broker_setting(name);
}

Status check_setting(int8_t type, const std::string& name, const std::string& value) {
  return type == kTopicResource ? check_topic_setting(name, value) : check_broker_setting(name, value);
}

std::string change_list(const std::string& now, const std::string& operand, bool append) {
  std::vector<std::string> words;
  auto add = [&](std::string_view word) {
    if (!word.empty() && std::find(words.begin(), words.end(), word) == words.end()) words.emplace_back(word);
  };
  for (std::string_view word : split(now, ',')) add(trim(word));
  for (std::string_view word : split(operand, ',')) {
    if (append) add(trim(word));
    if (!append) std::erase(words, std::string(trim(word)));
  }
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

// What makes `now` to `wanted`.
void add_difference(int8_t type, const std::string& name, const Image::Settings& now, const Image::Settings& wanted,
                    std::vector<wire::MetadataRecord>& records) {
  for (const auto& [key, value] : now)
    if (!wanted.contains(key)) records.push_back(wire::ConfigRecord{type, name, key, std::nullopt});
  for (const auto& [key, value] : wanted) {
    auto at = now.find(key);
    if (at == now.end() || at->second != value) records.push_back(wire::ConfigRecord{type, name, key, value});
  }
}

template <class Configs>
Status check_unrepeated(const Configs& configs) {
  std::set<std::string_view> seen;
  for (const auto& config : configs)
    if (!seen.insert(config.name).second)
      return Error{Errc::kInvalidRequest, fmt::format("Error due to duplicate config keys: {}", config.name)};
  return {};
}

}  // namespace

Result<Image::Settings> Controller::settings_of(const Resource& resource) const {
  if (resource.type == kTopicResource) {
    const TopicState* topic = image_.find(resource.name);
    if (!topic)
      return Error{Errc::kUnknownTopicOrPartition, fmt::format("The topic '{}' does not exist.", resource.name)};
    return topic->settings;
  }
  if (resource.type != kBrokerResource)
    return Error{Errc::kInvalidRequest,
                 fmt::format("Resources of type {} have no settings here; topics and brokers have.", resource.type)};
  if (resource.name.empty()) return image_.cluster_settings();
  if (resource.name != std::to_string(options_.node.value))
    return Error{Errc::kInvalidRequest,
                 fmt::format("Unexpected broker id, expected {}, but received {}", options_.node.value, resource.name)};
  const Image::Settings* mine = image_.broker_settings(options_.node);
  return mine ? *mine : Image::Settings();
}

// Values that were taken once are not asked again: a newer version may have narrowed a range.
Status Controller::check_settings(const Resource& resource, const Image::Settings& settings) const {
  SL_TRY(Image::Settings now, settings_of(resource));
  for (const auto& [key, value] : settings) {
    auto at = now.find(key);
    if (at != now.end() && at->second == value) continue;
    SL_CHECK(check_setting(resource.type, key, value));
    if (resource.type == kBrokerResource && !find_broker_setting(key)->dynamic)
      return Error{
          Errc::kInvalidRequest,
          fmt::format("Cannot update these configs dynamically: {}; set it in streamlogd.toml and restart", key)};
  }
  return {};
}

std::string Controller::list_before(const Resource& resource, const Setting& setting,
                                    const Image::Settings& settings) const {
  if (auto at = settings.find(std::string(setting.name)); at != settings.end()) return at->second;
  if (resource.type == kTopicResource) return effective_topic_setting(setting, settings_, image_, settings).value;
  return effective_broker_setting(setting, settings_, image_).value;
}

Result<Image::Settings> Controller::wanted(const wire::IncrementalAlterConfigsRequest::Resource& asked,
                                           Image::Settings settings) const {
  SL_CHECK(check_unrepeated(asked.configs));
  Resource resource{asked.resource_type, asked.resource_name};
  for (const auto& config : asked.configs) {
    if (config.config_operation == kDelete) {
      // A setting that an older version knew can still be taken away.
      if (!settings.contains(config.name) && !find_setting(resource.type, config.name))
        SL_CHECK(check_setting(resource.type, config.name, ""));
      settings.erase(config.name);
      continue;
    }
    if (!config.value)
      return Error{Errc::kInvalidRequest, fmt::format("Null value not supported for : {}", config.name)};
    if (config.config_operation == kSet) {
      settings[config.name] = *config.value;
      continue;
    }
    if (config.config_operation != kAppend && config.config_operation != kSubtract)
      return Error{Errc::kInvalidRequest,
                   fmt::format("Unknown operation {} on config key {}", config.config_operation, config.name)};
    const Setting* setting = find_setting(resource.type, config.name);
    if (!setting) return check_setting(resource.type, config.name, "").error();
    bool append = config.config_operation == kAppend;
    if (setting->type != SettingType::kList)
      return invalid(
          fmt::format("Can't {} to key {} because its type is not LIST.", append ? "APPEND" : "SUBTRACT", config.name));
    settings[config.name] = change_list(list_before(resource, *setting, settings), *config.value, append);
  }
  SL_CHECK(check_settings(resource, settings));
  return settings;
}

Result<Image::Settings> Controller::wanted(const wire::AlterConfigsRequest::Resource& asked,
                                           Image::Settings settings) const {
  SL_CHECK(check_unrepeated(asked.configs));
  settings.clear();
  for (const auto& config : asked.configs) {
    if (!config.value)
      return Error{Errc::kInvalidRequest, fmt::format("Null value not supported for : {}", config.name)};
    settings[config.name] = *config.value;
  }
  SL_CHECK(check_settings(Resource{asked.resource_type, asked.resource_name}, settings));
  return settings;
}

template <class Response, class Request>
aio::Task<Response> Controller::change_configs(Request request) {
  co_await turn_.take();
  Response response;
  std::vector<wire::MetadataRecord> records;
  std::map<Resource, int> times;
  for (const auto& asked : request.resources) ++times[Resource{asked.resource_type, asked.resource_name}];
  for (const auto& asked : request.resources) {
    auto& answer = response.responses.emplace_back();
    answer.resource_type = asked.resource_type;
    answer.resource_name = asked.resource_name;
    Resource resource{asked.resource_type, asked.resource_name};
    auto now = settings_of(resource);
    if (times[resource] > 1) now = Error{Errc::kInvalidRequest, "Each resource must appear at most once."};
    auto then = now;
    if (now) then = wanted(asked, *now);
    if (!then)
      refuse(answer, then.error());
    else if (!request.validate_only)
      add_difference(resource.type, resource.name, *now, *then, records);
  }
  auto committed = co_await commit(std::move(records));
  turn_.give();
  if (!committed)
    for (auto& answer : response.responses)
      if (answer.error_code == 0) refuse(answer, committed.error());
  co_return response;
}

aio::Task<wire::IncrementalAlterConfigsResponse> Controller::alter_configs(
    wire::IncrementalAlterConfigsRequest request) {
  return change_configs<wire::IncrementalAlterConfigsResponse>(std::move(request));
}

aio::Task<wire::AlterConfigsResponse> Controller::replace_configs(wire::AlterConfigsRequest request) {
  return change_configs<wire::AlterConfigsResponse>(std::move(request));
}

}  // namespace sl::cluster
