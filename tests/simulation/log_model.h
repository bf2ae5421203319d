// LogModel: what one log must hold after a crash, whatever the crash left, and what it may hold beside that. A script
// keeps one for each log; the sweep holds every recovered log against it.
//
// What is hard is the operation under way: until it is answered, the world before it and the world behind it are both
// right, and so is what lies between them. `end_min`, `start_max`, `anew_at` and `may_be_gone` are that latitude; they
// are set before an operation begins and taken back when it has been answered.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "storage/epochs.h"
#include "tests/simulation/sample_batch.h"
#include "tests/simulation/storage_node.h"

namespace sl::simulation {

struct ModelBatch {
  Offset base;
  Offset next;
  Epoch epoch;
  SampleProducer producer;
  std::vector<SampleRecord> records;
  std::string bytes;  // as they lie on disk
};

struct LogModel {
  LogId id;
  storage::LogSettings settings;
  // All that was queued and not undone, dropped or cut since, oldest first. Those that are not acknowledged may be
  // lost.
  std::vector<ModelBatch> batches;
  // Acknowledged as durable: the log does not end before it. And what the page cache has, for a crash without a power
  // cut.
  Offset durable_end{0};
  Offset written_end{0};
  // The log begins here or later; and as far as the metadata says so.
  Offset log_start{0};
  Offset metadata_start{0};

  // Its records have keys, and it may be compacted; below `cleaned_to` records may be gone for which a newer one of
  // their key is there, and tombstones.
  bool keyed = false;
  Offset cleaned_to{0};

  // Batches of these were cut away: if they were more than the five that a log remembers, older ones are not known as
  // duplicates any more, and no client has them in flight.
  std::vector<ProducerId> cut_producers;

  // The latitude of an operation under way.
  Offset end_min{INT64_MAX};
  Offset start_max{-1};
  std::optional<Offset> anew_at;
  bool may_be_gone = false;

  Offset end() const { return batches.empty() ? empty_end : batches.back().next; }
  // The end where there is no batch.
  Offset empty_end{0};
  // Takes the latitude back.
  void settle();
  // Drops the batches that end after `end`.
  void cut_to(Offset end);
  void begin_anew(Offset start);
  // Records in [from, to).
  int64_t count(Offset from, Offset to) const;
  // The first record of [from, to) at or after the time.
  std::optional<storage::FoundTime> first_at(int64_t timestamp_ms, Offset from, Offset to) const;
  std::vector<storage::EpochStart> epochs(Offset from, Offset to) const;
};

// Holds a recovered log against its model: bounds, every byte of every batch, counts, epochs, look-ups by offset and by
// time. `killed`: the power stayed on, so what was written counts as well. Empty where all is right; else a sentence.
std::string check_log(StorageNode& node, const LogModel& model, bool killed, Random& random);

// A retry of the last batch of each producer must be recognised, and new batches must be taken and come back. Changes
// the log.
std::string check_appends(StorageNode& node, const LogModel& model, BufferPool& buffers, int64_t now_ms);

// What the index holds of the log, in words, without what a rebuild cannot know (the time of the last append).
std::string describe_index(StorageNode& node, const LogId& id);

}  // namespace sl::simulation
