// The folder of a daemon: made, claimed, checked, and closed again. Every step that must survive a crash ends with a
// sync of the directory it changed.
#include "storage/data_directory.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/crc32c.h"
#include "base/text.h"
#include "storage/stored_log.h"

namespace sl::storage {
namespace {

constexpr std::string_view kMagic = "streamlog-data";
constexpr size_t kFormatBytesMax = 4096;
// Deleted logs of one transaction of the index.
constexpr size_t kForgottenAtOnce = 256;

std::string encode_format(const Format& format) {
  std::string body = fmt::format("{}\nversion={}\nnode-id={}\ndirectory-id={}\ncluster-id={}\n", kMagic, format.version,
                                 format.node.value, format.directory_id.text(), format.cluster_id);
  return body + fmt::format("crc={:08x}\n", crc32c(as_bytes(body)));
}

Result<Format> decode_format(std::string_view text, const std::string& path) {
  Error damaged{Errc::kCorrupt, fmt::format("'{}/format' is damaged", path)};
  size_t crc_at = text.rfind("crc=");
  if (!text.starts_with(kMagic) || crc_at == text.npos) return damaged;
  Format format;
  bool has_directory = false;
  for (std::string_view line : split(text.substr(0, crc_at), '\n')) {
    size_t equals = line.find('=');
    std::string_view key = line.substr(0, equals);
    std::string_view value = equals == line.npos ? std::string_view() : line.substr(equals + 1);
    if (key == "version" || key == "node-id") {
      auto number = parse_int(value);
      if (!number) return damaged;
      if (key == "version")
        format.version = static_cast<int>(*number);
      else
        format.node = NodeId(static_cast<int32_t>(*number));
    } else if (key == "directory-id") {
      auto id = Uuid::parse(value);
      if (!id) return damaged;
      format.directory_id = *id;
      has_directory = true;
    } else if (key == "cluster-id") {
      format.cluster_id = std::string(value);
    }
  }
  // The version is looked at before the rest: a newer one may keep its sum elsewhere.
  if (format.version > Format::kVersion)
    return Error{Errc::kBadConfig, fmt::format("'{}' was written by a newer streamlogd (format {}; this one knows {})",
                                               path, format.version, Format::kVersion)};
  std::string crc = fmt::format("crc={:08x}\n", crc32c(as_bytes(text.substr(0, crc_at))));
  if (text.substr(crc_at) != crc || !has_directory) return damaged;
  return format;
}

Status make_durable_directory(FileSystem& files, const std::string& path) {
  SL_TRY(bool there, files.exists(path));
  if (there) return {};
  std::string parent = parent_of(path);
  if (parent != path && parent != ".") SL_CHECK(make_durable_directory(files, parent));
  SL_CHECK(files.make_directory(path));
  return files.sync_directory(parent);
}

std::string place_name(const PartitionPlace& place) {
  return fmt::format("{}-{}", place.topic.text(), place.partition.value);
}

std::optional<PartitionPlace> parse_place_name(std::string_view name) {
  size_t dash = name.rfind('-');
  if (dash == name.npos) return std::nullopt;
  auto topic = Uuid::parse(name.substr(0, dash));
  auto partition = parse_int(name.substr(dash + 1));
  if (!topic || !partition || *partition < 0 || *partition > INT32_MAX) return std::nullopt;
  return PartitionPlace{*topic, Partition(static_cast<int32_t>(*partition))};
}

}  // namespace

Result<std::unique_ptr<DataDirectory>> DataDirectory::open(const Seams& seams, std::string path, NodeId node) {
  std::unique_ptr<DataDirectory> data(new DataDirectory());
  data->files_ = &seams.files;
  data->logger_ = &seams.logger;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  data->path_ = std::move(path);
  SL_CHECK(make_durable_directory(seams.files, data->path_));
  SL_CHECK(data->refuse_foreign());
  auto lock = seams.files.lock(data->path_ + "/lock");
  if (!lock && lock.code() == Errc::kLocked)
    return Error{Errc::kLocked, fmt::format("another streamlogd uses the data directory '{}'", data->path_)};
  if (!lock) return std::move(lock).error();
  data->lock_ = *std::move(lock);
  SL_CHECK(data->load_format(node, seams.random));
  SL_TRY(data->was_clean_, seams.files.exists(data->path_ + "/clean"));
  SL_TRY(data->distrust_cache_, seams.files.exists(data->path_ + "/sync-failed"));
  SL_CHECK(data->open_index(seams.index_opener));
  SL_CHECK(data->sweep_deleted());
  return data;
}

// Before anything is made in it, the lock too.
Status DataDirectory::refuse_foreign() const {
  SL_TRY(auto names, files_->list(path_));
  if (std::find(names.begin(), names.end(), "format") != names.end()) return {};
  for (const auto& name : names)
    if (name != "lock" && name != "format.part" && name != "lost+found")
      return Error{Errc::kBadConfig,
                   fmt::format("'{}' is not empty and no data directory of streamlogd (it holds '{}')", path_, name)};
  return {};
}

Status DataDirectory::load_format(NodeId node, Random& random) {
  auto text = files_->read_whole(path_ + "/format", kFormatBytesMax);
  if (text) {
    SL_TRY(format_, decode_format(*text, path_));
    if (format_.node != node)
      return Error{Errc::kBadConfig, fmt::format("'{}' belongs to node {}, and this is node {} (node.id)", path_,
                                                 format_.node.value, node.value)};
    return {};
  }
  if (text.code() != Errc::kNotFound) return std::move(text).error();
  format_.node = node;
  format_.directory_id = Uuid::random(random);
  return save_format();
}

Status DataDirectory::save_format() {
  return files_->replace(path_ + "/format", as_bytes(encode_format(format_)));
}

Status DataDirectory::set_cluster_id(const std::string& cluster_id) {
  if (format_.cluster_id == cluster_id) return {};
  if (!format_.cluster_id.empty())
    return Error{Errc::kInconsistentClusterId,
                 fmt::format("'{}' belongs to cluster {}, not to {}", path_, format_.cluster_id, cluster_id)};
  format_.cluster_id = cluster_id;
  return save_format();
}

Status DataDirectory::open_index(kv::Opener& opener) {
  std::string path = path_ + "/index.lmdb";
  auto opened = opener.open(path);
  if (!opened && opened.code() == Errc::kCorrupt) {
    logger_->warn("the index is damaged and will be built again: {}", opened.error().context);
    SL_CHECK(opener.destroy(path));
    opened = opener.open(path);
  }
  if (!opened) return std::move(opened).error();
  index_ = *std::move(opened);
  SL_TRY(kv::Stats stats, index_->stats());
  index_is_new_ = stats.entries == 0;
  return {};
}

// Deletions that a crash cut short.
Status DataDirectory::sweep_deleted() {
  std::string deleted = path_ + "/deleted";
  auto names = files_->list(deleted);
  if (!names) return names.code() == Errc::kNotFound ? Status() : Status(std::move(names).error());
  // The process may have died before it had synced the new names.
  if (!names->empty()) SL_CHECK(files_->sync_directory(deleted));
  std::vector<PartitionPlace> places;
  std::set<std::string> topics;
  for (const auto& name : *names) {
    auto place = parse_place_name(name);
    if (!place) continue;
    places.push_back(*place);
    topics.insert(parent_of(partition_path(place->topic, place->partition)));
  }
  for (const auto& topic : topics) {
    auto synced = files_->sync_directory(topic);
    if (!synced && synced.code() != Errc::kNotFound) return synced;
  }
  SL_CHECK(forget_logs(places));
  for (const auto& name : *names) SL_CHECK(files_->remove_tree(deleted + "/" + name));
  return {};
}

Status DataDirectory::forget_logs(std::span<const PartitionPlace> places) {
  while (!places.empty()) {
    auto some = places.first(std::min(places.size(), kForgottenAtOnce));
    SL_CHECK(index_->write([&](kv::Writer& writer) -> Status {
      for (const auto& place : some) SL_CHECK(forget_log(writer, place.topic, place.partition));
      return {};
    }));
    places = places.subspan(some.size());
  }
  return {};
}

Status DataDirectory::begin_writing() {
  auto removed = files_->remove(path_ + "/clean");
  if (!removed && removed.code() != Errc::kNotFound) return removed;
  SL_CHECK(files_->sync_directory(path_));
  if (was_clean_) return {};
  // A process that was killed may have left folders of partitions whose names were never synced.
  SL_TRY(auto topics, files_->list(path_));
  for (const auto& name : topics)
    if (Uuid::parse(name)) SL_CHECK(files_->sync_directory(path_ + "/" + name));
  return {};
}

Status DataDirectory::end_cleanly() {
  index_->close();
  auto removed = files_->remove(path_ + "/sync-failed");
  if (!removed && removed.code() != Errc::kNotFound) return removed;
  return files_->replace(path_ + "/clean", as_bytes("clean\n"));
}

// Without a sync, which would fail too: the mark is about the page cache, and lives as long as that does.
void DataDirectory::mark_sync_failed() {
  auto marked = files_->open(path_ + "/sync-failed", FileSystem::Mode::kCreate);
  if (!marked) logger_->error("cannot note the failed sync: {}", marked.error().context);
}

std::string DataDirectory::partition_path(const Uuid& topic, Partition partition) const {
  return fmt::format("{}/{}/{}", path_, topic.text(), partition.value);
}

Result<std::vector<PartitionPlace>> DataDirectory::partitions() const {
  std::vector<PartitionPlace> places;
  SL_TRY(auto topics, files_->list(path_));
  for (const auto& name : topics) {
    auto topic = Uuid::parse(name);
    if (!topic) continue;
    SL_TRY(auto numbers, files_->list(path_ + "/" + name));
    for (const auto& number : numbers) {
      auto partition = parse_int(number);
      if (partition && *partition >= 0 && *partition <= INT32_MAX)
        places.push_back({*topic, Partition(static_cast<int32_t>(*partition))});
    }
  }
  return places;
}

Result<std::string> DataDirectory::set_aside(const PartitionPlace& place) {
  std::string orphaned = path_ + "/orphaned";
  SL_CHECK(make_durable_directory(*files_, orphaned));
  std::string target = orphaned + "/" + place_name(place);
  for (int n = 1;; ++n) {
    SL_TRY(bool taken, files_->exists(target));
    if (!taken) break;
    target = fmt::format("{}/{}-{}", orphaned, place_name(place), n);
  }
  std::string from = partition_path(place.topic, place.partition);
  SL_CHECK(files_->rename(from, target));
  SL_CHECK(files_->sync_directory(orphaned));
  SL_CHECK(files_->sync_directory(parent_of(from)));
  return target;
}

// A full disk must not stop what makes room on it: where there is no room for `deleted/` the folder goes where it is (a
// crash then leaves an orphan), and rows that stay in the index belong to an id that never comes again.
Status DataDirectory::delete_partitions(std::span<const PartitionPlace> places) {
  std::string deleted = path_ + "/deleted";
  Status first = make_durable_directory(*files_, deleted);
  bool room = first.code() != Errc::kDiskFull;
  if (!first && room) return first;
  first = {};
  auto note = [&first](Status status) {
    if (first && !status) first = std::move(status);
  };
  std::vector<std::string> doomed;
  std::vector<PartitionPlace> gone;
  std::set<std::string> topics, changed;
  for (const auto& place : places) {
    std::string from = partition_path(place.topic, place.partition);
    std::string to = deleted + "/" + place_name(place);
    topics.insert(parent_of(from));
    Status moved = room ? files_->rename(from, to) : Status(Errc::kDiskFull);
    if (moved.code() == Errc::kDiskFull) to = from;
    if (moved) changed.insert(parent_of(from));
    if (moved || moved.code() == Errc::kDiskFull) doomed.push_back(to);
    if (moved || moved.code() == Errc::kDiskFull || moved.code() == Errc::kNotFound)
      gone.push_back(place);
    else
      note(std::move(moved));
  }
  if (!changed.empty()) SL_CHECK(files_->sync_directory(deleted));
  for (const auto& topic : changed) SL_CHECK(files_->sync_directory(topic));
  // Before the bytes: as long as they are there, the next start knows what is left to do.
  if (auto forgotten = forget_logs(gone); !forgotten)
    logger_->warn("the index keeps rows of deleted partitions: {}", forgotten.error().context);
  for (const auto& path : doomed) note(files_->remove_tree(path));
  for (const auto& topic : topics) {
    auto left = files_->list(topic);
    if (left && left->empty()) (void)files_->remove(topic);
  }
  return first;
}

}  // namespace sl::storage
