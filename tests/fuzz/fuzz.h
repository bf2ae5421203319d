// What the fuzz targets share: values off the front of an input, a loud end where a property does not hold, and
// mutations that know what a valid input looks like. Bytes with a checksum are hard to reach by chance, so a target
// may give a maker of fresh valid inputs and a repair that makes checksums right again after a change; no corpus is
// needed then.
#pragma once
#include <concepts>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/random.h"

// libFuzzer's own mutation (llvm.org/docs/LibFuzzer.html).
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t size_max);

namespace sl::fuzz {

class Input {
 public:
  Input(const uint8_t* data, size_t size) : left_(data, size) {}
  // The next bytes as a number; zero where there are not enough.
  template <std::integral Int>
  Int take() {
    if (left_.size() < sizeof(Int)) {
      left_ = {};
      return 0;
    }
    Int v = load_be<Int>(left_.data());
    left_ = left_.subspan(sizeof(Int));
    return v;
  }
  bool flag() { return take<uint8_t>() & 1; }
  size_t below(size_t bound) { return take<uint8_t>() % bound; }
  bool empty() const { return left_.empty(); }
  // A length byte and so many bytes, or what there is.
  std::string_view text() {
    size_t size = std::min<size_t>(take<uint8_t>(), left_.size());
    std::string_view v = as_text(left_.first(size));
    left_ = left_.subspan(size);
    return v;
  }
  // Two length bytes and so many bytes, or what there is.
  std::string_view long_text() {
    size_t size = std::min<size_t>(take<uint16_t>(), left_.size());
    std::string_view v = as_text(left_.first(size));
    left_ = left_.subspan(size);
    return v;
  }
  // All that is left, in a block of exactly that size, so that the sanitizer sees a read behind its end.
  Buffer rest() { return Buffer::copy_of(left_); }
  std::string_view rest_text() { return as_text(left_); }

 private:
  Bytes left_;
};

inline void require(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", property);
  std::abort();
}

using Maker = std::string (*)(Random& random);
using Repair = void (*)(MutableBytes input);

// The body of a target's LLVMFuzzerCustomMutator.
inline size_t mutate(uint8_t* data, size_t size, size_t size_max, unsigned seed, Maker make, Repair repair = nullptr) {
  SeededRandom random(seed);
  if (make && (size < 4 || random.below(8) == 0)) {
    std::string fresh = make(random);
    if (fresh.size() <= size_max) {
      std::memcpy(data, fresh.data(), fresh.size());
      return fresh.size();
    }
  }
  for (uint64_t times = 1 + random.below(3); times > 0; --times) size = LLVMFuzzerMutate(data, size, size_max);
  if (repair && random.below(8) != 0) repair({data, size});
  return size;
}

}  // namespace sl::fuzz
