// The controller's small families, and the order of changes that come at once.
#include <set>

#include "fixtures.h"

namespace sl::cluster::testing {
namespace {

TEST_F(ControllerFixture, RegistrationIsTheOffsetOfItsRecord) {
  const auto& brokers = image.brokers();
  ASSERT_EQ(brokers.size(), 1u);
  const BrokerState& me = brokers.at(NodeId(1));
  EXPECT_EQ(me.epoch, 0);
  EXPECT_FALSE(me.fenced);
  EXPECT_EQ(me.directories, std::vector<Uuid>{directory});
  Uuid first = me.incarnation;
  register_self();
  EXPECT_EQ(image.brokers().at(NodeId(1)).epoch, 1);
  EXPECT_NE(image.brokers().at(NodeId(1)).incarnation, first);
}

aio::Task<void> take_id(Controller& controller, std::vector<int64_t>& ids) {
  auto id = co_await controller.allocate_producer_id();
  EXPECT_TRUE(id);
  if (id) ids.push_back(id->value);
}

aio::Task<void> take_ids(Controller& controller, std::vector<int64_t>& ids, int count) {
  aio::TaskGroup group;
  for (int i = 0; i < count; ++i) group.spawn(take_id(controller, ids));
  co_await group.drained();
}

TEST_F(ControllerFixture, ProducerIdsComeInBlocksAndNeverTwice) {
  std::vector<int64_t> ids;
  int before = quorum.proposals;
  run(take_ids(controller, ids, 1500));
  EXPECT_EQ(std::set<int64_t>(ids.begin(), ids.end()).size(), 1500u);
  EXPECT_EQ(quorum.proposals - before, 2);
  EXPECT_EQ(image.next_producer_id(), 2000);

  // The next start begins a block of its own.
  Controller next(runtime, quorum, image, settings, logger, ControllerOptions{NodeId(1), directory, {}, {}});
  std::vector<int64_t> more;
  run(take_ids(next, more, 3));
  EXPECT_EQ(more, (std::vector<int64_t>{2000, 2001, 2002}));
}

TEST_F(ControllerFixture, ARefusedBlockGivesNoIdAndTheTurnBack) {
  quorum.refuse_with = Errc::kDiskFull;
  Result<ProducerId> id = ProducerId(0);
  run(keep(controller.allocate_producer_id(), &id));
  EXPECT_EQ(id.code(), Errc::kDiskFull);
  quorum.refuse_with = Errc::kNone;
  run(keep(controller.allocate_producer_id(), &id));
  ASSERT_TRUE(id);
  EXPECT_EQ(id->value, 0);
}

aio::Task<void> create_same(Controller& controller, std::vector<int16_t>& codes) {
  wire::CreateTopicsRequest request;
  request.topics.push_back(wanted("same"));
  auto response = co_await controller.create_topics(std::move(request), 7);
  codes.push_back(response.topics.at(0).error_code);
}

aio::Task<void> create_at_once(Controller& controller, std::vector<int16_t>& codes, int count) {
  aio::TaskGroup group;
  for (int i = 0; i < count; ++i) group.spawn(create_same(controller, codes));
  co_await group.drained();
}

TEST_F(ControllerFixture, OfManyAtOnceOneMakesTheTopic) {
  std::vector<int16_t> codes;
  run(create_at_once(controller, codes, 20));
  EXPECT_EQ(std::count(codes.begin(), codes.end(), 0), 1);
  EXPECT_EQ(std::count(codes.begin(), codes.end(), wire_code(Errc::kTopicAlreadyExists)), 19);
  EXPECT_EQ(quorum.most_under_way, 1);
}

TEST_F(ControllerFixture, LogStartMovesForwardOnly) {
  make("t", 2);
  Uuid id = image.find("t")->id;
  Status moved;
  run(keep(controller.move_log_start(id, Partition(1), Offset(70)), &moved));
  EXPECT_TRUE(moved);
  EXPECT_EQ(image.find(id)->partitions[1].log_start, Offset(70));
  int proposals = quorum.proposals;
  run(keep(controller.move_log_start(id, Partition(1), Offset(60)), &moved));
  EXPECT_TRUE(moved);
  EXPECT_EQ(quorum.proposals, proposals);
  EXPECT_EQ(image.find(id)->partitions[1].log_start, Offset(70));
  for (int32_t beyond : {2, -1}) {
    run(keep(controller.move_log_start(id, Partition(beyond), Offset(1)), &moved));
    EXPECT_EQ(moved.code(), Errc::kUnknownTopicOrPartition);
  }
  run(keep(controller.move_log_start(Uuid(), Partition(0), Offset(1)), &moved));
  EXPECT_EQ(moved.code(), Errc::kUnknownTopicOrPartition);
}

}  // namespace
}  // namespace sl::cluster::testing
