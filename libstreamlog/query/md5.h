// MD5 (RFC 1321), for the function of that name; nothing rests on it.
#pragma once
#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace sl::query {

std::array<uint8_t, 16> md5_of(Bytes bytes);

}  // namespace sl::query
