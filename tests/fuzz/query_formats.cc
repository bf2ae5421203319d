// Records of any bytes through the decoders of JSON, DELIMITED and KAFKA: a value of each type, or a reason why not;
// never a byte outside of the record.
#include <memory>
#include <vector>

#include "query/format.h"
#include "tests/fuzz/fuzz.h"

using namespace sl::query;

namespace {

std::vector<Field> columns_of(bool nested) {
  std::vector<Field> out = {{"A", simple_type(Base::kInt)},       {"b", simple_type(Base::kBigint)},
                            {"C", simple_type(Base::kDouble)},    {"d", decimal_type(12, 3)},
                            {"E", simple_type(Base::kString)},    {"F", simple_type(Base::kBytes)},
                            {"G", simple_type(Base::kTimestamp)}, {"H", simple_type(Base::kBoolean)}};
  if (!nested) return out;
  out.push_back({"I", array_type(simple_type(Base::kBigint))});
  out.push_back({"J", map_type(simple_type(Base::kString), simple_type(Base::kDouble))});
  out.push_back({"K", struct_type({{"X", simple_type(Base::kString)}, {"Y", array_type(simple_type(Base::kString))}})});
  return out;
}

void decode(const Format& format, std::vector<Field> columns, sl::Bytes data) {
  std::vector<size_t> wanted;
  for (size_t i = 0; i < columns.size(); ++i) wanted.push_back(i);
  auto decoder = make_decoder(format, columns, wanted);
  std::vector<Value> values(columns.size());
  std::vector<Value*> outputs;
  for (auto& value : values) outputs.push_back(&value);
  Arena arena;
  std::string why;
  if (!decoder->decode(data, 0, outputs.data(), 0, arena, why)) {
    if (why.empty()) __builtin_trap();
    return;
  }
  std::string out;
  for (size_t i = 0; i < columns.size(); ++i) {
    append_json(out, values[i], *columns[i].type);
    out += to_text(values[i], *columns[i].type);
    // What is kept as state comes back as it was.
    std::string packed;
    append_packed(packed, values[i]);
    std::string_view view = packed;
    auto again = read_packed(view, arena);
    if (!again || !view.empty() || !same_value(*again, values[i])) __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  // A copy of its own, so that reading one byte too far is seen.
  std::unique_ptr<uint8_t[]> copy(new uint8_t[size - 1]);
  for (size_t i = 1; i < size; ++i) copy[i - 1] = data[i];
  sl::Bytes record(copy.get(), size - 1);
  Format format;
  switch (data[0] % 4) {
    case 0:
      decode(format, columns_of(true), record);
      break;
    case 1:
      format.kind = FormatKind::kDelimited;
      decode(format, columns_of(false), record);
      break;
    case 2:
      format.kind = FormatKind::kKafka;
      decode(format, {columns_of(false)[data[0] / 4 % 3]}, record);
      break;
    default:
      format.unwrapped = true;
      decode(format, {columns_of(true)[data[0] / 4 % 11]}, record);
  }
  return 0;
}
