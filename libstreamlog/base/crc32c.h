// CRC-32C (Castagnoli), the checksum of record batch v2 and of our own small files. isa-l does the long runs with
// carry-less multiplication; short ones take the CRC instruction or a table.
#pragma once
#include <cstdint>

#include "base/bytes.h"

namespace sl {

// `seed` is the CRC of the bytes before, so that a checksum may be taken in pieces.
uint32_t crc32c(Bytes bytes, uint32_t seed = 0);

}  // namespace sl
