// Two lives of a node for each image. The second begins after another power cut that keeps nothing unsynced: what the
// first one served must be there in the second, byte by byte; and half the time its index is gone, so that what the
// first one had stored can be compared with one built from nothing.
#include "tests/simulation/recovery_check.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/crc32c.h"
#include "storage/stored_log.h"

namespace sl::simulation {
namespace {

constexpr const char* kIndexPath = "/data/index.lmdb";

// The check of one image: its parts, passed along.
struct Check {
  const Script& script;
  ManualClock& clock;
  BufferPool& buffers;
  Random& random;
  CheckTotals& totals;
  bool killed = false;
  bool preallocate = false;
  IndexFate fate = IndexFate::kKept;

  std::unique_ptr<StorageNode> node(FileSystem& files, std::shared_ptr<kv::FakeMedium> index) const {
    storage::StorageOptions options;
    options.preallocate = preallocate;
    return std::make_unique<StorageNode>(
        StorageNode::Seams{files, std::move(index), clock, buffers, random.next(), options});
  }
};

bool lists(const std::vector<storage::PartitionPlace>& places, const LogId& id) {
  return std::any_of(places.begin(), places.end(), [&](const storage::PartitionPlace& place) {
    return place.topic == id.topic && place.partition == id.partition;
  });
}

// Metadata and folders agree: all that must be there is, and what was deleted is not.
std::string check_folders(StorageNode& node, const Script& script) {
  auto places = node.data().partitions();
  if (!places) return fmt::format("partitions cannot be listed: {}", places.error().context);
  for (const auto& [id, model] : script.logs())
    if (!model.may_be_gone && !lists(*places, id)) return fmt::format("log {} is gone", id.text());
  for (const LogId& id : script.gone())
    if (lists(*places, id)) return fmt::format("log {} was deleted and is back", id.text());
  for (const auto& place : *places)
    if (!script.logs().contains(LogId{place.topic, place.partition})) return "a folder belongs to nobody";
  return {};
}

std::string start(StorageNode& node) {
  auto started = node.start();
  return started ? std::string() : fmt::format("does not start: {}", started.error().context);
}

// Opens what is there; a log that was being made or deleted may be missing.
std::string open_all(StorageNode& node, const Check& check, std::vector<LogId>& opened, bool nothing_to_do) {
  auto places = node.data().partitions();
  if (!places) return "partitions cannot be listed";
  for (const auto& [id, model] : check.script.logs()) {
    if (!lists(*places, id)) continue;
    auto report = node.open(id, model.settings, model.metadata_start);
    if (!report) return fmt::format("log {} does not open: {}", id.text(), report.error().context);
    if (!report->damage.empty()) return fmt::format("reports damage where there is none: {}", report->damage.front());
    // An index from before a truncation remembers an end that was given up since.
    if (report->lost_synced && check.fate != IndexFate::kStale)
      return fmt::format("log {} says that it lost what was synced", id.text());
    if (nothing_to_do && report->cut_bytes > 0) return fmt::format("log {} was cut a second time", id.text());
    check.totals.torn_bytes += report->cut_bytes;
    opened.push_back(id);
  }
  return {};
}

// Names, sizes and bytes of every segment of the logs.
std::string digest(StorageNode& node, FileSystem& files, const std::vector<LogId>& ids) {
  std::string text;
  for (const LogId& id : ids) {
    std::string folder = node.data().partition_path(id.topic, id.partition);
    auto names = files.list(folder);
    if (!names) return "a folder cannot be listed";
    for (const std::string& name : *names) {
      if (name.ends_with(".swap") || name.ends_with(".cleaned")) return "a swap was left unfinished: " + name;
      if (!name.ends_with(".log")) continue;
      auto bytes = files.read_whole(folder + "/" + name, 64 << 20);
      if (!bytes) return "a segment cannot be read";
      text += fmt::format("{}/{} {} {:x}\n", id.text(), name, bytes->size(), crc32c(as_bytes(*bytes)));
    }
  }
  return text;
}

// The shares of deleted logs are gone from the index too.
std::string check_leftovers(StorageNode& node, const Script& script) {
  std::string wrong;
  auto looked = node.data().index().read([&](kv::Reader& reader) -> Status {
    for (const LogId& id : script.gone()) {
      SL_TRY(kv::Cursor cursor, reader.cursor(storage::log_prefix(id.topic, id.partition)));
      SL_TRY(auto row, cursor.first());
      if (row) wrong = fmt::format("the index still knows the deleted log {}", id.text());
    }
    return {};
  });
  return looked ? wrong : "the index cannot be read";
}

struct FirstLife {
  std::vector<LogId> logs;
  std::string digest;
  std::map<LogId, std::pair<Offset, Offset>> bounds;
  std::map<LogId, std::string> index;
};

std::string live_once(StorageNode& node, aio::SimDisk& disk, const Check& check, IndexFate fate, FirstLife& life) {
  std::string wrong = start(node);
  if (wrong.empty()) wrong = check_folders(node, check.script);
  if (wrong.empty()) wrong = open_all(node, check, life.logs, false);
  for (const LogId& id : life.logs) {
    if (!wrong.empty()) break;
    const LogModel& model = check.script.logs().at(id);
    wrong = check_log(node, model, check.killed, check.random);
    storage::PartitionLog& log = *node.find(id);
    life.bounds[id] = {log.log_start(), log.log_end()};
    ++check.totals.logs;
  }
  if (wrong.empty() && fate == IndexFate::kKept) wrong = check_leftovers(node, check.script);
  if (!wrong.empty()) return wrong;
  life.digest = digest(node, disk, life.logs);
  if (life.digest.starts_with("a swap")) return life.digest;
  if (auto stored = node.checkpoint(); !stored) return fmt::format("checkpoint: {}", stored.error().context);
  for (const LogId& id : life.logs) life.index[id] = describe_index(node, id);
  return {};
}

std::string live_again(StorageNode& node, aio::SimDisk& disk, const Check& check, bool index_lost,
                       const FirstLife& life) {
  std::string wrong = start(node);
  std::vector<LogId> logs;
  if (wrong.empty()) wrong = open_all(node, check, logs, true);
  if (!wrong.empty()) return wrong;
  if (logs != life.logs) return "the second recovery finds other logs";
  for (const LogId& id : logs) {
    storage::PartitionLog& log = *node.find(id);
    // A cut that was under way, and whose process was killed, may be undone by the power cut that follows; the follower
    // that wanted it will want it again.
    bool cut_under_way = check.killed && check.script.logs().at(id).end_min.value != INT64_MAX;
    if (cut_under_way) return check_log(node, check.script.logs().at(id), false, check.random);
    if (std::pair(log.log_start(), log.log_end()) != life.bounds.at(id))
      return fmt::format("log {} was {} to {} and is {} to {}", id.text(), life.bounds.at(id).first.value,
                         life.bounds.at(id).second.value, log.log_start().value, log.log_end().value);
  }
  if (digest(node, disk, logs) != life.digest) return "the second recovery changed a segment";
  if (auto stored = node.checkpoint(); !stored) return fmt::format("checkpoint: {}", stored.error().context);
  for (const LogId& id : logs) {
    std::string index = describe_index(node, id);
    if (index_lost && index != life.index.at(id))
      return fmt::format("log {} has the index\n{}but a rebuilt one is\n{}", id.text(), life.index.at(id), index);
    wrong = check_appends(node, check.script.logs().at(id), check.buffers, check.clock.wall_ms());
    if (!wrong.empty()) return wrong;
  }
  return {};
}

void suffer(kv::FakeMedium& index, IndexFate fate, Random& random) {
  index.crash(kv::FakeMedium::CrashMode::kKeepCommitted, random);
  if (fate == IndexFate::kLost) index.wipe();
  if (fate == IndexFate::kDamaged) index.damage(kIndexPath);
  if (fate == IndexFate::kStale) index.make_stale(kIndexPath, 1 + static_cast<size_t>(random.below(6)));
}

}  // namespace

std::string check_recovery(CrashImage image, const Script& script, ManualClock& clock, BufferPool& buffers,
                           Random& random, CheckTotals& totals) {
  ++totals.images;
  Check check{script, clock, buffers, random, totals, image.killed, image.preallocate, image.fate};
  suffer(*image.index, image.fate, random);
  FirstLife life;
  std::string wrong, said;
  {
    auto node = check.node(*image.disk, image.index);
    wrong = live_once(*node, *image.disk, check, image.fate, life);
    said = node->said();
  }
  if (wrong.empty()) {
    auto disk = image.disk->crashed(aio::CrashMode::kNothing, random);
    bool index_lost = random.below(2) == 0;
    suffer(*image.index, index_lost ? IndexFate::kLost : IndexFate::kKept, random);
    auto node = check.node(*disk, image.index);
    wrong = live_again(*node, *disk, check, index_lost, life);
    if (!wrong.empty()) wrong = "second life: " + wrong;
    said += node->said();
  }
  return wrong.empty() ? wrong : fmt::format("{}\n{}", wrong, said);
}

}  // namespace sl::simulation
