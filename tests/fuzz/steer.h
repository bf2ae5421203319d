// Steer: makes a message that wire::fill has filled by chance plausible: names of topics that exist, small numbers,
// ids that are known, record batches that are whole. So that a message reaches the code behind the decoder, where one
// of random fields is turned away at the first name. Every choice keeps a part of what chance has made.
#pragma once
#include <array>
#include <concepts>
#include <string>
#include <string_view>

#include "tests/fuzz/batches.h"
#include "wire/fields.h"

namespace sl::fuzz {

// Stands for the id of topic "t"; a target that does not choose the ids itself puts the real one in its place.
inline constexpr std::string_view kTopicIdMark = "id-of-the-topic1";
static_assert(kTopicIdMark.size() == sizeof(Uuid::bytes));

class Steer {
 public:
  // `host`: what strings that name a host say; `error_free`: of ten error codes, how many become 0.
  explicit Steer(Random& random, std::string_view host = "broker", uint64_t error_free = 5)
      : random_(random), host_(host), error_free_(error_free) {}

  template <class T>
  void operator()(const char* name, T& v, wire::Range = {}) {
    value(name, v);
  }
  template <class T>
  void tag(uint32_t, const char* name, T& v, wire::Range = {}, const std::type_identity_t<T>& = T{}) {
    value(name, v);
  }
  template <wire::Struct M>
  void structure(M& m) {
    M::fields(m, *this);
  }

 private:
  template <class T>
  void value(std::string_view name, T& v) {
    if constexpr (std::same_as<T, bool> || std::same_as<T, double> || std::same_as<T, wire::Blob>) {
      return;
    } else if constexpr (std::integral<T>) {
      number(name, v);
    } else if constexpr (std::same_as<T, Uuid>) {
      if (random_.below(4) != 0) std::copy(kTopicIdMark.begin(), kTopicIdMark.end(), v.bytes.begin());
      if (random_.below(4) == 0) v = Uuid();
    } else if constexpr (std::same_as<T, std::string>) {
      text(name, v);
    } else if constexpr (std::same_as<T, wire::Records>) {
      records(v);
    } else if constexpr (wire::kIsOptional<T>) {
      if (v) value(name, *v);
    } else if constexpr (wire::kIsVector<T>) {
      if (v.empty() && random_.below(2) == 0) v.resize(1);
      for (auto& element : v) value(name, element);
    } else {
      structure(v);
    }
  }

  template <std::integral T>
  void number(std::string_view name, T& v) {
    if (random_.below(8) == 0) return;
    if (name == "error_code") {
      if (random_.below(10) < error_free_)
        v = 0;
      else
        v = static_cast<T>(random_.below(100));
      return;
    }
    if (name == "port") {
      v = static_cast<T>(9092);
      return;
    }
    static constexpr std::array<int64_t, 12> kSmall{0, 0, 0, 1, 1, 2, 3, -1, -2, -3, 10, 500};
    int64_t chosen = kSmall[random_.below(kSmall.size())];
    if (name.ends_with("bytes")) chosen = static_cast<int64_t>(random_.below(1 << 21));
    if (name.ends_with("timestamp")) chosen = static_cast<int64_t>(1'700'000'000'000 + random_.below(100'000));
    if (name == "resource_type") chosen = random_.below(2) == 0 ? 2 : 4;
    v = static_cast<T>(chosen);
  }

  void text(std::string_view name, std::string& v) {
    static constexpr std::array<std::string_view, 6> kTopics{"t", "t", "u", "new", "__cluster_metadata", "no/topic"};
    static constexpr std::array<std::string_view, 10> kWords{
        "cleanup.policy",    "compact", "retention.ms", "1000", "segment.bytes",
        "max.message.bytes", "1",       "-1",           "",     "delete"};
    if (random_.below(8) == 0) return;
    if (name.ends_with("host"))
      v = host_;
    else if (name.find("config") != name.npos || name == "value")
      v = kWords[random_.below(kWords.size())];
    else
      v = random_.below(6) == 0 ? kWords[random_.below(kWords.size())] : kTopics[random_.below(kTopics.size())];
  }

  void records(wire::Records& v) {
    if (random_.below(8) == 0) return;
    std::string bytes;
    for (uint64_t count = 1 + (random_.below(3) == 0 ? random_.below(3) : 0); count > 0; --count)
      bytes += any_batch(random_);
    if (random_.below(8) == 0) bytes.resize(bytes.size() - 1 - random_.below(bytes.size() - 1));
    Buffer owner = Buffer::copy_of(as_bytes(bytes));
    Bytes all = owner.bytes();
    v = wire::Records(Slice{std::move(owner), all});
  }

  Random& random_;
  std::string_view host_;
  uint64_t error_free_;
};

}  // namespace sl::fuzz
