// Headers are read by hand: they are few fields, and which ones depends on fields before them.
#include "wire/frame.h"

#include "base/varint.h"
#include "wire/api.h"

namespace sl::wire {
namespace {

// Reads a header's fields one after the other; `ok` turns false where the frame ends too early.
struct Reader {
  Bytes left;
  bool ok = true;

  template <std::integral Int>
  Int take() {
    if (!ok || left.size() < sizeof(Int)) {
      ok = false;
      return 0;
    }
    Int v = load_be<Int>(left.data());
    left = left.subspan(sizeof(Int));
    return v;
  }
  Bytes bytes(size_t count) {
    if (!ok || left.size() < count) {
      ok = false;
      return {};
    }
    Bytes taken = left.first(count);
    left = left.subspan(count);
    return taken;
  }
  uint32_t uvarint() {
    uint32_t v = 0;
    const uint8_t* begin = left.data();
    const uint8_t* next = ok ? get_uvarint32(begin, begin + left.size(), v) : nullptr;
    ok = next != nullptr;
    if (ok) left = left.subspan(static_cast<size_t>(next - begin));
    return v;
  }
  // A header's tags; none is known today.
  void skip_tags() {
    for (uint32_t count = uvarint(); ok && count > 0; --count) {
      uvarint();
      bytes(uvarint());
    }
  }
};

bool oldest_header(ApiKey api_key) {
  return api_key == ApiKey::kApiVersions;
}

}  // namespace

Result<RequestFrame> decode_request_header(Bytes frame) {
  Reader reader{frame};
  RequestFrame request;
  RequestHeader& header = request.header;
  header.api_key = reader.take<int16_t>();
  header.api_version = reader.take<int16_t>();
  header.correlation_id = reader.take<int32_t>();
  if (!reader.ok) return Error{Errc::kMalformed, "the request header is cut off"};
  const ApiInfo* api = find_api(header.api_key);
  request.known = api && api->decoded.has(header.api_version);
  int16_t id_bytes = reader.take<int16_t>();
  if (id_bytes >= 0) header.client_id = as_text(reader.bytes(static_cast<size_t>(id_bytes)));
  if (!request.known) return request;
  if (id_bytes < -1) reader.ok = false;
  if (api->decoded.flexible(header.api_version)) reader.skip_tags();
  if (!reader.ok) return Error{Errc::kMalformed, "the request header of " + api_name(header.api_key) + " is cut off"};
  request.body = reader.left;
  return request;
}

Result<int32_t> peek_correlation(Bytes frame) {
  if (frame.size() < sizeof(int32_t)) return Error{Errc::kMalformed, "the response header is cut off"};
  return load_be<int32_t>(frame.data());
}

Result<Bytes> response_body(Bytes frame, ApiKey api_key, int16_t version) {
  Reader reader{frame};
  reader.take<int32_t>();
  const ApiInfo* api = find_api(static_cast<int16_t>(api_key));
  if (api && api->decoded.flexible(version) && !oldest_header(api_key)) reader.skip_tags();
  if (!reader.ok) return Error{Errc::kMalformed, "the response header is cut off"};
  return reader.left;
}

}  // namespace sl::wire
