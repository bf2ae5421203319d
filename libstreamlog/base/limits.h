// Every cap in one place, each with the reason for it. What a peer announces is checked against these before any
// allocation.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sl {

// A frame before the session is authenticated: ApiVersions and SASL are small.
inline constexpr size_t kFrameBeforeAuthBytesMax = 4 << 10;
// A frame of any API but Produce.
inline constexpr size_t kControlFrameBytesMax = 1 << 20;
// A Produce frame, and the G of DESIGN §5: one unsynced group write is never larger, so a torn tail never is either.
inline constexpr size_t kProduceFrameBytesMax = 16 << 20;
// What a client accepts as an answer.
inline constexpr size_t kResponseFrameBytesMax = 128 << 20;
// Records of one fetch answer that the daemon reads at a time.
inline constexpr size_t kFetchBytesMax = 16 << 20;
// A batch may decompress to at most this many times its size (and to this many bytes at all): anything beyond is a
// bomb.
inline constexpr size_t kDecompressRatioMax = 1024;
inline constexpr size_t kDecompressedBytesMax = 128 << 20;
// Kafka's own limits on names and on headers' count of elements in any array on the wire.
inline constexpr size_t kTopicNameBytesMax = 249;
inline constexpr size_t kArrayElementsMax = 1 << 20;
// `flush.messages=1` topics keep this many of the newest bytes of each partition in memory for readers at the tail.
inline constexpr size_t kTailCacheBytesMax = 4 << 20;

}  // namespace sl
