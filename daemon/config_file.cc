#include "config_file.h"

#include <fmt/core.h>
#include <toml++/toml.h>

namespace sl::daemon {
namespace {

constexpr size_t kFileBytesMax = 1 << 20;

Result<std::string> scalar(const toml::node& node) {
  if (auto* s = node.as_string()) return s->get();
  if (auto* i = node.as_integer()) return std::to_string(i->get());
  if (auto* b = node.as_boolean()) return std::string(b->get() ? "true" : "false");
  if (auto* f = node.as_floating_point()) return fmt::format("{}", f->get());
  return Error{Errc::kBadConfig, "a date or time is no setting"};
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
    std::string where = fmt::format("{}:{}", file, node.source().begin.line);
    auto text = text_of(node);
    if (!text) return Error{Errc::kBadConfig, fmt::format("{}: {}: {}", where, name, text.error().context)};
    out.push_back({name, *std::move(text), where});
  }
  return {};
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

}  // namespace sl::daemon
