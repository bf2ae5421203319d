// Encoded: a message as it will leave, in pieces. Small fields lie in one head block; records stay where they are
// and are only referred to, so a fetch goes from the page cache's copy to the socket without another one.
#pragma once
#include <string>
#include <vector>

#include "base/buffer.h"

namespace sl::wire {

// Records of fewer bytes than this are copied into the head: a piece costs more than the copy.
inline constexpr size_t kByReferenceBytesMin = 1024;

class Encoded {
 public:
  Encoded() = default;
  Encoded(std::vector<Slice> pieces, size_t size) : pieces_(std::move(pieces)), size_(size) {}

  size_t size() const { return size_; }
  const std::vector<Slice>& pieces() const { return pieces_; }
  // For Stream::write; valid as long as this object.
  std::vector<Bytes> views() const;
  // A copy in one block, for tests, forwarding and small things.
  std::string joined() const;

 private:
  std::vector<Slice> pieces_;
  size_t size_ = 0;
};

}  // namespace sl::wire
