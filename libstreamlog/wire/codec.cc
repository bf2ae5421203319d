// The parts of the walks that do not depend on the message.
#include "wire/codec.h"

#include <fmt/format.h>

#include "base/varint.h"
#include "wire/decoder.h"
#include "wire/describer.h"
#include "wire/encoder.h"
#include "wire/filler.h"

namespace sl::wire {

void Encoder::put_uvarint(uint32_t v) {
  uint8_t bytes[kVarint32BytesMax];
  put_bytes({bytes, static_cast<size_t>(sl::put_uvarint(bytes, v) - bytes)});
}

void Encoder::put_bytes(Bytes bytes) {
  uint8_t* to = room(bytes.size());
  if (to && !bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
}

void Encoder::put_records(const Records& records) {
  if (records.is_null) return put_null<int32_t>();
  put_length<int32_t>(records.size());
  for (const Slice& piece : records.pieces) put_piece(piece);
}

void Encoder::put_piece(const Slice& piece) {
  if (piece.bytes.size() < kByReferenceBytesMin) return put_bytes(piece.bytes);
  total_bytes_ += piece.bytes.size();
  if (!at_) return;
  close_run();
  pieces_.push_back(piece);
}

void Encoder::close_run() {
  if (run_ != at_) pieces_.push_back({head_, Bytes(run_, at_)});
  run_ = at_;
}

Encoded Encoder::finish() {
  assert(head_bytes_ == head_.size());
  close_run();
  return {std::move(pieces_), total_bytes_};
}

Status Decoder::finish(const char* message, bool may_leave_bytes) {
  if (why_) return Error{Errc::kMalformed, fmt::format("{} v{}: {} {}", message, version_, name_, why_)};
  if (at_ != end_ && !may_leave_bytes)
    return Error{Errc::kMalformed, fmt::format("{} v{}: {} bytes behind {}", message, version_, left(), name_)};
  return {};
}

uint32_t Decoder::uvarint() {
  uint32_t v = 0;
  if (why_) return v;
  if (const uint8_t* next = get_uvarint32(at_, end_, v))
    at_ = next;
  else
    fail("has a length that is cut off");
  return v;
}

int64_t Decoder::length(bool short_length) {
  int64_t count = flexible_ ? int64_t{uvarint()} - 1 : short_length ? take<int16_t>() : take<int32_t>();
  if (count < -1) fail("has a negative length");
  return why_ ? 0 : count;
}

void Decoder::records(Records& v) {
  v.pieces.clear();
  int64_t count = length(false);
  v.is_null = count < 0;
  if (v.is_null) return;
  if (const uint8_t* from = bytes(static_cast<size_t>(count))) v.add({owner_, {from, static_cast<size_t>(count)}});
}

void Describer::key(const char* name) {
  if (!out_.ends_with('{')) out_ += ", ";
  out_ += name;
  out_ += ": ";
}

void Describer::text(const std::string& v) {
  out_ += '"';
  for (char c : v) {
    bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
    if (plain)
      out_ += c;
    else
      fmt::format_to(std::back_inserter(out_), "\\x{:02x}", static_cast<uint8_t>(c));
  }
  out_ += '"';
}

void Describer::size(size_t bytes) {
  fmt::format_to(std::back_inserter(out_), "[{} bytes]", bytes);
}

void Filler::text(std::string& v) {
  v.resize(random_.below(8) == 0 ? random_.below(300) : random_.below(20));
  for (char& c : v) c = static_cast<char>('a' + random_.below(26));
}

void Filler::records(Records& v) {
  v = {};
  v.is_null = random_.below(6) == 0;
  if (v.is_null) return;
  for (uint64_t pieces = random_.below(3); pieces > 0; --pieces) {
    Buffer block = Buffer::allocate(random_.below(3 * kByReferenceBytesMin));
    random_.fill(block.bytes());
    v.add({block, block.bytes()});
  }
}

namespace detail {
namespace {

// A header's own encoding is not the message's: the client id is always a string of the old kind (KIP-482).
void put_head(Encoder& encoder, const FrameHead& head, int16_t version, bool flexible, size_t frame_bytes) {
  if (head.framing == Framing::kNone) return;
  encoder.put(static_cast<int32_t>(frame_bytes - sizeof(int32_t)));
  if (head.framing == Framing::kRequest) {
    encoder.put(head.api_key);
    encoder.put(version);
  }
  encoder.put(head.correlation_id);
  if (head.framing == Framing::kRequest) {
    bool named = head.client_id && *head.client_id;
    std::string_view id = named ? std::string_view(**head.client_id).substr(0, INT16_MAX) : std::string_view();
    encoder.put(static_cast<int16_t>(named ? static_cast<int16_t>(id.size()) : int16_t{-1}));
    encoder.put_bytes(as_bytes(id));
  }
  bool oldest = head.framing == Framing::kResponse && head.api_key == static_cast<int16_t>(ApiKey::kApiVersions);
  if (flexible && !oldest) encoder.put_uvarint(0);
}

}  // namespace

Encoded encode(const FrameHead& head, const void* message, EncodeWalk walk, Versions versions, int16_t version) {
  assert(versions.has(version));
  bool flexible = versions.flexible(version);
  Encoder counter(version, flexible);
  put_head(counter, head, version, flexible, sizeof(int32_t));
  walk(message, counter);
  Encoder writer(version, flexible, Buffer::allocate(counter.head_bytes()));
  put_head(writer, head, version, flexible, counter.total_bytes());
  walk(message, writer);
  return writer.finish();
}

size_t encoded_size(const void* message, EncodeWalk walk, Versions versions, int16_t version) {
  assert(versions.has(version));
  Encoder counter(version, versions.flexible(version));
  walk(message, counter);
  return counter.total_bytes();
}

Status check_version(const char* message, Versions versions, int16_t version) {
  if (versions.has(version)) return {};
  return Error{Errc::kUnsupportedVersion,
               fmt::format("{} v{} is not within v{} to v{}", message, version, versions.min, versions.max)};
}

}  // namespace detail
}  // namespace sl::wire
