// Joining pieces; nothing on the way to a socket does it.
#include "wire/encoded.h"

#include "wire/fields.h"

namespace sl::wire {

std::vector<Bytes> Encoded::views() const {
  std::vector<Bytes> views;
  views.reserve(pieces_.size());
  for (const Slice& piece : pieces_) views.push_back(piece.bytes);
  return views;
}

std::string Encoded::joined() const {
  std::string all;
  all.reserve(size_);
  for (const Slice& piece : pieces_) all += as_text(piece.bytes);
  return all;
}

size_t Records::size() const {
  size_t sum = 0;
  for (const Slice& piece : pieces) sum += piece.bytes.size();
  return sum;
}

Slice Records::joined() const {
  if (pieces.empty()) return {};
  if (pieces.size() == 1) return pieces.front();
  Buffer block = Buffer::allocate(size());
  size_t at = 0;
  for (const Slice& piece : pieces) {
    std::memcpy(block.data() + at, piece.bytes.data(), piece.bytes.size());
    at += piece.bytes.size();
  }
  return {block, block.bytes()};
}

bool Records::operator==(const Records& other) const {
  return is_null == other.is_null && as_text(joined().bytes) == as_text(other.joined().bytes);
}

}  // namespace sl::wire
