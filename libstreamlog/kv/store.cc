// The part of the interface that every store shares: a cursor that keeps to its prefix, on top of four moves.
#include "kv/store.h"

#include <fmt/core.h>

#include "kv/key.h"

namespace sl::kv {

Cursor::Cursor(std::unique_ptr<Position> position, std::string_view prefix)
    : position_(std::move(position)), prefix_(prefix), end_(prefix_end(prefix)) {}

Found Cursor::place(Found found) {
  placed_ = found.ok() && found->has_value() && (*found)->key.starts_with(prefix_);
  if (!found.ok() || placed_) return found;
  return std::optional<Entry>{};
}

Found Cursor::first() {
  return place(position_->at_or_after(prefix_));
}

Found Cursor::last() {
  return place(position_->before(end_));
}

Found Cursor::seek(std::string_view key) {
  if (key < prefix_) key = prefix_;
  return place(position_->at_or_after(key));
}

Found Cursor::floor(std::string_view key) {
  if (!end_.empty() && key >= end_) return last();
  // `key` and a zero byte is the next larger key there can be.
  std::string above(key);
  above += '\0';
  return place(position_->before(above));
}

Found Cursor::next() {
  if (!placed_) return std::optional<Entry>{};
  return place(position_->next());
}

Found Cursor::prev() {
  if (!placed_) return std::optional<Entry>{};
  return place(position_->prev());
}

Result<Cursor> Reader::cursor(std::string_view prefix) {
  SL_TRY(auto at, position());
  return Cursor(std::move(at), prefix);
}

Result<uint64_t> Writer::erase_prefix(std::string_view prefix) {
  return erase_range(prefix, prefix_end(prefix));
}

Status check_entry(std::string_view key, std::string_view value) {
  if (key.empty()) return Error{Errc::kMalformed, "an empty key cannot be stored"};
  if (key.size() > kKeyBytesMax)
    return Error{Errc::kTooLarge, fmt::format("a key of {} bytes; at most {} are possible", key.size(), kKeyBytesMax)};
  if (value.size() > kValueBytesMax)
    return Error{Errc::kTooLarge,
                 fmt::format("a value of {} bytes; at most {} are possible", value.size(), kValueBytesMax)};
  return {};
}

}  // namespace sl::kv
