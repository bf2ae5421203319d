// What the tests of groups share: topics in a map, requests in one line, and a log that appends at once or fails.
#pragma once
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "group/groups.h"

namespace sl::group {

class MapTopics final : public Topics {
 public:
  void set(const std::string& name, uint8_t id, int32_t partitions) {
    Uuid uuid;
    uuid.bytes[15] = id;
    topics_[name] = {uuid, partitions};
    ++version_;
  }
  int64_t version() const override { return version_; }
  std::optional<Topic> find(const std::string& name) const override {
    auto found = topics_.find(name);
    if (found == topics_.end()) return std::nullopt;
    return found->second;
  }
  std::vector<std::string> matching(const std::string& prefix) const override {
    std::vector<std::string> names;
    for (const auto& [name, topic] : topics_) {
      if (name.starts_with(prefix)) names.push_back(name);
    }
    return names;
  }

 private:
  std::map<std::string, Topic> topics_;
  int64_t version_ = 0;
};

// One partition's groups with its log. Appends end when drain() is called, all well or all with `failure`.
struct World {
  GroupSettings settings;
  MapTopics topics;
  Groups groups{settings};
  std::vector<Record> log;
  std::deque<Append> appends;
  std::map<RequestId, Answer> answers;
  Now now{0, 1'000'000};
  RequestId last_request = 0;

  void take(Outcome out) {
    for (auto& answer : out.answers) {
      EXPECT_TRUE(answers.emplace(answer.request, answer).second) << "answered twice";
    }
    for (auto& append : out.appends) {
      EXPECT_FALSE(append.records.empty());
      appends.push_back(std::move(append));
    }
  }
  void settle_one(Errc failure = Errc::kNone) {
    Append append = std::move(appends.front());
    appends.pop_front();
    if (failure == Errc::kNone) log.insert(log.end(), append.records.begin(), append.records.end());
    Outcome out;
    groups.settled(append.group, append.source, append.ticket, failure, topics, now, out);
    take(std::move(out));
  }
  void drain(Errc failure = Errc::kNone) {
    while (!appends.empty()) settle_one(failure);
  }
  // Time passes, and deadlines with it.
  void pass(int64_t ms) {
    int64_t until = now.mono_ms + ms;
    while (groups.next_deadline_ms() <= until) {
      move_to(std::max(groups.next_deadline_ms(), now.mono_ms));
      Outcome out;
      groups.expire(topics, now, out);
      take(std::move(out));
      drain();
    }
    move_to(until);
  }
  void move_to(int64_t mono_ms) {
    now.wall_ms += mono_ms - now.mono_ms;
    now.mono_ms = mono_ms;
  }
  template <class Body>
  const Body* answer(RequestId request) const {
    auto found = answers.find(request);
    return found == answers.end() ? nullptr : std::get_if<Body>(&found->second.body);
  }

  template <class Call>
  RequestId ask(Call call) {
    Outcome out;
    RequestId request = ++last_request;
    call(request, out);
    take(std::move(out));
    return request;
  }
  RequestId join(const JoinRequest& request) {
    return ask([&](RequestId id, Outcome& out) { groups.join(id, request, now, out); });
  }
  RequestId sync(const SyncRequest& request) {
    return ask([&](RequestId id, Outcome& out) { groups.sync(id, request, now, out); });
  }
  Errc beat(const std::string& member, int32_t generation, std::optional<std::string> instance = std::nullopt) {
    HeartbeatRequest heartbeat{"g", member, std::move(instance), generation};
    auto id = ask([&](RequestId request, Outcome& out) { groups.heartbeat(request, heartbeat, now, out); });
    return answer<HeartbeatAnswer>(id)->error;
  }
  RequestId leave(std::vector<LeavingMember> members) {
    return ask([&](RequestId id, Outcome& out) { groups.leave(id, "g", members, now, out); });
  }
  RequestId consumer(const ConsumerHeartbeat& heartbeat) {
    return ask([&](RequestId id, Outcome& out) { groups.consumer_heartbeat(id, heartbeat, topics, now, out); });
  }
  RequestId commit(const CommitRequest& request) {
    return ask([&](RequestId id, Outcome& out) { groups.commit(id, request, now, out); });
  }
  Errc committed(const CommitRequest& request) {
    auto id = commit(request);
    drain();
    return answer<CommitAnswer>(id)->errors.at(0);
  }
  // The groups as their log tells them.
  std::vector<Record> replayed() const {
    Groups again(settings);
    for (const auto& record : log) again.apply(record);
    again.loaded(now);
    return again.image();
  }
};

inline JoinRequest join_of(const std::string& member, const std::string& new_id = "",
                           std::vector<ClassicProtocol> protocols = {{"range", "m"}}) {
  JoinRequest join;
  join.group = "g";
  join.member_id = member;
  join.new_member_id = new_id;
  join.session_timeout_ms = 10'000;
  join.rebalance_timeout_ms = 60'000;
  join.protocol_type = "consumer";
  join.protocols = std::move(protocols);
  return join;
}

inline CommitRequest commit_of(const std::string& member, int32_t generation, int64_t offset) {
  CommitRequest commit;
  commit.group = "g";
  commit.member_id = member;
  commit.generation_or_epoch = generation;
  commit.offsets.push_back({"t", {}, Partition(0), Offset(offset), Epoch(3), "note"});
  return commit;
}

}  // namespace sl::group
