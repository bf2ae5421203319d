#include "tools/common/config_file.h"

#include <fmt/core.h>
#include <toml++/toml.h>

#include "base/text.h"

namespace sl::tools {
namespace {

std::string place(const std::string& path, const toml::source_region& source) {
  return fmt::format("{}:{}:{}", path, source.begin.line, source.begin.column);
}

Error wrong(const std::string& path, const toml::node& node, std::string_view sentence) {
  return {Errc::kUsage, fmt::format("{}: {}", place(path, node.source()), sentence)};
}

Error unknown_key(const std::string& path, const toml::key& key, std::span<const std::string_view> known) {
  auto nearest = nearest_name(key.str(), known);
  return {Errc::kUsage, fmt::format("{}: unknown key '{}'{}", place(path, key.source()), key.str(),
                                    nearest ? fmt::format(", did you mean '{}'?", *nearest) : "")};
}

Status read_brokers(const std::string& path, const toml::node& node, std::vector<Given>& brokers) {
  auto add = [&](const toml::node& item) -> Status {
    auto text = item.value<std::string>();
    if (!text || !item.is_string()) return wrong(path, item, "brokers must be a string or a list of strings");
    for (std::string_view one : split(*text, ','))
      if (!trim(one).empty()) brokers.push_back({std::string(trim(one)), place(path, item.source())});
    return {};
  };
  if (const toml::array* list = node.as_array()) {
    for (const toml::node& item : *list) SL_CHECK(add(item));
  } else {
    SL_CHECK(add(node));
  }
  if (brokers.empty()) return wrong(path, node, "brokers is empty");
  return {};
}

Status read_settings(const std::string& path, const toml::node& node, Settings& settings) {
  const toml::table* table = node.as_table();
  if (table == nullptr) return wrong(path, node, "settings must be a table");
  for (auto&& [key, value] : *table) {
    std::string name(key.str());
    Given& given = settings[name];
    given.origin = place(path, value.source());
    if (auto text = value.value_exact<std::string>()) {
      given.text = *text;
    } else if (auto whole = value.value_exact<int64_t>()) {
      given.text = fmt::format("{}", *whole);
    } else if (auto real = value.value_exact<double>()) {
      given.text = fmt::format("{}", *real);
    } else if (auto truth = value.value_exact<bool>()) {
      given.text = *truth ? "true" : "false";
    } else if (value.is_table()) {
      return wrong(path, value, fmt::format("put the name in quotes: \"{}.…\" = …", name));
    } else {
      return wrong(path, value, fmt::format("'{}' must be a string, a number or true or false", name));
    }
  }
  return {};
}

Status read_profiles(const std::string& path, const toml::node& node, ConfigFile& file) {
  static constexpr std::string_view kKnown[] = {"brokers", "settings"};
  const toml::table* profiles = node.as_table();
  if (profiles == nullptr) return wrong(path, node, "profiles must be a table, as [profiles.NAME]");
  for (auto&& [name, content] : *profiles) {
    const toml::table* table = content.as_table();
    if (table == nullptr) return wrong(path, content, "a profile must be a table, as [profiles.NAME]");
    ConfigProfile& profile = file.profiles[std::string(name.str())];
    for (auto&& [key, value] : *table) {
      if (key.str() == "brokers") {
        SL_CHECK(read_brokers(path, value, profile.brokers));
      } else if (key.str() == "settings") {
        SL_CHECK(read_settings(path, value, profile.settings));
      } else {
        return unknown_key(path, key, kKnown);
      }
    }
  }
  return {};
}

Status read_top(const std::string& path, const toml::table& top, ConfigFile& file) {
  static constexpr std::string_view kKnown[] = {"brokers", "profile", "profiles", "settings"};
  for (auto&& [key, value] : top) {
    if (key.str() == "brokers") {
      SL_CHECK(read_brokers(path, value, file.defaults.brokers));
    } else if (key.str() == "settings") {
      SL_CHECK(read_settings(path, value, file.defaults.settings));
    } else if (key.str() == "profiles") {
      SL_CHECK(read_profiles(path, value, file));
    } else if (key.str() == "profile") {
      auto name = value.value_exact<std::string>();
      if (!name) return wrong(path, value, "profile must be the name of one");
      file.profile = Given{*name, place(path, value.source())};
    } else {
      return unknown_key(path, key, kKnown);
    }
  }
  return {};
}

}  // namespace

Result<ConfigFile> parse_config_file(std::string_view text, const std::string& path) {
  ConfigFile file;
  toml::table top;
  try {
    top = toml::parse(text, std::string_view(path));
  } catch (const toml::parse_error& error) {
    return Error{Errc::kUsage,
                 fmt::format("{}: {}", place(path, error.source()), std::string_view(error.description()))};
  }
  SL_CHECK(read_top(path, top, file));
  return file;
}

}  // namespace sl::tools
