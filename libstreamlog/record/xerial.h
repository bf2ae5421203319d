// The framing that snappy-java puts around snappy blocks and that Kafka's clients therefore read: a header of a magic
// and two versions, then blocks, each an int32 length and raw snappy (github.com/xerial/snappy-java,
// SnappyOutputStream). The header may come again where streams were joined.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace sl::record {

inline constexpr std::array<uint8_t, 16> kXerialHeader = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0,
                                                          0,    0,   0,   1,   0,   0,   0,   1};
inline constexpr size_t kXerialHeaderBytes = kXerialHeader.size();
// The magic alone; the versions behind it are at least 1.
inline constexpr size_t kXerialMagicBytes = 8;
// Uncompressed bytes in a block we write, as snappy-java does.
inline constexpr size_t kXerialBlockBytes = 32 << 10;

}  // namespace sl::record
