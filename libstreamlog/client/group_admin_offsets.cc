// What groups have committed: read, set from outside, forgotten. Topics are named, not meant by id: an operator's
// offset is one of whatever bears that name now. So the requests go in the last versions that take names.
#include <algorithm>

#include "client/answer_cursor.h"
#include "client/group_admin.h"
#include "client/group_question.h"
#include "client/interruptible.h"
#include "wire/messages/committed_offsets.h"

namespace sl::client {
namespace {

constexpr int16_t kCommitByName = 9;
constexpr int16_t kFetchByName = 9;
constexpr int16_t kFetchSeveralFrom = 8;

std::vector<std::string> only(std::string group) {
  return std::vector<std::string>(1, std::move(group));
}

// The entry of a topic in a request, which is the last one where its partitions come together.
template <class Topic>
Topic& topic_entry(std::vector<Topic>& topics, const std::string& name) {
  if (topics.empty() || topics.back().name != name) topics.emplace_back().name = name;
  return topics.back();
}

class OffsetsQuestion : public GroupQuestion {
 public:
  OffsetsQuestion(Cluster& cluster, std::vector<std::string> groups, int64_t timeout_ms)
      : GroupQuestion(cluster, std::move(groups), timeout_ms, AfterLoss::kAskAgain), offsets(size()) {}
  std::vector<std::vector<GroupOffset>> offsets;

 private:
  aio::Task<void> ask(ConnectionPtr node, std::vector<size_t> items, int64_t timeout_ms) override {
    auto version = node->version_for<wire::OffsetFetchRequest>(kFetchByName);
    bool several = version && *version >= kFetchSeveralFrom;
    if (several) {
      wire::OffsetFetchRequest request;
      for (size_t item : items) request.groups.emplace_back().group_id = group(item);
      auto answer = co_await call_on(node, std::move(request), timeout_ms, kFetchByName);
      take_several(items, answer);
      co_return;
    }
    for (size_t item : items) {
      wire::OffsetFetchRequest request;
      request.group_id = group(item);
      auto answer = co_await call_on(node, std::move(request), timeout_ms);
      std::vector<size_t> one(1, item);
      if (answer)
        take(item, errc_from_wire(answer->error_code), answer->topics);
      else
        fail(one, answer.error());
    }
  }

  void take_several(const std::vector<size_t>& items, const Result<wire::OffsetFetchResponse>& answer) {
    if (!answer) return fail(items, answer.error());
    for (size_t item : items) {
      auto same = [&](const auto& each) { return each.group_id == group(item); };
      auto found = std::find_if(answer->groups.begin(), answer->groups.end(), same);
      if (found == answer->groups.end())
        settle(item, Errc::kProtocolMismatch, "the answer does not mention it");
      else
        take(item, errc_from_wire(found->error_code), found->topics);
    }
  }

  void take(size_t item, Errc code, const std::vector<wire::OffsetFetchResponse::Topic>& topics) {
    settle(item, code);
    auto& into = offsets[item];
    into.clear();
    for (const auto& topic : topics) {
      for (const auto& partition : topic.partitions) {
        Errc error = errc_from_wire(partition.error_code);
        if (error == Errc::kNone && partition.committed_offset < 0) continue;
        into.push_back({topic.name, Partition(partition.partition_index), Offset(partition.committed_offset),
                        Epoch(partition.committed_leader_epoch), partition.metadata.value_or(""), Error{error, {}}});
      }
    }
    std::sort(into.begin(), into.end(), [](const GroupOffset& a, const GroupOffset& b) {
      return std::tie(a.topic, a.partition) < std::tie(b.topic, b.partition);
    });
  }
};

class CommitQuestion : public GroupQuestion {
 public:
  CommitQuestion(Cluster& cluster, std::string group, std::vector<GroupOffset>& offsets, int64_t timeout_ms)
      : GroupQuestion(cluster, only(std::move(group)), timeout_ms, AfterLoss::kAskAgain), offsets_(offsets) {}

