// Strong ids: an offset is not a partition is not an epoch, and the compiler knows it.
#pragma once
#include <compare>
#include <cstdint>
#include <functional>

namespace sl {

// A named integer. Arithmetic stays within the type; `.value` leaves it.
template <class Tag, class Int>
struct Id {
  Int value{};
  constexpr Id() = default;
  constexpr explicit Id(Int v) : value(v) {}
  constexpr auto operator<=>(const Id&) const = default;
  constexpr Id operator+(Int n) const { return Id(static_cast<Int>(value + n)); }
  constexpr Id operator-(Int n) const { return Id(static_cast<Int>(value - n)); }
  constexpr Int operator-(Id other) const { return static_cast<Int>(value - other.value); }
  constexpr Id& operator++() {
    ++value;
    return *this;
  }
};

// Position of a record in a partition; -1 where Kafka says "none".
using Offset = Id<struct OffsetTag, int64_t>;
// Index of a partition within its topic.
using Partition = Id<struct PartitionTag, int32_t>;
// A leader's term of office over one partition (KIP-101); -1 is unknown.
using Epoch = Id<struct EpochTag, int32_t>;
// `node.id` of a daemon.
using NodeId = Id<struct NodeIdTag, int32_t>;
// An idempotent producer (KIP-98); -1 is none.
using ProducerId = Id<struct ProducerIdTag, int64_t>;

inline constexpr Offset kNoOffset{-1};
inline constexpr Epoch kNoEpoch{-1};

}  // namespace sl

template <class Tag, class Int>
struct std::hash<sl::Id<Tag, Int>> {
  size_t operator()(const sl::Id<Tag, Int>& id) const noexcept { return std::hash<Int>{}(id.value); }
};
