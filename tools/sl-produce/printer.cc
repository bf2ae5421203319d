#include "tools/sl-produce/printer.h"

namespace sl::tools::produce {
namespace {

constexpr int kStandardOutput = 1;
constexpr size_t kPendingBytesMax = 1 << 20;

}  // namespace

Printer::Printer(aio::UvRuntime& runtime) : output_(runtime, kStandardOutput), more_(runtime), written_(runtime) {}

Printer::~Printer() = default;

void Printer::wake() {
  if (!status_) pending_.clear();
  if (pending_.empty()) return;
  if (!started_) {
    started_ = true;
    group_.spawn(write_all());
  }
  more_.notify();
}

aio::Task<void> Printer::write_all() {
  for (;;) {
    while (pending_.empty() && !finishing_) co_await more_.wait();
    if (pending_.empty()) break;
    // One turn for all that comes in this one.
    writing_.clear();
    writing_.swap(pending_);
    auto written = co_await output_.write(as_bytes(writing_));
    if (!written) {
      status_ = std::move(written);
      pending_.clear();
      break;
    }
    written_.notify();
  }
  written_.notify();
}

aio::Task<void> Printer::room() {
  while (pending_.size() > kPendingBytesMax && status_) co_await written_.wait();
}

aio::Task<void> Printer::finish() {
  finishing_ = true;
  more_.notify();
  co_await group_.drained();
}

}  // namespace sl::tools::produce
