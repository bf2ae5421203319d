#include "tools/sl-consume/handover.h"

#include <algorithm>

namespace sl::tools::consume {

Handover::Handover(Run& run, Delivery* delivery, aio::Turn* turn)
    : run_(run), delivery_(delivery), turn_(turn), decompressor_(&run.session.cluster.pool()) {
  if (run.options.exec.given()) {
    executor_.emplace(run, delivery);
    run.on_interrupt([this] { executor_->interrupt(); });
  } else if (delivery) {
    run.printer.track(*delivery);
  }
}

aio::Task<Status> Handover::open() {
  if (executor_) co_return co_await executor_->open();
  co_return Status();
}

aio::Task<void> Handover::close() {
  if (executor_) co_await executor_->close();
}

aio::Task<void> Handover::take(const client::Assignment& of, const client::Fetched& fetched, size_t place) {
  if (delivery_) delivery_->enter(place);
  for (const record::BatchView& batch : fetched.batches) {
    RecordContext context{of.topic, of.partition, batch.leader_epoch(), batch.log_append_time()};
    auto cursor = record::RecordCursor::open(batch, decompressor_);
    if (!cursor) co_return fail(context, cursor.error());
    if (executor_) {
      co_await execute(*cursor, context, fetched, place);
      if (ends(place)) co_return;
      continue;
    }
    for (;;) {
      auto step = run_.printer.print(run_.output, *cursor, context, fetched.from, fetched.until);
      if (!step) co_return fail(context, step.error());
      if (*step == Printer::Step::kEnough) co_return run_.end();
      if (*step == Printer::Step::kDone) break;
      co_await write();
      if (ends(place)) co_return;
    }
  }
  pass(place, fetched.next);
}

void Handover::pass(size_t place, Offset next) {
  if (executor_) return executor_->pass(place, next);
  if (!delivery_) return;
  delivery_->enter(place);
  delivery_->pass(run_.output.text_end(), next);
}

aio::Task<void> Handover::execute(record::RecordCursor& cursor, const RecordContext& context,
                                  const client::Fetched& fetched, size_t place) {
  record::RecordView record;
  for (;;) {
    auto more = cursor.next(record);
    if (!more) co_return fail(context, more.error());
    if (!*more || record.offset >= fetched.until) co_return;
    if (record.offset < fetched.from) continue;
    bool due = executor_->add(context, record, place) || run_.printer.enough();
    if (due) co_await executor_->run();
    if (due && turn_) co_await turn_->pass_on();
    if (run_.printer.enough()) run_.end();
    if (ends(place)) co_return;
  }
}

void Handover::fail(const RecordContext& context, const Error& why) {
  Error error{why.code, fmt::format("{} [{}]: {}", context.topic, context.partition.value, error_text(why))};
  run_.fail(error);
}

aio::Task<void> Handover::write() {
  co_await run_.flush();
  if (delivery_) delivery_->taken(run_.output.taken());
}

aio::Task<void> Handover::flush(bool all) {
  if (!executor_) {
    co_await write();
  } else if (all || (executor_->due_ms() >= 0 && executor_->due_ms() <= run_.session.runtime.mono_ms())) {
    co_await executor_->run();
  }
}

int64_t Handover::wait_ms(int64_t wait_ms) const {
  if (!executor_ || executor_->due_ms() < 0) return wait_ms;
  int64_t left = std::max<int64_t>(executor_->due_ms() - run_.session.runtime.mono_ms(), 0);
  return wait_ms < 0 ? left : std::min(wait_ms, left);
}

}  // namespace sl::tools::consume
