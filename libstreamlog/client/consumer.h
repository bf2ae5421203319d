// Consumer: batches of assigned partitions, fetched ahead of the reader. One fetch is in flight to each leader; what it
// brings waits, in the block it arrived in, until next() hands it out. No groups.
//
// What is hard is to keep memory bounded and everyone busy: a fetch is sent as soon as what waits is below the limit,
// while the reader works on the last one; a reader that stops taking stops the fetches. And topics come and go
// meanwhile: consumer_subscribe.cc tells how the reader learns of it.
//
// Use: open it over a Cluster, assign(), then next() in a loop; each Fetched is walked with record::RecordCursor:
//   for (const auto& batch : fetched.batches) { cursor = RecordCursor::open(batch, decompressor); ... skip records
//   below fetched.from; stop at fetched.until ... }
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aio/event.h"
#include "client/cluster.h"
#include "client/interruptible.h"
#include "client/offsets.h"
#include "client/position.h"
#include "client/topic_partition.h"
#include "record/batch.h"
#include "wire/messages/fetch.h"

namespace sl::client {

struct ConsumerOptions {
  // The long poll at the end of the log.
  int64_t max_wait_ms = 500;
  int32_t min_bytes = 1;
  int32_t fetch_bytes_max = 2 << 20;
  int32_t partition_bytes_max = 1 << 20;
  // Fetches pause while more than this waits for next(); one answer may go beyond it.
  size_t buffered_bytes_max = 4 << 20;
  bool read_committed = false;
  bool check_crc = true;
  // Leaders that cannot be reached or answer with an error that may pass are tried for so long.
  int64_t outage_ms_max = 120'000;
  // Partitions come and go by add() and remove(): it is never kFinished.
  bool open_ended = false;
  // How often a subscription asks what there is.
  int64_t metadata_max_age_ms = 300'000;
};

struct Assignment {
  std::string topic;
  Partition partition;
  Position from = Position::start();
  // Exclusive; an end that depends on the log is taken as it is at assign(). None: no end.
  std::optional<Position> until{};
  // Where `from` is an offset that the log does not have any more, or not yet: this takes its place, as
  // assignment(index) then tells. None: records that are gone are passed over, and beyond the end next() fails.
  std::optional<Position> otherwise{};
};

// Whose partitions are read as they come to be.
struct Subscription {
  std::vector<std::string> topics;
  // Where it is set, not those but every topic that it takes, internal ones excepted.
  std::function<bool(const TopicInfo&)> wanted;
};

inline constexpr Offset kNoEnd{INT64_MAX};

// One answer for one partition.
struct Fetched {
  enum class Kind : uint8_t {
    kRecords,   // batches
    kCaughtUp,  // the reader has come to the end of the log as it is now; once each time that happens
    kEnded,     // the partition has come to its `until`; nothing more comes from it
    kSkipped,   // the records from `from` to `next` are gone (retention, trim); reading goes on at `next`
    kAdded,     // by the subscription: a partition of its own index, read from its start
    kGone,      // its topic was deleted; nothing more comes from it
    kFinished,  // every partition has ended, and no subscription to whatever comes keeps it reading
    kTimedOut,  // nothing came within the time given to next()
  };
  Kind kind = Kind::kRecords;
  // Index of the assignment; its topic and partition are assignment(index).
  size_t index = 0;
  // Whole batches, their CRC checked, control batches and aborted transactions left out; kept alive by `owner`.
  std::vector<record::BatchView> batches;
  Buffer owner;
  // Records before `from` and from `until` on were not asked for: a batch is fetched whole.
  Offset from;
  Offset until = kNoEnd;
  // Where the partition is read next, and its end when this was fetched.
  Offset next;
  Offset high_watermark = kNoOffset;
  size_t bytes() const;
};

class Consumer {
 public:
  // `cluster`, open, must outlive it.
  Consumer(Cluster& cluster, ConsumerOptions options);
  Consumer(const Consumer&) = delete;
  ~Consumer();  // close() has ended

