// Handover: what becomes of the records that were fetched: they are printed, or a command gets them.
#pragma once
#include <optional>

#include "aio/turn.h"
#include "tools/sl-consume/executor.h"

namespace sl::tools::consume {

class Handover {
 public:
  // `delivery` and `turn` are null where no group keeps the place. All must outlive it. Whoever calls has the turn;
  // between commands others have it who wait.
  explicit Handover(Run& run, Delivery* delivery = nullptr, aio::Turn* turn = nullptr);
  Handover(const Handover&) = delete;
  aio::Task<Status> open();

  // Hands on the records of one answer, until the run is over, or its place in a group is given up. `of` must stay.
  aio::Task<void> take(const client::Assignment& of, const client::Fetched& fetched, size_t place = 0);
  // There is nothing before `next` any more.
  void pass(size_t place, Offset next);
  // When nothing more has come: text leaves at once, an incomplete batch when its time has come or with `all`.
  aio::Task<void> flush(bool all = false);
  // How long to wait for more: less than `wait_ms` (negative: for ever) where a batch waits.
  int64_t wait_ms(int64_t wait_ms) const;
  aio::Task<void> close();

 private:
  aio::Task<void> write();
  aio::Task<void> execute(record::RecordCursor& cursor, const RecordContext& context, const client::Fetched& fetched,
                          size_t place);
  void fail(const RecordContext& context, const Error& why);
  bool ends(size_t place) const { return run_.over() || (delivery_ && !delivery_->place(place).read_on); }

  Run& run_;
  Delivery* delivery_;
  aio::Turn* turn_;
  record::Decompressor decompressor_;
  std::optional<Executor> executor_;
};

}  // namespace sl::tools::consume
