// The work: records found in what was read, and appended. Nothing here waits.
#include <cstring>

#include "record/batch_builder.h"
#include "tools/sl-produce/pump.h"

namespace sl::tools::produce {
namespace {

// What a record of no bytes takes in a batch of its own, at least.
constexpr size_t kRecordOverheadBytes = record::kBatchHeaderBytes + 7;

std::optional<Bytes> bytes_of(const std::optional<std::string_view>& text) {
  if (!text) return std::nullopt;
  return as_bytes(*text);
}

}  // namespace

// A block of plain lines takes its own way.
bool Pump::is_plain() const {
  const Options& o = parts_.options;
  return fixed_topic_ && !o.json && !o.whole && !o.format && !o.key_delimiter && !o.empty_is_null && !o.null_marker &&
         !o.count_max && !pace_.limited() && !parts_.acks.needs_record() && o.delimiter.size() == 1;
}

Pump::Halt Pump::advance() {
  if (is_plain()) return advance_lines();
  for (;;) {
    if (!holding_) {
      if (Halt halt = take_record(); !holding_) return halt;
    }
    if (Halt halt = append_held(); holding_ || halt == Halt::kEnd) return halt;
  }
}

Pump::Halt Pump::advance_lines() {
  std::string_view input = input_.unread();
  const char* at = input.data();
  const char* end = at + input.size();
  int delimiter = parts_.options.delimiter[0];
  client::ProducerTopic& topic = *fixed_topic_->topic;
  client::ProducerRecord record = held_;
  record.value.reset();
  record.timestamp_ms = parts_.options.timestamp_ms.value_or(now_ms_);
  size_t besides = payload_of(record) + kRecordOverheadBytes;
  size_t limit = fixed_topic_->record_bytes_max;
  size_t line_bytes_max = limit > besides ? limit - besides : 0;
  Halt halt = Halt::kInput;
  while (at != end) {
    auto* stop = static_cast<const char*>(std::memchr(at, delimiter, static_cast<size_t>(end - at)));
    if (!stop && !last_) break;
    const char* line_end = stop ? stop : end;
    auto length = static_cast<size_t>(line_end - at);
    record.value.emplace(reinterpret_cast<const uint8_t*>(at), length);
    record.input = ++number_;
    Errc code = Errc::kNone;
    if (length > line_bytes_max) [[unlikely]] {
      parts_.acks.refused(number_, too_large_error(fixed_topic_, length, "record"));
    } else {
      code = parts_.producer.append(topic, record);
    }
    if (code == Errc::kWouldBlock) {
      --number_;
      halt = Halt::kRoom;
      break;
    }
    at = stop ? stop + 1 : end;
    if (code != Errc::kNone) [[unlikely]] {
      halt = refused(code);
      if (halt == Halt::kEnd) break;
    }
    ++appended_;
  }
  take(static_cast<size_t>(at - input.data()));
  return halt;
}

// The next record of the input, held.
Pump::Halt Pump::take_record() {
  for (;;) {
    if (parts_.options.count_max && appended_ >= static_cast<uint64_t>(*parts_.options.count_max)) return Halt::kEnd;
    Look look{input_.unread(), input_.readable(), last_};
    switch (parts_.reader.read(look, read_, held_bytes_)) {
      case Step::kMore:
        return Halt::kInput;
      case Step::kSkip:
        ++number_;
        take(held_bytes_);
        continue;
      case Step::kBad:
        parts_.acks.refused(++number_, parts_.reader.error(), true);
        return Halt::kEnd;
      case Step::kRecord:
        ++number_;
        shape_held();
        holding_ = true;
        return Halt::kInput;
    }
  }
}

// What was read, with what the command line says of every record. What the command line says outranks the record.
void Pump::shape_held() {
  const Options& o = parts_.options;
  held_.key = bytes_of(read_.key);
  if (!held_.key && o.key) held_.key = as_bytes(*o.key);
  held_.value = bytes_of(read_.value);
  held_.input = number_;
  held_.partition = o.partition ? *o.partition : read_.partition.value_or(-1);
  held_.timestamp_ms = o.timestamp_ms ? *o.timestamp_ms : read_.timestamp_ms.value_or(now_ms_);
  headers_.clear();
  for (const InputHeader& header : read_.headers) headers_.push_back({header.name, bytes_of(header.value)});
  for (const FixedHeader& header : o.headers) {
    std::optional<Bytes> value;
    if (header.value) value = as_bytes(*header.value);
    headers_.push_back({header.name, value});
  }
  held_.headers = headers_;
}

Pump::Halt Pump::append_held() {
  OpenTopic* topic = fixed_topic_;
  if (!topic) {
    if (!read_.topic) {
      Error none{Errc::kUsage, "it names no topic, and neither does the command line: sl-produce TOPIC"};
      parts_.acks.refused(number_, none, true);
      return Halt::kEnd;
    }
    topic = parts_.topics.find(*read_.topic);
    if (!topic) return Halt::kTopic;
  }
  if (held_.partition < 0 && read_.partition) {
    Error none{Errc::kUnknownTopicOrPartition, fmt::format("there is no partition {}", *read_.partition)};
    parts_.acks.refused(number_, none, true);
    return Halt::kEnd;
  }
  size_t payload = payload_of(held_);
  if (pace_.limited() && pace_.due_ns() > parts_.session.runtime.mono_ns()) return Halt::kPace;
  Errc code = Errc::kNone;
  if (payload + kRecordOverheadBytes > topic->record_bytes_max) {
    parts_.acks.refused(number_, too_large_error(topic, payload, "record"));
  } else if (!parts_.acks.needs_record()) {
    code = parts_.producer.append(*topic->topic, held_);
  } else {
    // The partition is chosen here, so that it is known where the record will be acknowledged.
    client::Partitioner& partitioner = topic->topic->partitioner;
    client::ProducerRecord record = held_;
    if (record.partition < 0) record.partition = partitioner.pick(record.key);
    code = parts_.producer.append(*topic->topic, record);
    if (code == Errc::kNone) {
      if (held_.partition < 0) partitioner.used(record.key);
      parts_.acks.note(*topic->topic, record.partition, record);
    }
  }
  if (code == Errc::kWouldBlock) return Halt::kRoom;
  holding_ = false;
  take(held_bytes_);
  ++appended_;
  if (pace_.limited()) pace_.spend(payload, parts_.session.runtime.mono_ns());
  return code == Errc::kNone ? Halt::kInput : refused(code);
}

// A record that the producer does not take. One that is too large does not hinder the next.
Pump::Halt Pump::refused(Errc code) {
  bool goes_on = code == Errc::kMessageTooLarge;
  parts_.acks.refused(number_, parts_.producer.refusal(), !goes_on);
  return goes_on ? Halt::kInput : Halt::kEnd;
}

size_t Pump::payload_of(const client::ProducerRecord& record) const {
  size_t bytes = (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
  for (const record::HeaderView& header : record.headers)
    bytes += header.name.size() + 2 + (header.value ? header.value->size() : 0);
  return bytes;
}

Error Pump::too_large_error(const OpenTopic* topic, uint64_t bytes, std::string_view what) const {
  size_t limit = topic ? topic->record_bytes_max : kRecordBytesMax;
  std::string who;
  if (limit >= kRecordBytesMax) {
    who = fmt::format("sl-produce itself sends at most {}, whatever the topic takes", limit);
  } else if (parts_.options.producer.codec != record::Codec::kNone) {
    who = fmt::format("before compression sl-produce sends at most {} to '{}'", limit, topic->topic->name);
  } else {
    who = fmt::format("'{}' takes at most {} a batch (max.message.bytes)", topic->topic->name, limit);
  }
  return Error{Errc::kMessageTooLarge, fmt::format("the {} has {} bytes, and {}", what, bytes, who)};
}

}  // namespace sl::tools::produce
