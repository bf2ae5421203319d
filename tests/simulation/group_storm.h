// GroupStorm: members of one group that join, read, commit, leave and die at random, each a whole client; and what must
// hold whatever happens: nobody reads what another reads, everybody goes on where the group had come to, in order, and
// who has left commits nothing any more.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "client/consumer.h"
#include "client/group_member.h"

namespace sl::simulation {

struct GroupStormOptions {
  std::string broker = "broker";
  std::string topic = "t";
  std::string group = "g";
  client::GroupProtocol protocol = client::GroupProtocol::kAuto;
  int64_t life_ms_max = 20'000;
  // Connections break and the daemon dies: a member may give up, and its farewell may be lost.
  bool troubled = false;
  unsigned death_permille = 20;  // lives that end without a word to the group
};

class GroupStorm {
 public:
  GroupStorm(aio::Runtime& runtime, GroupStormOptions options);
  GroupStorm(const GroupStorm&) = delete;

  // One member after the other in the same place, until calm_down(); those of them that are `constant` live on until
  // stop().
  aio::Task<void> inhabit(bool constant);
  void calm_down() { calm_ = true; }
  void stop() { calm_ = stopping_ = true; }

  // The offset in each partition up to which every record was delivered.
  int64_t delivered(int32_t partition) const;
  uint64_t lives() const { return lives_; }
  uint64_t handovers() const { return handovers_; }
  uint64_t refused_commits() const { return refused_; }
  // What went wrong first; empty where nothing did.
  const std::string& trouble() const { return trouble_; }

 private:
  struct Life;
  struct Held {
    int64_t next = 0;  // the next offset to deliver
    size_t index = 0;  // in its consumer
  };
  aio::Task<void> live(bool constant);
  aio::Task<Status> read(Life* life, bool constant);
  aio::Task<Status> take_event(Life* life);
  aio::Task<Status> assigned(Life* life, std::vector<client::TopicPartition> partitions);
  aio::Task<Status> commit(Life* life, std::vector<client::TopicPartition> partitions);
  aio::Task<void> commit_as_ghost(Life* life, std::string member_id, int32_t generation);
  void give_up(Life* life, const std::vector<client::TopicPartition>& partitions);
  void deliver(Life* life, const client::Fetched& fetched);
  void blame(const std::string& what);

  aio::Runtime& runtime_;
  GroupStormOptions options_;
  std::map<int32_t, const Life*> owners_;
  std::map<int32_t, int64_t> delivered_;
  std::map<int32_t, int64_t> committed_;  // and acknowledged
  uint64_t lives_ = 0;
  uint64_t handovers_ = 0;
  uint64_t refused_ = 0;
  bool calm_ = false;
  bool stopping_ = false;
  std::string trouble_;
};

}  // namespace sl::simulation
