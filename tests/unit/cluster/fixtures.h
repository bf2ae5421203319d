// A controller over a metadata log that is nothing but a list: each proposal is committed some time after it was made,
// in order, so that a test can look at what happens in between.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>

#include "aio/sim_runtime.h"
#include "aio/sim_world.h"
#include "cluster/controller.h"
#include "cluster/image_listener.h"

namespace sl::cluster::testing {

class ListedQuorum final : public quorum::Quorum {
 public:
  ListedQuorum(aio::Runtime& runtime, ImageListener& listener) : runtime_(runtime), listener_(listener) {}

  aio::Task<Result<Offset>> propose(std::vector<wire::MetadataRecord> records) override {
    ++under_way;
    most_under_way = std::max(most_under_way, under_way);
    aio::Timer wait(runtime_.timers());
    (void)co_await wait.wait_ms(5);
    --under_way;
    if (refuse_with != Errc::kNone) co_return refuse_with;
    Offset first(static_cast<int64_t>(log_.size()));
    for (auto& record : records) {
      auto taken = listener_.on_committed(record, Offset(static_cast<int64_t>(log_.size())));
      EXPECT_TRUE(taken) << taken.error().context;
      log_.push_back(std::move(record));
    }
    ++proposals;
    co_return first;
  }
  quorum::Role role() const override { return quorum::Role::kLeader; }
  Epoch epoch() const override { return Epoch(1); }
  NodeId leader() const override { return NodeId(1); }
  Offset high_watermark() const override { return Offset(static_cast<int64_t>(log_.size())); }
  wire::DescribeQuorumResponse describe(const wire::DescribeQuorumRequest&) const override { return {}; }
  storage::PartitionLog& log() override { std::abort(); }
  aio::Task<void> stop(bool) override { co_return; }

  const std::vector<wire::MetadataRecord>& records() const { return log_; }
  int under_way = 0;
  int most_under_way = 0;
  int proposals = 0;
  Errc refuse_with = Errc::kNone;

 private:
  aio::Runtime& runtime_;
  ImageListener& listener_;
  std::vector<wire::MetadataRecord> log_;
};

class ControllerFixture : public ::testing::Test {
 protected:
  ControllerFixture() { register_self(); }
  void run(aio::Task<void> task) { world.run(std::move(task)); }

  // Requests, run to their answers.
  void register_self();
  wire::CreateTopicsResponse create(wire::CreateTopicsRequest request);
  wire::CreateTopicsResponse::Topic create_one(wire::CreateTopicsRequest::Topic topic);
  void make(const std::string& name, int32_t partitions = 1);
  wire::DeleteTopicsResponse remove(wire::DeleteTopicsRequest request, int16_t version = 6);
  wire::CreatePartitionsResponse grow(wire::CreatePartitionsRequest request);
  wire::IncrementalAlterConfigsResponse alter(wire::IncrementalAlterConfigsRequest request);
  wire::AlterConfigsResponse replace(wire::AlterConfigsRequest request);

  aio::SimWorld world{7};
  aio::SimRuntime& runtime = world.add_node("a").start_process();
  MemoryLogger logger;
  BrokerSettings settings;
  Image image;
  ImageListener listener{image};
  ListedQuorum quorum{runtime, listener};
  Uuid directory = Uuid::random(runtime.random());
  Controller controller{runtime, quorum, image, settings, logger, options()};

 private:
  ControllerOptions options() const {
    ControllerOptions options;
    options.node = NodeId(1);
    options.directory = directory;
    options.endpoints.push_back({"PLAINTEXT", "localhost", 9092});
    return options;
  }
};

inline wire::CreateTopicsRequest::Topic wanted(const std::string& name, int32_t partitions = 1, int16_t factor = -1) {
  wire::CreateTopicsRequest::Topic topic;
  topic.name = name;
  topic.num_partitions = partitions;
  topic.replication_factor = factor;
  return topic;
}

template <class Response, class Call>
aio::Task<void> keep(Call call, Response* into) {
  *into = co_await std::move(call);
}

inline void ControllerFixture::register_self() {
  Status registered;
  run(keep(controller.register_self(), &registered));
  EXPECT_TRUE(registered);
}
inline wire::CreateTopicsResponse ControllerFixture::create(wire::CreateTopicsRequest request) {
  wire::CreateTopicsResponse response;
  run(keep(controller.create_topics(std::move(request), 7), &response));
  return response;
}
inline wire::CreateTopicsResponse::Topic ControllerFixture::create_one(wire::CreateTopicsRequest::Topic topic) {
  wire::CreateTopicsRequest request;
  request.topics.push_back(std::move(topic));
  auto response = create(std::move(request));
  EXPECT_EQ(response.topics.size(), 1u);
  return response.topics.at(0);
}
inline void ControllerFixture::make(const std::string& name, int32_t partitions) {
  auto made = create_one(wanted(name, partitions));
  EXPECT_EQ(made.error_code, 0) << made.error_message.value_or("");
}
inline wire::DeleteTopicsResponse ControllerFixture::remove(wire::DeleteTopicsRequest request, int16_t version) {
  wire::DeleteTopicsResponse response;
  run(keep(controller.delete_topics(std::move(request), version), &response));
  return response;
}
inline wire::CreatePartitionsResponse ControllerFixture::grow(wire::CreatePartitionsRequest request) {
  wire::CreatePartitionsResponse response;
  run(keep(controller.create_partitions(std::move(request)), &response));
  return response;
}
inline wire::IncrementalAlterConfigsResponse ControllerFixture::alter(wire::IncrementalAlterConfigsRequest request) {
  wire::IncrementalAlterConfigsResponse response;
  run(keep(controller.alter_configs(std::move(request)), &response));
  return response;
}
inline wire::AlterConfigsResponse ControllerFixture::replace(wire::AlterConfigsRequest request) {
  wire::AlterConfigsResponse response;
  run(keep(controller.replace_configs(std::move(request)), &response));
  return response;
}

inline int16_t wire_code(Errc code) {
  return errc_to_wire(code);
}

}  // namespace sl::cluster::testing
