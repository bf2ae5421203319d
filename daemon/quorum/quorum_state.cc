// The vote's file.
#include "quorum/quorum_state.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/crc32c.h"
#include "wire/control_records.h"

namespace sl::quorum {
namespace {

constexpr size_t kCrcBytes = 4;
constexpr size_t kHeadBytes = kCrcBytes + 2;  // CRC, version
constexpr size_t kFileBytesMax = 4 << 10;
constexpr int16_t kVersion = 1;

std::string path_in(const std::string& meta_directory) {
  return meta_directory + "/quorum-state";
}

}  // namespace

Vote next_vote(const std::optional<Vote>& last, Epoch newest_in_log, NodeId node, const Uuid& directory) {
  Epoch seen = std::max(newest_in_log, Epoch(0));
  if (last) seen = std::max(seen, last->epoch);
  return Vote{seen + 1, node, directory};
}

std::string encode_vote(const Vote& vote) {
  wire::QuorumStateData state;
  state.leader_epoch = vote.epoch.value;
  state.voted_id = vote.voted.value;
  state.voted_directory_id = vote.voted_directory;
  std::string content(kHeadBytes, '\0');
  auto* head = reinterpret_cast<uint8_t*>(content.data());
  store_be(head + kCrcBytes, kVersion);
  content += wire::encode(state, kVersion).joined();
  head = reinterpret_cast<uint8_t*>(content.data());
  store_be(head, crc32c(as_bytes(content).subspan(kCrcBytes)));
  return content;
}

Result<Vote> decode_vote(Bytes content) {
  if (content.size() < kHeadBytes || load_be<uint32_t>(content.data()) != crc32c(content.subspan(kCrcBytes)))
    return Error{Errc::kCorrupt, "the file is damaged"};
  auto version = load_be<int16_t>(content.data() + kCrcBytes);
  if (version != kVersion)
    return Error{Errc::kUnsupportedVersion,
                 fmt::format("version {} is unknown here: a newer streamlog wrote it", version)};
  SL_TRY(auto state, wire::decode<wire::QuorumStateData>(content.subspan(kHeadBytes), version, Buffer()));
  if (state.leader_epoch < 0) return Error{Errc::kCorrupt, "the epoch is negative"};
  return Vote{Epoch(state.leader_epoch), NodeId(state.voted_id), state.voted_directory_id};
}

Result<std::optional<Vote>> read_vote(FileSystem& files, const std::string& meta_directory) {
  std::string path = path_in(meta_directory);
  auto content = files.read_whole(path, kFileBytesMax);
  if (content.code() == Errc::kNotFound) return std::optional<Vote>();
  if (!content) return std::move(content).error();
  auto vote = decode_vote(as_bytes(*content));
  if (!vote) return Error{vote.code(), fmt::format("{}: {}", path, vote.error().context)};
  return std::optional<Vote>(*vote);
}

Status write_vote(FileSystem& files, const std::string& meta_directory, const Vote& vote) {
  std::string content = encode_vote(vote);
  return files.replace(path_in(meta_directory), as_bytes(content));
}

}  // namespace sl::quorum
