// JSON lines as sl-produce -J takes them. What is accepted is written as sl-consume -J would, and must be read as the
// same record again.
#include "tools/common/json_record.h"

#include "tests/fuzz/fuzz.h"

namespace {

using namespace sl;

constexpr const char* kLines[] = {
    R"({"topic":"t","partition":0,"offset":4,"ts":1603987358147,"tstype":"create","epoch":3,"key":"k","value":"v"})",
    R"({"key":null,"value":"","headers":[["n","v"],["n",null],["b",{"b64":"AP8="}]]})",
    R"({"key64":"AP8Q","value64":"","headers":[]})",
    R"({"payload":"kcat","key":"k","headers":["a","1","a",null],"ts":5,"broker":1})",
    R"({"timestamp":7,"value":"rpk","headers":[{"key":"n","value":"v"}]})",
    "{\"value\":\"\\u00e4\\ud83d\\ude00\\n\\\"\\\\\"}",
};

std::string make(Random& random) {
  return kLines[random.below(std::size(kLines))];
}

std::optional<Bytes> view(const std::optional<std::string_view>& text) {
  if (!text) return std::nullopt;
  return as_bytes(*text);
}

// Without headers: they would have to be encoded first.
std::string written(const tools::InputRecord& record) {
  record::RecordView out;
  out.offset = Offset(0);
  out.timestamp_ms = record.timestamp_ms.value_or(0);
  out.key = view(record.key);
  out.value = view(record.value);
  std::string line;
  tools::append_json_record(line, {.topic = "t", .partition = Partition(0)}, out);
  line.pop_back();
  return line;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed) {
  return fuzz::mutate(data, size, size_max, seed, &make);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Buffer line = Buffer::copy_of({data, size});
  tools::JsonRecordReader reader, second_reader;
  tools::InputRecord record, second;
  if (auto read = reader.read(as_text(line.bytes()), size, record); !read) {
    fuzz::require(!read.error().context.empty(), "a refusal says why");
    return 0;
  }
  std::string once = written(record);
  auto again = second_reader.read(once, once.size(), second);
  fuzz::require(again.ok() && second.key == record.key && second.value == record.value, "it is read as it was written");
  return 0;
}
