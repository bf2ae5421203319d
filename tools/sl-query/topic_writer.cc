#include "tools/sl-query/topic_writer.h"

#include <fmt/format.h>

#include "client/admin.h"
#include "record/record.h"

namespace sl::tools::query {
namespace {

constexpr int64_t kAdminTimeoutMs = 10'000;

}  // namespace

TopicWriter::TopicWriter(Session& session, const sl::query::Plan& plan, sl::query::Task& task)
    : session_(session), plan_(plan), task_(task), producer_(session.cluster, {}) {
  producer_.on_delivery = [this](const client::Delivery& delivery) {
    if (delivery.error && stored_) stored_ = *delivery.error;
  };
}

aio::Task<Status> ensure_topic(Session& session, std::string topic, int32_t partitions, bool compacted) {
  auto known = co_await session.cluster.topic(topic);
  if (known || known.code() != Errc::kUnknownTopicOrPartition) co_return known ? Status() : Status(known.error());
  client::NewTopic wanted;
  wanted.name = topic;
  wanted.partitions = partitions;
  if (compacted) wanted.configs.emplace_back("cleanup.policy", "compact");
  client::Admin admin(session.cluster, kAdminTimeoutMs);
  std::vector<client::NewTopic> all;
  all.push_back(std::move(wanted));
  auto created = co_await admin.create(std::move(all));
  if (!created) co_return created.error();
  for (const auto& one : *created)
    if (one.error.code != Errc::kNone && one.error.code != Errc::kTopicAlreadyExists) co_return one.error;
  co_return Status();
}

aio::Task<Status> TopicWriter::open() {
  SL_CO_TRY(topic_, co_await producer_.open_topic(plan_.sink.topic));
  SL_CO_TRY(encoder_, sl::query::SinkEncoder::make(plan_, task_.environment()));
  task_.set_output([this](const sl::query::Batch& batch) {
    return encoder_->encode(batch, [this](const sl::query::OutputRecord& record) { return take(record); });
  });
  co_return Status();
}

Errc TopicWriter::append(const sl::query::OutputRecord& record) {
  client::ProducerRecord produced;
  if (record.key) produced.key = as_bytes(*record.key);
  if (record.value) produced.value = as_bytes(*record.value);
  produced.timestamp_ms = record.timestamp;
  headers_.clear();
  record::HeaderCursor cursor(record.headers.encoded, record.headers.count);
  while (auto header = cursor.next()) headers_.push_back(*header);
  produced.headers = headers_;
  return producer_.append(*topic_, produced);
}

Status TopicWriter::take(const sl::query::OutputRecord& record) {
  auto taken = pending_.empty() ? append(record) : Errc::kWouldBlock;
  if (taken == Errc::kNone) return {};
  if (taken != Errc::kWouldBlock) return producer_.refusal();
  Pending one;
  if (record.key) one.key = std::string(*record.key);
  if (record.value) one.value = std::string(*record.value);
  one.timestamp = record.timestamp;
  one.headers = std::string(as_text(record.headers.encoded));
  one.header_count = record.headers.count;
  pending_.push_back(std::move(one));
  return {};
}

aio::Task<Status> TopicWriter::send() {
  for (size_t i = 0; i < pending_.size();) {
    const auto& one = pending_[i];
    sl::query::OutputRecord record{one.key, one.value, one.timestamp, {as_bytes(one.headers), one.header_count}};
    auto taken = append(record);
    if (taken == Errc::kWouldBlock) {
      co_await producer_.wait_room();
      continue;
    }
    if (taken != Errc::kNone) co_return producer_.refusal();
    ++i;
  }
  pending_.clear();
  producer_.nudge();
  co_return stored_;
}

aio::Task<Status> TopicWriter::flush() {
  SL_CO_CHECK(co_await send());
  co_return co_await producer_.flush();
}

aio::Task<void> TopicWriter::close() {
  constexpr int64_t kWaitMs = 5'000;
  return producer_.close(kWaitMs);
}

}  // namespace sl::tools::query
