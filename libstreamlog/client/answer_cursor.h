// AnswerCursor: finds a partition's part in an answer. Nodes answer in the order they were asked, so each look-up
// begins where the last one ended, and a thousand partitions cost a thousand steps; any other order is found too.
#pragma once
#include <vector>

namespace sl::client {

template <class Topic, class Partition>
class AnswerCursor {
 public:
  // The answer must outlive the cursor.
  AnswerCursor(const std::vector<Topic>& topics, std::vector<Partition> Topic::*partitions) {
    for (const Topic& topic : topics)
      for (const Partition& partition : topic.*partitions) entries_.push_back({&topic, &partition});
  }

  // The next entry for which matches(topic, partition); null where there is none.
  template <class Match>
  const Partition* find(Match matches) {
    for (size_t i = 0; i < entries_.size(); ++i) {
      size_t at = (next_ + i) % entries_.size();
      if (!matches(*entries_[at].topic, *entries_[at].partition)) continue;
      next_ = at + 1;
      return entries_[at].partition;
    }
    return nullptr;
  }

 private:
  struct Entry {
    const Topic* topic;
    const Partition* partition;
  };
  std::vector<Entry> entries_;
  size_t next_ = 0;
};

}  // namespace sl::client
