#include "tools/sl-consume/dead_letters.h"

#include <fmt/core.h>

#include "tools/common/message.h"

namespace sl::tools::consume {
namespace {

std::optional<std::string> copied(const std::optional<Bytes>& bytes) {
  if (!bytes) return std::nullopt;
  return std::string(as_text(*bytes));
}

std::optional<Bytes> viewed(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return as_bytes(*text);
}

}  // namespace

KeptRecord::KeptRecord(const RecordContext& context, const record::RecordView& record)
    : topic(context.topic),
      partition(context.partition),
      offset(record.offset),
      timestamp_ms(record.timestamp_ms),
      key(copied(record.key)),
      value(copied(record.value)),
      header_bytes(as_text(record.header_bytes)),
      header_count(record.header_count) {}

DeadLetters::DeadLetters(client::Cluster& cluster, std::string topic)
    : producer_(cluster, client::ProducerOptions()), name_(std::move(topic)) {}

aio::Task<Status> DeadLetters::open() {
  auto opened = co_await producer_.open_topic(name_);
  if (!opened) {
    co_return Error{opened.code(),
                    fmt::format("cannot write to the dead-letter topic '{}': {}", name_, error_text(opened.error()))};
  }
  topic_ = *opened;
  co_return Status();
}

aio::Task<Status> DeadLetters::append(const KeptRecord& record, const FailedCommand& why) {
  std::string attempts = std::to_string(why.attempts), partition = std::to_string(record.partition.value),
              offset = std::to_string(record.offset.value);
  std::vector<record::HeaderView> headers;
  record::HeaderCursor own(as_bytes(record.header_bytes), record.header_count);
  while (auto header = own.next()) headers.push_back(*header);
  headers.push_back({"sl-error", as_bytes(why.reason)});
  headers.push_back({"sl-attempts", as_bytes(attempts)});
  headers.push_back({"sl-topic", as_bytes(record.topic)});
  headers.push_back({"sl-partition", as_bytes(partition)});
  headers.push_back({"sl-offset", as_bytes(offset)});
  if (!why.group.empty()) headers.push_back({"sl-group", as_bytes(why.group)});
  client::ProducerRecord letter;
  letter.key = viewed(record.key);
  letter.value = viewed(record.value);
  letter.timestamp_ms = record.timestamp_ms;
  letter.headers = headers;
  Errc appended = producer_.append(*topic_, letter);
  while (appended == Errc::kWouldBlock) {
    co_await producer_.wait_room();
    appended = producer_.append(*topic_, letter);
  }
  if (appended != Errc::kNone) co_return producer_.refusal();
  co_return Status();
}

aio::Task<Status> DeadLetters::put(const std::vector<KeptRecord>& records, const FailedCommand& why) {
  for (const KeptRecord& record : records) SL_CO_CHECK(co_await append(record, why));
  co_return co_await producer_.flush();
}

}  // namespace sl::tools::consume
