// A member's conversation with the coordinator: one request after the other, as the state machine of its protocol has
// them due; where one fails on the way, the coordinator is looked for anew.
#include <fmt/core.h>

#include <algorithm>

#include "client/group_member.h"
#include "wire/messages/groups.h"

namespace sl::client {
namespace {

constexpr int64_t kRetryMinMs = 20;
constexpr int64_t kRetryMaxMs = 1'000;
// The coordinator waits for others no longer than the rebalance timeout; its answer needs some time more.
constexpr int64_t kAnswerMarginMs = 5'000;
// Who joins a group by `auto` follows it to its other protocol so often before it gives up.
constexpr int kProtocolChangesMax = 3;

}  // namespace

aio::Task<void> GroupMember::run() {
  if (!options_.subscription.wanted) subscribe(options_.subscription.topics);
  Status ended;
  while (!stopping_ && options_.subscription.wanted) {
    ended = co_await look();
    Errc code = ended.code();
    GroupOutcome outcome = group_outcome(code);
    if (ended || outcome == GroupOutcome::kGoOn) break;
    ended = co_await settle(outcome, ended.error());
    if (!ended) break;
  }
  if (ended && !stopping_) {
    group_.spawn(keep_looking());
    ended = co_await take_part();
  }
  if (!ended && !stopping_) fail(ended.error());
}

// Until the end, or what ends it.
aio::Task<Status> GroupMember::take_part() {
  bool chosen = options_.protocol != GroupProtocol::kAuto;
  for (int changes = 0;; ++changes) {
    GroupProtocol protocol = options_.protocol;
    if (!chosen) {
      Result<GroupProtocol> found = co_await find_protocol();
      if (!found) co_return std::move(found).error();
      protocol = *found;
    }
    GroupProtocol before = protocol_;
    begin(protocol);
    Status ended;
    if (protocol == GroupProtocol::kClassic)
      ended = co_await run_classic();
    else
      ended = co_await run_consumer();
    Errc code = ended.code();
    bool other = code == Errc::kInconsistentGroupProtocol || code == Errc::kGroupIdNotFound;
    if (chosen || !other || stopping_ || changes == kProtocolChangesMax) co_return ended;
    if (changes > 0 && before == protocol) co_return ended;
    handover_.lose();
  }
}

void GroupMember::begin(GroupProtocol protocol) {
  protocol_ = protocol;
  classic_.reset();
  consumer_.reset();
  if (protocol == GroupProtocol::kClassic)
    classic_ = std::make_unique<ClassicMember>(options_, handover_);
  else
    consumer_ = std::make_unique<ConsumerMember>(options_, Uuid::random(runtime_.random()).text(), handover_);
  subscribe(topics_);
}

// A group is of the newer protocol where the coordinator can describe it as one.
aio::Task<Result<GroupProtocol>> GroupMember::find_protocol() {
  for (;;) {
    wire::ConsumerGroupDescribeRequest request;
    request.group_ids.push_back(options_.group);
    auto answer = co_await ask(std::move(request), cluster_.options().request_timeout_ms);
    Error why;
    if (answer && !answer->groups.empty()) {
      const auto& group = answer->groups.front();
      why.code = errc_from_wire(group.error_code);
      if (why.code == Errc::kNone && group.group_state != "Dead") co_return GroupProtocol::kConsumer;
      why.context = group_error(why.code, options_.group).context;
    } else if (!answer) {
      why = std::move(answer).error();
    }
    GroupOutcome outcome = group_outcome(why.code);
    if (stopping_ || why.code == Errc::kCancelled) co_return why;
    if (outcome == GroupOutcome::kGoOn) co_return GroupProtocol::kClassic;
    SL_CO_CHECK(co_await settle(outcome, std::move(why)));
  }
}

template <wire::Request M>
aio::Task<Result<typename M::Response>> GroupMember::ask(M request, int64_t timeout_ms) {
  Error closed{Errc::kCancelled, "the group member is closed"};
  auto connection = co_await asking_.run(cluster_.connect_coordinator(options_.group));
  if (!connection) co_return closed;
  if (!*connection) co_return connection->error();
  auto answer = co_await asking_.run(call_on(**std::move(connection), std::move(request), timeout_ms));
  if (!answer) co_return closed;
  co_return *std::move(answer);
}

// What follows from an answer: nothing, a pause, or the end. `why` is what to say where it lasts too long.
aio::Task<Status> GroupMember::settle(Result<GroupOutcome> outcome, Error why) {
  if (handover_.any()) ready_.notify();
  if (!outcome) co_return std::move(outcome).error();
  if (*outcome == GroupOutcome::kGoOn) {
    failures_ = 0;
    failing_since_ms_ = -1;
    co_return Status();
  }
  if (*outcome == GroupOutcome::kMoved) cluster_.forget_coordinator(options_.group);
  if (failing_since_ms_ < 0) failing_since_ms_ = now_ms();
  if (now_ms() - failing_since_ms_ > options_.outage_ms_max) {
    if (why.context.empty()) why = group_error(why.code, options_.group);
    co_return why;
  }
  int64_t wait_ms = std::min(kRetryMinMs << std::min(failures_++, 10), kRetryMaxMs);
  co_await pause_.wait_ms(wait_ms);
  co_return Status();
}

aio::Task<Status> GroupMember::run_classic() {
  while (!stopping_) {
    ClassicMember::Step step = classic_->due(now_ms());
    if (handover_.any()) ready_.notify();
    Status done;
    switch (step) {
      case ClassicMember::Step::kJoin:
        done = co_await join();
        break;
      case ClassicMember::Step::kSync:
        done = co_await sync();
        break;
      case ClassicMember::Step::kHeartbeat:
        done = co_await heartbeat();
        break;
      case ClassicMember::Step::kWait: {
        int64_t wait_ms = std::max<int64_t>(1, classic_->wait_ms(now_ms()));
        co_await pause_.wait_ms(wait_ms);
      }
    }
    if (!done) co_return done;
  }
  co_return Status();
}

// One request of the classic protocol, and what its answer, taken by `take`, makes of the member.
template <wire::Request M>
aio::Task<Status> GroupMember::converse(ClassicMember::Step step, M request, int64_t timeout_ms,
                                        ClassicMember::Take<M> take) {
  waits_for_others_ = step != ClassicMember::Step::kHeartbeat;
  auto answer = co_await ask(std::move(request), timeout_ms);
  if (stopping_) co_return Status();
  waits_for_others_ = false;
  Error why;
  Result<GroupOutcome> outcome = GroupOutcome::kGoOn;
  if (answer) {
    why.code = errc_from_wire(answer->error_code);
    outcome = (*classic_.*take)(*answer, now_ms());
  } else {
    why = std::move(answer).error();
    outcome = group_outcome(why.code);
    if (*outcome == GroupOutcome::kGoOn) co_return why;
    classic_->lost(step, now_ms());
  }
  if (step == ClassicMember::Step::kSync && topic_missing()) look_pause_.cut();
  co_return co_await settle(std::move(outcome), std::move(why));
}

aio::Task<Status> GroupMember::join() {
  int64_t timeout_ms = std::max(cluster_.options().request_timeout_ms, options_.rebalance_timeout_ms) + kAnswerMarginMs;
  wire::JoinGroupRequest request = classic_->join_request();
  co_return co_await converse(ClassicMember::Step::kJoin, std::move(request), timeout_ms, &ClassicMember::joined);
}

aio::Task<Status> GroupMember::sync() {
  if (classic_->leads()) counts_ = co_await count_partitions(classic_->group_topics(), false);
  int64_t timeout_ms = cluster_.options().request_timeout_ms + options_.rebalance_timeout_ms;
  wire::SyncGroupRequest request = classic_->sync_request(counts_);
  co_return co_await converse(ClassicMember::Step::kSync, std::move(request), timeout_ms, &ClassicMember::synced);
}

aio::Task<Status> GroupMember::heartbeat() {
  int64_t timeout_ms = std::min(cluster_.options().request_timeout_ms, options_.session_timeout_ms);
  wire::HeartbeatRequest request = classic_->heartbeat_request(now_ms());
  co_return co_await converse(ClassicMember::Step::kHeartbeat, std::move(request), timeout_ms, &ClassicMember::heard);
}

aio::Task<Status> GroupMember::run_consumer() {
  int64_t timeout_ms = std::min(cluster_.options().request_timeout_ms, options_.session_timeout_ms);
  while (!stopping_) {
    if (!consumer_->due(now_ms())) {
      int64_t wait_ms = consumer_->wait_ms(now_ms());
      co_await pause_.wait_ms(wait_ms);
      continue;
    }
    wire::ConsumerGroupHeartbeatRequest request = consumer_->request(now_ms());
    auto answer = co_await ask(std::move(request), timeout_ms);
    if (stopping_) break;
    Error why;
    Result<GroupOutcome> outcome = GroupOutcome::kGoOn;
    if (answer) {
      why.code = errc_from_wire(answer->error_code);
      outcome = consumer_->heard(*answer, now_ms());
      co_await resolve();
    } else {
      why = std::move(answer).error();
      outcome = group_outcome(why.code);
      if (*outcome == GroupOutcome::kGoOn) co_return group_error(why.code, options_.group, why.context);
      consumer_->lost();
    }
    SL_CO_CHECK(co_await settle(std::move(outcome), std::move(why)));
  }
  co_return Status();
}

// Finds the names of assigned topics: first among what is known.
aio::Task<void> GroupMember::resolve() {
  for (bool anew : {false, true}) {
    std::vector<std::string> names = topics_;
    for (const std::string& name : names) {
      std::vector<Uuid> unknown = consumer_->unknown_topics();
      if (unknown.empty() || stopping_) break;
      TopicPtr topic = cluster_.known(name);
      if (anew) {
        auto asked = co_await asking_.run(cluster_.refresh(name));
        if (asked && *asked) topic = **std::move(asked);
      }
      if (topic) consumer_->learn(topic->id, name);
    }
  }
  consumer_->reconcile();
}

}  // namespace sl::client
