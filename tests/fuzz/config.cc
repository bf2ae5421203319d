// streamlogd.toml and the tools' config.toml: any bytes end in settings or in a sentence, never in an exception.
#include "config.h"

#include "aio/sim_disk.h"
#include "tests/fuzz/fuzz.h"
#include "tools/common/config_file.h"

namespace {

using namespace sl;

constexpr const char* kFiles[] = {
    "log.dirs = \"/d\"\nlisteners = \"PLAINTEXT://127.0.0.1:9092,UNIX:///s\"\nnum.partitions = 3\n",
    "[log]\nretention.ms = -1\n\"segment.bytes\" = 1048576\n[log.cleaner]\nenable = true\n",
    "brokers = [\"127.0.0.1:9092\", \"unix:/s\"]\nprofile = \"p\"\n[profiles.p]\nbrokers = \"h:1\"\n",
    "node.id = 7\nadvertised.listeners = ['A://h:1']\nlog.level = 'debug'\n",
};

std::string make(Random& random) {
  return kFiles[random.below(std::size(kFiles))];
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed) {
  return fuzz::mutate(data, size, size_max, seed, &make);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Buffer text = Buffer::copy_of({data, size});
  aio::SimDisk disk;
  auto file = disk.open("/f", FileSystem::Mode::kCreate);
  Bytes piece = text.bytes();
  fuzz::require(file.ok() && (*file)->write_at({&piece, 1}, 0).ok(), "the disk takes it");
  daemon::Flags flags;
  flags.config_file = "/f";
  daemon::Surroundings around;
  around.home = "/home/u";
  auto config = daemon::make_config(flags, around, disk);
  if (!config) fuzz::require(!config.error().context.empty(), "a refusal says why");
  auto tools_config = tools::parse_config_file(as_text(text.bytes()), "/f");
  if (!tools_config) fuzz::require(!tools_config.error().context.empty(), "a refusal says why");
  return 0;
}
