// Where a group stands in each partition: only what is durable, so a commit shows when it is answered and not before.
// Several appends of a group's commits may be under way at once, since each key's newest record is all that counts;
// their ends are told in the order of the log.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "group/outcome.h"

namespace sl::group {

class CommittedOffsets {
 public:
  using Key = std::pair<std::string, Partition>;  // by topic name
  using Values = std::map<Key, OffsetRecord::Value>;

  explicit CommittedOffsets(std::string group) : group_(std::move(group)) {}

  // The commit was found right by its group, or `error` says why not. Answers now or out of settled(): for each offset
  // kOffsetMetadataTooLarge, kUnknownTopicOrPartition for a negative partition, or what befell the append.
  void commit(RequestId request, const CommitRequest& commit, Errc error, const GroupSettings& settings, Now now,
              Outcome& out);
  // Tombstones for these, whether or not anybody asked; the errors are what the request is answered with.
  void remove(std::optional<RequestId> request, const std::vector<Key>& keys, std::vector<Errc> errors, Outcome& out);
  // Records that nobody waits for, in the order of this group's others.
  void append_unasked(std::vector<Record> records, Outcome& out);
  void settled(uint64_t ticket, Errc result, Outcome& out);
  void die(Errc error, Outcome& out);
  void apply(const OffsetRecord& record);

  // What is too old at `now`: KIP-211. `since_ms` says from when a committed offset of a topic counts as unused (wall
  // milliseconds), or none while it is in use. A commit with an expiry of its own goes by that.
  using UnusedSince = std::function<std::optional<int64_t>(const std::string& topic, const OffsetRecord::Value&)>;
  std::vector<Key> expired(const UnusedSince& since_ms, const GroupSettings& settings, Now now) const;

  const OffsetRecord::Value* find(const std::string& topic, Partition partition) const;
  const Values& all() const { return values_; }
  std::vector<Record> image() const;
  std::vector<Record> tombstones() const;
  bool has_unsettled_appends() const { return !unsettled_.empty(); }

 private:
  struct Unsettled {
    std::optional<RequestId> request;
    bool deletes = false;
    std::vector<Errc> errors;
    std::vector<OffsetRecord> records;
  };
  void append(Unsettled unsettled, std::vector<Record> records, Outcome& out);
  static void answer(const Unsettled& unsettled, Errc failure, Outcome& out);

  std::string group_;
  Values values_;
  uint64_t last_ticket_ = 0;
  std::map<uint64_t, Unsettled> unsettled_;
};

}  // namespace sl::group
