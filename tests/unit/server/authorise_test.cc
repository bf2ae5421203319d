// No handler is reachable around authorise(): with an authoriser that refuses everything, every request there is, in
// every version, filled at random but pointed at a topic that exists, is answered with authorization errors or with
// nothing, and changes nothing.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/support/raw_peer.h"

namespace sl::server {
namespace {

using support::RawPeer;
using support::SimBroker;

class Recorder final : public Authoriser {
 public:
  bool allows(const Principal& who, Operation operation, ResourceType type, std::string_view name) override {
    ++asked;
    principals.insert(who.text());
    seen.insert({operation, type, std::string(name)});
    return !denying;
  }
  bool denying = true;
  int asked = 0;
  std::set<std::string> principals;
  std::set<std::tuple<Operation, ResourceType, std::string>> seen;
};

// A walk over a request that makes it name what exists: the topic "t", partition 0; and that keeps it from being
// refused for anything else.
class Aim {
 public:
  explicit Aim(const Uuid& id, int16_t version) : id_(id), version_(version) {}
  template <class T>
  void operator()(const char* name, T& v, wire::Range range = {}) {
    if (range.has(version_)) value(name, v);
  }
  template <class T>
  void tag(uint32_t, const char*, T& v, wire::Range = {}, const std::type_identity_t<T>& fallback = T{}) {
    v = fallback;
  }

 private:
  template <class T>
  void value(std::string_view name, T& v) {
    if constexpr (std::same_as<T, std::string>) {
      v = "t";
    } else if constexpr (std::same_as<T, Uuid>) {
      v = id_;
    } else if constexpr (std::same_as<T, bool>) {
      v = false;
    } else if constexpr (std::integral<T>) {
      number(name, v);
    } else if constexpr (wire::kIsOptional<T>) {
      if (name == "transactional_id" || name == "cursor") v.reset();
      if (v) value(name, *v);
    } else if constexpr (wire::kIsVector<T>) {
      for (auto& element : v) value(name, element);
    } else if constexpr (wire::Struct<T>) {
      T::fields(v, *this);
    }
  }
  template <class Int>
  void number(std::string_view name, Int& v) {
    if (name == "acks") v = static_cast<Int>(-1);
    if (name.ends_with("_ms")) v = 100;
    if (name.find("session") != name.npos) v = static_cast<Int>(name == "session_id" ? 0 : -1);
    if (name.find("partition") != name.npos || name == "index") v = 0;
    if (name == "resource_type") v = 2;
    if (name == "endpoint_type") v = 1;
  }
  const Uuid& id_;
  int16_t version_;
};

// All error codes of an answer, by how deep they lie; and how many things it lists.
class Errors {
 public:
  explicit Errors(int16_t version) : version_(version) {}
  template <class T>
  void operator()(const char* name, const T& v, wire::Range range = {}) {
    if (range.has(version_)) value(name, v);
  }
  template <class T>
  void tag(uint32_t, const char* name, const T& v, wire::Range range = {}, const std::type_identity_t<T>& = T{}) {
    if (range.has(version_)) value(name, v);
  }
  std::vector<std::pair<int, Errc>> found;  // depth, error

