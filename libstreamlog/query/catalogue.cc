#include "query/catalogue.h"

#include <fmt/format.h>

#include "base/text.h"
#include "query/name.h"

namespace sl::query {

const TypePtr& headers_type() {
  static const TypePtr type =
      array_type(struct_type({{"KEY", simple_type(Base::kString)}, {"VALUE", simple_type(Base::kBytes)}}));
  return type;
}

std::string schema_text(const Source& source) {
  std::string out;
  auto add = [&out](const std::string& name, const std::string& rest) {
    if (!out.empty()) out += ", ";
    out += quoted_name(name) + " " + rest;
  };
  for (const auto& column : source.key)
    add(column.name, to_sql(*column.type) + (source.kind == SourceKind::kTable ? " PRIMARY KEY" : " KEY"));
  for (const auto& column : source.value) add(column.name, to_sql(*column.type));
  for (const auto& column : source.headers) {
    if (column.header.empty())
      add(column.name, to_sql(*headers_type()) + " HEADERS");
    else
      add(column.name, fmt::format("BYTES HEADER('{}')", column.header));
  }
  return out;
}

const Source* Catalogue::find(std::string_view name) const {
  auto at = find_name(sources_, name, [](const auto& s) -> const std::string& { return s->name; });
  return at ? sources_[*at].get() : nullptr;
}

Result<const Source*> Catalogue::need(std::string_view name, const Position& at) const {
  if (const auto* source = find(name)) return source;
  std::vector<std::string_view> names;
  for (const auto& source : sources_) names.push_back(source->name);
  auto near = nearest_name(name, names);
  auto error = error_at(at, fmt::format("{} does not exist{}", name, near ? "; did you mean " + *near + "?" : ""));
  error.code = Errc::kNotFound;
  return error;
}

void Catalogue::put(Source source) {
  auto at = find_name(sources_, source.name, [](const auto& s) -> const std::string& { return s->name; });
  auto made = std::make_unique<Source>(std::move(source));
  if (at)
    sources_[*at] = std::move(made);
  else
    sources_.push_back(std::move(made));
}

void Catalogue::erase(std::string_view name) {
  auto at = find_name(sources_, name, [](const auto& s) -> const std::string& { return s->name; });
  if (at) sources_.erase(sources_.begin() + static_cast<ptrdiff_t>(*at));
}

TypePtr Catalogue::type(std::string_view name) const {
  auto at = types_.find(std::string(name));
  return at == types_.end() ? nullptr : at->second;
}

}  // namespace sl::query
