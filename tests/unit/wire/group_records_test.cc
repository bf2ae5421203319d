// The records of `__consumer_offsets` in the bytes of Kafka's schemas, and what clients embed in JoinGroup and
// SyncGroup.
#include <gtest/gtest.h>

#include "tests/unit/wire/every_message.h"

namespace sl::wire {
namespace {

using namespace std::string_view_literals;

// Bytes of a record, as a view or null.
std::optional<Bytes> bytes_or_null(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return as_bytes(*text);
}

Result<GroupRecord> decoded_again(const GroupRecordBytes& bytes) {
  return decode_group_record(as_bytes(bytes.key), bytes_or_null(bytes.value));
}

template <class Key>
void expect_record(const GroupEntry<Key>& entry, std::string_view key, std::optional<std::string_view> value) {
  GroupRecordBytes bytes = encode_group_record(entry);
  EXPECT_EQ(bytes.key, key);
  EXPECT_EQ(bytes.value, value);
  auto decoded = decoded_again(bytes);
  ASSERT_TRUE(decoded) << decoded.error().context;
  EXPECT_TRUE(*decoded == GroupRecord(entry)) << describe_group_record(*decoded);
}

TEST(GroupRecords, GoldenOffsetCommit) {
  GroupEntry<OffsetCommitKey> entry{{"g", "t", 2}, std::nullopt};
  auto key = "\0\1\0\1g\0\1t\0\0\0\2"sv;
  expect_record(entry, key, std::nullopt);
  entry.value = {.offset = 7, .leader_epoch = 1, .metadata = "m", .commit_timestamp = 9, .topic_id = {}};
  expect_record(entry, key, "\0\3\0\0\0\0\0\0\0\7\0\0\0\1\0\1m\0\0\0\0\0\0\0\x9"sv);
  // A topic id is tag 0 of version 4.
  entry.value->topic_id.bytes[15] = 5;
  expect_record(entry, key,
                "\0\4\0\0\0\0\0\0\0\7\0\0\0\1\2m\0\0\0\0\0\0\0\x9"
                "\1\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\5"sv);
  // An expiry is in version 1, which has neither epoch nor topic id.
  entry.value = {.offset = 7, .metadata = "m", .commit_timestamp = 9, .expire_timestamp = 10, .topic_id = {}};
  expect_record(entry, key, "\0\1\0\0\0\0\0\0\0\7\0\1m\0\0\0\0\0\0\0\x9\0\0\0\0\0\0\0\xa"sv);
}

TEST(GroupRecords, TheOldOffsetKeyIsTheSame) {
  auto decoded = decode_group_record(as_bytes("\0\0\0\1g\0\1t\0\0\0\2"sv),
                                     as_bytes("\0\0\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\0\0\x9"sv));
  ASSERT_TRUE(decoded) << decoded.error().context;
  const auto& entry = std::get<GroupEntry<OffsetCommitKey>>(*decoded);
  EXPECT_EQ(entry.key, (OffsetCommitKey{"g", "t", 2}));
  ASSERT_TRUE(entry.value);
  EXPECT_EQ(entry.value->offset, 7);
  EXPECT_EQ(entry.value->commit_timestamp, 9);
  EXPECT_EQ(encode_group_record(*decoded).key, "\0\1\0\1g\0\1t\0\0\0\2"sv);
}

TEST(GroupRecords, GoldenClassicGroup) {
  GroupEntry<GroupMetadataKey> entry{{"g"}, std::nullopt};
  expect_record(entry, "\0\2\0\1g"sv, std::nullopt);
  auto& group = entry.value.emplace();
  group.protocol_type = "consumer";
  group.generation = 4;
  group.protocol = "range";
  group.leader = "m";
  group.current_state_timestamp = 9;
  group.members.push_back({"m", std::nullopt, "c", "/h", 300, 200, {"sub"}, {"as"}});
  expect_record(entry, "\0\2\0\1g"sv,
                "\0\3\0\x8"
                "consumer\0\0\0\4\0\5range\0\1m\0\0\0\0\0\0\0\x9\0\0\0\1"
                "\0\1m\xff\xff\0\1c\0\2/h\0\0\1\x2c\0\0\0\xc8\0\0\0\3sub\0\0\0\2as"sv);
}

TEST(GroupRecords, GoldenMemberOfTheNewerProtocol) {
  GroupEntry<ConsumerGroupMemberMetadataKey> entry{{"g", "m"}, ConsumerGroupMemberMetadataValue{}};
  auto& member = *entry.value;
  member.client_id = "c";
  member.client_host = "h";
  member.subscribed_topic_names = {"t"};
  member.rebalance_timeout_ms = 1;
  auto key = "\0\5\0\1g\0\1m"sv;
  expect_record(entry, key, "\0\0\0\0\2c\2h\2\2t\0\0\0\0\1\0\0"sv);
  // A nullable struct in tag 0: twelve bytes, of which the first says that it is there.
  member.classic_member_metadata = {2, {{"p", {"x"}}}};
  expect_record(entry, key, "\0\0\0\0\2c\2h\2\2t\0\0\0\0\1\0\1\0\xc\1\0\0\0\2\2\2p\2x\0\0"sv);
}

TEST(GroupRecords, EveryRecordComesBack) {
  SeededRandom random(8);
  [&]<class... Entries>(std::type_identity<std::variant<Entries...>>) {
    auto check = [&]<class Entry>() {
      for (int round = 0; round < 50; ++round) {
        Entry entry;
        fill(entry.key, Entry::Key::kMaxVersion, random);
        if (random.below(8) != 0) fill(entry.value.emplace(), Entry::Value::kMaxVersion, random);
        GroupRecordBytes bytes = encode_group_record(entry);
        auto decoded = decoded_again(bytes);
        ASSERT_TRUE(decoded) << decoded.error().context;
        EXPECT_TRUE(*decoded == GroupRecord(entry)) << describe_group_record(entry);
        std::string text = describe_group_record(entry);
        EXPECT_TRUE(text.starts_with(std::string(message_name<typename Entry::Key>()) + " {")) << text;
        EXPECT_EQ(text.ends_with("} null"), !entry.value) << text;
        for (size_t size = 0; size < bytes.key.size(); ++size)
          ASSERT_FALSE(decode_group_record(as_bytes(bytes.key).first(size), bytes_or_null(bytes.value)));
        for (size_t size = 0; bytes.value && size < bytes.value->size(); ++size)
          ASSERT_EQ(decode_group_record(as_bytes(bytes.key), as_bytes(*bytes.value).first(size)).code(),
                    Errc::kMalformed);
      }
    };
    (check.template operator()<Entries>(), ...);
  }(std::type_identity<GroupRecord>{});
}

TEST(GroupRecords, UnknownOnesAreNamed) {
  // 11 is a share group's.
  auto share = decode_group_record(as_bytes("\0\xb\0\1g"sv), std::nullopt);
  EXPECT_EQ(share.code(), Errc::kUnsupportedVersion);
  EXPECT_EQ(share.error().context, "group record 11 is unknown");
  EXPECT_EQ(decode_group_record(as_bytes("\xff\xff\0\1g"sv), std::nullopt).code(), Errc::kUnsupportedVersion);
  EXPECT_EQ(decode_group_record({}, std::nullopt).code(), Errc::kMalformed);
  auto key = "\0\3\0\1g"sv;
  EXPECT_EQ(decode_group_record(as_bytes(key), as_bytes("\0\1\0\0\0\1\0"sv)).code(), Errc::kUnsupportedVersion);
  EXPECT_EQ(decode_group_record(as_bytes(key), as_bytes(""sv)).code(), Errc::kMalformed) << "empty is not null";
  EXPECT_EQ(decode_group_record(as_bytes("\0\3\0\1gx"sv), std::nullopt).code(), Errc::kMalformed);
}

TEST(ConsumerProtocol, GoldenSubscriptionAndAssignment) {
  ConsumerProtocolSubscription subscription;
  subscription.topics = {"t"};
  subscription.owned_partitions = {{"t", {3}}};
  auto one = "\0\1\0\0\0\1\0\1t\xff\xff\xff\xff\0\0\0\1\0\1t\0\0\0\1\0\0\0\3"sv;
  EXPECT_EQ(encode_versioned(subscription, 1), one);
  auto back = decode_versioned<ConsumerProtocolSubscription>(as_bytes(one));
  ASSERT_TRUE(back) << back.error().context;
  EXPECT_EQ(*back, subscription);
  ConsumerProtocolAssignment assignment;
  assignment.assigned_partitions = {{"t", {0, 1}}};
  assignment.user_data = Blob{"u"};
  EXPECT_EQ(encode_versioned(assignment), "\0\3\0\0\0\1\0\1t\0\0\0\2\0\0\0\0\0\0\0\1\0\0\0\1u"sv);
}

TEST(ConsumerProtocol, LaterVersionsAreReadAsOurs) {
  ConsumerProtocolSubscription subscription;
  subscription.topics = {"t"};
  subscription.generation_id = 4;
  subscription.rack_id = "r";
  std::string bytes = encode_versioned(subscription);
  ASSERT_EQ(bytes.substr(0, 2), "\0\3"sv);
  bytes[1] = 9;
  auto later = decode_versioned<ConsumerProtocolSubscription>(as_bytes(bytes + "more"));
  ASSERT_TRUE(later) << later.error().context;
  EXPECT_EQ(*later, subscription);
  EXPECT_FALSE(decode_versioned<ConsumerProtocolSubscription>(as_bytes(bytes).first(bytes.size() - 1)));
  EXPECT_EQ(decode_versioned<ConsumerProtocolSubscription>(as_bytes("\xff\xff\0\0\0\0"sv)).code(),
            Errc::kUnsupportedVersion);
  EXPECT_EQ(decode_versioned<ConsumerProtocolAssignment>(as_bytes("\0"sv)).error().context,
            "ConsumerProtocolAssignment without a version");
}

}  // namespace
}  // namespace sl::wire
