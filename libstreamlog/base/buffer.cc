#include "base/buffer.h"

#include <bit>
#include <cassert>
#include <new>

namespace sl {

struct BufferPool::Shelf {
  static constexpr size_t kSmallest = 64 * 1024;
  static constexpr size_t kClasses = 12;  // 64 KiB to 128 MiB
  explicit Shelf(size_t max) : kept_max(max) {}
  ~Shelf();
  static size_t class_of(size_t size) {
    return size <= kSmallest ? 0 : static_cast<size_t>(std::bit_width(size - 1)) - 16;
  }
  mutable std::mutex mutex;
  std::vector<Buffer::Block*> free[kClasses];
  size_t kept = 0;
  const size_t kept_max;
};

struct Buffer::Block {
  std::atomic<uint32_t> owners{1};
  size_t size = 0;
  std::shared_ptr<BufferPool::Shelf> shelf;
  uint8_t* data() { return reinterpret_cast<uint8_t*>(this + 1); }
  static Block* make(size_t size) {
    auto* block = new (::operator new(sizeof(Block) + size)) Block;
    block->size = size;
    return block;
  }
  static void free(Block* block) {
    block->~Block();
    ::operator delete(block);
  }
};

BufferPool::Shelf::~Shelf() {
  for (auto& list : free)
    for (auto* block : list) Buffer::Block::free(block);
}

Buffer Buffer::allocate(size_t size) {
  return Buffer(Block::make(size));
}

Buffer Buffer::copy_of(Bytes bytes) {
  Buffer copy = allocate(bytes.size());
  if (!bytes.empty()) std::memcpy(copy.data(), bytes.data(), bytes.size());
  return copy;
}

uint8_t* Buffer::data() const {
  return block_ ? block_->data() : nullptr;
}
size_t Buffer::size() const {
  return block_ ? block_->size : 0;
}

void Buffer::retain() const {
  if (block_) block_->owners.fetch_add(1, std::memory_order_relaxed);
}

void Buffer::release() {
  Block* block = block_;
  block_ = nullptr;
  if (!block || block->owners.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (auto shelf = std::move(block->shelf)) {
    std::lock_guard lock(shelf->mutex);
    if (shelf->kept + block->size <= shelf->kept_max) {
      shelf->kept += block->size;
      shelf->free[BufferPool::Shelf::class_of(block->size)].push_back(block);
      return;
    }
  }
  Block::free(block);
}

BufferPool::BufferPool(size_t kept_bytes_max) : shelf_(std::make_shared<Shelf>(kept_bytes_max)) {}
BufferPool::~BufferPool() = default;

Buffer BufferPool::take(size_t size) {
  size_t index = Shelf::class_of(size);
  if (index >= Shelf::kClasses) return Buffer::allocate(size);
  {
    std::lock_guard lock(shelf_->mutex);
    auto& list = shelf_->free[index];
    if (!list.empty()) {
      auto* block = list.back();
      list.pop_back();
      shelf_->kept -= block->size;
      block->owners.store(1, std::memory_order_relaxed);
      block->shelf = shelf_;
      return Buffer(block);
    }
  }
  auto* block = Buffer::Block::make(Shelf::kSmallest << index);
  block->shelf = shelf_;
  return Buffer(block);
}

size_t BufferPool::kept_bytes() const {
  std::lock_guard lock(shelf_->mutex);
  return shelf_->kept;
}

}  // namespace sl
