// The frame of every tool that talks to a cluster: finds the brokers, opens the cluster on a runtime, runs the body,
// closes everything, and turns what went wrong into one sentence and an exit code.
#pragma once
#include <functional>

#include "aio/uv_runtime.h"
#include "client/cluster.h"
#include "tools/common/common_options.h"
#include "tools/common/message.h"

namespace sl::tools {

struct Session {
  aio::UvRuntime& runtime;
  client::Cluster& cluster;
  Messages& messages;
  const Settings& settings;  // of -X, the profile and the file
};

using SessionBody = std::function<aio::Task<int>(Session&)>;

// Runs `body` with an open cluster and returns its exit code; 2 where the options name no broker properly, 3 where none
// answers. `timeout_ms` bounds connecting and each request. `known` are the settings that -X
// may have beyond those of every client.
int with_cluster(const CommonOptions& options, Messages& messages, int64_t timeout_ms, const SessionBody& body,
                 const std::vector<KnownSetting>& known = {});

// For completion: the names of the topics that exist, within 300 ms and with no word on errors.
std::vector<Candidate> complete_topics(const CommonOptions& options, std::string_view prefix);

// The same for consumer groups.
std::vector<Candidate> complete_groups(const CommonOptions& options, std::string_view prefix);

// The same for the settings of topics, each as `name=`: the list is the broker's own.
std::vector<Candidate> complete_topic_settings(const CommonOptions& options, std::string_view prefix);

}  // namespace sl::tools
