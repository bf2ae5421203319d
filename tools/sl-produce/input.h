// Input: the bytes of standard input, or of the files one after the other, through one buffer.
//
// What is hard is to be fast and small at once: bytes are read in blocks of 256 KiB behind what is left of the last
// one, so that a line is looked at where it was read; only what is cut off at a block's end moves. The buffer grows for
// a record that is larger than a block, as far as its user lets it.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aio/uv_fd.h"

namespace sl::tools::produce {

class Input {
 public:
  // No files: standard input. `runtime` must outlive it.
  Input(aio::UvRuntime& runtime, std::vector<std::string> files);
  Input(const Input&) = delete;
  ~Input();

  // Whether all files are there, before anything is done. kNotFound names the one that is not.
  static Status check(const std::vector<std::string>& files);

  // Goes on with the next file; false behind the last. What was unread of the one before is dropped.
  aio::Task<Result<bool>> open_next();
  // Waits for more bytes, which then stand behind those not taken yet; false at the end of the file. Moves what
  // unread() showed. kCancelled after cancel().
  aio::Task<Result<bool>> fill();

  std::string_view unread() const { return {bytes_.get() + begin_, end_ - begin_}; }
  // Bytes that may be looked at from unread().data() on, whatever they hold.
  size_t readable() const { return capacity_ + kSlack - begin_; }
  void take(size_t count) { begin_ += count; }

  // True where fill() would have to wait.
  bool would_wait() const { return fd_ && fd_->would_wait(); }
  // Leaves what is unread to the next program that reads the same file (POSIX asks it of every utility); from a pipe it
  // is gone. After it nothing is unread.
  void give_back();
  // Ends a fill() that waits, and makes later ones fail.
  void cancel();

  // Of all files: bytes read, and how many there are; 0 where that is not known.
  uint64_t bytes_read() const { return bytes_read_; }
  uint64_t bytes_total() const { return bytes_total_; }
  // "" for standard input.
  const std::string& file() const { return file_; }
  // Of the current file, if it is a regular one; else 0.
  uint64_t file_bytes() const { return fd_ && fd_->is_regular_file() ? fd_->size() : 0; }

 private:
  // A parser may look ahead of what it was given.
  static constexpr size_t kSlack = 64;
  void make_room();

  aio::UvRuntime& runtime_;
  std::vector<std::string> files_;
  size_t next_ = 0;
  std::string file_;
  std::unique_ptr<aio::InputFd> fd_;
  int opened_ = -1;  // a descriptor of our own
  bool cancelled_ = false;
  std::unique_ptr<char[]> bytes_;
  size_t capacity_ = 0;
  size_t begin_ = 0, end_ = 0;
  uint64_t bytes_read_ = 0, bytes_total_ = 0;
};

}  // namespace sl::tools::produce
