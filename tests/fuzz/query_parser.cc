// SQL from anywhere: no text may crash the parser, and every error names a place. What parses prints as SQL that parses
// again.
#include "query/parser.h"
#include "tests/fuzz/fuzz.h"

using namespace sl::query;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto script = split_script(text);
  if (!script) {
    if (!script.error().context.starts_with("line ")) __builtin_trap();
    return 0;
  }
  for (const auto& one : script->statements) {
    auto statement = parse_statement(one, {});
    if (!statement && !statement.error().context.starts_with("line ")) __builtin_trap();
    if (!statement) continue;
    if (const auto* select = std::get_if<Select>(&statement->body))
      for (const auto& item : select->items)
        if (item.expression) static_cast<void>(to_sql(*item.expression));
  }
  return 0;
}
