#include "tools/sl-produce/topics.h"

#include <algorithm>

#include "base/text.h"

namespace sl::tools::produce {
namespace {

// Kafka's default of max.message.bytes, where the cluster does not tell.
constexpr size_t kRecordBytesByDefault = 1'048'588;

size_t limit_of(const Result<std::vector<client::ResourceConfigs>>& configs) {
  if (!configs || configs->empty()) return kRecordBytesByDefault;
  for (const client::ConfigEntry& entry : configs->front().entries) {
    if (entry.name != "max.message.bytes" || !entry.value) continue;
    auto bytes = parse_int(*entry.value);
    if (bytes && *bytes > 0) return std::min(static_cast<size_t>(*bytes), kRecordBytesMax);
  }
  return kRecordBytesByDefault;
}

}  // namespace

Topics::Topics(Session& session, const Options& options)
    : session_(session), options_(options), admin_(session.cluster, options.timeout_ms) {}

aio::Task<Result<size_t>> Topics::prepare(std::string name) {
  if (auto limit = limits_.find(name); limit != limits_.end()) co_return limit->second;
  auto known = co_await session_.cluster.topic(name);
  if (!known && known.code() == Errc::kUnknownTopicOrPartition) {
    if (!options_.create)
      co_return Error{known.code(), fmt::format("the topic '{0}' does not exist (create it with: sl-topic create {0}, "
                                                "or use --create)",
                                                name)};
    SL_CO_CHECK(co_await create(name));
  } else if (!known) {
    co_return Error{known.code(), fmt::format("cannot write to '{}': {}", name, error_text(known.error()))};
  }
  std::vector<std::string> names{name};
  auto configs = co_await admin_.configs(client::ResourceType::kTopic, std::move(names));
  size_t limit = limit_of(configs);
  // What the topic limits is the compressed batch; only the broker will know. So a record is held to the larger of the
  // topic's limit and Kafka's default before compression, as Kafka's producers hold it to max.request.size (Java) or
  // message.max.bytes (librdkafka), which count uncompressed bytes too and default to about as much.
  if (options_.producer.codec != record::Codec::kNone) limit = std::max(limit, kRecordBytesByDefault);
  limits_[name] = limit;
  co_return limit;
}

aio::Task<Status> Topics::create(std::string name) {
  std::vector<client::NewTopic> wanted(1);
  wanted.front().name = name;
  SL_CO_TRY(auto created, co_await admin_.create(std::move(wanted)));
  const Error& error = created.front().error;
  if (error.code != Errc::kNone && error.code != Errc::kTopicAlreadyExists)
    co_return Error{error.code, fmt::format("cannot create '{}': {}", name, error_text(error))};
  SL_CO_TRY(auto known, co_await session_.cluster.topic(name));
  session_.messages.verbose("created '{}' with {}", name, counted(known->partition_count(), "partition"));
  co_return Status();
}

aio::Task<Result<OpenTopic*>> Topics::open(client::Producer& producer, std::string name) {
  SL_CO_TRY(size_t limit, co_await prepare(name));
  SL_CO_TRY(client::ProducerTopic * topic, co_await producer.open_topic(name));
  OpenTopic& opened = topics_[name];
  opened = {topic, limit};
  co_return &opened;
}

OpenTopic* Topics::find(std::string_view name) {
  auto at = topics_.find(name);
  return at == topics_.end() ? nullptr : &at->second;
}

}  // namespace sl::tools::produce
