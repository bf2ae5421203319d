// Commits: what was delivered, told to the group: every second, and when it is asked for.
//
// What is hard is that two commits on their way at once could arrive in the wrong order and take an offset back. So
// there is one at a time, and what it carries is looked up when its turn has come.
#pragma once
#include "aio/turn.h"
#include "client/group_member.h"
#include "tools/sl-consume/delivery.h"
#include "tools/sl-consume/run.h"

namespace sl::tools::consume {

class Commits {
 public:
  // All must outlive it.
  Commits(Run& run, client::GroupMember& member, Delivery& delivery);
  Commits(const Commits&) = delete;

  // Commits what is due. With `at_end` everything that was written counts, though the reader of the pipe has not taken
  // it yet, unless it has gone. Where the group has given a partition to another member meanwhile, that is said and no
  // error.
  aio::Task<Status> commit(bool at_end);
  // Until stop(), whose task must have ended before the member is closed.
  aio::Task<void> keep_on();
  void stop() { pause_.cancel(); }

 private:
  Run& run_;
  client::GroupMember& member_;
  Delivery& delivery_;
  aio::Turn turn_;
  aio::Timer pause_;
};

}  // namespace sl::tools::consume
