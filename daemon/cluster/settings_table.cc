// The table itself. Its order is that of the names, which look-ups rely on.
#include <algorithm>

#include "cluster/settings.h"

namespace sl::cluster {
namespace {

using enum SettingType;

constexpr int64_t kSecondMs = 1000;
constexpr int64_t kMinuteMs = 60 * kSecondMs;
constexpr int64_t kHourMs = 60 * kMinuteMs;
constexpr int64_t kInt32Max = INT32_MAX;
constexpr std::string_view kLongMax = "9223372036854775807";
constexpr std::string_view kCompressionTypes = "uncompressed|zstd|lz4|snappy|gzip|producer";
constexpr std::string_view kTimestampTypes = "CreateTime|LogAppendTime";
constexpr std::string_view kCleanupPolicies = "compact|delete";
// A segment below 1 MiB is refused since Kafka 4.0 (KIP-1030).
constexpr int64_t kSegmentBytesMin = 1 << 20;

constexpr BrokerSynonym kCleanupPolicy[] = {{"log.cleanup.policy"}};
constexpr BrokerSynonym kCompressionType[] = {{"compression.type"}};
constexpr BrokerSynonym kGzipLevel[] = {{"compression.gzip.level"}};
constexpr BrokerSynonym kLz4Level[] = {{"compression.lz4.level"}};
constexpr BrokerSynonym kZstdLevel[] = {{"compression.zstd.level"}};
constexpr BrokerSynonym kDeleteRetention[] = {{"log.cleaner.delete.retention.ms"}};
constexpr BrokerSynonym kMaxLag[] = {{"log.cleaner.max.compaction.lag.ms"}};
constexpr BrokerSynonym kDirtyRatio[] = {{"log.cleaner.min.cleanable.ratio"}};
constexpr BrokerSynonym kMinLag[] = {{"log.cleaner.min.compaction.lag.ms"}};
constexpr BrokerSynonym kFlushMessages[] = {{"log.flush.interval.messages"}};
constexpr BrokerSynonym kFlushMs[] = {{"log.flush.interval.ms"}};
constexpr BrokerSynonym kMaxMessageBytes[] = {{"message.max.bytes"}};
constexpr BrokerSynonym kTimestampAfter[] = {{"log.message.timestamp.after.max.ms"}};
constexpr BrokerSynonym kTimestampBefore[] = {{"log.message.timestamp.before.max.ms"}};
constexpr BrokerSynonym kTimestampType[] = {{"log.message.timestamp.type"}};
constexpr BrokerSynonym kMinInsync[] = {{"min.insync.replicas"}};
constexpr BrokerSynonym kRetentionBytes[] = {{"log.retention.bytes"}};
constexpr BrokerSynonym kRetentionMs[] = {
    {"log.retention.ms"}, {"log.retention.minutes", kMinuteMs}, {"log.retention.hours", kHourMs}};
constexpr BrokerSynonym kSegmentBytes[] = {{"log.segment.bytes"}};
constexpr BrokerSynonym kSegmentMs[] = {{"log.roll.ms"}, {"log.roll.hours", kHourMs}};

constexpr Setting kTopicSettings[] = {
    {"cleanup.policy", kList, "delete", INT64_MIN, INT64_MAX, kCleanupPolicies,
     "What happens to old segments: delete them by retention.ms and retention.bytes; compact them, so that of each key "
     "the newest record stays; both; empty: keep them for ever.",
     kCleanupPolicy},
    {"compression.gzip.level",
     kInt,
     "-1",
     -1,
     9,
     {},
     "The level of gzip, 1 to 9, where compression.type is gzip; -1: gzip's own default.",
     kGzipLevel},
    {"compression.lz4.level", kInt, "9", 1, 17, {}, "The level of lz4 where compression.type is lz4.", kLz4Level},
    {"compression.type", kString, "producer", INT64_MIN, INT64_MAX, kCompressionTypes,
     "How batches are stored: as the producer compressed them, or compressed anew in this way.", kCompressionType},
    {"compression.zstd.level",
     kInt,
     "3",
     -131072,
     22,
     {},
     "The level of zstd where compression.type is zstd.",
     kZstdLevel},
    {"delete.retention.ms",
     kLong,
     "86400000",
     0,
     INT64_MAX,
     {},
     "How long compaction keeps a tombstone, a record without a value, after it has first seen it: the time a reader "
     "has "
     "to learn that the key is gone.",
     kDeleteRetention},
    {"flush.messages",
     kLong,
     "1",
     1,
     INT64_MAX,
     {},
     "A sync to disk after so many records. 1: before every acknowledgement. With a larger value written counts as "
     "acknowledged, and a power cut may lose what was not yet synced.",
     kFlushMessages},
    {"flush.ms",
     kLong,
     kLongMax,
     0,
     INT64_MAX,
     {},
     "A sync to disk at most so long after a write. Any value but the default relaxes the topic: written counts as "
     "acknowledged.",
     kFlushMs},
    {"max.compaction.lag.ms",
     kLong,
     kLongMax,
     1,
     INT64_MAX,
     {},
     "After so long a record is compacted though little of the log is dirty; its segment is sealed for that.",
     kMaxLag},
    {"max.message.bytes",
     kInt,
     "1048588",
     0,
     kInt32Max,
     {},
     "The largest batch of records that is taken, after compression.",
     kMaxMessageBytes},
    {"message.timestamp.after.max.ms",
     kLong,
     "3600000",
     0,
     INT64_MAX,
     {},
     "How far a record's create time may lie ahead of the broker's clock.",
     kTimestampAfter},
    {"message.timestamp.before.max.ms",
     kLong,
     kLongMax,
     0,
     INT64_MAX,
     {},
     "How far a record's create time may lie behind the broker's clock.",
     kTimestampBefore},
    {"message.timestamp.type", kString, "CreateTime", INT64_MIN, INT64_MAX, kTimestampTypes,
     "Whether a record's time is the producer's or that of its append.", kTimestampType},
    {"min.cleanable.dirty.ratio",
     kDouble,
     "0.5",
     0,
     1,
     {},
     "Compaction begins once more than this part of a log's old segments was not compacted yet.",
     kDirtyRatio},
    {"min.compaction.lag.ms", kLong, "0", 0, INT64_MAX, {}, "For so long a record is not compacted.", kMinLag},
    {"min.insync.replicas",
     kInt,
     "1",
     1,
     1,
     {},
     "How many replicas must have a record before acks=all is answered. A single node has one.",
     kMinInsync},
    {"retention.bytes",
     kLong,
     "-1",
     -1,
     INT64_MAX,
     {},
     "The oldest segments of a partition go once it is larger than this; -1: no limit.",
     kRetentionBytes},
    {"retention.ms",
     kLong,
     "604800000",
     -1,
     INT64_MAX,
     {},
     "Segments go once all their records, and their last append, are older than this; -1: never.",
     kRetentionMs},
    {"segment.bytes",
     kInt,
     "1073741824",
     kSegmentBytesMin,
     kInt32Max,
     {},
     "The size at which a new segment file begins.",
     kSegmentBytes},
    {"segment.ms",
     kLong,
     "604800000",
     1,
     INT64_MAX,
     {},
     "The age at which a new segment file begins, so that retention can delete the old one.",
     kSegmentMs},
};

constexpr Setting kBrokerSettings[] = {
    {"advertised.listeners",
     kString,
     "",
     INT64_MIN,
     INT64_MAX,
     {},
     "What clients are told to connect to, for each listener: NAME://HOST:PORT,..."},
    {"auto.create.topics.enable",
     kBoolean,
     "false",
     INT64_MIN,
     INT64_MAX,
     {},
     "Whether asking for a topic that does not exist makes it."},
    {"broker.rack", kString, "", INT64_MIN, INT64_MAX, {}, "The rack or zone of this broker, told to clients."},
    {"compression.gzip.level", kInt, "-1", -1, 9, {}, "compression.gzip.level of topics that do not set it.", {}, true},
    {"compression.lz4.level", kInt, "9", 1, 17, {}, "compression.lz4.level of topics that do not set it.", {}, true},
    {"compression.type",
     kString,
     "producer",
     INT64_MIN,
     INT64_MAX,
     kCompressionTypes,
     "compression.type of topics that do not set it.",
     {},
     true},
    {"compression.zstd.level",
     kInt,
     "3",
     -131072,
     22,
     {},
     "compression.zstd.level of topics that do not set it.",
     {},
     true},
    {"connections.max.idle.ms",
     kLong,
     "600000",
     0,
     INT64_MAX,
     {},
     "A connection that is silent for so long is closed."},
    {"default.replication.factor",
     kInt,
     "1",
     1,
     1,
     {},
     "Replicas of topics that are made without a number. A single node holds one."},
    {"delete.topic.enable", kBoolean, "true", INT64_MIN, INT64_MAX, {}, "Whether topics can be deleted."},
    {"listeners", kString, "", INT64_MIN, INT64_MAX, {}, "Where to listen: NAME://HOST:PORT,..."},
    {"log.cleaner.backoff.ms",
     kLong,
     "15000",
     1,
     INT64_MAX,
     {},
     "How often it is looked for logs that are due to be compacted."},
    {"log.cleaner.dedupe.buffer.size",
     kLong,
     "33554432",
     1 << 20,
     INT64_MAX,
     {},
     "The most memory for the keys of what is being compacted, all threads together: 20 bytes a key and some room. "
     "Where "
     "they are more, a log is compacted in several passes."},
    {"log.cleaner.delete.retention.ms",
     kLong,
     "86400000",
     0,
     INT64_MAX,
     {},
     "delete.retention.ms of topics that do not set it.",
     {},
     true},
    {"log.cleaner.io.max.bytes.per.second",
     kDouble,
     "1.7976931348623157E308",
     1,
     INT64_MAX,
     {},
     "The most that compaction reads and writes in a second, all threads together."},
    {"log.cleaner.max.compaction.lag.ms",
     kLong,
     kLongMax,
     1,
     INT64_MAX,
     {},
     "max.compaction.lag.ms of topics that do not set it.",
     {},
     true},
    {"log.cleaner.min.cleanable.ratio",
     kDouble,
     "0.5",
     0,
     1,
     {},
     "min.cleanable.dirty.ratio of topics that do not set it.",
     {},
     true},
    {"log.cleaner.min.compaction.lag.ms",
     kLong,
     "0",
     0,
     INT64_MAX,
     {},
     "min.compaction.lag.ms of topics that do not set it.",
     {},
     true},
    {"log.cleaner.threads", kInt, "1", 1, 16, {}, "How many logs are compacted at once."},
    {"log.cleanup.policy",
     kList,
     "delete",
     INT64_MIN,
     INT64_MAX,
     kCleanupPolicies,
     "cleanup.policy of topics that do not set it.",
     {},
     true},
    {"log.flush.interval.messages",
     kLong,
     "1",
     1,
     INT64_MAX,
     {},
     "flush.messages of topics that do not set it.",
     {},
     true},
    {"log.flush.interval.ms", kLong, kLongMax, 0, INT64_MAX, {}, "flush.ms of topics that do not set it.", {}, true},
    {"log.message.timestamp.after.max.ms",
     kLong,
     "3600000",
     0,
     INT64_MAX,
     {},
     "message.timestamp.after.max.ms of topics that do not set it.",
     {},
     true},
    {"log.message.timestamp.before.max.ms",
     kLong,
     kLongMax,
     0,
     INT64_MAX,
     {},
     "message.timestamp.before.max.ms of topics that do not set it.",
     {},
     true},
    {"log.message.timestamp.type",
     kString,
     "CreateTime",
     INT64_MIN,
     INT64_MAX,
     kTimestampTypes,
     "message.timestamp.type of topics that do not set it.",
     {},
     true},
    {"log.retention.bytes", kLong, "-1", -1, INT64_MAX, {}, "retention.bytes of topics that do not set it.", {}, true},
    {"log.retention.check.interval.ms", kLong, "300000", 1, INT64_MAX, {}, "How often old segments are looked for."},
    {"log.retention.hours", kInt, "168", -1, kInt32Max, {}, "As log.retention.ms, in hours; that one is stronger."},
    {"log.retention.minutes", kInt, "", -1, kInt32Max, {}, "As log.retention.ms, in minutes; that one is stronger."},
    {"log.retention.ms", kLong, "", -1, INT64_MAX, {}, "retention.ms of topics that do not set it.", {}, true},
    {"log.roll.hours", kInt, "168", 1, kInt32Max, {}, "As log.roll.ms, in hours; that one is stronger."},
    {"log.roll.ms", kLong, "", 1, INT64_MAX, {}, "segment.ms of topics that do not set it.", {}, true},
    {"log.segment.bytes",
     kInt,
     "1073741824",
     kSegmentBytesMin,
     kInt32Max,
     {},
     "segment.bytes of topics that do not set it.",
     {},
     true},
    {"max.connections", kInt, "10000", 1, 1'000'000, {}, "Open connections a listener; more wait in the kernel."},
    {"message.max.bytes",
     kInt,
     "1048588",
     0,
     kInt32Max,
     {},
     "max.message.bytes of topics that do not set it.",
     {},
     true},
    {"min.insync.replicas", kInt, "1", 1, 1, {}, "min.insync.replicas of topics that do not set it.", {}, true},
    {"node.id", kInt, "1", 0, kInt32Max, {}, "The number of this node in its cluster."},
    {"num.partitions", kInt, "1", 1, 10'000, {}, "Partitions of topics that are made without a number."},
    {"producer.id.expiration.ms",
     kInt,
     "86400000",
     1,
     kInt32Max,
     {},
     "A partition forgets an idempotent producer of which it has heard nothing for so long."},
    {"queued.max.request.bytes",
     kLong,
     "268435456",
     32 << 20,
     int64_t{1} << 46,
     {},
     "Memory for requests over 64 KiB, of all connections together. While it is used up those who send more wait."},
};

// The order of names is checked where a mistake costs a compilation and no more.
consteval bool sorted(std::span<const Setting> table) {
  for (size_t i = 1; i < table.size(); ++i)
    if (!(table[i - 1].name < table[i].name)) return false;
  return true;
}
static_assert(sorted(kTopicSettings) && sorted(kBrokerSettings));

const Setting* find_in(std::span<const Setting> table, std::string_view name) {
  auto at = std::lower_bound(table.begin(), table.end(), name,
                             [](const Setting& setting, std::string_view wanted) { return setting.name < wanted; });
  return at != table.end() && at->name == name ? &*at : nullptr;
}

}  // namespace

std::span<const Setting> topic_settings() {
  return kTopicSettings;
}
std::span<const Setting> broker_settings() {
  return kBrokerSettings;
}
const Setting* find_topic_setting(std::string_view name) {
  return find_in(kTopicSettings, name);
}
const Setting* find_broker_setting(std::string_view name) {
  return find_in(kBrokerSettings, name);
}

}  // namespace sl::cluster
