// The records of the metadata log: Kafka's frame around them, and the control records.
#include <gtest/gtest.h>

#include "tests/unit/wire/every_message.h"

namespace sl::wire {
namespace {

using namespace std::string_view_literals;

template <class Record>
void expect_framed(const Record& record, std::string_view golden) {
  EXPECT_EQ(encode_metadata_record(record), golden);
  auto decoded = decode_metadata_record(as_bytes(golden));
  ASSERT_TRUE(decoded) << decoded.error().context;
  ASSERT_TRUE(std::holds_alternative<Record>(*decoded));
  EXPECT_TRUE(std::get<Record>(*decoded) == record);
}

TEST(MetadataRecords, GoldenFrames) {
  expect_framed(NoOpRecord{}, "\1\x14\0\0"sv);
  TopicRecord topic{.name = "t", .topic_id = {}};
  topic.topic_id.bytes[0] = 9;
  expect_framed(topic, "\1\2\0\2t\x9\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"sv);
  expect_framed(ConfigRecord{2, "t", "retention.ms", std::nullopt}, "\1\4\0\2\2t\x0dretention.ms\0\0"sv);
  // Only what changed: the leader, tag 1.
  PartitionChangeRecord change;
  change.partition_id = 3;
  change.leader = 1;
  expect_framed(change, "\1\5\2\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\1\4\0\0\0\1"sv);
  // Ours: id 10000 is the varint 90 4e.
  expect_framed(LogStartRecord{.partition_id = 1, .topic_id = {}, .log_start = 2},
                "\1\x90\x4e\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0"sv);
}

TEST(MetadataRecords, EveryRecordComesBack) {
  SeededRandom random(7);
  [&]<class... Ms>(std::type_identity<std::variant<Ms...>>) {
    auto check = [&]<class M>() {
      for (int round = 0; round < 50; ++round) {
        M record;
        fill(record, M::kMaxVersion, random);
        std::string bytes = encode_metadata_record(record);
        auto decoded = decode_metadata_record(as_bytes(bytes));
        ASSERT_TRUE(decoded) << decoded.error().context;
        EXPECT_TRUE(*decoded == MetadataRecord(record));
        EXPECT_TRUE(describe_metadata_record(record).starts_with(std::string(message_name<M>()) + " {"));
        for (size_t size = 0; size < bytes.size(); ++size)
          ASSERT_EQ(decode_metadata_record(as_bytes(bytes).first(size)).code(), Errc::kMalformed);
      }
    };
    (check.template operator()<Ms>(), ...);
  }(std::type_identity<MetadataRecord>{});
}

TEST(MetadataRecords, UnknownOnesAreNamed) {
  auto text = [](std::string_view bytes) {
    auto decoded = decode_metadata_record(as_bytes(bytes));
    return decoded ? "decoded" : decoded.error().context;
  };
  EXPECT_EQ(text("\1\x1b\0"sv), "metadata record 27 is unknown");
  EXPECT_EQ(text("\2\2\0"sv), "metadata record frame v2 is unknown");
  EXPECT_EQ(text("\1\2\1"sv), "TopicRecord v1 is not within v0 to v0");
  EXPECT_EQ(text("\1\2\xff\xff\xff\xff\xf"sv), "metadata record 2 v4294967295 is unknown");
  EXPECT_EQ(text(""sv), "a metadata record is cut off");
}

TEST(ControlRecords, AreReadByTheirOwnVersion) {
  LeaderChangeMessage change;
  change.leader_id = 1;
  change.voters.emplace_back().voter_id = 1;
  change.voters[0].voter_directory_id.bytes[15] = 4;
  std::string bytes = encode_control(change);
  EXPECT_EQ(bytes, "\0\1\0\0\0\1\2\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\4\0\1\0"sv);
  auto back = decode_control<LeaderChangeMessage>(as_bytes(bytes));
  ASSERT_TRUE(back) << back.error().context;
  EXPECT_TRUE(*back == change);
  // Version 0 has no directory ids.
  auto oldest = decode_control<LeaderChangeMessage>(as_bytes("\0\0\0\0\0\1\2\0\0\0\1\0\1\0"sv));
  ASSERT_TRUE(oldest) << oldest.error().context;
  EXPECT_EQ(oldest->voters[0].voter_id, 1);
  EXPECT_TRUE(oldest->voters[0].voter_directory_id.is_zero());
  EXPECT_EQ(decode_control<LeaderChangeMessage>(as_bytes("\0"sv)).code(), Errc::kMalformed);
  EXPECT_EQ(decode_control<LeaderChangeMessage>(as_bytes("\0\x9\0"sv)).code(), Errc::kUnsupportedVersion);
  EXPECT_EQ(encode_control(SnapshotFooterRecord{}), "\0\0\0"sv);
  EXPECT_EQ(encode_control(KRaftVersionRecord{0, 1}), "\0\0\0\1\0"sv);
}

}  // namespace
}  // namespace sl::wire
