// What a voter must remember beside the log: the newest epoch it has seen and whom it voted for in it, in the file
// meta/quorum-state: CRC-32C of the rest, version, QuorumStateData, all big-endian. It is written aside, synced and
// renamed before anything of the epoch leaves this node, so that nobody votes, or leads, twice in one epoch.
#pragma once
#include <optional>
#include <string>

#include "base/file.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/uuid.h"

namespace sl::quorum {

struct Vote {
  Epoch epoch{0};
  NodeId voted{-1};  // -1: for nobody yet
  Uuid voted_directory;
  bool operator==(const Vote&) const = default;
};

// The vote of a voter that is alone: for itself, in an epoch above all that it and its log have seen. Its own earlier
// vote may have led to an epoch that left no record behind, so that one is never used again.
Vote next_vote(const std::optional<Vote>& last, Epoch newest_in_log, NodeId node, const Uuid& directory);

std::string encode_vote(const Vote& vote);
// kCorrupt; kUnsupportedVersion.
Result<Vote> decode_vote(Bytes content);

// None where there is no file. Both block.
Result<std::optional<Vote>> read_vote(FileSystem& files, const std::string& meta_directory);
Status write_vote(FileSystem& files, const std::string& meta_directory, const Vote& vote);

}  // namespace sl::quorum
