// The vote: which epoch comes next, and a file that is whole or refused.
#include "quorum/quorum_state.h"

#include <gtest/gtest.h>

#include "aio/sim_disk.h"

namespace sl::quorum {
namespace {

Uuid directory_of(uint8_t n) {
  Uuid id;
  id.bytes[0] = n;
  return id;
}

TEST(NextVote, IsAboveAllThatWasSeen) {
  Uuid me = directory_of(1);
  EXPECT_EQ(next_vote(std::nullopt, kNoEpoch, NodeId(3), me), (Vote{Epoch(1), NodeId(3), me}));
  EXPECT_EQ(next_vote(std::nullopt, Epoch(7), NodeId(3), me).epoch, Epoch(8));
  EXPECT_EQ(next_vote(Vote{Epoch(4), NodeId(3), me}, Epoch(7), NodeId(3), me).epoch, Epoch(8));
  // Voted, and died before the epoch left a record: it may have led.
  EXPECT_EQ(next_vote(Vote{Epoch(9), NodeId(3), me}, Epoch(7), NodeId(3), me).epoch, Epoch(10));
}

TEST(VoteFile, EveryChangedByteIsFound) {
  Vote vote{Epoch(5), NodeId(2), directory_of(9)};
  std::string content = encode_vote(vote);
  auto read = decode_vote(as_bytes(content));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, vote);
  for (size_t i = 0; i < content.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = content;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      EXPECT_EQ(decode_vote(as_bytes(damaged)).code(), Errc::kCorrupt);
    }
    EXPECT_EQ(decode_vote(as_bytes(content.substr(0, i))).code(), Errc::kCorrupt);
  }
}

TEST(VoteFile, SurvivesACutAtAnyOperation) {
  SeededRandom random(3);
  for (uint64_t cut = 0; cut < 12; ++cut) {
    aio::SimDisk disk;
    ASSERT_TRUE(disk.make_directory("/meta"));
    ASSERT_TRUE(disk.sync_directory("/"));
    EXPECT_EQ(read_vote(disk, "/meta")->has_value(), false);
    Vote old{Epoch(1), NodeId(1), directory_of(1)};
    Vote newer{Epoch(2), NodeId(1), directory_of(1)};
    ASSERT_TRUE(write_vote(disk, "/meta", old));
    disk.cut_after(cut);
    bool written = write_vote(disk, "/meta", newer).ok();
    auto after = disk.crashed(aio::CrashMode::kSubset, random);
    auto read = read_vote(*after, "/meta");
    ASSERT_TRUE(read) << read.error().context;
    ASSERT_TRUE(*read);
    EXPECT_TRUE(**read == newer || (!written && **read == old)) << cut;
  }
}

}  // namespace
}  // namespace sl::quorum
