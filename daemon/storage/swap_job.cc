// The order of the steps, each durable before the next: the index forgets, the new file speaks for all, the old ones
// go, the new one takes its name. Were the last step durable before the removals, a start would find two files with
// the same offsets.
#include "storage/swap_job.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "storage/cleaned_segment.h"
#include "storage/stored_log.h"

namespace sl::storage {
namespace {

constexpr std::string_view kSwap = ".swap";
constexpr std::string_view kCleaned = ".log.cleaned";

std::string swap_path(std::string_view directory, Offset base, Offset next) {
  return fmt::format("{}/{:020d}-{:020d}{}", directory, base.value, next.value, kSwap);
}

// "<base>-<next>.swap"
std::optional<std::pair<Offset, Offset>> parse_swap_name(std::string_view name) {
  if (name.size() != 41 + kSwap.size() || !name.ends_with(kSwap) || name[20] != '-') return std::nullopt;
  auto base = parse_segment_name(std::string(name.substr(0, 20)) + ".log");
  auto next = parse_segment_name(std::string(name.substr(21, 20)) + ".log");
  if (!base || !next || *next <= *base) return std::nullopt;
  return std::pair(*base, *next);
}

Status remove_if_there(FileSystem& files, const std::string& path) {
  Status removed = files.remove(path);
  return removed.code() == Errc::kNotFound ? Status() : std::move(removed);
}

}  // namespace

void SwapJob::run() {
  result_ = swap();
}

Status SwapJob::swap() {
  FileSystem& files = place_->seams.files;
  const std::string& directory = place_->directory;
  Offset base = segment_.base;
  SL_CHECK(place_->seams.index.write([this](kv::Writer& writer) -> Status {
    for (Offset old : bases_) SL_CHECK(forget_segment(writer, *place_, old));
    return {};
  }));
  bool alone = bases_.size() == 1;
  std::string cleaned = cleaned_path(directory, base);
  std::string final = segment_path(directory, base);
  std::string swap = swap_path(directory, base, segment_.stats.next);
  SL_CHECK(files.rename(cleaned, alone ? final : swap));
  begun_ = true;
  SL_CHECK(files.sync_directory(directory));
  if (alone) return {};
  for (size_t i = 1; i < bases_.size(); ++i) SL_CHECK(remove_if_there(files, segment_path(directory, bases_[i])));
  SL_CHECK(files.sync_directory(directory));
  SL_CHECK(files.rename(swap, final));
  return files.sync_directory(directory);
}

Status finish_swaps(FileSystem& files, const std::string& directory, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name.ends_with(kCleaned)) SL_CHECK(remove_if_there(files, directory + "/" + name));
    auto range = parse_swap_name(name);
    if (!range) continue;
    // The name itself may be in the page cache only, as after a kill.
    SL_CHECK(files.sync_directory(directory));
    for (const std::string& other : names) {
      auto base = parse_segment_name(other);
      if (base && *base > range->first && *base < range->second) SL_CHECK(files.remove(directory + "/" + other));
    }
    SL_CHECK(files.sync_directory(directory));
    SL_CHECK(files.rename(directory + "/" + name, segment_path(directory, range->first)));
    SL_CHECK(files.sync_directory(directory));
  }
  return {};
}

}  // namespace sl::storage
