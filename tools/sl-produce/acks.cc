#include "tools/sl-produce/acks.h"

namespace sl::tools::produce {
namespace {

// What is wrong with one record, not with all that follow.
bool of_one_record(Errc code) {
  switch (code) {
    case Errc::kMessageTooLarge:
    case Errc::kRecordListTooLarge:
    case Errc::kInvalidRecord:
    case Errc::kInvalidTimestamp:
    case Errc::kCorruptMessage:
    case Errc::kCancelled:
      return true;
    default:
      return false;
  }
}

}  // namespace

void Acks::note(const client::ProducerTopic& topic, int32_t partition, const client::ProducerRecord& record) {
  ledgers_[topic.name][partition].push(record);
}

void Acks::delivered(const client::Delivery& delivery) {
  Ledger* ledger = needs_record_ ? &ledgers_.find(delivery.topic)->second[delivery.partition.value] : nullptr;
  RecordContext context{delivery.topic, delivery.partition, kNoEpoch, delivery.append_time_ms >= 0};
  for (int32_t i = 0; format_ && i < delivery.count; ++i) {
    record::RecordView record;
    if (ledger) record = ledger->pop();
    if (delivery.error) continue;
    record.offset = delivery.base_offset == kNoOffset ? kNoOffset : delivery.base_offset + i;
    if (delivery.append_time_ms >= 0) record.timestamp_ms = delivery.append_time_ms;
    format_->append(printer_.pending(), context, record);
  }
  if (format_) printer_.wake();
  auto count = static_cast<uint64_t>(delivery.count);
  if (!delivery.error) {
    acked_ += count;
    return;
  }
  hopeless_ |= !of_one_record(delivery.error->code);
  fail(delivery.first_input, count, *delivery.error, false);
}

void Acks::refused(uint64_t input, const Error& why, bool always) {
  fail(input, 1, why, always);
}

// The first failure is told at once, since the input may never end; the others are counted.
void Acks::fail(uint64_t input, uint64_t count, const Error& why, bool always) {
  bool tell = always || failed_ == 0;
  failed_ += count;
  if (!first_failed_ || input < *first_failed_) first_failed_ = input;
  if (stopping_ && why.code == Errc::kCancelled) return;
  std::string what = where_(input);
  if (count > 1) what += fmt::format(" and {} more", count - 1);
  if (tell) {
    messages_.error(what, why);
  } else {
    messages_.verbose("{}: {}", what, error_text(why));
  }
}

std::string Acks::summary() const {
  std::string text = fmt::format("{} acked, {} failed", acked_, failed_);
  if (first_failed_) text += fmt::format("; the first that failed is {}", where_(*first_failed_));
  return text;
}

}  // namespace sl::tools::produce
