// Fetching: one request in flight to each leader, what it brings checked and queued, and what to do when it fails.
#include <fmt/core.h>

#include <algorithm>

#include "client/answer_cursor.h"
#include "client/consumer.h"
#include "client/consumer_source.h"
#include "record/batch_builder.h"
#include "record/record_cursor.h"

namespace sl::client {
namespace {

constexpr int64_t kRetryMinMs = 50;
constexpr int64_t kRetryMaxMs = 1'000;
// The last version that names topics instead of giving their ids.
constexpr int16_t kFetchByName = 12;

// Whether a control batch ends its producer's transaction by aborting it.
bool is_abort(record::BatchView batch) {
  record::Decompressor decompressor;
  auto cursor = record::RecordCursor::open(batch, decompressor);
  record::RecordView record;
  if (!cursor) return false;
  auto more = cursor->next(record);
  if (!more || !*more) return false;
  auto type = record::control_type(record);
  return type && *type == record::ControlType::kAbort;
}

}  // namespace

aio::Task<void> Consumer::fetch_from(Fetcher* fetcher) {
  while (!stopping_ && failure_.code == Errc::kNone) {
    std::vector<Asked> asked;
    if (waiting_bytes_ < options_.buffered_bytes_max) asked = choose(*fetcher);
    if (asked.empty()) {
      co_await wake_.wait();
      continue;
    }
    auto connection = co_await asking_.run(cluster_.connect(fetcher->node));
    if (!connection || stopping_) break;
    if (!*connection) {
      Result<wire::FetchResponse> unreachable = connection->error();
      take(asked, unreachable);
      continue;
    }
    wire::FetchRequest request = request_for(asked);
    bool ids = std::none_of(request.topics.begin(), request.topics.end(),
                            [](const auto& topic) { return topic.topic_id.is_zero(); });
    int16_t version_max = ids ? INT16_MAX : kFetchByName;
    int64_t timeout_ms = cluster_.options().request_timeout_ms + options_.max_wait_ms;
    auto answer = co_await asking_.run(call_on(**std::move(connection), std::move(request), timeout_ms, version_max));
    if (!answer || stopping_) break;
    take(asked, *answer);
  }
}

std::vector<Consumer::Asked> Consumer::choose(Fetcher& fetcher) {
  std::vector<Asked> asked;
  for (size_t i = 0; i < sources_.size(); ++i) {
    Source& source = *sources_[(fetcher.next_source + i) % sources_.size()];
    if (source.leader != fetcher.node || source.ended || source.paused || source.recovering) continue;
    asked.push_back({&source, source.generation});
  }
  if (!asked.empty()) fetcher.next_source = asked.front().source->index + 1;
  return asked;
}

wire::FetchRequest Consumer::request_for(const std::vector<Asked>& asked) const {
  wire::FetchRequest request;
  request.max_wait_ms = static_cast<int32_t>(options_.max_wait_ms);
  request.min_bytes = options_.min_bytes;
  request.max_bytes = options_.fetch_bytes_max;
  request.isolation_level = options_.read_committed ? 1 : 0;
  for (const Asked& each : asked) {
    const Source& source = *each.source;
    // In the order asked for: what comes first is filled first.
    if (request.topics.empty() || request.topics.back().topic != source.info->name) {
      auto& topic = request.topics.emplace_back();
      topic.topic = source.info->name;
      topic.topic_id = source.info->id;
    }
    auto& partition = request.topics.back().partitions.emplace_back();
    partition.partition = source.assignment.partition.value;
    partition.current_leader_epoch = source.leader_epoch.value;
    partition.fetch_offset = source.fetched.value;
    partition.partition_max_bytes = source.bytes_max;
  }
  return request;
}

void Consumer::take(const std::vector<Asked>& asked, const Result<wire::FetchResponse>& answer) {
  Error whole;
  if (!answer)
    whole = answer.error();
  else if (answer->error_code != 0)
    whole = Error{errc_from_wire(answer->error_code), ""};
  using Answer = wire::FetchResponse;
  static const std::vector<Answer::Topic> kNothing;
  AnswerCursor<Answer::Topic, Answer::Partition> cursor(answer ? answer->responses : kNothing,
                                                        &Answer::Topic::partitions);
  for (const Asked& each : asked) {
    Source& source = *each.source;
    if (source.generation != each.generation || source.ended) continue;
    if (whole.code != Errc::kNone) {
      std::string_view text = whole.context.empty() ? error_info(whole.code).text : std::string_view(whole.context);
      recover(source, about(source, whole.code, text));
      continue;
    }
    const auto* found = cursor.find([&](const auto& topic, const auto& partition) {
      return partition.partition_index == source.assignment.partition.value &&
             (topic.topic.empty() ? topic.topic_id == source.info->id : topic.topic == source.info->name);
    });
    if (found) take_partition(source, *found);
  }
}

void Consumer::take_partition(Source& source, const wire::FetchResponse::Partition& answer) {
  if (take_error(source, answer)) return;
  source.failures = 0;
  source.failing_since_ns = -1;
  source.high_watermark = Offset(answer.high_watermark);
  Offset visible(options_.read_committed && answer.last_stable_offset >= 0 ? answer.last_stable_offset
                                                                           : answer.high_watermark);
  Fetched fetched;
  fetched.index = source.index;
  fetched.from = source.fetched;
  fetched.until = source.until;
  fetched.high_watermark = source.high_watermark;
  if (!take_batches(source, answer, fetched)) return;
  bool moved = source.fetched > fetched.from;
  fetched.next = source.fetched;
  if (!fetched.batches.empty()) push(std::move(fetched));
  if (source.fetched >= source.until) return end(source);
  if (source.fetched < visible) {
    source.caught_up = false;
  } else if (moved || !source.caught_up) {
    source.caught_up = true;
    push(news_of(source, Fetched::Kind::kCaughtUp));
  }
}

// True where there is nothing to read in the answer.
bool Consumer::take_error(Source& source, const wire::FetchResponse::Partition& answer) {
  Errc code = errc_from_wire(answer.error_code);
  if (code == Errc::kNone) return false;
  if (code == Errc::kOffsetOutOfRange) {
    source.recovering = true;
    group_.spawn(out_of_range(&source));
  } else if (error_info(code).retriable && code != Errc::kCorruptMessage) {
    recover(source, about(source, code, error_info(code).text));
  } else {
    std::string reason = fmt::format("cannot read on at offset {}: {}", source.fetched.value, error_info(code).text);
    fail(about(source, code, reason));
  }
  return true;
}

// Moves the source past every whole batch and keeps those to be read. False where the consumer has failed.
bool Consumer::take_batches(Source& source, const wire::FetchResponse::Partition& answer, Fetched& fetched) {
  if (answer.records.pieces.empty()) return true;
  Slice all = answer.records.joined();
  fetched.owner = all.owner;
  Bytes left = all.bytes;
  const auto* aborted =
      answer.aborted_transactions && options_.read_committed ? &*answer.aborted_transactions : nullptr;
  size_t next_aborted = 0;
  bool any = false;
  while (!left.empty() && source.fetched < source.until) {
    auto parsed = record::parse_batch(left);
    if (!parsed && parsed.code() == Errc::kWouldBlock) break;  // The rest of it did not fit the answer.
    bool sound = parsed && (!options_.check_crc || parsed->crc_ok()) && parsed->last_offset_delta() >= 0;
    if (!sound) {
      fail(
          about(source, Errc::kCorruptMessage, fmt::format("the batch at offset {} is damaged", source.fetched.value)));
      return false;
    }
    any = true;
    record::BatchView batch = *parsed;
    left = left.subspan(batch.size());
    if (batch.last_offset() < source.fetched) continue;
    if (batch.base_offset() >= source.until) {
      source.fetched = source.until;
      break;
    }
    source.fetched = batch.next_offset();
    int64_t producer = batch.producer_id().value;
    for (; aborted && next_aborted < aborted->size() &&
           (*aborted)[next_aborted].first_offset <= batch.last_offset().value;
         ++next_aborted)
      source.aborted.push_back((*aborted)[next_aborted].producer_id);
    if (batch.control()) {
      if (options_.read_committed && is_abort(batch)) std::erase(source.aborted, producer);
      continue;
    }
    bool skipped = aborted && batch.transactional() &&
                   std::find(source.aborted.begin(), source.aborted.end(), producer) != source.aborted.end();
    if (!skipped) fetched.batches.push_back(batch);
  }
  if (!any && !left.empty()) source.bytes_max = std::min(source.bytes_max, INT32_MAX / 2) * 2;
  return true;
}

// ---- when it fails

void Consumer::recover(Source& source, Error why) {
  if (source.recovering || stopping_) return;
  if (source.failing_since_ns < 0) source.failing_since_ns = runtime_.mono_ns();
  bool passes = error_info(why.code).retriable || why.code == Errc::kBrokerNotAvailable;
  int64_t failing_ns = runtime_.mono_ns() - source.failing_since_ns;
  source.last_error = std::move(why);
  if (!passes || failing_ns > options_.outage_ms_max * 1'000'000) {
    fail(source.last_error);
    return;
  }
  source.recovering = true;
  group_.spawn(recovering(&source));
}

// After a while, asks who leads the partition now.
aio::Task<void> Consumer::recovering(Source* source) {
  int64_t ms = std::min(kRetryMinMs << std::min(source->failures, 10), kRetryMaxMs);
  ++source->failures;
  co_await source->pause.wait_ms(ms);
  if (stopping_) co_return;
  auto info = co_await asking_.run(cluster_.refresh(source->assignment.topic));
  if (!info || stopping_) co_return;
  source->recovering = false;
  wake_.notify();
  if (source->ended) co_return;
  if (*info) {
    source->unknown_since_ns = -1;
    if (replaced(*source, ***info)) lose_replaced(***info);
    lead(*source, **std::move(info));
  } else if (info->code() != Errc::kUnknownTopicOrPartition || !unknown_for_good(*source)) {
    recover(*source, about(*source, info->code(), info->error().context));
  }
}

// The position is before the log's start (its records are gone: go on at the start) or behind its end.
aio::Task<void> Consumer::out_of_range(Source* source) {
  uint64_t generation = source->generation;
  std::vector<OffsetQuery> queries;
  const Assignment& assignment = source->assignment;
  queries.push_back({assignment.topic, assignment.partition, Position::start()});
  queries.push_back({assignment.topic, assignment.partition, Position::end()});
  int64_t timeout_ms = cluster_.options().request_timeout_ms;
  auto found = co_await asking_.run(list_offsets(cluster_, std::move(queries), timeout_ms));
  source->recovering = false;
  if (!found || stopping_) co_return;
  wake_.notify();
  if (source->generation != generation || source->ended) co_return;
  Error failed;
  if (!*found)
    failed = found->error();
  else if ((**found)[0].error.code != Errc::kNone)
    failed = (**found)[0].error;
  if (failed.code != Errc::kNone) {
    recover(*source, about(*source, failed.code, failed.context));
    co_return;
  }
  Offset begin = (**found)[0].offset, end_offset = (**found)[1].offset;
  if (source->fetched >= begin) {
    if (source->fetched <= end_offset) co_return;  // It has come into range meanwhile.
    fail(about(
        *source, Errc::kOffsetOutOfRange,
        fmt::format("offset {} is behind the end of the log, which is {}", source->fetched.value, end_offset.value)));
    co_return;
  }
  Fetched skipped;
  skipped.kind = Fetched::Kind::kSkipped;
  skipped.index = source->index;
  skipped.from = source->fetched;
  skipped.next = source->fetched = std::min(begin, source->until);
  skipped.until = source->until;
  push(std::move(skipped));
  if (source->fetched >= source->until) end(*source);
}

}  // namespace sl::client
