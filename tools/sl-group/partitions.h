// Partitions on the command line and in messages. -t names topics, each whole or some of its partitions, as T or
// T:0,3,5-7.
#pragma once
#include <string>
#include <vector>

#include "client/admin.h"
#include "client/group_offset.h"
#include "client/topic_partition.h"
#include "tools/common/message.h"

namespace sl::tools::group {

class TopicList {
 public:
  // kUsage.
  static Result<TopicList> parse(const std::vector<std::string>& texts);
  bool empty() const { return topics_.empty(); }
  // Whether the partition is among them.
  bool takes(const client::TopicPartition& partition) const;
  // The partitions there are in the topics, each once, in order. kUnknownTopicOrPartition names what is missing.
  aio::Task<Result<std::vector<client::TopicPartition>>> partitions(client::Admin& admin) const;
  // The first of the topics of which none of `among` is, if any.
  const std::string* missing(const std::vector<client::TopicPartition>& among) const;

 private:
  struct Topic {
    std::string name;
    std::string list;                 // of partitions; empty for all
    std::vector<int32_t> partitions;  // of that list
  };
  std::vector<Topic> topics_;
};

// What is wrong with partitions, each or, where it is the same with all, once; the exit code.
int say_errors(Messages& messages, const std::string& what, const std::vector<client::GroupOffset>& results);

}  // namespace sl::tools::group
