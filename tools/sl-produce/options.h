// What sl-produce was asked to do: its options, filled by the command line and checked against each other before
// anything is tried.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/producer.h"
#include "tools/common/common_options.h"
#include "tools/sl-produce/pace.h"

namespace sl::tools::produce {

struct FixedHeader {
  std::string name;
  std::optional<std::string> value;  // null is not empty
};

struct Options {
  CommonOptions common;
  int64_t timeout_ms = 10'000;

  // The topic is the first argument, or that of -t, and then all arguments are files. check() sorts it out.
  std::string first_argument;
  std::string topic;               // empty: each line of -J or record of -f names its own
  std::vector<std::string> files;  // empty: standard input; "-" is standard input too
  bool create = false;

  // How the input is cut into records.
  std::string delimiter = "\n";
  std::optional<std::string> key_delimiter;
  std::optional<std::string> format;
  bool json = false;
  bool whole = false;
  bool empty_is_null = false;
  std::optional<std::string> null_marker;
  std::optional<int64_t> count_max;

  // What every record gets.
  std::optional<std::string> key;
  std::vector<FixedHeader> headers;
  std::optional<int32_t> partition;
  std::optional<int64_t> timestamp_ms;

  client::ProducerOptions producer;
  Rate rate;

  bool tee = false;
  std::optional<std::string> ack_format;
};

// Declares them on the root command.
void declare(Command& root, Options& options);
// What no single option can see: where the topic stands, and pairs that make no sense. kUsage.
Status check(Options& options);
// The part of it that the configuration file may have a say in: once more when that was read.
Status check_acks(const Options& options);

}  // namespace sl::tools::produce
