// Fetch: read what is there, or wait until there is enough. A waiting fetch watches its partitions from before it reads
// them, so nothing can slip in between; progress, the deadline and the end of the connection wake it alike.
#include <algorithm>
#include <set>
#include <tuple>

#include "server/broker.h"
#include "server/handlers/families.h"
#include "server/handlers/locate.h"

namespace sl::server {
namespace {

// A session whose queue is full does not read, and so does not hear that its peer hung up before it answers again: no
// wait is longer, whatever is asked for.
constexpr int32_t kWaitMsMax = 30'000;
// What one request copies out of the page cache, and takes the checksums of, on the loop: about 0.2 ms for each of
// these, and at most two of them, for a read begins while less was read. The rest is the pool's, for 16 MiB take 3 ms.
constexpr size_t kReadBytesOnLoop = 1 << 20;

// One request's wait, from its first read to its answer.
class FetchWait final : public replica::Watcher {
 public:
  FetchWait(Call& call, int64_t wait_ms)
      : session_(call.session),
        timer_(call.broker.runtime().timers()),
        deadline_ns_(call.broker.runtime().mono_ns() + wait_ms * 1'000'000) {
    session_.on_close.emplace(this, [this] { wake(); });
  }
  FetchWait(const FetchWait&) = delete;
  ~FetchWait() {
    unwatch();
    session_.on_close.erase(this);
  }
  void watch(std::shared_ptr<replica::Partition> partition) {
    partition->watch(*this);
    watched_.push_back(std::move(partition));
  }
  void unwatch() {
    for (auto& partition : watched_) partition->unwatch(*this);
    watched_.clear();
  }
  void wake() override {
    woken_ = true;
    timer_.cut();
  }
  // False when the time is over or nobody is there to answer.
  aio::Task<bool> more() {
    if (session_.leaving) co_return false;
    if (!woken_) {
      bool expired = co_await timer_.wait_until(deadline_ns_);
      if (expired || session_.leaving) co_return false;
    }
    woken_ = false;
    co_return true;
  }

