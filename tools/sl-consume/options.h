// What sl-consume was asked to do: its options, filled by the command line and checked against each other before
// anything is tried.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/consumer.h"
#include "tools/common/common_options.h"
#include "tools/common/filter.h"
#include "tools/common/offset_spec.h"
#include "tools/sl-consume/group_options.h"

namespace sl::tools::consume {

struct Options {
  CommonOptions common;
  int64_t timeout_ms = 10'000;

  // Which partitions.
  std::vector<std::string> topics;  // T, or T:0,3; with `regex` expressions
  bool regex = false;
  std::string partitions;  // of all topics; empty: all

  // Which records.
  OffsetRange range;
  bool offset_given = false;
  bool exit_at_end = false;
  std::optional<int64_t> count_max;
  std::optional<int64_t> tail;
  bool merge_by_time = false;
  int64_t idle_ms = -1;  // negative: wait without end
  RecordFilter filter;
  client::ConsumerOptions consumer;
  GroupFlags group;

  // How they are shown.
  std::optional<std::string> format;
  bool json = false;
  std::optional<std::string> key_delimiter;
  bool show_offset = false;
  std::string delimiter = "\n";
  bool show_null = false;
  CommandFlags exec;
};

// Declares them on the root command.
void declare(Command& root, Options& options);
// What no single option can see. kUsage.
Status check(const Options& options);
// What -X and the configuration file may set of the consumer.
std::vector<KnownSetting> known_settings(Options& options);

}  // namespace sl::tools::consume
