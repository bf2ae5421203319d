#include "tools/common/output.h"

namespace sl::tools {
namespace {

constexpr int kStandardOutput = 1;

}  // namespace

Output::Output(aio::UvRuntime& runtime)
    : output_(runtime, kStandardOutput), limit_(output_.is_terminal() ? 1 : kOutputBytes) {}

aio::Task<Status> Output::flush() {
  if (!status_) forget_text();
  if (text_.empty()) co_return status_;
  auto written = co_await output_.write(as_bytes(text_));
  if (!written) status_ = written;
  forget_text();
  co_return written;
}

void Output::forget_text() {
  flushed_ += text_.size();
  // A large record must not keep its memory for good.
  if (text_.capacity() > 4 * kOutputBytes) text_ = std::string();
  text_.clear();
}

}  // namespace sl::tools
