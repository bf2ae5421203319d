#include "base/uuid.h"

#include "base/random.h"

namespace sl {
namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode(std::string_view bytes, std::string_view alphabet, bool pad) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    size_t n = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | (k < n ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k) {
      if (k <= n)
        out += alphabet[group >> (18 - 6 * k) & 63];
      else if (pad)
        out += '=';
    }
  }
  return out;
}

Result<std::string> decode(std::string_view text, std::string_view alphabet) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  if (text.size() % 4 == 1) return Error{Errc::kMalformed, "not base64: wrong length"};
  std::string out;
  out.reserve(text.size() * 3 / 4);
  uint32_t group = 0;
  unsigned bits = 0;
  for (char c : text) {
    size_t at = alphabet.find(c);
    if (at == alphabet.npos) return Error{Errc::kMalformed, "not base64"};
    group = group << 6 | static_cast<uint32_t>(at);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(group >> bits & 0xff);
    }
  }
  return out;
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
  return encode(bytes, kStandard, true);
}
Result<std::string> base64_decode(std::string_view text) {
  return decode(text, kStandard);
}

std::string Uuid::text() const {
  return encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, kUrlSafe, false);
}

Uuid Uuid::random(Random& random) {
  Uuid id;
  do {
    random.fill(id.bytes);
    id.bytes[6] = static_cast<uint8_t>((id.bytes[6] & 0x0f) | 0x40);
    id.bytes[8] = static_cast<uint8_t>((id.bytes[8] & 0x3f) | 0x80);
  } while (id.text().front() == '-');
  return id;
}

Result<Uuid> Uuid::parse(std::string_view text) {
  SL_TRY(std::string raw, decode(text, kUrlSafe));
  Uuid id;
  if (raw.size() != id.bytes.size()) return Error{Errc::kMalformed, "an id has 22 characters of base64"};
  std::copy(raw.begin(), raw.end(), id.bytes.begin());
  return id;
}

}  // namespace sl
