// What is hard: three tasks share the reading. One prints, or runs commands; one is told by the group which partitions
// come and go; one commits. A partition may be given up only when nothing of it is under way: whoever hands records on
// has the turn, and the one that gives up waits for it, writes what is pending, commits, and only then tells the group.
// A fourth task reads acknowledgements where there are any.
//
// The happy end: -c or -e is reached, everything is written and committed, the member leaves. With acknowledgements
// standard output is closed first, so that the script comes to its end, and those that are missing are waited for. A
// signal ends it the same way but waits for nobody; a reader that has gone leaves uncommitted what it did not take.
#include "tools/sl-consume/follow_group.h"

#include <algorithm>
#include <map>

#include "aio/uv_fd.h"
#include "tools/common/position.h"
#include "tools/sl-consume/acknowledgement.h"
#include "tools/sl-consume/commits.h"
#include "tools/sl-consume/handover.h"

namespace sl::tools::consume {
namespace {

// With -e an assignment that is empty may be only the first word of a group that is still sharing out. Members of the
// newer protocol hear from Kafka's coordinator every five seconds.
constexpr int64_t kEmptyShareMs = 11'000;
// With -e what ends the reading may be that the rest has gone to another member.
constexpr int64_t kLookMs = 500;

client::GroupOptions group_options(const Options& o, client::Subscription subscription) {
  client::GroupOptions group;
  group.group = *o.group.name;
  group.subscription = std::move(subscription);
  group.instance_id = o.group.instance_id;
  group.protocol = o.group.protocol;
  group.session_timeout_ms = o.group.session_timeout_ms;
  group.heartbeat_interval_ms = o.group.heartbeat_interval_ms;
  group.rebalance_timeout_ms = o.group.rebalance_timeout_ms;
  group.metadata_max_age_ms = std::min(group.metadata_max_age_ms, o.consumer.metadata_max_age_ms);
  return group;
}

client::ConsumerOptions consumer_options(client::ConsumerOptions options) {
  options.open_ended = true;
  return options;
}

// Which of them were taken away because their topic is no more; the group reads a new one of that name from its start.
aio::Task<void> tell_deleted(Session* session, std::vector<client::TopicPartition> partitions) {
  std::string last;
  for (const auto& each : partitions) {
    if (each.topic == last) continue;
    last = each.topic;
    auto topic = co_await session->cluster.refresh(last);
    if (topic.code() == Errc::kUnknownTopicOrPartition)
      session->messages.notice("the topic '{}' was deleted: the group reads it again if it comes back", last);
  }
}

class GroupFollower {
 public:
  GroupFollower(Run& run, client::Subscription subscription)
      : run_(run),
        options_(run.options),
        member_(run.session.cluster, group_options(run.options, std::move(subscription))),
        consumer_(run.session.cluster, consumer_options(run.options.consumer)),
        delivery_(run.options.group.ack_fd.has_value()),
        turn_(run.session.runtime),
        handover_(run, &delivery_, &turn_),
        commits_(run, member_, delivery_),
        acknowledged_(run.session.runtime) {
    if (options_.group.ack_fd) acks_.emplace(run.session.runtime, *options_.group.ack_fd);
  }

  aio::Task<void> run_to_end() {
    run_.enter(consumer_);
    run_.on_interrupt([this] { acknowledged_.notify(); });
    auto opened = co_await handover_.open();
    if (!opened) run_.fail(opened.error());
    if (!run_.over()) {
      member_.open();
      tasks_.spawn(follow_events());
      tasks_.spawn(commits_.keep_on());
      if (acks_) tasks_.spawn(read_acknowledgements());
      if (!options_.exec.given()) run_.watch_output();
      co_await read();
      co_await finish();
    }
    if (acks_) acks_->cancel();
    commits_.stop();
    co_await member_.close();
    co_await run_.leave();
    co_await tasks_.drained();
    co_await handover_.close();
  }

 private:
  aio::Task<void> read();
  aio::Task<void> take(const client::Fetched& fetched, size_t place);
  aio::Task<void> finish();
  aio::Task<void> wait_for_acknowledgements();
  aio::Task<void> follow_events();
  aio::Task<void> take_on(std::vector<client::TopicPartition> partitions);
  Result<client::Position> begin_without_offset(const std::string& where) const;
  Status begin(const client::GroupOffset& committed, client::Assignment& assignment) const;
  Status say_moved(const client::GroupOffset& committed, size_t index) const;
  aio::Task<void> read_from(std::vector<client::Assignment> assignments, std::vector<client::GroupOffset> committed);
  aio::Task<void> give_up(std::vector<client::TopicPartition> partitions);
  std::vector<size_t> forget(const std::vector<client::TopicPartition>& partitions);
  void lose(const std::vector<client::TopicPartition>& partitions);
  aio::Task<void> read_acknowledgements();
  Status acknowledge(std::string_view text);
  int64_t wait_ms() const;
  void note_share();
  bool at_end() const;
  std::optional<size_t> place_of(const client::Fetched& fetched) const;
  void fail(const Error& why) {
    run_.fail(why);
    run_.interrupt();
  }

