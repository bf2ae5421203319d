// A quorum of one: starts, proposals, and what it refuses.
#include "life.h"
#include "quorum/record_batches.h"
#include "record/batch_builder.h"

namespace sl::quorum::testing {
namespace {

const std::string kSegment = "/data/meta/00000000000000000000.log";

std::vector<BatchContent> batches_of(FileSystem& files, std::vector<Epoch>* epochs = nullptr) {
  std::vector<BatchContent> batches;
  auto content = files.read_whole(kSegment, 64 << 20);
  EXPECT_TRUE(content);
  Bytes left = as_bytes(*content);
  record::Decompressor decompressor;
  while (!left.empty()) {
    auto batch = record::parse_batch(left);
    if (!batch) break;
    EXPECT_TRUE(batch->crc_ok());
    if (epochs) epochs->push_back(batch->leader_epoch());
    batches.push_back(*read_batch(*batch, decompressor));
    left = left.subspan(batch->size());
  }
  return batches;
}

TEST(SoleVoterStart, TheFirstOneNamesItselfAndTheCluster) {
  Machine machine(1);
  Life life(machine);
  auto started = life.start();
  ASSERT_TRUE(started) << started.error().context;
  EXPECT_EQ(life.quorum->epoch(), Epoch(1));
  EXPECT_EQ(life.quorum->role(), Role::kLeader);
  EXPECT_EQ(life.quorum->leader(), NodeId(1));
  EXPECT_EQ(life.listener.leader_epoch, Epoch(1));
  EXPECT_EQ(life.quorum->high_watermark(), Offset(4));

  std::vector<Epoch> epochs;
  auto batches = batches_of(life.runtime.files(), &epochs);
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(epochs, (std::vector<Epoch>{Epoch(1), Epoch(1)}));
  ASSERT_TRUE(batches[0].leader_change && batches[0].voters && batches[0].kraft_version);
  EXPECT_EQ(batches[0].leader_change->leader_id, 1);
  EXPECT_EQ(*batches[0].kraft_version, 1);
  ASSERT_EQ(batches[0].voters->voters.size(), 1u);
  EXPECT_EQ(batches[0].voters->voters[0].voter_directory_id, life.data->format().directory_id);
  ASSERT_EQ(batches[1].records.size(), 1u);
  auto* cluster = std::get_if<wire::ClusterIdRecord>(&batches[1].records[0].record);
  ASSERT_TRUE(cluster);
  EXPECT_EQ(cluster->cluster_id, life.data->format().cluster_id);
  EXPECT_EQ(cluster->cluster_id, life.listener.cluster_id);
  EXPECT_TRUE(Uuid::parse(cluster->cluster_id));
  auto vote = read_vote(life.runtime.files(), "/data/meta");
  ASSERT_TRUE(vote && *vote);
  EXPECT_EQ(**vote, (Vote{Epoch(1), NodeId(1), life.data->format().directory_id}));
}

TEST(SoleVoterStart, EachIsANewEpochWithTheSameState) {
  Machine machine(2);
  State expected;
  std::string cluster;
  for (int life_number = 1; life_number <= 24; ++life_number) {
    Life life(machine);
    auto started = life.start();
    ASSERT_TRUE(started) << started.error().context;
    EXPECT_EQ(life.quorum->epoch(), Epoch(life_number));
    EXPECT_EQ(life.listener.values(), expected);
    if (life_number == 1) cluster = life.listener.cluster_id;
    EXPECT_EQ(life.listener.cluster_id, cluster);
    for (int i = 0; i < 3; ++i) {
      std::string key = std::to_string((life_number * 3 + i) % 20);
      ASSERT_TRUE(life.put(key, std::to_string(life_number)));
      expected[key] = std::to_string(life_number);
    }
    switch (life_number % 4) {
      case 0:
        life.stop(true);
        break;
      case 1:
        life.kill();
        break;
      case 2:
        life.power_cut(aio::CrashMode::kNothing);
        break;
      case 3:
        life.checkpoint();
        life.kill();
        machine.medium->wipe();
        break;
    }
  }
  Life last(machine);
  ASSERT_TRUE(last.start());
  std::vector<Epoch> epochs;
  auto batches = batches_of(last.runtime.files(), &epochs);
  // The first batch of every epoch, and only that, is its LeaderChange; voters are named once.
  int leader_changes = 0, voters = 0;
  for (size_t i = 0; i < batches.size(); ++i) {
    bool first = i == 0 || epochs[i] != epochs[i - 1];
    EXPECT_EQ(batches[i].leader_change.has_value(), first) << i;
    leader_changes += batches[i].leader_change.has_value();
    voters += batches[i].voters.has_value();
    EXPECT_GE(epochs[i], epochs[i == 0 ? 0 : i - 1]);
  }
  EXPECT_EQ(leader_changes, 25);
  EXPECT_EQ(voters, 1);
}

aio::Task<void> put_one(SoleVoter& quorum, int number, std::vector<Offset>& answers) {
  std::vector<wire::MetadataRecord> records;
  for (int i = 0; i < 2; ++i)
    records.push_back(wire::ConfigRecord{4, "", std::to_string(number) + "." + std::to_string(i), "v"});
  auto answer = co_await quorum.propose(std::move(records));
  EXPECT_TRUE(answer);
  if (answer) answers.push_back(*answer);
}

aio::Task<void> put_many(SoleVoter& quorum, int count, std::vector<Offset>& answers) {
  aio::TaskGroup group;
  for (int i = 0; i < count; ++i) group.spawn(put_one(quorum, i, answers));
  co_await group.drained();
}

TEST(SoleVoterProposals, ThoseThatComeTogetherShareASync) {
  Machine machine(3);
  Life life(machine);
  ASSERT_TRUE(life.start());
  uint64_t before = life.quorum->groups_written();
  std::vector<Offset> answers;
  machine.world.run(put_many(*life.quorum, 100, answers));
  EXPECT_LE(life.quorum->groups_written() - before, 3u);
  ASSERT_EQ(answers.size(), 100u);
  for (size_t i = 1; i < answers.size(); ++i) EXPECT_EQ(answers[i], answers[i - 1] + 2);
  EXPECT_EQ(life.listener.values().size(), 200u);
  EXPECT_EQ(life.quorum->high_watermark(), answers.back() + 2);
}

TEST(SoleVoterProposals, WhatIsRefused) {
  Machine machine(4);
  Life life(machine);
  ASSERT_TRUE(life.start());
  EXPECT_EQ(life.propose({}).code(), Errc::kInvalidRequest);
  EXPECT_EQ(life.put("k", std::string(kProposalBytesMax, 'x')).code(), Errc::kTooLarge);
  EXPECT_TRUE(life.put("k", "v"));
  machine.world.run(life.quorum->stop(false));
  EXPECT_EQ(life.put("k", "w").code(), Errc::kNotController);
  EXPECT_EQ(life.quorum->role(), Role::kStopped);
  EXPECT_EQ(life.quorum->leader(), NodeId(-1));
}

TEST(SoleVoterProposals, AFullDiskRefusesAndHeals) {
  Machine machine(5);
  Life life(machine);
  ASSERT_TRUE(life.start());
  machine.node.disk().fail_from(aio::DiskOp::kWrite, 1, Errc::kDiskFull, "/meta/");
  EXPECT_EQ(life.put("lost", "v").code(), Errc::kDiskFull);
  EXPECT_EQ(life.put("lost too", "v").code(), Errc::kDiskFull);
  machine.node.disk().heal();
  EXPECT_TRUE(life.put("kept", "v"));
  EXPECT_TRUE(life.fatal.empty());
  life.power_cut(aio::CrashMode::kNothing);
  Life next(machine);
  ASSERT_TRUE(next.start());
  EXPECT_EQ(next.listener.values(), (State{{"kept", "v"}}));
}

TEST(SoleVoterProposals, AFailedSyncEndsTheNode) {
  Machine machine(6);
  Life life(machine);
  ASSERT_TRUE(life.start());
  machine.node.disk().fail_at(aio::DiskOp::kSync, 1, Errc::kIo, "/meta/");
  EXPECT_FALSE(life.put("k", "v"));
  ASSERT_EQ(life.fatal.size(), 1u);
  EXPECT_EQ(life.fatal[0].code, Errc::kSyncFailed);
  EXPECT_FALSE(life.put("l", "v"));
  EXPECT_EQ(life.fatal.size(), 1u);
  EXPECT_TRUE(life.listener.values().empty());
}

TEST(SoleVoterProposals, ARecordThatNobodyCanTakeEndsTheNode) {
  Machine machine(7);
  Life life(machine);
  ASSERT_TRUE(life.start());
  life.listener.refuse = true;
  EXPECT_EQ(life.put("k", "v").code(), Errc::kMalformed);
  ASSERT_EQ(life.fatal.size(), 1u);
  EXPECT_EQ(life.put("k", "v").code(), Errc::kNotController);
}

// Writes bytes behind the last batch of the log, as another program would.
void write_behind(Machine& machine, std::string_view bytes) {
  auto& disk = machine.node.disk();
  auto content = disk.read_whole(kSegment, 64 << 20);
  ASSERT_TRUE(content);
  size_t end = 0;
  while (end < content->size()) {
    auto batch = record::parse_batch(as_bytes(*content).subspan(end));
    if (!batch) break;
    end += batch->size();
  }
  auto file = disk.open(kSegment, FileSystem::Mode::kReadWrite);
  Bytes piece = as_bytes(bytes);
  ASSERT_TRUE((*file)->write_at(std::span<const Bytes>(&piece, 1), end));
  ASSERT_TRUE((*file)->sync());
}

TEST(SoleVoterStart, ATornTailIsCut) {
  Machine machine(8);
  {
    Life life(machine);
    ASSERT_TRUE(life.start());
    ASSERT_TRUE(life.put("k", "v"));
    life.kill();
  }
  auto content = machine.node.disk().read_whole(kSegment, 1 << 20);
  write_behind(machine, std::string_view(*content).substr(0, 70));
  Life life(machine);
  auto started = life.start();
  ASSERT_TRUE(started) << started.error().context;
  EXPECT_EQ(life.listener.values(), (State{{"k", "v"}}));
  EXPECT_NE(life.logger.text.find("torn tail"), std::string::npos);
}

std::string batch_at(Offset base, Epoch epoch, const std::string& value) {
  BufferPool buffers(0);
  record::BatchStamp stamp;
  stamp.base_offset = base;
  stamp.leader_epoch = epoch;
  std::vector<std::string> encoded{value};
  auto batch = build_batch(buffers, encoded, 1, stamp, 10'000);
  return std::string(as_text(batch->bytes));
}

TEST(SoleVoterStart, AnUnknownRecordIsRefused) {
  Machine machine(9);
  Offset end;
  {
    Life life(machine);
    ASSERT_TRUE(life.start());
    end = life.quorum->high_watermark();
    life.kill();
  }
  write_behind(machine, batch_at(end, Epoch(1), std::string("\x01\x8f\x4e\x00\x00", 5)));
  Life life(machine);
  auto started = life.start();
  EXPECT_EQ(started.code(), Errc::kUnsupportedVersion);
  EXPECT_NE(started.error().context.find("9999"), std::string::npos) << started.error().context;
  EXPECT_NE(started.error().context.find(std::to_string(end.value)), std::string::npos) << started.error().context;
}

TEST(SoleVoterStart, AnotherVotersLogIsRefused) {
  Machine machine(10);
  {
    Life life(machine);
    ASSERT_TRUE(life.open());
    wire::VotersRecord voters;
    voters.voters.resize(2);
    voters.voters[0].voter_id = 1;
    voters.voters[1].voter_id = 2;
    std::string value = wire::encode_control(voters);
    record::ControlRecord control{record::ControlType::kRaftVoters, as_bytes(value)};
    record::BatchStamp stamp;
    stamp.leader_epoch = Epoch(3);
    auto batch = record::build_control_batch(1, stamp, std::span<const record::ControlRecord>(&control, 1));
    ASSERT_TRUE(life.runtime.files().make_directories("/data/meta"));
    ASSERT_TRUE(life.runtime.files().replace(kSegment, batch.bytes));
    EXPECT_EQ(life.start().code(), Errc::kInconsistentVoterSet);
  }
}

TEST(SoleVoterStart, LostMetadataIsNotMadeAnew) {
  Machine machine(11);
  {
    Life life(machine);
    ASSERT_TRUE(life.start());
    life.kill();
  }
  machine.medium->wipe();
  ASSERT_TRUE(machine.node.disk().remove_tree("/data/meta"));
  Life life(machine);
  auto started = life.start();
  EXPECT_EQ(started.code(), Errc::kCorrupt);
  EXPECT_NE(started.error().context.find("is gone"), std::string::npos) << started.error().context;
}

std::vector<std::string> segments_of(Machine& machine) {
  std::vector<std::string> paths;
  std::vector<std::string> names = *machine.node.disk().list("/data/meta");
  for (const auto& name : names)
    if (name.ends_with(".log")) paths.push_back("/data/meta/" + name);
  return paths;
}

void expect_refused_again_and_again(Machine& machine, const std::string& why) {
  auto before = *machine.node.disk().list("/data/meta");
  for (int i = 0; i < 3; ++i) {
    Life life(machine);
    auto started = life.start();
    EXPECT_EQ(started.code(), Errc::kCorrupt);
    EXPECT_NE(started.error().context.find(why), std::string::npos) << started.error().context;
    life.kill();
  }
  EXPECT_EQ(*machine.node.disk().list("/data/meta"), before);
  EXPECT_TRUE(*machine.node.disk().exists("/data/clean"));
}

void fill_segments(Machine& machine) {
  SoleVoterOptions options;
  options.segment_bytes = 300;
  Life life(machine, options);
  ASSERT_TRUE(life.start());
  for (int i = 0; i < 12; ++i) ASSERT_TRUE(life.put("k", std::string(100, 'v')));
  life.stop(true);
  ASSERT_GT(segments_of(machine).size(), 4u);
}

TEST(SoleVoterStart, ARefusalOfASegmentThatOverlapsRepeatsItself) {
  Machine machine(14);
  fill_segments(machine);
  aio::SimDisk& disk = machine.node.disk();
  auto content = *disk.read_whole(segments_of(machine).front(), 1 << 20);
  ASSERT_TRUE(disk.replace("/data/meta/00000000000000000001.log", as_bytes(content)));
  expect_refused_again_and_again(machine, "an earlier segment has");
}

TEST(SoleVoterStart, ARefusalOfAHoleRepeatsItself) {
  Machine machine(15);
  fill_segments(machine);
  ASSERT_TRUE(machine.node.disk().remove(segments_of(machine)[2]));
  expect_refused_again_and_again(machine, "records are missing");
}

TEST(SoleVoterStart, ADamagedVoteIsRefusedAndAMissingOneIsNot) {
  Machine machine(12);
  {
    Life life(machine);
    ASSERT_TRUE(life.start());
    life.kill();
  }
  ASSERT_TRUE(machine.node.disk().flip("/data/meta/quorum-state", 7, 3));
  {
    Life life(machine);
    EXPECT_EQ(life.start().code(), Errc::kCorrupt);
    life.kill();
  }
  ASSERT_TRUE(machine.node.disk().remove("/data/meta/quorum-state"));
  Life life(machine);
  ASSERT_TRUE(life.start());
  EXPECT_EQ(life.quorum->epoch(), Epoch(2));
}

TEST(SoleVoterDescribe, AnswersForItsPartitionOnly) {
  Machine machine(13);
  SoleVoterOptions options;
  options.endpoints.push_back({"PLAINTEXT", "host", 9092});
  Life life(machine, options);
  ASSERT_TRUE(life.start());
  wire::DescribeQuorumRequest request;
  request.topics.resize(2);
  request.topics[0].topic_name = "__cluster_metadata";
  request.topics[0].partitions.resize(1);
  request.topics[1].topic_name = "other";
  request.topics[1].partitions.resize(1);
  auto response = life.quorum->describe(request);
  const auto& mine = response.topics.at(0).partitions.at(0);
  EXPECT_EQ(mine.error_code, 0);
  EXPECT_EQ(mine.leader_id, 1);
  EXPECT_EQ(mine.leader_epoch, 1);
  EXPECT_EQ(mine.high_watermark, 4);
  ASSERT_EQ(mine.current_voters.size(), 1u);
  EXPECT_EQ(mine.current_voters[0].replica_directory_id, life.data->format().directory_id);
  EXPECT_EQ(mine.current_voters[0].log_end_offset, 4);
  EXPECT_TRUE(mine.observers.empty());
  EXPECT_EQ(response.topics.at(1).partitions.at(0).error_code, errc_to_wire(Errc::kUnknownTopicOrPartition));
  ASSERT_EQ(response.nodes.size(), 1u);
  EXPECT_EQ(response.nodes[0].listeners.at(0).port, 9092);
}

}  // namespace
}  // namespace sl::quorum::testing