  // Finds the start and end of each and begins to fetch. Once. A partition that does not exist is
  // kUnknownTopicOrPartition; errors of ListOffsets otherwise. A range that is empty ends at once.
  aio::Task<Status> assign(std::vector<Assignment> assignments);
  // More of them, while others are being read: all or none. Their indexes are in the order given; one that was
  // remove()d before may be used again. A partition that is being read must not be given.
  aio::Task<Result<std::vector<size_t>>> add(std::vector<Assignment> assignments);
  // No more of them: nothing is handed out any more. What is not being read is passed over.
  void remove(const std::vector<TopicPartition>& partitions);
  // Asks from now on, every metadata_max_age_ms and where a topic was deleted, what there is, and reads what was not
  // assigned from its start and without end. Once, after assign().
  void subscribe(Subscription subscription);

  // The next answer; waits for it at most `wait_ms_max` (negative: without end). An error ends the consumer: a damaged
  // batch (kCorruptMessage names topic, partition and offset), a position beyond the end of the log, an outage over
  // outage_ms_max, an error that does not pass.
  aio::Task<Result<Fetched>> next(int64_t wait_ms_max = -1);
  // next() would not wait: where not, it is the moment to flush the output.
  bool ready() const;

  // Stops fetching a partition; what was fetched already still comes. Resuming takes effect at the next fetch.
  void pause(size_t index);
  void resume(size_t index);
  // Reads on from there; what waits from before is dropped. Revives a partition that has ended unless `until` is
  // before it.
  void seek(size_t index, Offset offset);
  // No more from this partition.
  void stop(size_t index);

  const Assignment& assignment(size_t index) const;
  size_t assignment_count() const;
  // The first offset not handed out yet, the exclusive end, and the last known high watermark.
  Offset position(size_t index) const;
  Offset until(size_t index) const;
  Offset high_watermark(size_t index) const;

  // Ends fetching and drains.
  aio::Task<void> close();

 private:
  struct Source;
  struct Fetcher;
  struct Asked;
  void start(Source& source, Offset from, Offset until, bool announce);
  void end(Source& source, Fetched::Kind kind = Fetched::Kind::kEnded);
  static Fetched news_of(const Source& source, Fetched::Kind kind);
  aio::Task<Result<std::vector<size_t>>> take_on(std::vector<Assignment> assignments, bool announce);
  aio::Task<Status> bring_into_log(std::vector<Assignment>* assignments);
  Source& source_for(Assignment assignment, TopicPtr info);
  bool finished() const;
  void fail(Error why);
  void push(Fetched fetched);
  void drop_waiting(size_t index);
  void lead(Source& source, TopicPtr info);
  Error about(const Source& source, Errc code, std::string_view reason) const;

  // consumer_fetch.cc
  aio::Task<void> fetch_from(Fetcher* fetcher);
  std::vector<Asked> choose(Fetcher& fetcher);
  wire::FetchRequest request_for(const std::vector<Asked>& asked) const;
  void take(const std::vector<Asked>& asked, const Result<wire::FetchResponse>& answer);
  void take_partition(Source& source, const wire::FetchResponse::Partition& answer);
  bool take_error(Source& source, const wire::FetchResponse::Partition& answer);
  bool take_batches(Source& source, const wire::FetchResponse::Partition& answer, Fetched& fetched);
  void recover(Source& source, Error why);
  aio::Task<void> recovering(Source* source);
  aio::Task<void> out_of_range(Source* source);

  // consumer_subscribe.cc
  aio::Task<void> keep_looking();
  aio::Task<Status> look();
  aio::Task<Result<std::vector<TopicPtr>>> subscribed();
  std::vector<Assignment> not_read(const std::vector<TopicPtr>& topics) const;
  static bool replaced(const Source& source, const TopicInfo& now);
  void lose_replaced(const TopicInfo& now);
  bool unknown_for_good(Source& source);
  void lose(Source& source);

  Cluster& cluster_;
  aio::Runtime& runtime_;
  ConsumerOptions options_;
  aio::TaskGroup group_;
  Interruptible asking_;
  aio::Event ready_;  // something for next()
  aio::Event wake_;   // something for the fetchers
  std::vector<std::unique_ptr<Source>> sources_;
  std::map<int32_t, std::unique_ptr<Fetcher>> fetchers_;
  std::deque<Fetched> waiting_;
  size_t waiting_bytes_ = 0;
  size_t live_ = 0;  // partitions that have not ended
  Error failure_;
  bool stopping_ = false;
  std::optional<Subscription> subscription_;
  aio::Timer look_pause_;
  bool look_due_ = false;  // now, not when the pause is over
  bool looking_ = false;
};

}  // namespace sl::client
