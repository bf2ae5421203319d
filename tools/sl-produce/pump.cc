// The waiting: files opened, blocks read, and what advance() came back for.
#include "tools/sl-produce/pump.h"

#include "base/text.h"
#include "tools/common/exit_code.h"

namespace sl::tools::produce {

Pump::Pump(const Parts& parts)
    : parts_(parts),
      input_(parts.session.runtime, parts.options.files),
      progress_(parts.session.messages, parts.session.runtime.clock()),
      pace_(parts.options.rate),
      pause_(parts.session.runtime.timers()) {
  if (!parts.options.topic.empty()) fixed_topic_ = parts.topics.find(parts.options.topic);
  shape_held();
}

void Pump::stop() {
  finished_ = true;
  input_.cancel();
  pause_.cancel();
}

aio::Task<void> Pump::run() {
  while (!finished_) {
    opening_ = true;
    auto opened = co_await input_.open_next();
    opening_ = false;
    if (!opened) {
      fail_input(opened.error());
      break;
    }
    if (!*opened) break;
    parts_.numbering.begin_file(number_ + 1, input_.file());
    parts_.reader.begin_file();
    co_await run_file();
  }
  finished_ = true;
  input_.give_back();
  progress_.finish();
}

aio::Task<void> Pump::run_file() {
  last_ = false;
  size_t record_bytes_max = fixed_topic_ ? fixed_topic_->record_bytes_max : kRecordBytesMax;
  bool whole = parts_.reader.unit() == RecordReader::Unit::kFile;
  if (whole && input_.file_bytes() > record_bytes_max) {
    parts_.acks.refused(++number_, too_large_error(fixed_topic_, input_.file_bytes(), "file"));
    co_return;
  }
  while (!last_ && !finished_) {
    co_await fill();
    if (finished_) break;
    co_await drain();
    if (finished_) break;
    if (!last_ && input_.unread().size() > parts_.reader.input_bytes_max(record_bytes_max)) {
      if (!parts_.reader.delimiter().empty()) {
        co_await skip_record();
      } else {
        parts_.acks.refused(++number_, too_large_error(fixed_topic_, input_.unread().size(), "input"), !whole);
        finished_ |= !whole;
        break;
      }
    }
    if (progress_.due()) show_progress();
    if (input_.would_wait()) parts_.producer.nudge();
    co_await parts_.producer.breathe();
    if (parts_.acks.hopeless() || !parts_.printer.status()) finished_ = true;
  }
}

aio::Task<void> Pump::fill() {
  auto more = co_await input_.fill();
  if (!more) {
    fail_input(more.error());
    co_return;
  }
  last_ = !*more;
  now_ms_ = parts_.session.runtime.wall_ms();
}

// Appends all records that the input holds.
aio::Task<void> Pump::drain() {
  for (;;) {
    Halt halt = advance();
    switch (halt) {
      case Halt::kInput:
        break;
      case Halt::kRoom:
        co_await parts_.producer.wait_room();
        now_ms_ = parts_.session.runtime.wall_ms();
        break;
      case Halt::kTopic: {
        bool opened = co_await open_topic();
        if (!opened) finished_ = true;
        break;
      }
      case Halt::kPace:
        co_await wait_pace();
        break;
      case Halt::kEnd:
        finished_ = true;
        break;
    }
    co_await parts_.printer.room();
    if (parts_.acks.hopeless() || !parts_.printer.status()) finished_ = true;
    if (finished_ || halt == Halt::kInput) co_return;
  }
}

// That of the record held, which names one that was not written to before.
aio::Task<bool> Pump::open_topic() {
  std::string name(*read_.topic);
  auto opened = co_await parts_.topics.open(parts_.producer, name);
  if (opened) co_return true;
  parts_.acks.refused(number_, opened.error(), true);
  co_return false;
}

// Nothing leaves faster than this, so what is pending may leave now.
aio::Task<void> Pump::wait_pace() {
  parts_.producer.nudge();
  if (!finished_) co_await pause_.wait_until(pace_.due_ns());
  now_ms_ = parts_.session.runtime.wall_ms();
}

// Drops a record that is too large to be held, up to its delimiter.
aio::Task<void> Pump::skip_record() {
  std::string_view delimiter = parts_.reader.delimiter();
  uint64_t dropped = 0;
  for (;;) {
    std::string_view unread = input_.unread();
    size_t at = unread.find(delimiter);
    if (at != unread.npos) {
      dropped += at;
      take(at + delimiter.size());
      break;
    }
    // A delimiter may lie across the end.
    size_t kept = last_ ? 0 : std::min(unread.size(), delimiter.size() - 1);
    dropped += unread.size() - kept;
    take(unread.size() - kept);
    if (last_) break;
    co_await fill();
    co_await parts_.producer.breathe();  // signals are heard here: an input like /dev/zero has no end
    if (finished_) co_return;
  }
  parts_.acks.refused(++number_, too_large_error(fixed_topic_, dropped, "line"));
  co_await drain();
}

void Pump::fail_input(const Error& why) {
  finished_ = true;
  if (why.code == Errc::kCancelled) return;
  exit_code_ = parts_.session.messages.error(input_.file(), why);
}

void Pump::take(size_t bytes) {
  if (parts_.options.tee && bytes > 0) {
    parts_.printer.pending() += input_.unread().substr(0, bytes);
    parts_.printer.wake();
  }
  input_.take(bytes);
}

void Pump::show_progress() {
  uint64_t total = input_.bytes_total();
  std::string text = counted(static_cast<int64_t>(appended_), "record");
  if (total > 0)
    text = fmt::format("{} of {} ({} %), {}", format_size(input_.bytes_read()), format_size(total),
                       input_.bytes_read() * 100 / total, text);
  progress_.show(text);
}

}  // namespace sl::tools::produce