 private:
  SessionView& session_;
  aio::Timer timer_;
  int64_t deadline_ns_;
  bool woken_ = false;
  std::vector<std::shared_ptr<replica::Partition>> watched_;
};

struct Fetched {
  wire::FetchResponse response;
  size_t bytes = 0;
  bool settled = false;  // an error, or a position that changes nothing by waiting: answer at once
};

void describe_position(const replica::Partition& partition, bool committed_only,
                       wire::FetchResponse::Partition& answer) {
  answer.high_watermark = partition.high_watermark().value;
  answer.last_stable_offset = answer.high_watermark;
  answer.log_start_offset = partition.log().log_start().value;
  if (committed_only) answer.aborted_transactions.emplace();
}

aio::Task<void> fetch_one(Call& call, const cluster::TopicState* topic, bool by_id,
                          const wire::FetchRequest::Partition& asked, size_t bytes_left, bool committed_only,
                          FetchWait& wait, Fetched& fetched, wire::FetchResponse::Partition& answer) {
  answer.partition_index = asked.partition;
  Located located = locate(call.broker, topic, by_id, asked.partition, asked.current_leader_epoch);
  if (located.error != Errc::kNone) {
    answer.error_code = errc_to_wire(located.error);
    answer.high_watermark = -1;
    if (located.leader_epoch != kNoEpoch) answer.current_leader = {located.leader.value, located.leader_epoch.value};
    fetched.settled = true;
    co_return;
  }
  wait.watch(located.partition);
  if (bytes_left == 0) {
    describe_position(*located.partition, committed_only, answer);
    co_return;
  }
  size_t bytes_max = std::min(bytes_left, static_cast<size_t>(std::max(asked.partition_max_bytes, 0)));
  // Only the first partition with anything may exceed the limits, by one batch (KIP-74): others have their turn later.
  bool strict = fetched.bytes > 0;
  bool long_read = bytes_max > kReadBytesOnLoop || fetched.bytes >= kReadBytesOnLoop;
  auto read = co_await located.partition->read(Offset(asked.fetch_offset), bytes_max, strict, long_read);
  describe_position(*located.partition, committed_only, answer);
  if (!read) {
    answer.error_code = errc_to_wire(read.code());
    fetched.settled = true;
    if (read.code() != Errc::kOffsetOutOfRange) call.broker.logger().error("fetch: {}", read.error().context);
    co_return;
  }
  fetched.bytes += read->bytes;
  for (Slice& slice : read->slices) answer.records.add(std::move(slice));
}

aio::Task<void> fetch_all(Call& call, const wire::FetchRequest& request, FetchWait& wait, Fetched& fetched) {
  bool by_id = call.version() >= 13;
  bool committed_only = request.isolation_level == 1;
  size_t bytes_max = std::min(static_cast<size_t>(std::max(request.max_bytes, 0)), kFetchBytesMax);
  for (const auto& asked : request.topics) {
    auto& answer = fetched.response.responses.emplace_back();
    answer.topic = asked.topic;
    answer.topic_id = asked.topic_id;
    answer.partitions.resize(asked.partitions.size());
    for (size_t p = 0; p < asked.partitions.size(); ++p) {
      // Looked up again for each: the image may change while a read waits for the disk.
      const cluster::TopicState* topic = find_topic(call.broker.image(), asked.topic, asked.topic_id, by_id);
      auto& one = answer.partitions[p];
      if (!call.allowed(Operation::kRead, ResourceType::kTopic, topic ? topic->name : asked.topic)) {
        one.partition_index = asked.partitions[p].partition;
        one.error_code = errc_to_wire(Errc::kTopicAuthorizationFailed);
        one.high_watermark = -1;
        fetched.settled = true;
        continue;
      }
      size_t bytes_left = bytes_max > fetched.bytes ? bytes_max - fetched.bytes : 0;
      co_await fetch_one(call, topic, by_id, asked.partitions[p], bytes_left, committed_only, wait, fetched, one);
    }
  }
}

// Each partition once, as its first mention asks for it: a partition that is named thousands of times
// would be read and watched as often. Topics of which nothing is left are not answered.
void ask_once(wire::FetchRequest& request) {
  if (request.topics.size() == 1 && request.topics[0].partitions.size() == 1) return;
  // The names are looked at where they lie: no topic moves before all are through.
  std::set<std::tuple<std::string_view, Uuid, int32_t>> seen;
  for (auto& topic : request.topics)
    std::erase_if(topic.partitions, [&](const wire::FetchRequest::Partition& asked) {
      return !seen.emplace(topic.topic, topic.topic_id, asked.partition).second;
    });
  std::erase_if(request.topics, [](const wire::FetchRequest::Topic& topic) { return topic.partitions.empty(); });
}

aio::Task<wire::FetchResponse> fetch(Call& call, wire::FetchRequest request) {
  Fetched fetched;
  if (request.session_id != 0) {  // Sessions are declined: each request names all it wants (KIP-227).
    fetched.response.error_code = errc_to_wire(Errc::kFetchSessionIdNotFound);
    co_return std::move(fetched.response);
  }
  ask_once(request);
  FetchWait wait(call, std::clamp(request.max_wait_ms, 0, kWaitMsMax));
  auto enough = static_cast<size_t>(std::max(request.min_bytes, 0));
  for (;;) {
    fetched = Fetched();
    co_await fetch_all(call, request, wait, fetched);
    if (fetched.bytes >= enough || fetched.settled) break;
    bool again = co_await wait.more();
    if (!again) break;
    wait.unwatch();
  }
  co_return std::move(fetched.response);
}

}  // namespace

void add_fetch_handlers(Dispatcher& dispatcher) {
  dispatcher.add<wire::FetchRequest>(Guard::kByHandler, &fetch);
}

}  // namespace sl::server
