#include "config_file.h"

#include <fmt/core.h>
#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/text.h"
#include "cluster/settings.h"

namespace sl::daemon {
namespace {

constexpr size_t kFileBytesMax = 1 << 20;

Result<std::string> scalar(const toml::node& node) {
  if (auto* s = node.as_string()) return s->get();
  if (auto* i = node.as_integer()) return std::to_string(i->get());
  if (auto* b = node.as_boolean()) return std::string(b->get() ? "true" : "false");
  if (auto* f = node.as_floating_point()) return fmt::format("{}", f->get());
  return Error{Errc::kBadConfig, "a setting is a text, a number, true or false, or a list of these"};
}

Result<std::string> text_of(const toml::node& node) {
  auto* list = node.as_array();
  if (!list) return scalar(node);
  std::string joined;
  for (const toml::node& item : *list) {
    SL_TRY(std::string one, scalar(item));
    if (!joined.empty()) joined += ',';
    joined += one;
  }
  return joined;
}

Status flatten(const toml::table& table, const std::string& prefix, const std::string& file,
               std::vector<FileSetting>& out) {
  for (auto&& [key, node] : table) {
    std::string name = prefix.empty() ? std::string(key.str()) : prefix + "." + std::string(key.str());
    if (auto* inner = node.as_table()) {
      SL_CHECK(flatten(*inner, name, file, out));
      continue;
    }
    std::string where = fmt::format("{}:{}:{}", file, node.source().begin.line, node.source().begin.column);
    auto text = text_of(node);
    if (!text) return Error{Errc::kBadConfig, fmt::format("{}: {}: {}", where, name, text.error().context)};
    out.push_back({name, *std::move(text), where});
  }
  return {};
}

// What a setting may be, in words.
std::string takes(const cluster::Setting& setting) {
  using cluster::SettingType;
  if (!setting.one_of.empty()) return fmt::format("{}", fmt::join(split(setting.one_of, '|'), ", "));
  std::string_view unset = setting.fallback.empty() ? "; not set" : "";
  if (setting.type == SettingType::kBoolean) return "true, false";
  if (setting.type == SettingType::kString) return fmt::format("text{}", unset);
  if (setting.type == SettingType::kList) return "texts between commas";
  if (setting.type == SettingType::kDouble) return "number";
  return fmt::format("integer{}", unset);
}

// A key that is the default of a topic's setting says what that one says.
std::string documentation(const cluster::Setting& setting) {
  for (const cluster::Setting& topic : cluster::topic_settings()) {
    for (const cluster::BrokerSynonym& synonym : topic.broker)
      if (synonym.key == setting.name && synonym.unit == 1)
        return fmt::format("{} Topics: {}.", topic.documentation, topic.name);
  }
  return std::string(setting.documentation);
}

}  // namespace

Result<std::vector<FileSetting>> read_config_file(const std::string& path, FileSystem& files) {
  SL_TRY(std::string content, files.read_whole(path, kFileBytesMax));
  std::vector<FileSetting> settings;
  try {
    toml::table table = toml::parse(std::string_view(content), std::string_view(path));
    SL_CHECK(flatten(table, "", path, settings));
  } catch (const toml::parse_error& e) {
    return Error{Errc::kBadConfig,
                 fmt::format("{}:{}:{}: {}", path, e.source().begin.line, e.source().begin.column, e.description())};
  }
  return settings;
}

std::string default_config_file() {
  std::string file;
  for (const cluster::Setting& setting : cluster::broker_settings()) {
    bool quoted = setting.type == cluster::SettingType::kString || setting.type == cluster::SettingType::kList;
    std::string value = quoted ? fmt::format("\"{}\"", setting.fallback) : std::string(setting.fallback);
    file += fmt::format("# {} ({})\n#{} = {}\n\n", documentation(setting), takes(setting), setting.name, value);
  }
  return file;
}

}  // namespace sl::daemon
