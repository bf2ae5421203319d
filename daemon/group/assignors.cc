// The uniform assignor keeps what may stay, gives what is free to whoever has least, then moves single partitions from
// those with most to those with least until no move helps. Each move makes the sum of squared loads smaller, so it
// ends. Subscribers of equal subscriptions form a class with one ordered set by load: a group of one class, which is
// the rule, costs a logarithm per partition.
#include "group/assignors.h"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>

namespace sl::group {
namespace {

class UniformAssignment {
 public:
  UniformAssignment(const AssigningMembers& members, const PartitionCounts& topics) {
    std::map<std::vector<Uuid>, size_t> classes;
    for (const auto& [id, member] : members) {
      size_t place = classes.try_emplace(member.topics, classes.size()).first->second;
      if (place == by_load_.size()) {
        by_load_.emplace_back();
        for (const auto& topic : member.topics) classes_of_[topic].push_back(place);
      }
      members_.push_back({&id, place, {}});
    }
    keep(members, topics);
    for (size_t i = 0; i < members_.size(); ++i) insert(i);
    give(topics);
    even_out();
  }

  Assignment result() {
    Assignment assignment;
    for (auto& member : members_) {
      auto& set = assignment[*member.id];
      for (auto& [topic, partitions] : member.owned) {
        for (int32_t p : partitions) set.push_back({topic, Partition(p)});
      }
      std::ranges::sort(set);
    }
    return assignment;
  }

 private:
  struct Member {
    const std::string* id;
    size_t place;  // its class
    std::map<Uuid, std::set<int32_t>> owned;
    size_t load = 0;
  };

  void keep(const AssigningMembers& members, const PartitionCounts& topics) {
    for (const auto& [topic, count] : topics) taken_[topic].resize(static_cast<size_t>(std::max(count, 0)));
    size_t i = 0;
    for (const auto& [id, member] : members) {
      for (const auto& [topic, partition] : member.target) {
        auto taken = taken_.find(topic);
        auto index = static_cast<size_t>(partition.value);
        if (taken == taken_.end() || partition.value < 0 || index >= taken->second.size() || taken->second[index])
          continue;
        if (!std::ranges::binary_search(member.topics, topic)) continue;
        taken->second[index] = true;
        members_[i].owned[topic].insert(partition.value);
        ++members_[i].load;
      }
      ++i;
    }
  }

  void give(const PartitionCounts& topics) {
    for (const auto& [topic, count] : topics) {
      for (int32_t p = 0; p < count; ++p) {
        if (taken_.at(topic)[static_cast<size_t>(p)]) continue;
        auto receiver = least_loaded(topic);
        if (!receiver) break;
        erase(*receiver);
        members_[*receiver].owned[topic].insert(p);
        ++members_[*receiver].load;
        insert(*receiver);
      }
    }
  }

  void even_out() {
    auto donor = all_.rbegin();
    while (donor != all_.rend()) {
      auto [load, giver] = *donor;
      if (load <= all_.begin()->first + 1) return;
      if (give_one(giver))
        donor = all_.rbegin();
      else
        ++donor;
    }
  }

  bool give_one(size_t giver) {
    std::optional<size_t> best;
    Uuid what;
    for (const auto& [topic, partitions] : members_[giver].owned) {
      auto receiver = least_loaded(topic);
      if (receiver && members_[*receiver].load + 1 < members_[giver].load &&
          (!best || members_[*receiver].load < members_[*best].load)) {
        best = receiver;
        what = topic;
      }
    }
    if (!best) return false;
    erase(giver);
    erase(*best);
    auto from = members_[giver].owned.find(what);
    auto last = std::prev(from->second.end());
    members_[*best].owned[what].insert(*last);
    from->second.erase(last);
    if (from->second.empty()) members_[giver].owned.erase(from);
    --members_[giver].load;
    ++members_[*best].load;
    insert(giver);
    insert(*best);
    return true;
  }

  std::optional<size_t> least_loaded(const Uuid& topic) const {
    auto classes = classes_of_.find(topic);
    if (classes == classes_of_.end()) return std::nullopt;
    std::optional<std::pair<size_t, size_t>> best;
    for (size_t place : classes->second) {
      const auto& first = *by_load_[place].begin();
      if (!best || first < *best) best = first;
    }
    return best->second;
  }

  void insert(size_t i) {
    by_load_[members_[i].place].emplace(members_[i].load, i);
    all_.emplace(members_[i].load, i);
  }
  void erase(size_t i) {
    by_load_[members_[i].place].erase({members_[i].load, i});
    all_.erase({members_[i].load, i});
  }

  std::vector<Member> members_;
  std::vector<std::set<std::pair<size_t, size_t>>> by_load_;  // of each class: load, member
  std::set<std::pair<size_t, size_t>> all_;
  std::unordered_map<Uuid, std::vector<size_t>> classes_of_;
  std::unordered_map<Uuid, std::vector<bool>> taken_;
};

}  // namespace

Assignment assign_uniform(const AssigningMembers& members, const PartitionCounts& topics) {
  return UniformAssignment(members, topics).result();
}

Assignment assign_range(const AssigningMembers& members, const PartitionCounts& topics) {
  Assignment assignment;
  std::map<std::pair<std::string, std::string>, const AssigningMember*> ordered;
  for (const auto& [id, member] : members) {
    assignment[id];
    ordered[{member.order, id}] = &member;
  }
  for (const auto& [topic, count] : topics) {
    std::vector<const std::string*> subscribers;
    for (const auto& [order, member] : ordered) {
      if (std::ranges::binary_search(member->topics, topic)) subscribers.push_back(&order.second);
    }
    if (subscribers.empty()) continue;
    auto share = count / static_cast<int32_t>(subscribers.size());
    auto longer = count % static_cast<int32_t>(subscribers.size());
    int32_t next = 0;
    for (const auto* id : subscribers) {
      int32_t end = next + share + (longer-- > 0 ? 1 : 0);
      for (; next < end; ++next) assignment[*id].push_back({topic, Partition(next)});
    }
  }
  for (auto& [id, set] : assignment) std::ranges::sort(set);
  return assignment;
}

bool is_assignor(std::string_view name) {
  return name == "uniform" || name == "range";
}

Assignment assign(std::string_view assignor, const AssigningMembers& members, const PartitionCounts& topics) {
  return assignor == "range" ? assign_range(members, topics) : assign_uniform(members, topics);
}

}  // namespace sl::group
