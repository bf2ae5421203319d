// Arena: memory for one batch. Allocation moves a pointer; everything goes at once. What a query computes for a batch
// (texts, arrays, columns) lives here, and what outlives the batch is copied out of it.
#pragma once
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>
#include <vector>

namespace sl::query {

class Arena {
 public:
  Arena() = default;
  Arena(Arena&&) = default;  // what was allocated stays where it is
  Arena& operator=(Arena&&) = default;

  // Aligned to 16 bytes, uninitialised; lives until reset().
  void* allocate(size_t bytes) {
    bytes = (bytes + 15) & ~size_t{15};
    if (bytes > left_) [[unlikely]]
      grow(bytes);
    auto* at = at_;
    at_ += bytes;
    left_ -= bytes;
    return at;
  }
  template <class T>
  T* array(size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= 16);
    return static_cast<T*>(allocate(count * sizeof(T)));
  }
  std::string_view copy(std::string_view text) {
    auto* to = array<char>(text.size());
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }
  // Gives everything back but the first block, which the next batch will use.
  void reset() {
    if (blocks_.size() > 1) blocks_.resize(1);
    at_ = blocks_.empty() ? nullptr : blocks_.front().bytes.get();
    left_ = blocks_.empty() ? 0 : blocks_.front().size;
    reserved_ = left_;
  }
  // What it holds of the machine's memory.
  size_t bytes() const { return reserved_; }

 private:
  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    size_t size;
  };
  static constexpr size_t kBlockBytes = 64 << 10;

  void grow(size_t bytes) {
    size_t size = bytes > kBlockBytes ? bytes : kBlockBytes;
    blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size});
    at_ = blocks_.back().bytes.get();
    left_ = size;
    reserved_ += size;
  }

  std::vector<Block> blocks_;
  std::byte* at_ = nullptr;
  size_t left_ = 0;
  size_t reserved_ = 0;
};

}  // namespace sl::query
