// Delivery: how far each partition that a group reads has been delivered, which is what gets committed. Nothing here
// knows of a broker or a descriptor.
//
// What is hard is the reader of a pipe that goes away: what it took out of the pipe is some number of bytes, and the
// offset to commit is that of the first record it did not take whole. So each record leaves a mark, where its text
// ends, until that place has been taken. A mark is 24 bytes in memory that is used again and again; there are as many
// as records in the output's buffer and in the pipe.
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace sl::tools::consume {

class Delivery {
 public:
  // With acknowledgements what was acknowledged counts, and not what was taken.
  explicit Delivery(bool by_acknowledgement) : by_acknowledgement_(by_acknowledgement) {}
  Delivery(const Delivery&) = delete;

  // One partition for as long as it is assigned. One that was given up and comes back gets its place again, where
  // nothing speaks of it any more, so that they do not grow with every rebalance.
  struct Place {
    std::string topic;
    Partition partition;
    Offset read{0};       // everything before it is in the text, or passed no filter
    Offset printed{0};    // behind the last record that is in the text
    Offset delivered{0};  // the first offset that has not been delivered
    Offset committed = kNoOffset;
    bool read_on = true;  // false: nothing more of it may be delivered
    bool owned = true;    // false: nothing of it may be committed
    bool free = false;    // given up, and in nobody's hands
  };
  // Reads from `from` on; `committed` is what the group has committed, kNoOffset where it has nothing.
  size_t add(std::string topic, Partition partition, Offset from, Offset committed);
  // Is to become another member's.
  void give_up(size_t place) { places_[place].read_on = false; }
  // Is another member's from now on: nothing of it is due any more. What was not given up before is perhaps still being
  // worked on.
  void drop(size_t place) {
    Place& of = places_[place];
    of.free = !of.read_on;
    of.read_on = of.owned = false;
  }
  size_t place_count() const { return places_.size(); }
  const Place& place(size_t index) const { return places_[index]; }

  // What follows, until the next enter(), is of this place.
  void enter(size_t place) { current_ = &places_[place]; }
  // One more record, the last one before offset `next`; the text so far, since the beginning, is `text_end` bytes long.
  void print(uint64_t text_end, Offset next) {
    current_->printed = next;
    pass(text_end, next);
  }
  // The same of records that leave no text: filtered, or gone from the log.
  void pass(uint64_t text_end, Offset next) {
    current_->read = next;
    if (!marks_.empty() && marks_.back().place == current_ && marks_.back().text_end == text_end) {
      marks_.back().next = next;
    } else {
      marks_.push_back(Mark{text_end, next, current_});
    }
  }
  // The reader has taken so many bytes of the text since its beginning.
  void taken(uint64_t text_bytes);
  // Delivered by other means than text.
  void done(size_t place, Offset next);

  // All records of the partition up to this one are done. kUsage where it was not printed, or no such partition was
  // ever read, or its topic must be named. One of a partition that is another member's by now is for nothing.
  Status acknowledge(std::string_view topic, Partition partition, Offset offset);
  // Whether what is in the text has all been acknowledged, and of how many partitions it has not.
  int unacknowledged() const;

  // What to commit now: of the places that are owned, those that have gone on.
  struct Due {
    size_t place;
    std::string topic;
    Partition partition;
    Offset offset;
  };
  std::vector<Due> due() const;
  void committed(size_t place, Offset offset) { places_[place].committed = offset; }

 private:
  struct Mark {
    uint64_t text_end;
    Offset next;
    Place* place;
  };
  Result<Place*> find(std::string_view topic, Partition partition);

  const bool by_acknowledgement_;
  std::deque<Place> places_;
  Place* current_ = nullptr;
  std::vector<Mark> marks_;
  size_t first_ = 0;  // of the marks whose text has not been taken
};

}  // namespace sl::tools::consume
