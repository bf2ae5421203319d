// Base64 with the standard alphabet and padding (RFC 4648, section 4).
#pragma once
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace sl {

void append_base64(std::string& out, Bytes bytes, bool padded = true);
// Appends the decoded bytes; padding is optional, anything else outside the alphabet is an error.
Status decode_base64(std::string_view text, std::string& out);
void append_hex(std::string& out, Bytes bytes);
Status decode_hex(std::string_view text, std::string& out);

}  // namespace sl
