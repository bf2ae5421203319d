// The error table: found by code, spelled as Kafka spells, and Result, which carries the rows about.
#include "base/errors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>

#include "base/result.h"

namespace sl {
namespace {

constexpr int kNumbers[] = {
#define SL_NUMBER(name, number, wire, exit, retriable, text) number,
    SL_ERRORS(SL_NUMBER)
#undef SL_NUMBER
};

TEST(Errors, TheTableIsSortedSinceItIsSearched) {
  for (size_t i = 1; i < std::size(kNumbers); ++i) EXPECT_LT(kNumbers[i - 1], kNumbers[i]);
}

TEST(Errors, EveryCodeFindsItsOwnRow) {
  std::set<std::string_view> names;
  for (int number : kNumbers) {
    auto code = static_cast<Errc>(number);
    const ErrorInfo& info = error_info(code);
    EXPECT_EQ(info.code, code);
    EXPECT_FALSE(info.text.empty());
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_GE(info.exit_code, code == Errc::kNone ? 0 : 1) << info.name;
    EXPECT_LE(info.exit_code, 5) << info.name;
    // Kafka's own numbers cross the wire as they are, ours as one of Kafka's.
    if (number < 1000)
      EXPECT_EQ(info.wire, number) << info.name;
    else
      EXPECT_EQ(error_info(errc_from_wire(info.wire)).wire, info.wire) << info.name;
    EXPECT_LT(info.wire, 1000) << info.name;
  }
}

TEST(Errors, NamesAreKafkas) {
  EXPECT_EQ(error_info(Errc::kUnknownServerError).name, "UNKNOWN_SERVER_ERROR");
  EXPECT_EQ(error_info(Errc::kNone).name, "NONE");
  EXPECT_EQ(error_info(Errc::kInvalidTopic).name, "INVALID_TOPIC_EXCEPTION");
  EXPECT_EQ(error_info(Errc::kNotLeaderOrFollower).name, "NOT_LEADER_OR_FOLLOWER");
  EXPECT_EQ(error_info(Errc::kKafkaStorageError).name, "KAFKA_STORAGE_ERROR");
  EXPECT_EQ(error_info(Errc::kUnknownTopicOrPartition).name, "UNKNOWN_TOPIC_OR_PARTITION");
  EXPECT_EQ(error_info(Errc::kUnsupportedSaslMechanism).name, "UNSUPPORTED_SASL_MECHANISM");
}

TEST(Errors, NumbersFromNewerServersStayWhatTheyAre) {
  Errc code = errc_from_wire(119);
  EXPECT_EQ(static_cast<int>(code), 119);
  EXPECT_EQ(error_info(code).code, Errc::kUnknownServerError);
  EXPECT_EQ(errc_to_wire(Errc::kDiskFull), 56);
  EXPECT_EQ(errc_to_wire(Errc::kUnknownTopicId), 100);
}

Result<int> half(int n) {
  if (n % 2 != 0) return Error{Errc::kInvalidRequest, "odd"};
  return n / 2;
}
Result<int> quarter(int n) {
  SL_TRY(int h, half(n));
  SL_TRY(int q, half(h));
  return q;
}
Status divisible(int n) {
  SL_CHECK(quarter(n));
  return {};
}

TEST(Result, CarriesAValueOrAnError) {
  EXPECT_EQ(*quarter(12), 3);
  auto failed = quarter(6);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.code(), Errc::kInvalidRequest);
  EXPECT_EQ(failed.error().context, "odd");
  EXPECT_TRUE(divisible(8));
  EXPECT_EQ(divisible(8).code(), Errc::kNone);
  EXPECT_EQ(divisible(7).code(), Errc::kInvalidRequest);
}

TEST(Result, MovesWhatCannotBeCopied) {
  auto make = [](bool good) -> Result<std::unique_ptr<int>> {
    if (!good) return Errc::kNotFound;
    return std::make_unique<int>(5);
  };
  auto take = [&](bool good) -> Result<int> {
    SL_TRY(auto pointer, make(good));
    return *pointer;
  };
  EXPECT_EQ(*take(true), 5);
  EXPECT_EQ(take(false).code(), Errc::kNotFound);
}

}  // namespace
}  // namespace sl
