#include "tools/sl-query/completion.h"

#include <algorithm>
#include <array>

#include "query/name.h"

namespace sl::tools::query {
namespace {

constexpr auto kKeywords = std::to_array<std::string_view>(
    {"ADVANCE",      "ALTER",      "AND",      "ARRAY",     "AS",         "BEGINNING", "BETWEEN",     "BIGINT",
     "BOOLEAN",      "BY",         "BYTES",    "CASE",      "CAST",       "CHANGES",   "COLUMN",      "CREATE",
     "DATE",         "DAYS",       "DECIMAL",  "DEFINE",    "DELETE",     "DESCRIBE",  "DISTINCT",    "DOUBLE",
     "DROP",         "ELSE",       "EMIT",     "END",       "EXISTS",     "EXPLAIN",   "EXTENDED",    "FALSE",
     "FINAL",        "FROM",       "FULL",     "FUNCTIONS", "GRACE",      "GROUP",     "HAVING",      "HOPPING",
     "HOURS",        "INNER",      "INSERT",   "INT",       "INTO",       "JOIN",      "KAFKA_TOPIC", "KEY",
     "KEY_FORMAT",   "LEFT",       "LIKE",     "LIMIT",     "LIST",       "MAP",       "MINUTES",     "NOT",
     "NULL",         "OR",         "OUTER",    "PARTITION", "PARTITIONS", "PAUSE",     "PERIOD",      "PRIMARY",
     "PRINT",        "PROPERTIES", "QUERIES",  "REPLACE",   "RESUME",     "RETENTION", "SECONDS",     "SELECT",
     "SESSION",      "SET",        "SHOW",     "SIZE",      "SOURCE",     "STREAM",    "STREAMS",     "STRING",
     "STRUCT",       "TABLE",      "TABLES",   "TERMINATE", "THEN",       "TIME",      "TIMESTAMP",   "TOPIC",
     "TOPICS",       "TRUE",       "TUMBLING", "TYPE",      "TYPES",      "UNDEFINE",  "UNSET",       "VALUES",
     "VALUE_FORMAT", "VARIABLES",  "WHEN",     "WHERE",     "WINDOW",     "WITH",      "WITHIN"});

bool of_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

size_t common_length(std::string_view a, std::string_view b) {
  size_t n = 0;
  while (n < a.size() && n < b.size() && sl::query::same_name(a.substr(n, 1), b.substr(n, 1))) ++n;
  return n;
}

}  // namespace

std::string_view word_at_end(std::string_view line) {
  size_t from = line.size();
  while (from > 0 && of_word(line[from - 1])) --from;
  return line.substr(from);
}

Completion complete_word(std::string_view line, const std::vector<std::string>& names) {
  Completion out;
  auto prefix = word_at_end(line);
  if (prefix.empty()) return out;
  auto take = [&](std::string_view word) {
    if (common_length(word, prefix) == prefix.size()) out.words.emplace_back(word);
  };
  for (auto keyword : kKeywords) take(keyword);
  for (const auto& name : names) take(name);
  std::sort(out.words.begin(), out.words.end());
  out.words.erase(std::unique(out.words.begin(), out.words.end()), out.words.end());
  if (out.words.empty()) return out;
  out.common = out.words.front();
  for (const auto& word : out.words) out.common.resize(common_length(out.common, word));
  return out;
}

}  // namespace sl::tools::query
