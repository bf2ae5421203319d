// Turns, proposals, and the small families: the broker's registration, producer ids, log starts.
#include "cluster/controller.h"

namespace sl::cluster {
namespace {

// Kafka's size of a block of producer ids (KIP-730).
constexpr int64_t kProducerIdBlock = 1000;

}  // namespace

Controller::Controller(aio::Runtime& runtime, quorum::Quorum& quorum, Image& image, const BrokerSettings& settings,
                       Logger& logger, ControllerOptions options)
    : runtime_(runtime),
      quorum_(quorum),
      image_(image),
      settings_(settings),
      logger_(logger),
      options_(std::move(options)),
      turn_(runtime) {}

aio::Task<Status> Controller::commit(std::vector<wire::MetadataRecord> records) {
  if (records.empty()) co_return Status();
  auto committed = co_await quorum_.propose(std::move(records));
  if (!committed) co_return std::move(committed).error();
  co_return Status();
}

aio::Task<Status> Controller::register_self() {
  wire::RegisterBrokerRecord record;
  record.broker_id = options_.node.value;
  record.incarnation_id = Uuid::random(runtime_.random());
  record.broker_epoch = -1;  // The offset it will have.
  for (const auto& endpoint : options_.endpoints)
    record.end_points.push_back({endpoint.listener, endpoint.host, endpoint.port, 0});
  record.rack = options_.rack;
  record.fenced = false;
  record.log_dirs.push_back(options_.directory);
  std::vector<wire::MetadataRecord> records;
  records.emplace_back(std::move(record));
  SL_CO_TRY(Offset at, co_await quorum_.propose(std::move(records)));
  broker_epoch_ = at.value;
  logger_.info("registered: node={} broker-epoch={}", options_.node.value, broker_epoch_);
  co_return Status();
}

// Ids of a block that was taken before a restart are lost, never given twice.
aio::Task<Result<ProducerId>> Controller::allocate_producer_id() {
  if (next_producer_id_ == producer_ids_end_) {
    co_await turn_.take();
    // Whoever had the turn before may have taken a block.
    if (next_producer_id_ == producer_ids_end_) {
      int64_t first = image_.next_producer_id();
      std::vector<wire::MetadataRecord> records;
      records.emplace_back(wire::ProducerIdsRecord{options_.node.value, broker_epoch_, first + kProducerIdBlock});
      auto committed = co_await commit(std::move(records));
      if (!committed) {
        turn_.give();
        co_return std::move(committed).error();
      }
      next_producer_id_ = first;
      producer_ids_end_ = first + kProducerIdBlock;
    }
    turn_.give();
  }
  co_return ProducerId(next_producer_id_++);
}

aio::Task<Status> Controller::move_log_start(Uuid topic, Partition partition, Offset offset) {
  co_await turn_.take();
  Status moved = Errc::kUnknownTopicOrPartition;
  const TopicState* known = image_.find(topic);
  auto index = static_cast<size_t>(partition.value);
  if (known && partition.value >= 0 && index < known->partitions.size()) {
    std::vector<wire::MetadataRecord> records;
    if (known->partitions[index].log_start < offset)
      records.emplace_back(wire::LogStartRecord{partition.value, topic, offset.value});
    moved = co_await commit(std::move(records));
  }
  turn_.give();
  co_return moved;
}

}  // namespace sl::cluster