 private:
  template <class T>
  void value(std::string_view name, const T& v) {
    if constexpr (std::same_as<T, int16_t>) {
      if (name == "error_code") found.emplace_back(depth_, errc_from_wire(v));
    } else if constexpr (wire::kIsOptional<T>) {
      if (v) value(name, *v);
    } else if constexpr (wire::kIsVector<T>) {
      ++depth_;
      for (const auto& element : v) value(name, element);
      --depth_;
    } else if constexpr (wire::Struct<T>) {
      T::fields(v, *this);
    }
  }
  int16_t version_;
  int depth_ = 0;
};

bool is_refusal(Errc code) {
  return code == Errc::kTopicAuthorizationFailed || code == Errc::kGroupAuthorizationFailed ||
         code == Errc::kClusterAuthorizationFailed;
}

template <class M>
M aimed(int16_t version, const Uuid& topic, Random& random) {
  M request;
  wire::fill(request, version, random);
  Aim aim(topic, version);
  M::fields(request, aim);
  return request;
}

std::string content(const cluster::Image& image) {
  std::string all;
  for (const auto& record : image.records()) all += wire::describe_metadata_record(record);
  return all;
}

class AuthoriseTest : public testing::Test {
 protected:
  AuthoriseTest() : broker_({.authoriser = &recorder_}) {
    recorder_.denying = false;
    broker_.create_topic("t", 2);
    recorder_.denying = true;
    topic_ = broker_.image().find("t")->id;
  }
  Recorder recorder_;
  SimBroker broker_;
  Uuid topic_;
};

// What is told to anybody who could connect: what is spoken here, and where the brokers are.
bool is_open(wire::ApiKey key) {
  return key == wire::ApiKey::kApiVersions || key == wire::ApiKey::kDescribeCluster;
}

TEST_F(AuthoriseTest, NothingIsReachableWithoutPermission) {
  std::string before = content(broker_.image());
  SeededRandom random(1);
  int requests = 0;
  wire::for_each_request([&]<class M>() {
    if (!broker_.broker().dispatcher().serves(static_cast<int16_t>(M::kApi))) return;
    RawPeer peer(broker_);
    int asked_before = recorder_.asked;
    for (int16_t version =
             std::max(wire::versions_of<M>().min, wire::find_api(static_cast<int16_t>(M::kApi))->listed_min);
         version <= wire::versions_of<M>().max; ++version) {
      for (int round = 0; round < 4; ++round) {
        M request = aimed<M>(version, topic_, random);
        auto response = peer.call(request, version);
        std::string what = wire::describe(request, version);
        ASSERT_TRUE(response) << wire::message_name<M>() << " v" << version << " " << what << broker_.log();
        ++requests;
        if (is_open(M::kApi)) continue;
        Errors errors(version);
        M::Response::fields(*response, errors);
        for (auto [depth, code] : errors.found)
          ASSERT_TRUE(is_refusal(code) || (depth == 0 && code == Errc::kNone))
              << wire::message_name<M>() << " v" << version << ": " << error_info(code).name << "\n"
              << what << "\n"
              << wire::describe(*response, version);
      }
    }
    if (!is_open(M::kApi)) {
      EXPECT_GT(recorder_.asked, asked_before) << wire::message_name<M>();
    }
  });
  EXPECT_GT(requests, 300);
  EXPECT_EQ(content(broker_.image()), before);
  for (int32_t index = 0; index < 2; ++index) {
    auto partition = broker_.replicas().find(topic_, Partition(index));
    ASSERT_TRUE(partition);
    EXPECT_EQ(partition->log().log_end(), Offset(0));
  }
}

TEST_F(AuthoriseTest, TheListOfTopicsIsEmptyToWhoMaySeeNone) {
  RawPeer peer(broker_);
  wire::MetadataRequest all;
  auto metadata = peer.call(all, 12);
  ASSERT_TRUE(metadata);
  EXPECT_TRUE(metadata->topics.empty());
  EXPECT_FALSE(metadata->brokers.empty());
  auto described = peer.call(wire::DescribeTopicPartitionsRequest(), 0);
  ASSERT_TRUE(described);
  EXPECT_TRUE(described->topics.empty());
}

// Whether a topic exists is not told to who may not know.
TEST_F(AuthoriseTest, TheUnknownAndTheForbiddenLookTheSame) {
  RawPeer peer(broker_);
  for (const char* name : {"t", "no-such-topic"}) {
    wire::MetadataRequest request;
    request.topics.emplace().emplace_back().name = name;
    request.allow_auto_topic_creation = true;
    auto metadata = peer.call(request, 12);
    ASSERT_TRUE(metadata);
    ASSERT_EQ(metadata->topics.size(), 1U);
    EXPECT_EQ(errc_from_wire(metadata->topics[0].error_code), Errc::kTopicAuthorizationFailed) << name;
    wire::ListOffsetsRequest offsets;
    offsets.topics.push_back({name, {{.partition_index = 7, .timestamp = -1}}});
    auto listed = peer.call(offsets, 7);
    ASSERT_TRUE(listed);
    EXPECT_EQ(errc_from_wire(listed->topics[0].partitions[0].error_code), Errc::kTopicAuthorizationFailed) << name;
  }
}

TEST_F(AuthoriseTest, TheQuestionNamesWhoWantsWhat) {
  RawPeer peer(broker_);
  wire::DeleteTopicsRequest request;
  request.topic_names = {"t"};
  request.timeout_ms = 100;
  auto deleted = peer.call(request, 5);
  ASSERT_TRUE(deleted);
  EXPECT_TRUE(recorder_.seen.contains({Operation::kDelete, ResourceType::kTopic, "t"}));
  // The peer of a unix socket is known by its user.
  EXPECT_TRUE(recorder_.principals.contains("User:uid:1000")) << *recorder_.principals.begin();
}

TEST_F(AuthoriseTest, WhatIsAllowedIsDone) {
  recorder_.denying = false;
  RawPeer peer(broker_);
  wire::DeleteTopicsRequest request;
  request.topic_names = {"t"};
  request.timeout_ms = 10'000;
  auto deleted = peer.call(request, 5);
  ASSERT_TRUE(deleted);
  EXPECT_EQ(deleted->responses[0].error_code, 0);
  EXPECT_EQ(broker_.image().find("t"), nullptr);
}

}  // namespace
}  // namespace sl::server
