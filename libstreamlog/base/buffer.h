// Buffer: a counted block of bytes that several owners share, and BufferPool, which hands the same large blocks
// out again. A produce travels in the buffer it was received in until it is on disk; a fetch leaves in the buffer
// it was read into. Counting is atomic, since pool threads hold them too.
#pragma once
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "base/bytes.h"

namespace sl {

class BufferPool;

// A reference to a block; copying shares it. Empty by default.
class Buffer {
 public:
  Buffer() = default;
  // A block of its own, `size` bytes, not cleared.
  static Buffer allocate(size_t size);
  static Buffer copy_of(Bytes bytes);
  Buffer(const Buffer& other) noexcept : block_(other.block_) { retain(); }
  Buffer(Buffer&& other) noexcept : block_(other.block_) { other.block_ = nullptr; }
  Buffer& operator=(Buffer other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Buffer() { release(); }

  explicit operator bool() const { return block_ != nullptr; }
  uint8_t* data() const;
  size_t size() const;
  MutableBytes bytes() const { return {data(), size()}; }

 private:
  friend class BufferPool;
  struct Block;
  explicit Buffer(Block* block) : block_(block) {}
  void retain() const;
  void release();
  Block* block_ = nullptr;
};

// Keeps freed blocks of 64 KiB and more for the next taker, in classes of doubling size, up to a byte limit.
// Blocks may be freed from any thread and may outlive the pool object.
class BufferPool {
 public:
  explicit BufferPool(size_t kept_bytes_max);
  ~BufferPool();
  // At least `size` bytes; Buffer::size() says how many.
  Buffer take(size_t size);
  size_t kept_bytes() const;

 private:
  friend class Buffer;
  struct Shelf;
  std::shared_ptr<Shelf> shelf_;
};

// A part of a buffer, kept alive by it.
struct Slice {
  Buffer owner;
  Bytes bytes;
};

}  // namespace sl
