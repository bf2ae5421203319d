// Table functions: one row makes several.
#include "query/function_table.h"

namespace sl::query {
namespace {

void explode(CallContext&, const Value* a, std::vector<Value>& rows) {
  if (!a[0].present()) return;
  for (size_t i = 0; i < a[0].size(); ++i) rows.push_back(a[0].item(i));
}

// Of n columns every combination of them and nulls, but each different one once; the last column changes fastest.
void cube_explode(CallContext& call, const Value* a, std::vector<Value>& rows) {
  if (!a[0].present()) return;
  size_t width = a[0].size();
  constexpr size_t kColumnsMax = 16;
  if (width == 0 || width > kColumnsMax) return;
  for (size_t combination = 0; combination < (size_t{1} << width); ++combination) {
    auto* items = call.arena.array<Value>(width);
    bool fresh = true;
    for (size_t i = 0; i < width; ++i) {
      bool taken = combination >> (width - 1 - i) & 1;
      // A null taken is a null left out: that combination came already.
      if (taken && a[0].item(i).is_null()) fresh = false;
      items[i] = taken ? a[0].item(i) : Value::null();
    }
    if (fresh) rows.push_back(Value::array(items, width));
  }
}

constexpr TableVariant kExplode[] = {{"ARRAY<T>", "T", explode}};
constexpr TableVariant kCube[] = {{"ARRAY<T>", "ARRAY<T>", cube_explode}};
constexpr TableEntry kTable[] = {
    {"CUBE_EXPLODE", "a row for every combination of the columns and nulls", kCube},
    {"EXPLODE", "a row for each element of an ARRAY", kExplode},
};

}  // namespace

std::span<const TableEntry> table_functions() {
  return kTable;
}

}  // namespace sl::query