  struct Reading {
    size_t place;
    bool begun = false;  // something of it was read
    bool ended = false;
  };

  Run& run_;
  const Options& options_;
  client::GroupMember member_;
  client::Consumer consumer_;
  Delivery delivery_;
  aio::Turn turn_;
  Handover handover_;
  Commits commits_;
  std::map<size_t, Reading> reading_;  // by the consumer's index
  std::optional<aio::InputFd> acks_;
  LineSplitter ack_lines_;
  aio::Event acknowledged_;
  bool acks_ended_ = false;
  int64_t last_record_ms_ = 0;
  int64_t empty_since_ms_ = -1;  // when the group said that nothing is this member's share
  bool assigned_ = false;        // --reset is for what comes first
  aio::TaskGroup tasks_;
};

// How long to wait for the next answer; negative: for ever.
int64_t GroupFollower::wait_ms() const {
  int64_t wait = options_.exit_at_end ? kLookMs : -1;
  if (options_.idle_ms < 0) return wait;
  int64_t idle = std::max<int64_t>(last_record_ms_ + options_.idle_ms - run_.session.runtime.mono_ms(), 0);
  return wait < 0 ? idle : std::min(wait, idle);
}

// Whether nothing more is to be waited for.
bool GroupFollower::at_end() const {
  int64_t now = run_.session.runtime.mono_ms();
  if (options_.idle_ms >= 0 && now >= last_record_ms_ + options_.idle_ms) return true;
  if (!options_.exit_at_end) return false;
  if (reading_.empty()) return empty_since_ms_ >= 0 && now >= empty_since_ms_ + kEmptyShareMs;
  return std::all_of(reading_.begin(), reading_.end(), [](const auto& each) { return each.second.ended; });
}

aio::Task<void> GroupFollower::read() {
  last_record_ms_ = run_.session.runtime.mono_ms();
  while (!run_.over()) {
    if (!consumer_.ready()) {
      co_await turn_.take();
      co_await handover_.flush();
      turn_.give();
    }
    if (run_.over()) break;
    auto fetched = co_await consumer_.next(handover_.wait_ms(wait_ms()));
    if (!fetched) {
      run_.fail(fetched.error());
      break;
    }
    auto place = place_of(*fetched);
    co_await turn_.take();
    // It may have been given up while this waited for its turn, and its index be another's.
    if (place && place == place_of(*fetched)) co_await take(*fetched, *place);
    bool may_end = fetched->kind != client::Fetched::Kind::kRecords || options_.idle_ms >= 0;
    if (may_end && !run_.over() && at_end()) {
      co_await handover_.flush(true);
      run_.end();
    }
    turn_.give();
  }
}

std::optional<size_t> GroupFollower::place_of(const client::Fetched& fetched) const {
  auto found = reading_.find(fetched.index);
  if (fetched.kind == client::Fetched::Kind::kTimedOut || found == reading_.end()) return std::nullopt;
  return found->second.place;
}

aio::Task<void> GroupFollower::take(const client::Fetched& fetched, size_t place) {
  using Kind = client::Fetched::Kind;
  Reading& reading = reading_[fetched.index];
  switch (fetched.kind) {
    case Kind::kRecords: {
      reading.begun = true;
      client::Assignment of = consumer_.assignment(fetched.index);
      co_await handover_.take(of, fetched, place);
      last_record_ms_ = run_.session.runtime.mono_ms();
      break;
    }
    case Kind::kEnded:
    case Kind::kCaughtUp:
      reading.ended = fetched.kind == Kind::kEnded;
      run_.reached(consumer_, fetched);
      break;
    case Kind::kSkipped:
      run_.lost(consumer_, fetched, !reading.begun);
      handover_.pass(place, fetched.next);
      break;
    case Kind::kGone:
      run_.gone(consumer_, fetched.index);
      delivery_.drop(place);
      reading_.erase(fetched.index);
      break;
    default:
      break;
  }
}

// What was delivered is written, waited for where it must be acknowledged, and committed; then the member leaves.
aio::Task<void> GroupFollower::finish() {
  co_await turn_.take();
  bool said = !run_.output.status().ok();
  auto written = co_await run_.output.flush();
  if (!written && !said && written.code() != Errc::kBrokenPipe) run_.fail(written.error());
  turn_.give();
  if (acks_) co_await wait_for_acknowledgements();
  auto committed = co_await commits_.commit(true);
  if (!committed) run_.fail(committed.error());
  co_await member_.leave();
}

aio::Task<void> GroupFollower::follow_events() {
  using Kind = client::GroupEvent::Kind;
  for (;;) {
    auto event = co_await member_.next_event();
    if (!event) {
      if (event.code() != Errc::kCancelled) fail(event.error());
      co_return;
    }
    if (event->kind == Kind::kAssigned) co_await take_on(std::move(event->partitions));
    if (event->kind == Kind::kRevoked) {
      co_await give_up(event->partitions);
      member_.revoked_done();
      run_.session.cluster.detach(tell_deleted(&run_.session, std::move(event->partitions)));
    }
    if (event->kind == Kind::kLost) lose(event->partitions);
  }
}

Result<client::Position> GroupFollower::begin_without_offset(const std::string& where) const {
  if (options_.range.from) return to_client(*options_.range.from);
  switch (options_.group.reset_policy) {
    case ResetPolicy::kStart:
      return client::Position::start();
    case ResetPolicy::kEnd:
      return client::Position::end();
    case ResetPolicy::kNone:
      break;
  }
  return Error{Errc::kNotFound, fmt::format("the group '{}' has no offset in {}, and --reset-policy is none",
                                            *options_.group.name, where)};
}

// Where the assignment begins.
Status GroupFollower::begin(const client::GroupOffset& committed, client::Assignment& assignment) const {
  const GroupFlags& flags = options_.group;
  std::string where = fmt::format("{} [{}]", committed.topic, committed.partition.value);
  bool has_offset = committed.offset != kNoOffset;
  if (has_offset && options_.offset_given && !flags.reset && !assigned_)
    return Error{Errc::kUsage, fmt::format("the group '{}' has an offset in {} already, {}: -o does not go with it, "
                                           "unless --reset says to begin there again",
                                           *flags.name, where, committed.offset.value)};
  bool outranked = flags.reset && !assigned_;
  auto without = begin_without_offset(where);
  if (!has_offset || outranked) {
    SL_TRY(assignment.from, std::move(without));
    return {};
  }
  assignment.from = client::Position::at(committed.offset);
  // Where there is no other place to begin, say_moved() is the end of it.
  assignment.otherwise = without ? *without : client::Position::start();
  return {};
}

// The committed offset may not be in the log: records were gone sooner than they were read, or others are there now.
Status GroupFollower::say_moved(const client::GroupOffset& committed, size_t index) const {
  const client::Assignment& assignment = consumer_.assignment(index);
  Offset from = consumer_.position(index);
  if (!assignment.otherwise || assignment.from != *assignment.otherwise || from == committed.offset) return {};
  std::string what = fmt::format("{} [{}]: the group's offset {} is not in the log", committed.topic,
                                 committed.partition.value, committed.offset.value);
  if (options_.group.reset_policy == ResetPolicy::kNone && !options_.range.from)
    return Error{Errc::kOffsetOutOfRange, what + ", and --reset-policy is none"};
  run_.session.messages.notice("{}; reading begins at {}", what, from.value);
  return {};
}

aio::Task<void> GroupFollower::take_on(std::vector<client::TopicPartition> partitions) {
  if (partitions.empty()) co_return note_share();
  auto committed = co_await member_.committed(std::move(partitions));
  if (!committed) {
    if (!run_.over()) fail(committed.error());
    co_return;
  }
  std::vector<client::Assignment> assignments;
  for (const client::GroupOffset& each : *committed) {
    if (each.error.code != Errc::kNone) co_return fail(each.error);
    client::Assignment assignment{each.topic, each.partition};
    Status begun = begin(each, assignment);
    if (!begun) co_return fail(begun.error());
    if (options_.exit_at_end) assignment.until = client::Position::end();
    assignments.push_back(std::move(assignment));
  }
  assigned_ = true;
  co_await read_from(std::move(assignments), *std::move(committed));
}

aio::Task<void> GroupFollower::read_from(std::vector<client::Assignment> assignments,
                                         std::vector<client::GroupOffset> committed) {
  auto added = co_await consumer_.add(std::move(assignments));
  if (run_.over()) co_return;
  if (!added) co_return fail(added.error());
  for (size_t i = 0; i < added->size(); ++i) {
    size_t index = (*added)[i];
    client::GroupOffset& was = committed[i];
    Status moved = say_moved(was, index);
    if (!moved) co_return fail(moved.error());
    size_t place = delivery_.add(was.topic, was.partition, consumer_.position(index), was.offset);
    reading_[index] = Reading{place};
    run_.say_begin(consumer_, index);
  }
  note_share();
}

// Since when this member has nothing to read.
void GroupFollower::note_share() {
  if (!reading_.empty())
    empty_since_ms_ = -1;
  else if (empty_since_ms_ < 0)
    empty_since_ms_ = run_.session.runtime.mono_ms();
}

aio::Task<void> GroupFollower::give_up(std::vector<client::TopicPartition> partitions) {
  consumer_.remove(partitions);
  std::vector<size_t> places = forget(partitions);
  for (size_t place : places) delivery_.give_up(place);
  co_await turn_.take();
  co_await handover_.flush(true);
  turn_.give();
  auto committed = co_await commits_.commit(true);
  if (!committed) run_.session.messages.notice("{}", committed.error().context);
  for (size_t place : places) {
    const Delivery::Place& of = delivery_.place(place);
    run_.session.messages.verbose("Gave up topic {} [{}] at offset {}", of.topic, of.partition.value,
                                  of.delivered.value);
    delivery_.drop(place);
  }
}

void GroupFollower::lose(const std::vector<client::TopicPartition>& partitions) {
  consumer_.remove(partitions);
  for (size_t place : forget(partitions)) delivery_.drop(place);
  run_.session.messages.notice("the group has put this member out: what it had not committed comes again");
}

// No longer reads them; their places.
std::vector<size_t> GroupFollower::forget(const std::vector<client::TopicPartition>& partitions) {
  std::vector<size_t> places;
  std::erase_if(reading_, [&](const auto& each) {
    const Delivery::Place& place = delivery_.place(each.second.place);
    client::TopicPartition name{place.topic, place.partition};
    if (!std::binary_search(partitions.begin(), partitions.end(), name)) return false;
    places.push_back(each.second.place);
    return true;
  });
  note_share();
  return places;
}

Status GroupFollower::acknowledge(std::string_view text) {
  return ack_lines_.take(text, [this](std::string_view line) -> Status {
    SL_TRY(Acknowledgement ack, parse_acknowledgement(line));
    return delivery_.acknowledge(ack.topic, ack.partition, ack.offset);
  });
}

aio::Task<void> GroupFollower::read_acknowledgements() {
  std::vector<uint8_t> bytes(4 << 10);
  for (;;) {
    auto count = co_await acks_->read(bytes);
    if (count.code() == Errc::kCancelled) co_return;
    Status taken = count ? Status() : Status(count.error());
    if (count) taken = acknowledge(as_text(Bytes(bytes.data(), *count)));
    if (!taken) {
      Error error{taken.code(), fmt::format("--ack-fd: {}", error_text(taken.error()))};
      fail(error);
    }
    acks_ended_ = !taken || *count == 0;
    acknowledged_.notify();
    if (!acks_ended_) continue;
    // Nothing that is printed from now on could be acknowledged.
    if (!run_.over()) {
      run_.end();
      run_.interrupt();
    }
    co_return;
  }
}

aio::Task<void> GroupFollower::wait_for_acknowledgements() {
  bool late = false;
  aio::Deadline deadline(run_.session.runtime.timers(), [&late, this] {
    late = true;
    acknowledged_.notify();
  });
  co_await run_.stop_watching();
  // However it ends, what has been acknowledged counts.
  while (!acks_ended_ && !acks_->would_wait()) co_await acknowledged_.wait();
  auto waits = [&] { return !run_.stopped() && run_.exit_code() == 0 && run_.output.status().ok(); };
  if (waits()) run_.output.hang_up();
  while (waits() && !acks_ended_ && !late && delivery_.unacknowledged() > 0) {
    deadline.arm_ms(options_.group.rebalance_timeout_ms);
    co_await acknowledged_.wait();
  }
  int missing = delivery_.unacknowledged();
  if (missing == 0 || !waits()) co_return;
  Error error{Errc::kIo, fmt::format("--ack-fd {}: what was printed of {} and is not acknowledged comes again",
                                     late ? "says nothing more" : "has ended", counted(missing, "partition"))};
  run_.fail(error);
}

}  // namespace

aio::Task<void> follow_group(Run& run, client::Subscription subscription) {
  GroupFollower follower(run, std::move(subscription));
  co_await follower.run_to_end();
}

}  // namespace sl::tools::consume
