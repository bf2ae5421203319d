#include "tools/sl-consume/commits.h"

namespace sl::tools::consume {
namespace {

// The partition is another member's by now.
bool fenced(Errc code) {
  return code == Errc::kIllegalGeneration || code == Errc::kUnknownMemberId || code == Errc::kStaleMemberEpoch ||
         code == Errc::kFencedMemberEpoch || code == Errc::kFencedInstanceId;
}

}  // namespace

Commits::Commits(Run& run, client::GroupMember& member, Delivery& delivery)
    : run_(run),
      member_(member),
      delivery_(delivery),
      turn_(run.session.runtime),
      pause_(run.session.runtime.timers()) {}

aio::Task<Status> Commits::commit(bool at_end) {
  if (!run_.options.group.commits) co_return Status();
  co_await turn_.take();
  Output& output = run_.output;
  bool all_written = at_end && output.status().ok() && !output.reader_has_gone();
  delivery_.taken(all_written ? output.written() : output.taken());
  std::vector<Delivery::Due> due = delivery_.due();
  Status status;
  if (!due.empty()) {
    std::vector<client::GroupOffset> offsets;
    for (const Delivery::Due& each : due) {
      client::GroupOffset offset;
      offset.topic = each.topic;
      offset.partition = each.partition;
      offset.offset = each.offset;
      offsets.push_back(std::move(offset));
    }
    auto answers = co_await member_.commit(std::move(offsets));
    if (!answers) status = answers.error();
    for (size_t i = 0; answers && i < due.size(); ++i) {
      const Error& error = (*answers)[i].error;
      if (error.code == Errc::kNone) {
        delivery_.committed(due[i].place, due[i].offset);
      } else if (fenced(error.code)) {
        run_.session.messages.verbose("the group has given {} [{}] to another member; offset {} is not committed",
                                      due[i].topic, due[i].partition.value, due[i].offset.value);
      } else {
        status = error;
      }
    }
  }
  turn_.give();
  if (!status) {
    co_return Error{status.code(), fmt::format("cannot commit the offsets of '{}': {}", *run_.options.group.name,
                                               error_text(status.error()))};
  }
  co_return status;
}

aio::Task<void> Commits::keep_on() {
  int64_t interval_ms = run_.options.group.commit_interval_ms;
  while (co_await pause_.wait_ms(interval_ms)) {
    auto committed = co_await commit(false);
    // The next one may go well; the last one tells.
    if (!committed && !run_.over()) run_.session.messages.verbose("{}", committed.error().context);
  }
}

}  // namespace sl::tools::consume