 private:
  aio::Task<void> ask(ConnectionPtr node, std::vector<size_t> items, int64_t timeout_ms) override {
    wire::OffsetCommitRequest request;
    request.group_id = group(items[0]);
    for (const GroupOffset& each : offsets_) {
      auto& partition = topic_entry(request.topics, each.topic).partitions.emplace_back();
      partition.partition_index = each.partition.value;
      partition.committed_offset = each.offset.value;
      partition.committed_leader_epoch = each.leader_epoch.value;
      partition.committed_metadata = each.metadata;
    }
    auto answer = co_await call_on(node, std::move(request), timeout_ms, kCommitByName);
    if (!answer) {
      fail(items, answer.error());
      co_return;
    }
    // What is wrong with the coordinator is said of every partition.
    bool any = !answer->topics.empty() && !answer->topics[0].partitions.empty();
    Errc first = any ? errc_from_wire(answer->topics[0].partitions[0].error_code) : Errc::kNone;
    bool passes = error_info(first).retriable && first != Errc::kUnknownTopicOrPartition;
    settle(items[0], passes ? first : Errc::kNone);
    using Topic = wire::OffsetCommitResponse::Topic;
    AnswerCursor<Topic, wire::OffsetCommitResponse::Partition> cursor(answer->topics, &Topic::partitions);
    for (GroupOffset& each : offsets_) {
      const auto* found = cursor.find([&](const auto& topic, const auto& partition) {
        return topic.name == each.topic && partition.partition_index == each.partition.value;
      });
      each.error = Error{Errc::kProtocolMismatch, "the answer does not mention it"};
      if (found) each.error = Error{errc_from_wire(found->error_code), {}};
      if (each.error.code == Errc::kUnknownMemberId) each.error.context = "the group has members";
    }
  }
  std::vector<GroupOffset>& offsets_;
};

class ForgetQuestion : public GroupQuestion {
 public:
  ForgetQuestion(Cluster& cluster, std::string group, std::vector<TopicPartition> partitions, int64_t timeout_ms)
      : GroupQuestion(cluster, only(std::move(group)), timeout_ms, AfterLoss::kAskAgain),
        errors(partitions.size()),
        partitions_(std::move(partitions)) {}
  std::vector<Error> errors;

 private:
  aio::Task<void> ask(ConnectionPtr node, std::vector<size_t> items, int64_t timeout_ms) override {
    wire::OffsetDeleteRequest request;
    request.group_id = group(items[0]);
    for (const auto& each : partitions_)
      topic_entry(request.topics, each.topic).partitions.emplace_back().partition_index = each.partition.value;
    auto answer = co_await call_on(node, std::move(request), timeout_ms);
    if (!answer) {
      fail(items, answer.error());
      co_return;
    }
    settle(items[0], errc_from_wire(answer->error_code));
    using Topic = wire::OffsetDeleteResponse::Topic;
    AnswerCursor<Topic, wire::OffsetDeleteResponse::Partition> cursor(answer->topics, &Topic::partitions);
    for (size_t i = 0; i < partitions_.size(); ++i) {
      const auto* found = cursor.find([&](const auto& topic, const auto& partition) {
        return topic.name == partitions_[i].topic && partition.partition_index == partitions_[i].partition.value;
      });
      errors[i] = Error{Errc::kProtocolMismatch, "the answer does not mention it"};
      if (found) errors[i] = Error{errc_from_wire(found->error_code), {}};
    }
  }
  std::vector<TopicPartition> partitions_;
};

}  // namespace

aio::Task<std::vector<GroupOffsets>> GroupAdmin::offsets(std::vector<std::string> groups) {
  OffsetsQuestion question(cluster_, std::move(groups), timeout_ms_);
  co_await question.run();
  std::vector<GroupOffsets> results;
  for (size_t i = 0; i < question.size(); ++i)
    results.push_back({question.group(i), question.error(i), std::move(question.offsets[i])});
  co_return results;
}

aio::Task<std::vector<GroupOffset>> GroupAdmin::commit(std::string group, std::vector<GroupOffset> offsets) {
  CommitQuestion question(cluster_, std::move(group), offsets, timeout_ms_);
  co_await question.run();
  bool failed = question.error(0).code != Errc::kNone;
  for (GroupOffset& each : offsets)
    if (failed) each.error = question.error(0);
  co_return offsets;
}

aio::Task<std::vector<Error>> GroupAdmin::forget(std::string group, std::vector<TopicPartition> partitions) {
  ForgetQuestion question(cluster_, std::move(group), std::move(partitions), timeout_ms_);
  co_await question.run();
  bool failed = question.error(0).code != Errc::kNone;
  for (Error& error : question.errors)
    if (failed) error = question.error(0);
  co_return std::move(question.errors);
}

}  // namespace sl::client
