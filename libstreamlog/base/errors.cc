#include "base/errors.h"

#include <algorithm>
#include <array>
#include <string>

namespace sl {
namespace {

// "TopicAlreadyExists" -> "TOPIC_ALREADY_EXISTS"; one name is Kafka's own exception to the rule.
std::string kafka_name(std::string_view camel) {
  if (camel == "InvalidTopic") return "INVALID_TOPIC_EXCEPTION";
  std::string out;
  for (char c : camel) {
    bool upper = c >= 'A' && c <= 'Z';
    if (upper && !out.empty()) out += '_';
    out += upper ? c : static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

struct Row {
  ErrorInfo info;
  std::string name;
};

auto& rows() {
  static auto* table = [] {
    auto* t = new std::array{
#define SL_ROW(name, number, wire, exit, retriable, text) \
  Row{{Errc::k##name, {}, wire, exit, retriable, text}, kafka_name(#name)},
        SL_ERRORS(SL_ROW)
#undef SL_ROW
    };
    for (auto& row : *t) row.info.name = row.name;
    return t;
  }();
  return *table;
}

}  // namespace

const ErrorInfo& error_info(Errc code) {
  auto& table = rows();
  auto at = std::lower_bound(table.begin(), table.end(), code, [](const Row& r, Errc c) { return r.info.code < c; });
  return at != table.end() && at->info.code == code ? at->info : table.front().info;
}

}  // namespace sl
