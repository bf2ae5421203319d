// Filler: the walk that gives every field of a version a random valid value. Fields the version does not have keep
// theirs, so that what is decoded equals what was filled.
#pragma once
#include <bit>
#include <concepts>

#include "base/random.h"
#include "wire/fields.h"

namespace sl::wire {

class Filler {
 public:
  Filler(Random& random, int16_t version, bool flexible) : random_(random), version_(version), flexible_(flexible) {}

  template <class T>
  void operator()(const char*, T& v, Range range = {}) {
    if (range.has(version_)) value(v, range);
  }
  template <class T>
  void tag(uint32_t, const char*, T& v, Range range = {}, const std::type_identity_t<T>& fallback = T{}) {
    if (!flexible_ || !range.has(version_)) return;
    if (random_.below(3) == 0)
      v = fallback;
    else
      value(v, range);
  }
  template <Struct M>
  void structure(M& m) {
    M::fields(m, *this);
  }

 private:
  template <class T>
  void value(T& v, Range range) {
    if constexpr (std::same_as<T, bool>) {
      v = random_.below(2) == 1;
    } else if constexpr (std::integral<T>) {
      v = static_cast<T>(random_.next());
    } else if constexpr (std::same_as<T, double>) {
      v = static_cast<double>(static_cast<int64_t>(random_.next()));
    } else if constexpr (std::same_as<T, Uuid>) {
      random_.fill(v.bytes);
    } else if constexpr (std::same_as<T, std::string>) {
      text(v);
    } else if constexpr (std::same_as<T, Blob>) {
      text(v.value);
    } else if constexpr (std::same_as<T, Records>) {
      records(v);
    } else if constexpr (kIsOptional<T>) {
      v.reset();
      if (range.nullable_from > version_ || random_.below(4) != 0) value(v.emplace(), range);
    } else if constexpr (kIsVector<T>) {
      v.clear();
      v.resize(random_.below(4));
      for (auto& element : v) value(element, {});
    } else {
      structure(v);
    }
  }
  void text(std::string& v);
  void records(Records& v);

  Random& random_;
  const int16_t version_;
  const bool flexible_;
};

}  // namespace sl::wire
