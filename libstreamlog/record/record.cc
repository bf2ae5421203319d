// Walking the headers of a record that was checked before.
#include "record/record.h"

#include <cassert>

#include "base/varint.h"

namespace sl::record {

std::optional<HeaderView> HeaderCursor::next() {
  if (count_ == 0) return std::nullopt;
  --count_;
  const uint8_t* p = left_.data();
  const uint8_t* end = p + left_.size();
  int32_t length = 0;
  p = get_varint(p, end, length);
  assert(p && length >= 0 && length <= end - p);
  HeaderView header{as_text({p, static_cast<size_t>(length)}), std::nullopt};
  p = get_varint(p + length, end, length);
  assert(p && length >= -1 && length <= end - p);
  if (length >= 0) {
    header.value.emplace(p, static_cast<size_t>(length));
    p += length;
  }
  left_ = {p, end};
  return header;
}

}  // namespace sl::record
