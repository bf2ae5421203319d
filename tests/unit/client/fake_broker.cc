#include "tests/unit/client/fake_broker.h"

namespace sl::client::fake {

namespace {

aio::Task<void> sleep_ms(aio::Runtime& runtime, int64_t ms) {
  aio::Timer timer(runtime.timers());
  co_await timer.wait_ms(ms);
}

}  // namespace

Errc FakeState::append(Log& log, record::BatchView batch, Offset& base) {
  if (!batch.crc_ok()) return Errc::kCorruptMessage;
  if (batch.size() > batch_bytes_max) return Errc::kMessageTooLarge;
  record::Decompressor decompressor;
  if (auto checked = record::check_records(batch, decompressor); !checked) return checked.code();
  if (batch.producer_id().value >= 0) {
    ProducerState& producer = log.producers[batch.producer_id().value];
    if (batch.producer_epoch() == producer.epoch) {
      for (auto [sequence, offset] : producer.last) {
        if (sequence != batch.base_sequence()) continue;
        ++duplicates;
        base = offset;
        return Errc::kNone;
      }
    }
    if (batch.producer_epoch() < producer.epoch) return Errc::kInvalidProducerEpoch;
    // As Kafka: of a producer it has never seen any sequence is taken, since retention may have removed its traces.
    bool unknown = producer.epoch < 0;
    int32_t expected = batch.producer_epoch() > producer.epoch ? 0 : producer.next_sequence;
    if (!unknown && batch.base_sequence() != expected) {
      ++out_of_order;
      return Errc::kOutOfOrderSequenceNumber;
    }
    if (batch.producer_epoch() > producer.epoch) producer.last.clear();
    producer.epoch = batch.producer_epoch();
    producer.next_sequence = batch.base_sequence() + batch.record_count();
    producer.last.push_back({batch.base_sequence(), log.end});
    if (producer.last.size() > 5) producer.last.pop_front();
  }
  base = log.end;
  StoredBatch stored{log.end, log.end + batch.record_count(), Buffer::copy_of(batch.bytes()), batch.size()};
  record::set_base_offset(stored.bytes.bytes(), log.end);
  log.end = stored.next;
  log.batches.push_back(std::move(stored));
  ++batches_stored;
  return Errc::kNone;
}

aio::Task<void> FakeBroker::serve(std::unique_ptr<aio::Stream> stream) {
  streams_.insert(stream.get());
  BufferPool pool(0);
  rpc::FrameReader reader(*stream, pool, kProduceFrameBytesMax);
  for (;;) {
    auto frame = co_await reader.next();
    if (!frame) break;
    auto request = wire::decode_request_header(frame->bytes);
    EXPECT_TRUE(request.ok());
    if (state_.silent) continue;
    bool respond = true, cut = false;
    wire::Encoded encoded = co_await answer(*request, frame->owner, &respond, &cut);
    if (cut) break;
    if (!respond) continue;
    std::vector<Bytes> pieces = encoded.views();
    Status written = co_await stream->write(pieces);
    if (!written) break;
  }
  stream->close();
  streams_.erase(stream.get());
}

aio::Task<wire::Encoded> FakeBroker::answer(wire::RequestFrame frame, Buffer owner, bool* respond, bool* cut) {
  auto key = static_cast<wire::ApiKey>(frame.header.api_key);
  auto found = state_.versions.find(frame.header.api_key);
  bool too_new = found != state_.versions.end() && frame.header.api_version > found->second.second;
  if (!frame.known || too_new) {
    EXPECT_EQ(key, wire::ApiKey::kApiVersions);
    wire::ApiVersionsResponse refusal;
    refusal.error_code = 35;
    for (const auto& api : listed().api_keys)
      if (api.api_key == 18) refusal.api_keys.push_back(api);
    co_return wire::encode_response(frame.header.correlation_id, refusal, 0);
  }
  switch (key) {
    case wire::ApiKey::kApiVersions:
      co_return encode(frame, listed());
    case wire::ApiKey::kMetadata:
      co_return encode(frame, metadata(decode<wire::MetadataRequest>(frame, owner)));
    case wire::ApiKey::kInitProducerId: {
      wire::InitProducerIdResponse answer;
      answer.producer_id = ++state_.last_producer_id;
      co_return encode(frame, answer);
    }
    case wire::ApiKey::kProduce: {
      auto request = decode<wire::ProduceRequest>(frame, owner);
      wire::ProduceResponse answer = produce(request);
      *respond = request.acks != 0;
      *cut = state_.cut_before_answer && state_.cut_before_answer();
      int64_t delay_ms = state_.answer_delay_ms ? state_.answer_delay_ms() : 0;
      if (delay_ms > 0) co_await sleep_ms(runtime_, delay_ms);
      co_return encode(frame, answer);
    }
    case wire::ApiKey::kFetch: {
      auto request = decode<wire::FetchRequest>(frame, owner);
      wire::FetchResponse answer = fetch(request);
      for (int32_t waited = 0; waited < request.max_wait_ms && !pause_.waiting(); ++waited) {
        bool any = std::any_of(answer.responses.begin(), answer.responses.end(), [](const auto& topic) {
          return std::any_of(topic.partitions.begin(), topic.partitions.end(), [](const auto& partition) {
            return partition.error_code != 0 || !partition.records.empty();
          });
        });
        if (any) break;
        co_await sleep_ms(runtime_, 1);
        answer = fetch(request);
      }
      co_return encode(frame, answer);
    }
    case wire::ApiKey::kListOffsets:
      co_return encode(frame, list_offsets(decode<wire::ListOffsetsRequest>(frame, owner)));
    case wire::ApiKey::kCreateTopics:
      co_return encode(frame, create(decode<wire::CreateTopicsRequest>(frame, owner)));
    case wire::ApiKey::kDeleteTopics:
      co_return encode(frame, remove(decode<wire::DeleteTopicsRequest>(frame, owner)));
    case wire::ApiKey::kDeleteRecords:
      co_return encode(frame, trim(decode<wire::DeleteRecordsRequest>(frame, owner)));
    case wire::ApiKey::kDescribeLogDirs:
      co_return encode(frame, log_dirs(decode<wire::DescribeLogDirsRequest>(frame, owner)));
    default:
      if (auto encoded = state_.other ? state_.other(id_, frame) : std::nullopt) co_return std::move(*encoded);
      ADD_FAILURE() << "asked for " << wire::api_name(frame.header.api_key);
      *cut = true;
      co_return wire::Encoded();
  }
}

wire::MetadataResponse FakeBroker::metadata(const wire::MetadataRequest& request) {
  wire::MetadataResponse answer;
  answer.cluster_id = "fake";
  answer.controller_id = id_;
  for (const auto& [id, address] : state_.nodes) {
    auto& broker = answer.brokers.emplace_back();
    broker.node_id = id;
    broker.host = address.is_unix() ? address.text() : address.host;
    broker.port = address.port;
  }
  std::vector<std::string> names;
  if (request.topics)
    for (const auto& topic : *request.topics) names.push_back(topic.name.value_or(""));
  else
    for (const auto& [name, topic] : state_.topics) names.push_back(name);
  for (const std::string& name : names) {
    auto& topic = answer.topics.emplace_back();
    topic.name = name;
    auto found = state_.topics.find(name);
    bool late = request.topics && state_.late_answers > 0 && state_.late_answers-- > 0;
    if (late != (found == state_.topics.end())) {
      topic.error_code = 3;
      continue;
    }
    if (late) {
      topic.partitions.emplace_back().leader_id = id_;
      continue;
    }
    topic.topic_id = found->second.id;
    for (const Log& log : found->second.logs) {
      auto& partition = topic.partitions.emplace_back();
      partition.partition_index = static_cast<int32_t>(topic.partitions.size()) - 1;
      partition.leader_id = log.leader;
      partition.leader_epoch = log.leader_epoch;
      partition.replica_nodes = {log.leader};
      partition.isr_nodes = {log.leader};
    }
  }
  return answer;
}

wire::ProduceResponse FakeBroker::produce(const wire::ProduceRequest& request) {
  ++state_.produce_requests;
  wire::ProduceResponse answer;
  size_t batches = 0;
  for (const auto& topic : request.topic_data) {
    auto& topic_answer = answer.responses.emplace_back();
    topic_answer.name = topic.name;
    topic_answer.topic_id = topic.topic_id;
    for (const auto& partition : topic.partition_data) {
      ++batches;
      auto& result = topic_answer.partition_responses.emplace_back();
      result.index = partition.index;
      result.base_offset = -1;
      Slice records = partition.records.joined();
      auto batch = record::parse_batch(records.bytes);
      EXPECT_TRUE(batch.ok() && batch->size() == records.bytes.size()) << "one whole batch a partition";
      Log* log = state_.find(topic.name, topic.topic_id, partition.index);
      const std::string* name = topic.name.empty() ? state_.name_of(topic.topic_id) : &topic.name;
      if (!log) {
        result.error_code = topic.name.empty() ? 100 : 3;
        continue;
      }
      if (log->leader != id_) {
        result.error_code = 6;
        continue;
      }
      if (state_.refuse) result.error_code = state_.refuse(*name, partition.index, *batch);
      if (result.error_code != 0) continue;
      Offset base = kNoOffset;
      Errc code = state_.append(*log, *batch, base);
      result.error_code = static_cast<int16_t>(code);
      result.base_offset = base.value;
    }
  }
  state_.largest_request_batches = std::max(state_.largest_request_batches, batches);
  return answer;
}

wire::FetchResponse FakeBroker::fetch(const wire::FetchRequest& request) {
  wire::FetchResponse answer;
  EXPECT_EQ(request.session_epoch, -1);
  size_t total = 0;
  for (const auto& topic : request.topics) {
    auto& topic_answer = answer.responses.emplace_back();
    topic_answer.topic = topic.topic;
    topic_answer.topic_id = topic.topic_id;
    for (const auto& partition : topic.partitions) {
      auto& result = topic_answer.partitions.emplace_back();
      result.partition_index = partition.partition;
      Log* log = state_.find(topic.topic, topic.topic_id, partition.partition);
      result.error_code = !log ? int16_t{3} : log->leader != id_ ? int16_t{6} : int16_t{0};
      if (state_.fetch_error && result.error_code == 0) result.error_code = state_.fetch_error();
      if (result.error_code != 0) continue;
      result.high_watermark = result.last_stable_offset = log->end.value;
      result.log_start_offset = log->start.value;
      if (partition.fetch_offset < log->start.value || partition.fetch_offset > log->end.value) {
        result.error_code = 1;
        continue;
      }
      size_t bytes = 0;
      for (const StoredBatch& batch : log->batches) {
        if (batch.next.value <= partition.fetch_offset) continue;
        bool first = total == 0;
        bool over = bytes + batch.size > static_cast<size_t>(partition.partition_max_bytes) ||
                    total + batch.size > static_cast<size_t>(request.max_bytes);
        if (over && !first) break;
        result.records.add({batch.bytes, Bytes(batch.bytes.data(), batch.size)});
        bytes += batch.size;
        total += batch.size;
      }
    }
  }
  return answer;
}

wire::ListOffsetsResponse FakeBroker::list_offsets(const wire::ListOffsetsRequest& request) {
  wire::ListOffsetsResponse answer;
  for (const auto& topic : request.topics) {
    auto& topic_answer = answer.topics.emplace_back();
    topic_answer.name = topic.name;
    std::set<int32_t> seen;
    for (const auto& partition : topic.partitions) {
      EXPECT_TRUE(seen.insert(partition.partition_index).second) << "a partition twice in one request";
      auto& result = topic_answer.partitions.emplace_back();
      result.partition_index = partition.partition_index;
      Log* log = state_.find(topic.name, {}, partition.partition_index);
      result.error_code = !log ? int16_t{3} : log->leader != id_ ? int16_t{6} : int16_t{0};
      if (result.error_code != 0) continue;
      if (partition.timestamp == -1) result.offset = log->end.value;
      if (partition.timestamp == -2) result.offset = log->start.value;
      record::Decompressor decompressor;
      for (const StoredBatch& batch : log->batches) {
        if (partition.timestamp < 0 || result.offset >= 0) break;
        auto cursor = record::RecordCursor::open(batch.view(), decompressor);
        record::RecordView record;
        while (result.offset < 0 && *cursor->next(record)) {
          if (record.timestamp_ms < partition.timestamp) continue;
          result.offset = record.offset.value;
          result.timestamp = record.timestamp_ms;
        }
      }
    }
  }
  return answer;
}

wire::CreateTopicsResponse FakeBroker::create(const wire::CreateTopicsRequest& request) {
  wire::CreateTopicsResponse answer;
  for (const auto& topic : request.topics) {
    auto& result = answer.topics.emplace_back();
    result.name = topic.name;
    if (state_.topics.contains(topic.name)) {
      result.error_code = 36;
      result.error_message = "Topic '" + topic.name + "' already exists.";
      continue;
    }
    int32_t partitions = topic.num_partitions < 0 ? 1 : topic.num_partitions;
    if (!request.validate_only) state_.add_topic(topic.name, partitions, id_);
    result.num_partitions = partitions;
    result.replication_factor = 1;
  }
  return answer;
}

wire::DeleteTopicsResponse FakeBroker::remove(const wire::DeleteTopicsRequest& request) {
  wire::DeleteTopicsResponse answer;
  for (const auto& topic : request.topics) {
    auto& result = answer.responses.emplace_back();
    result.name = topic.name;
    if (state_.topics.erase(topic.name.value_or("")) == 0) result.error_code = 3;
  }
  return answer;
}

wire::DeleteRecordsResponse FakeBroker::trim(const wire::DeleteRecordsRequest& request) {
  wire::DeleteRecordsResponse answer;
  for (const auto& topic : request.topics) {
    auto& topic_answer = answer.topics.emplace_back();
    topic_answer.name = topic.name;
    for (const auto& partition : topic.partitions) {
      auto& result = topic_answer.partitions.emplace_back();
      result.partition_index = partition.partition_index;
      Log* log = state_.find(topic.name, {}, partition.partition_index);
      int64_t before = partition.offset < 0 ? log->end.value : partition.offset;
      if (before > log->end.value) {
        result.error_code = 1;
        continue;
      }
      log->start = std::max(log->start, Offset(before));
      std::erase_if(log->batches, [&](const StoredBatch& batch) { return batch.next <= log->start; });
      result.low_watermark = log->start.value;
    }
  }
  return answer;
}

wire::DescribeLogDirsResponse FakeBroker::log_dirs(const wire::DescribeLogDirsRequest& request) {
  wire::DescribeLogDirsResponse answer;
  auto& directory = answer.results.emplace_back();
  directory.log_dir = "/data";
  for (const auto& [name, topic] : state_.topics) {
    if (request.topics && std::none_of(request.topics->begin(), request.topics->end(),
                                       [&](const auto& each) { return each.topic == name; }))
      continue;
    auto& topic_answer = directory.topics.emplace_back();
    topic_answer.name = name;
    for (size_t p = 0; p < topic.logs.size(); ++p) {
      const Log& log = topic.logs[p];
      if (log.leader != id_) continue;
      auto& partition = topic_answer.partitions.emplace_back();
      partition.partition_index = static_cast<int32_t>(p);
      for (const StoredBatch& batch : log.batches) partition.partition_size += static_cast<int64_t>(batch.size);
      partition.record_count = log.end - log.start;
    }
  }
  return answer;
}

}  // namespace sl::client::fake
