// The cooperative-sticky assignor. First everybody keeps what it owned and may still read; what is free goes, in
// order, to the least loaded subscriber; then single partitions move from the more to the less loaded as long as that
// makes it more even. So nothing moves but for balance. Java's assignor need not give the same result: any member's
// assignment is valid, and a group has one leader at a time.
#include <algorithm>
#include <numeric>

#include "client/assignors.h"

namespace sl::client {
namespace {

struct Share {
  std::string id;
  PartitionNames partitions;
};

class Balance {
 public:
  Balance(const std::vector<AssigningMember>& members, const PartitionCounts& counts) {
    for (const AssigningMember& member : members) {
      for (const std::string& topic : member.topics)
        if (counts.contains(topic)) subscribers_[topic].push_back(shares_.size());
      index_[member.id] = shares_.size();
      shares_.push_back({member.id, {}});
    }
    for (auto& [topic, subscribers] : subscribers_) {
      std::sort(subscribers.begin(), subscribers.end());
      subscribers.erase(std::unique(subscribers.begin(), subscribers.end()), subscribers.end());
    }
  }

  void keep(const std::map<TopicPartition, std::string>& owners, const PartitionCounts& counts) {
    for (const auto& [name, owner] : owners) {
      auto count = counts.find(name.topic);
      if (count == counts.end() || name.partition.value < 0 || name.partition.value >= count->second) continue;
      const auto& subscribers = subscribers_[name.topic];
      size_t share = index_.at(owner);
      if (std::binary_search(subscribers.begin(), subscribers.end(), share)) shares_[share].partitions.insert(name);
    }
  }

  void give_out(const PartitionCounts& counts) {
    PartitionNames taken;
    for (const Share& share : shares_) taken.insert(share.partitions.begin(), share.partitions.end());
    for (const auto& [topic, subscribers] : subscribers_) {
      for (int32_t partition = 0; partition < counts.at(topic); ++partition) {
        TopicPartition name{topic, Partition(partition)};
        if (!taken.contains(name)) shares_[least_loaded(subscribers)].partitions.insert(std::move(name));
      }
    }
  }

  // Each move brings two loads nearer to each other, so that it ends. The most loaded gives first: whoever gave too
  // much would be given some again.
  void even_out() {
    std::vector<size_t> order(shares_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    auto heavier = [&](size_t a, size_t b) { return load(a) > load(b); };
    do {
      std::stable_sort(order.begin(), order.end(), heavier);
    } while (std::any_of(order.begin(), order.end(), [&](size_t share) { return move_one(share); }));
  }

  Assignments result() {
    Assignments assignments;
    for (Share& share : shares_) assignments[share.id] = std::move(share.partitions);
    return assignments;
  }

 private:
  size_t load(size_t share) const { return shares_[share].partitions.size(); }
  size_t least_loaded(const std::vector<size_t>& subscribers) const {
    return *std::min_element(subscribers.begin(), subscribers.end(),
                             [&](size_t a, size_t b) { return load(a) < load(b); });
  }
  // Of the topics that the share has, the last partition of one that somebody with two less could have; to the one
  // with the least.
  bool move_one(size_t from) {
    auto& mine = shares_[from].partitions;
    auto best = mine.end();
    size_t to = from;
    for (auto at = mine.end(); at != mine.begin();) {
      --at;
      size_t other = least_loaded(subscribers_[at->topic]);
      if (load(other) + 1 < load(from) && (best == mine.end() || load(other) < load(to))) {
        best = at;
        to = other;
      }
      // The others of this topic would go the same way.
      at = mine.lower_bound(TopicPartition{at->topic, Partition(INT32_MIN)});
    }
    if (best == mine.end()) return false;
    shares_[to].partitions.insert(mine.extract(best));
    return true;
  }

  std::vector<Share> shares_;
  std::map<std::string, size_t> index_;
  std::map<std::string, std::vector<size_t>> subscribers_;  // ascending
};

}  // namespace

Assignments assign_sticky(std::vector<AssigningMember> members, const PartitionCounts& counts) {
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  Balance balance(members, counts);
  balance.keep(claims(members), counts);
  balance.give_out(counts);
  balance.even_out();
  return balance.result();
}

}  // namespace sl::client
