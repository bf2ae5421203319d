// What the reader sees of a member: its events, its end, and what it is.
#include "client/group_member.h"

#include <algorithm>
#include <cassert>

namespace sl::client {
namespace {

// Who leaves waits no longer than this to be heard.
constexpr int64_t kLeaveMs = 3'000;

}  // namespace

std::string_view protocol_name(GroupProtocol protocol) {
  switch (protocol) {
    case GroupProtocol::kAuto:
      return "auto";
    case GroupProtocol::kClassic:
      return "classic";
    case GroupProtocol::kConsumer:
      return "consumer";
  }
  return "";
}

GroupMember::GroupMember(Cluster& cluster, GroupOptions options)
    : cluster_(cluster),
      runtime_(cluster.runtime()),
      options_(std::move(options)),
      asking_(cluster),
      ready_(runtime_),
      protocol_(options_.protocol),
      pause_(runtime_.timers()),
      look_pause_(runtime_.timers()) {}

GroupMember::~GroupMember() {
  assert(group_.live() == 0);
}

void GroupMember::open() {
  group_.spawn(run());
}

aio::Task<Result<GroupEvent>> GroupMember::next_event(int64_t wait_ms_max) {
  bool over = wait_ms_max == 0;
  aio::Deadline deadline(runtime_.timers(), [&over, this] {
    over = true;
    ready_.notify();
  });
  if (wait_ms_max > 0 && !event_ready()) deadline.arm_ms(wait_ms_max);
  while (!event_ready() && !stopping_ && !over) co_await ready_.wait();
  GroupEvent event;
  if (stopping_) co_return Error{Errc::kCancelled, "the group member is closed"};
  if (handover_.any()) {
    event = handover_.take();
    if (event.kind == GroupEvent::Kind::kAssigned) co_await learn_partitions(event.partitions);
    co_return event;
  }
  if (failure_.code != Errc::kNone) co_return failure_;
  co_return event;
}

void GroupMember::revoked_done() {
  if (!handover_.let_go()) return;
  if (consumer_) consumer_->let_go();
  if (handover_.any()) ready_.notify();
  pause_.cut();
}

void GroupMember::fail(Error why) {
  handover_.lose();
  failure_ = std::move(why);
  ready_.notify();
}

void GroupMember::hurry() {
  if (classic_) classic_->hurry();
  if (consumer_) consumer_->hurry();
  pause_.cut();
}

uint64_t GroupMember::era() const {
  uint64_t lives = classic_ ? classic_->life() : consumer_ ? consumer_->life() : 0;
  return lives + handover_.let_gos();
}

void GroupMember::stop() {
  stopping_ = true;
  asking_.stop();
  pause_.cancel();
  look_pause_.cancel();
  ready_.notify();
}

aio::Task<void> GroupMember::leave() {
  if (stopping_) co_return;
  stop();
  co_await group_.drained();
  Interruptible leaving(cluster_);
  aio::Deadline deadline(runtime_.timers(), [&leaving] { leaving.stop(); });
  deadline.arm_ms(kLeaveMs);
  auto connection = co_await leaving.run(connect_beside());
  if (!connection || !*connection) co_return;
  // What the coordinator answers changes nothing.
  if (classic_) {
    auto request = classic_->leave_request();
    if (request) co_await leaving.run(call_on(**connection, *std::move(request), kLeaveMs));
  } else if (consumer_) {
    auto request = consumer_->leave_request();
    if (request) co_await leaving.run(call_on(**connection, *std::move(request), kLeaveMs));
  }
}

aio::Task<void> GroupMember::close() {
  stop();
  co_await group_.drained();
}

const std::string& GroupMember::member_id() const {
  static const std::string kNone;
  return classic_ ? classic_->member_id() : consumer_ ? consumer_->member_id() : kNone;
}

int32_t GroupMember::generation() const {
  if (classic_) return classic_->generation();
  return consumer_ && consumer_->epoch() > 0 ? consumer_->epoch() : -1;
}

const std::string& GroupMember::assignor() const {
  static const std::string kNone;
  return classic_ ? classic_->assignor() : kNone;
}

std::vector<TopicPartition> GroupMember::owned() const {
  return {handover_.owned().begin(), handover_.owned().end()};
}

}  // namespace sl::client
