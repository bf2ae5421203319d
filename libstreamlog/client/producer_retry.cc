// What became of a request's batches: stored, to be sent again, or given up.
#include <fmt/core.h>

#include <algorithm>

#include "client/answer_cursor.h"
#include "client/producer.h"

namespace sl::client {
namespace {

// Whether the batch may have been stored although the answer says otherwise.
bool ambiguous(Errc code) {
  switch (code) {
    case Errc::kRequestTimedOut:
    case Errc::kNotEnoughReplicasAfterAppend:
    case Errc::kNetworkException:
    case Errc::kConnectionClosed:
    case Errc::kCancelled:
    case Errc::kIo:
    case Errc::kKafkaStorageError:
    case Errc::kUnknownServerError:
      return true;
    default:
      return false;
  }
}

}  // namespace

Error Producer::about(const Lane& lane, Errc code, std::string_view reason) const {
  return Error{code, fmt::format("{} [{}]: {}", lane.topic->name, lane.index, reason)};
}

void Producer::complete(const Request& request, const Result<wire::ProduceResponse>& answer) {
  if (!answer || options_.acks == Acks::kNone) {
    for (const BatchPtr& batch : request.batches) {
      if (answer) {
        stored(batch, kNoOffset, -1);
      } else if (error_info(answer.code()).retriable && !stopping_) {
        retry(*batch, answer.error(), ambiguous(answer.code()), false);
      } else {
        give_up(batch, answer.error());
      }
    }
  } else {
    using Answer = wire::ProduceResponse;
    AnswerCursor<Answer::Topic, Answer::Partition> cursor(answer->responses, &Answer::Topic::partition_responses);
    for (const BatchPtr& batch : request.batches) {
      const Topic& topic = *batch->lane->topic;
      const auto* found = cursor.find([&](const auto& named, const auto& partition) {
        return partition.index == batch->lane->index &&
               (named.name.empty() ? named.topic_id == topic.info->id : named.name == topic.name);
      });
      if (found)
        settle(batch, *found);
      else
        retry(*batch, Error{Errc::kProtocolMismatch, "the answer does not mention it"}, true, false);
    }
  }
  for (const BatchPtr& batch : request.batches) after(*batch->lane);
}

void Producer::settle(const BatchPtr& batch, const wire::ProduceResponse::Partition& answer) {
  Lane& lane = *batch->lane;
  Errc code = errc_from_wire(answer.error_code);
  if (code == Errc::kNone) return stored(batch, Offset(answer.base_offset), answer.log_append_time_ms);
  if (code == Errc::kDuplicateSequenceNumber) return stored(batch, kNoOffset, -1);
  std::string reason = answer.error_message.value_or("");
  if (reason.empty()) reason = error_info(code).text;
  if (code == Errc::kUnknownServerError && answer.error_code != -1)
    reason = fmt::format("error {} of Kafka's protocol", answer.error_code);
  Error why{code, reason};
  if ((code == Errc::kMessageTooLarge || code == Errc::kRecordListTooLarge) && batch->count > 1)
    return split(batch, std::move(why));
  if (code == Errc::kOutOfOrderSequenceNumber || code == Errc::kUnknownProducerId) {
    // Behind one that failed this is to be expected, and it was not stored.
    if (lane.gap() || lane.batches.front() != batch) return retry(*batch, std::move(why), false, true);
    if (!batch->maybe_stored && !batch->renumbered && batch->base_sequence >= 0) {
      batch->renumbered = true;
      lane.lose_place();
      return retry(*batch, std::move(why), false, true);
    }
    return give_up(batch, std::move(why));
  }
  if (error_info(code).retriable && !stopping_) return retry(*batch, std::move(why), ambiguous(code), false);
  if (ambiguous(code)) batch->maybe_stored = true;
  give_up(batch, std::move(why));
}

void Producer::retry(SealedBatch& batch, Error why, bool maybe_stored, bool at_once) {
  Lane& lane = *batch.lane;
  bool stale = Cluster::metadata_is_stale(why.code);
  if (!at_once) lane.last_error = std::move(why);
  lane.returned(batch, maybe_stored);
  if (!at_once) delay(lane);
  if (stale && !lane.topic->refreshing && !stopping_) group_.spawn(refresh(lane.topic));
}

void Producer::forget(const SealedBatch& batch) {
  --sealed_;
  sealed_bytes_ -= batch.weight();
}

void Producer::stored(const BatchPtr& batch, Offset base_offset, int64_t append_time_ms) {
  Lane& lane = *batch->lane;
  lane.settled(*batch, false);
  lane.failures = 0;
  lane.last_error = Error{};
  forget(*batch);
  stored_ += static_cast<uint64_t>(batch->count);
  if (!on_delivery) return;
  Delivery delivery{lane.topic->name, Partition(lane.index), base_offset,
                    batch->count,     batch->first_input,    append_time_ms};
  on_delivery(delivery);
}

void Producer::give_up(const BatchPtr& batch, Error why) {
  Lane& lane = *batch->lane;
  lane.settled(*batch, true);
  forget(*batch);
  report_failure(lane, batch->count, batch->first_input, std::move(why));
}

void Producer::drop_open(Lane& lane, Error why) {
  int32_t count = lane.builder.count();
  lane.builder = record::BatchBuilder(cluster_.pool(), lane.batch_bytes);
  lane.due = false;
  ++lane.generation;
  --open_;
  report_failure(lane, count, lane.first_input, std::move(why));
}

void Producer::report_failure(Lane& lane, int32_t count, uint64_t first_input, Error why) {
  failed_ += static_cast<uint64_t>(count);
  Error error = about(lane, why.code, why.context.empty() ? error_info(why.code).text : why.context);
  if (first_failure_.code == Errc::kNone) first_failure_ = error;
  if (!on_delivery) return;
  Delivery delivery{lane.topic->name, Partition(lane.index), kNoOffset, count, first_input, -1, &error};
  on_delivery(delivery);
}

// Everything that is not in flight fails.
void Producer::drop_all(const Error& why) {
  for (auto& [name, topic] : topics_) {
    for (auto& lane : topic->lanes) {
      std::vector<BatchPtr> lost;
      for (const BatchPtr& batch : lane->batches)
        if (!batch->in_flight) lost.push_back(batch);
      for (const BatchPtr& batch : lost) give_up(batch, why);
      if (!lane->builder.empty()) drop_open(*lane, why);
    }
  }
}

// Smaller batches with the same records and sequence numbers take its place.
void Producer::split(const BatchPtr& batch, Error why) {
  Lane& lane = *batch->lane;
  lane.returned(*batch, false);
  auto parts = lane.split(*batch, sealing_);
  if (!parts) return give_up(batch, std::move(why));
  forget(*batch);
  for (const BatchPtr& part : *parts) {
    ++sealed_;
    sealed_bytes_ += part->weight();
  }
}

// A lane's batch has come back: mend the sequence if need be, and go on.
void Producer::after(Lane& lane) {
  for (const BatchPtr& unknown : lane.heal(sealing_.identity)) {
    forget(*unknown);
    report_failure(lane, unknown->count, unknown->first_input,
                   Error{Errc::kNetworkException,
                         "whether it was stored is not known: the connection was lost, and a "
                         "batch before it failed for good"});
  }
  bool blocked = input_blocked_ && lane.idle();
  if (!lane.builder.empty() && (flushing_ || blocked)) lane.due = true;
  if (!lane.idle() || lane.due) offer(lane);
}

}  // namespace sl::client
