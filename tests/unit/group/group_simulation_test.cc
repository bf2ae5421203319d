// Fifty members of each kind come, go, die and lose answers at random, while appends take their time, fail, and the
// coordinator crashes and reads its log again. At every moment no partition is in two hands, by what members were told
// and have not given up; in the end, when the weather has cleared, everybody has a share and all is shared out.
#include <algorithm>
#include <set>

#include "base/random.h"
#include "group_fixture.h"

namespace sl::group {
namespace {

constexpr int32_t kPartitions = 16;
constexpr size_t kMembers = 50;
constexpr int64_t kTickMs = 20;

// What the two kinds share: the log's moods, crashes and lost answers.
class Weather {
 public:
  explicit Weather(uint64_t seed) : random_(seed) { w.topics.set("t", 1, kPartitions); }

 protected:
  bool chance(uint64_t percent) { return random_.below(100) < percent; }

  void settle_some() {
    while (!w.appends.empty() && chance(70)) w.settle_one(rough_ && chance(5) ? Errc::kDiskFull : Errc::kNone);
  }
  // What was on its way is in the log up to some point; nobody hears of it.
  void crash() {
    while (!w.appends.empty() && chance(50)) {
      auto& records = w.appends.front().records;
      w.log.insert(w.log.end(), records.begin(), records.end());
      w.appends.pop_front();
    }
    w.appends.clear();
    Outcome nobody;
    w.groups.unload(Errc::kNotCoordinator, nobody);
    for (const auto& record : w.log) w.groups.apply(record);
    w.groups.loaded(w.now);
  }
  void expire() {
    if (w.groups.next_deadline_ms() > w.now.mono_ms) return;
    Outcome out;
    w.groups.expire(w.topics, w.now, out);
    w.take(std::move(out));
  }

  World w;
  SeededRandom random_;
  bool rough_ = true;
};

class ConsumerWeather : public Weather {
 public:
  using Weather::Weather;

