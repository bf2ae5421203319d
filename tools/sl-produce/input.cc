#include "tools/sl-produce/input.h"

#include <fmt/core.h>

#include <cstring>

#include "base/file.h"

namespace sl::tools::produce {
namespace {

constexpr int kStandardInput = 0;
constexpr size_t kBlockBytes = 256 << 10;
// So little is rather moved to the front than left, so that the same cache lines are read into again.
constexpr size_t kSmallRestBytes = 16 << 10;

}  // namespace

Input::Input(aio::UvRuntime& runtime, std::vector<std::string> files)
    : runtime_(runtime), files_(std::move(files)), capacity_(2 * kBlockBytes) {
  if (files_.empty()) files_.emplace_back("-");
  bytes_ = std::make_unique_for_overwrite<char[]>(capacity_ + kSlack);
  for (const std::string& file : files_) {
    auto info = file == "-" ? Result<FileInfo>(FileInfo{}) : system_files().stat(file);
    if (info) bytes_total_ += info->size;
  }
}

Input::~Input() {
  fd_.reset();
  if (opened_ >= 0) aio::close_fd(opened_);
}

Status Input::check(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    if (file == "-") continue;
    auto info = system_files().stat(file);
    if (info.code() == Errc::kNotFound)
      return Error{Errc::kNotFound, fmt::format("the file '{}' does not exist; nothing was written", file)};
    if (!info) return Error{info.code(), fmt::format("'{}': {}; nothing was written", file, info.error().context)};
    if (info->is_directory) return Error{Errc::kIo, fmt::format("'{}' is a directory; nothing was written", file)};
  }
  return {};
}

aio::Task<Result<bool>> Input::open_next() {
  fd_.reset();
  if (opened_ >= 0) aio::close_fd(std::exchange(opened_, -1));
  begin_ = end_ = 0;
  if (cancelled_) co_return Errc::kCancelled;
  if (next_ == files_.size()) co_return false;
  file_ = files_[next_++];
  int descriptor = kStandardInput;
  if (file_ == "-") {
    file_.clear();
  } else {
    // On the pool, since opening a named pipe waits for its writer.
    Result<int> opened = Errc::kCancelled;
    std::function<void()> job = [&opened, this] { opened = aio::open_input_file(file_); };
    co_await runtime_.run_in_pool(aio::Lane::kRead, std::move(job));
    if (!opened) co_return std::move(opened).error();
    descriptor = opened_ = *opened;
  }
  fd_ = std::make_unique<aio::InputFd>(runtime_, descriptor);
  if (bytes_total_ == 0 && files_.size() == 1 && fd_->is_regular_file()) bytes_total_ = fd_->size();
  if (cancelled_) fd_->cancel();
  co_return true;
}

aio::Task<Result<bool>> Input::fill() {
  make_room();
  size_t room = std::min(capacity_ - end_, kBlockBytes);
  MutableBytes into{reinterpret_cast<uint8_t*>(bytes_.get() + end_), room};
  SL_CO_TRY(size_t count, co_await fd_->read(into));
  end_ += count;
  bytes_read_ += count;
  co_return count > 0;
}

// A block's worth of room behind what is unread.
void Input::make_room() {
  size_t unread = end_ - begin_;
  bool front = begin_ > 0 && (unread <= kSmallRestBytes || capacity_ - end_ < kBlockBytes);
  if (capacity_ - unread < kBlockBytes) {
    size_t capacity = 2 * capacity_;
    auto larger = std::make_unique_for_overwrite<char[]>(capacity + kSlack);
    std::memcpy(larger.get(), bytes_.get() + begin_, unread);
    bytes_ = std::move(larger);
    capacity_ = capacity;
  } else if (front) {
    std::memmove(bytes_.get(), bytes_.get() + begin_, unread);
  } else {
    return;
  }
  begin_ = 0;
  end_ = unread;
}

void Input::give_back() {
  if (fd_) fd_->give_back(end_ - begin_);
  begin_ = end_;
}

void Input::cancel() {
  cancelled_ = true;
  if (fd_) fd_->cancel();
}

}  // namespace sl::tools::produce
