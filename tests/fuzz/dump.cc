// sl-topic dump of any file. It prints what is whole and names what is not; its exit code says whether all was.
#include "aio/sim_disk.h"
#include "tests/fuzz/batches.h"
#include "tools/common/exit_code.h"
#include "tools/sl-topic/verbs.h"

namespace {

using namespace sl;

size_t printed_bytes = 0;
aio::SimDisk* disk = nullptr;

std::string make(Random& random) {
  std::string input(1, static_cast<char>(random.below(8)));
  for (uint64_t count = 1 + random.below(4); count > 0; --count) input += fuzz::any_batch(random);
  if (random.below(4) == 0) input.append(random.below(200), '\0');
  return input;
}

void repair(MutableBytes input) {
  for (MutableBytes left = input.subspan(1); left.size() >= record::kBatchHeaderBytes;) {
    size_t size = record::kBatchPrefixBytes + load_be<uint32_t>(left.data() + 8);
    if (size < record::kBatchHeaderBytes || size > left.size()) return;
    fuzz::make_whole(left.first(size));
    left = left.subspan(size);
  }
}

}  // namespace

namespace sl {

// In place of system_files(), where dump.cc is compiled for this target.
FileSystem& simulated_files() {
  return *disk;
}

}  // namespace sl

namespace sl::tools {

// In place of plain_text's, which writes to standard output.
void print(std::string_view text) {
  printed_bytes += text.size();
}

}  // namespace sl::tools

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed) {
  return fuzz::mutate(data, size, size_max, seed, &make, &repair);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  auto flags = input.take<uint8_t>();
  Buffer content = input.rest();
  // The path tells that a segment is the metadata's.
  std::string path = flags & 4 ? "/meta/s" : "/t/s";
  aio::SimDisk simulated;
  disk = &simulated;
  bool written = disk->make_directory(parent_of(path)).ok() && disk->replace(path, content.bytes()).ok();
  fuzz::require(written, "the file can be written");
  tools::topic::DumpOptions options;
  options.verify = flags & 1;
  options.data = flags & 2;
  options.files.push_back(path);
  std::string said;
  tools::Messages messages(
      "sl-topic", [&said](std::string_view text) { said += text; }, false);
  printed_bytes = 0;
  int exit_code = tools::topic::dump(messages, options);
  fuzz::require(exit_code == tools::kExitOk || exit_code == tools::kExitFailed, "no other exit code");
  fuzz::require((exit_code == tools::kExitOk) == said.empty(), "damage is named");
  bool quiet = options.verify || exit_code != tools::kExitOk || content.size() == 0;
  fuzz::require(quiet || printed_bytes > 0 || content.bytes()[0] == 0, "what is whole is printed");
  return 0;
}