  void run() {
    members_.resize(kMembers);
    for (int tick = 0; tick < 3'000; ++tick) step();
    rough_ = false;
    for (auto& member : members_) {
      if (!member.alive) start(member);
    }
    for (int tick = 0; tick < 6'000 && !settled(); ++tick) step();
    EXPECT_TRUE(settled()) << "nobody converges";
    w.drain();
    EXPECT_EQ(w.replayed(), w.groups.image());
    std::set<TopicPartition> all;
    Uuid topic = w.topics.find("t")->id;
    for (const auto& member : members_) {
      std::ranges::copy_if(member.owned, std::inserter(all, all.end()),
                           [&](const auto& p) { return p.topic == topic; });
    }
    EXPECT_EQ(all.size(), size_t{kPartitions});
  }

 private:
  struct Member {
    bool alive = false;
    std::string id;
    int32_t epoch = 0;
    PartitionSet owned;
    std::optional<PartitionSet> assigned;  // where it goes: what is not in it is given up at give_up_ms
    int64_t give_up_ms = 0;
    int64_t beat_ms = 0;
    std::optional<RequestId> request;
    int64_t patience_ms = 0;
    bool full = true;
  };

  void step() {
    w.move_to(w.now.mono_ms + kTickMs);
    settle_some();
    expire();
    if (rough_ && random_.below(400) == 0) crash();
    if (rough_ && random_.below(300) == 0) w.topics.set("u", 2, static_cast<int32_t>(random_.below(5)));
    for (auto& member : members_) act(member);
    check();
  }

  void start(Member& member) {
    member = {};
    member.alive = true;
    member.id = "m" + std::to_string(++names_);
    member.beat_ms = w.now.mono_ms;
  }

  void act(Member& member) {
    if (!member.alive) {
      if (rough_ && random_.below(200) == 0) start(member);
      return;
    }
    if (rough_ && random_.below(2'000) == 0) {
      member = {};  // killed
      return;
    }
    if (member.assigned && w.now.mono_ms >= member.give_up_ms) {
      member.owned = *member.assigned;
      member.assigned.reset();
    }
    if (member.request) {
      if (w.answers.contains(*member.request)) {
        if (!(rough_ && chance(5))) {
          hear(member, *w.answer<ConsumerHeartbeatAnswer>(*member.request));
        } else {
          member.full = true;
        }
        w.answers.erase(*member.request);
        member.request.reset();
      } else if (w.now.mono_ms > member.patience_ms) {
        member.request.reset();  // another connection
        member.full = true;
      }
    }
    if (!member.request && w.now.mono_ms >= member.beat_ms) beat(member);
  }

  void beat(Member& member) {
    ConsumerHeartbeat heartbeat;
    heartbeat.group = "g";
    heartbeat.member_id = member.id;
    heartbeat.epoch = member.epoch;
    if (member.full || member.epoch == 0) {
      heartbeat.topic_names = {"t"};
      heartbeat.rebalance_timeout_ms = 60'000;
    }
    if (rough_ && random_.below(300) == 0) heartbeat.topic_names = std::vector<std::string>{"t", "u"};
    heartbeat.owned = member.owned;
    bool leaves = rough_ && member.epoch > 0 && random_.below(60) == 0;
    if (leaves) {
      heartbeat.epoch = -1;
      member.owned.clear();
      w.consumer(heartbeat);
      member = {};
      return;
    }
    member.full = false;
    member.request = w.consumer(heartbeat);
    member.beat_ms = w.now.mono_ms + 500;
    member.patience_ms = w.now.mono_ms + 5'000;
  }

  void hear(Member& member, const ConsumerHeartbeatAnswer& answer) {
    if (answer.error == Errc::kUnknownMemberId || answer.error == Errc::kFencedMemberEpoch) {
      member.owned.clear();
      member.assigned.reset();
      member.epoch = 0;
      member.beat_ms = w.now.mono_ms;
      return;
    }
    if (answer.error != Errc::kNone) {
      EXPECT_TRUE(error_info(answer.error).retriable) << error_info(answer.error).name;
      member.full = true;
      return;
    }
    EXPECT_GE(answer.epoch, member.epoch) << "epochs only grow";
    member.epoch = answer.epoch;
    if (!answer.assignment) return;
    // What is new is taken at once, what is lost is given up in a while.
    for (const auto& partition : *answer.assignment) {
      if (!std::ranges::binary_search(member.owned, partition)) {
        member.owned.push_back(partition);
        std::ranges::sort(member.owned);
      }
    }
    member.assigned = answer.assignment;
    member.give_up_ms = w.now.mono_ms + static_cast<int64_t>(random_.below(1'500));
  }

  void check() {
    std::map<TopicPartition, std::string> owners;
    for (const auto& member : members_) {
      for (const auto& partition : member.owned) {
        auto [other, first] = owners.emplace(partition, member.id);
        ASSERT_TRUE(first) << partition.partition.value << " is in the hands of " << other->second << " and "
                           << member.id << " at " << w.now.mono_ms;
      }
    }
    const auto* group = w.groups.consumer("g");
    if (!group) return;
    auto epoch = group->describe().epoch;
    EXPECT_GE(epoch, epoch_);
    epoch_ = epoch;
    if (w.appends.empty() && random_.below(100) == 0) {
      EXPECT_EQ(w.replayed(), w.groups.image());
    }
  }

  bool settled() {
    const auto* group = w.groups.consumer("g");
    if (!group || group->has_unsettled_append()) return false;
    auto d = group->describe();
    if (d.state != ConsumerState::kStable || d.members.size() != kMembers) return false;
    return std::ranges::all_of(members_, [&](const Member& m) {
      auto known = d.members.find(m.id);
      return known != d.members.end() && known->second.current.assigned == m.owned && !m.assigned;
    });
  }

  std::vector<Member> members_;
  int names_ = 0;
  int32_t epoch_ = 0;
};

class ClassicWeather : public Weather {
 public:
  using Weather::Weather;

  void run() {
    members_.resize(kMembers);
    for (int tick = 0; tick < 3'000; ++tick) step();
    rough_ = false;
    for (auto& member : members_) {
      if (member.phase == Phase::kGone) start(member);
    }
    for (int tick = 0; tick < 8'000 && !settled(); ++tick) step();
    EXPECT_TRUE(settled()) << "nobody converges";
    w.drain();
    EXPECT_EQ(w.replayed(), w.groups.image());
    std::set<int> all;
    for (const auto& member : members_) all.insert(member.owned.begin(), member.owned.end());
    EXPECT_EQ(all.size(), size_t{kPartitions});
    EXPECT_GT(refused_commits_, 0);
    EXPECT_GT(taken_commits_, 0);
  }

 private:
  enum class Phase { kGone, kJoin, kSync, kStable };
  struct Member {
    Phase phase = Phase::kGone;
    std::string id;
    int32_t generation = -1;
    std::set<int> owned;
    std::vector<JoinedMember> followers;
    int64_t beat_ms = 0;
    std::optional<RequestId> request;
    int64_t patience_ms = 0;
  };

  void step() {
    w.move_to(w.now.mono_ms + kTickMs);
    settle_some();
    expire();
    if (rough_ && random_.below(400) == 0) {
      crash();
      generation_ = w.groups.classic("g") ? w.groups.classic("g")->generation() : 0;
    }
    for (auto& member : members_) act(member);
    check();
  }

  void start(Member& member) {
    member = {};
    member.phase = Phase::kJoin;
  }

  void act(Member& member) {
    if (member.phase == Phase::kGone) {
      if (rough_ && random_.below(200) == 0) start(member);
      return;
    }
    if (rough_ && random_.below(3'000) == 0) {
      if (chance(50)) w.leave({{member.id, std::nullopt}});
      member = {};
      return;
    }
    if (member.request) {
      if (w.answers.contains(*member.request)) {
        Answer answer = w.answers.at(*member.request);
        w.answers.erase(*member.request);
        member.request.reset();
        if (!(rough_ && chance(3))) hear(member, answer);
      } else if (w.now.mono_ms > member.patience_ms) {
        member.request.reset();
      }
    }
    if (!member.request) ask(member);
  }

  void ask(Member& member) {
    member.patience_ms = w.now.mono_ms + 20'000;
    if (member.phase == Phase::kJoin) {
      auto join = join_of(member.id, "m" + std::to_string(++names_));
      join.rebalance_timeout_ms = 5'000;
      join.session_timeout_ms = 6'000;
      member.request = w.join(join);
    } else if (member.phase == Phase::kSync) {
      SyncRequest sync{"g", member.id, std::nullopt, member.generation, std::nullopt, "range", {}};
      for (const auto& follower : member.followers) sync.assignments.push_back({follower.member_id, {}});
      for (size_t p = 0; !member.followers.empty() && p < kPartitions; ++p)
        sync.assignments[p % member.followers.size()].assignment += static_cast<char>('a' + p);
      member.request = w.sync(sync);
    } else if (w.now.mono_ms >= member.beat_ms) {
      member.beat_ms = w.now.mono_ms + 300;
      commit(member);
      HeartbeatRequest heartbeat{"g", member.id, std::nullopt, member.generation};
      member.request =
          w.ask([&](RequestId request, Outcome& out) { w.groups.heartbeat(request, heartbeat, w.now, out); });
    }
  }

  void commit(const Member& member) {
    auto stale = w.commit(commit_of(member.id, member.generation - 1, 1));
    ASSERT_NE(w.answer<CommitAnswer>(stale), nullptr) << "a stale commit was appended";
    EXPECT_NE(w.answer<CommitAnswer>(stale)->errors.at(0), Errc::kNone);
    ++refused_commits_;
    auto good = w.commit(commit_of(member.id, member.generation, 2));
    if (!w.answer<CommitAnswer>(good)) ++taken_commits_;
  }

  void hear(Member& member, const Answer& answer) {
    if (const auto* join = std::get_if<JoinAnswer>(&answer.body)) {
      if (join->error == Errc::kMemberIdRequired) member.id = join->member_id;
      if (join->error == Errc::kUnknownMemberId) member.id.clear();
      if (join->error != Errc::kNone) return;
      member.generation = join->generation;
      member.followers = join->members;
      member.phase = Phase::kSync;
    } else if (const auto* sync = std::get_if<SyncAnswer>(&answer.body)) {
      if (sync->error != Errc::kNone) {
        give_up(member, sync->error);
        return;
      }
      for (char c : sync->assignment) member.owned.insert(c - 'a');
      member.phase = Phase::kStable;
    } else if (const auto* beat = std::get_if<HeartbeatAnswer>(&answer.body)) {
      if (beat->error != Errc::kNone) give_up(member, beat->error);
    }
  }

  // The eager way: everything is given up before the member joins again.
  void give_up(Member& member, Errc why) {
    member.owned.clear();
    member.phase = Phase::kJoin;
    if (why == Errc::kUnknownMemberId) member.id.clear();
  }

  void check() {
    const auto* group = w.groups.classic("g");
    if (group) {
      EXPECT_GE(group->generation(), generation_) << "generations only grow";
      generation_ = group->generation();
    }
    std::map<int, std::string> owners;
    for (const auto& member : members_) {
      for (int partition : member.owned) {
        auto [other, first] = owners.emplace(partition, member.id);
        ASSERT_TRUE(first) << partition << " is in the hands of " << other->second << " and " << member.id << " at "
                           << w.now.mono_ms;
      }
    }
  }

  bool settled() {
    const auto* group = w.groups.classic("g");
    return group && group->state() == ClassicState::kStable && group->members().size() == kMembers &&
           std::ranges::all_of(members_, [&](const Member& m) {
             return m.phase == Phase::kStable && m.generation == group->generation();
           });
  }

  std::vector<Member> members_;
  int names_ = 0;
  int32_t generation_ = 0;
  int refused_commits_ = 0;
  int taken_commits_ = 0;
};

TEST(GroupSimulation, FiftyConsumersOfTheNewProtocol) {
  for (uint64_t seed = 1; seed <= 20 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    ConsumerWeather(seed).run();
  }
}

TEST(GroupSimulation, FiftyMembersOfTheClassicProtocol) {
  for (uint64_t seed = 1; seed <= 20 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    ClassicWeather(seed).run();
  }
}

}  // namespace
}  // namespace sl::group
