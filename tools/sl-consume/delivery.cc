#include "tools/sl-consume/delivery.h"

#include <fmt/core.h>

#include <algorithm>

namespace sl::tools::consume {

size_t Delivery::add(std::string topic, Partition partition, Offset from, Offset committed) {
  Place fresh{std::move(topic), partition, from, from, from, committed};
  // The newest of the partition is the one that find() finds.
  for (size_t i = places_.size(); i-- > 0;) {
    Place& place = places_[i];
    if (place.partition != fresh.partition || place.topic != fresh.topic) continue;
    auto speaks_of_it = [&](const Mark& mark) { return mark.place == &place; };
    if (!place.free || std::any_of(marks_.begin(), marks_.end(), speaks_of_it)) break;
    place = std::move(fresh);
    return i;
  }
  places_.push_back(std::move(fresh));
  return places_.size() - 1;
}

void Delivery::taken(uint64_t text_bytes) {
  size_t size = marks_.size();
  for (; first_ < size && marks_[first_].text_end <= text_bytes; ++first_) {
    Place& place = *marks_[first_].place;
    // A command's work, or a record read again, never takes anything back.
    if (!by_acknowledgement_) place.delivered = std::max(place.delivered, marks_[first_].next);
  }
  if (first_ == size) {
    marks_.clear();
    first_ = 0;
  } else if (first_ > size / 2) {
    marks_.erase(marks_.begin(), marks_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

void Delivery::done(size_t place, Offset next) {
  Place& of = places_[place];
  of.read = of.printed = next;
  of.delivered = std::max(of.delivered, next);
}

// The place that was added last: an older one of the same partition has been dropped.
Result<Delivery::Place*> Delivery::find(std::string_view topic, Partition partition) {
  Place* found = nullptr;
  for (Place& place : places_) {
    if (place.partition != partition || (!topic.empty() && place.topic != topic)) continue;
    if (topic.empty() && found && found->topic != place.topic)
      return Error{Errc::kUsage,
                   "several topics are read: an acknowledgement must name its own, TOPIC PARTITION OFFSET"};
    found = &place;
  }
  if (found) return found;
  return Error{Errc::kUsage, fmt::format("no partition {} {}is being read", partition.value,
                                         topic.empty() ? "" : fmt::format("of '{}' ", topic))};
}

Status Delivery::acknowledge(std::string_view topic, Partition partition, Offset offset) {
  SL_TRY(Place * place, find(topic, partition));
  if (!place->owned) return {};
  if (offset >= place->read || offset.value < 0)
    return Error{Errc::kUsage,
                 fmt::format("offset {} of {} [{}] has not been printed", offset.value, place->topic, partition.value)};
  place->delivered = std::max(place->delivered, offset + 1);
  return {};
}

int Delivery::unacknowledged() const {
  return static_cast<int>(std::count_if(places_.begin(), places_.end(), [](const Place& place) {
    return place.owned && place.delivered < place.printed;
  }));
}

std::vector<Delivery::Due> Delivery::due() const {
  std::vector<Due> all;
  for (size_t i = 0; i < places_.size(); ++i) {
    const Place& place = places_[i];
    // Behind the last printed record there may be some that nobody need acknowledge, since they were filtered out.
    bool nothing_waits = by_acknowledgement_ && place.delivered >= place.printed;
    Offset offset = nothing_waits ? std::max(place.delivered, place.read) : place.delivered;
    if (place.owned && offset != place.committed) all.push_back({i, place.topic, place.partition, offset});
  }
  return all;
}

}  // namespace sl::tools::consume
