// What of a partition counts as delivered: by bytes that the reader took, and by acknowledgements.
#include "tools/sl-consume/delivery.h"

#include <gtest/gtest.h>

#include "tools/sl-consume/acknowledgement.h"

namespace sl::tools::consume {
namespace {

std::string due_text(const Delivery& delivery) {
  std::string text;
  for (const auto& due : delivery.due())
    text += due.topic + " " + std::to_string(due.partition.value) + " " + std::to_string(due.offset.value) + "; ";
  return text;
}

void commit_all(Delivery& delivery) {
  for (const auto& due : delivery.due()) delivery.committed(due.place, due.offset);
}

TEST(Delivery, OnlyWholeRecordsCount) {
  Delivery delivery(false);
  size_t t = delivery.add("t", Partition(0), Offset(10), Offset(10));
  delivery.enter(t);
  delivery.print(5, Offset(11));
  delivery.print(9, Offset(12));
  delivery.print(15, Offset(13));
  EXPECT_EQ(due_text(delivery), "");
  delivery.taken(4);
  EXPECT_EQ(due_text(delivery), "");
  delivery.taken(5);
  EXPECT_EQ(due_text(delivery), "t 0 11; ");
  delivery.taken(14);
  EXPECT_EQ(due_text(delivery), "t 0 12; ");
  commit_all(delivery);
  EXPECT_EQ(due_text(delivery), "");
  delivery.taken(100);
  EXPECT_EQ(due_text(delivery), "t 0 13; ");
}

TEST(Delivery, PartitionsTakeTurnsInOneText) {
  Delivery delivery(false);
  size_t a = delivery.add("a", Partition(0), Offset(0), Offset(0));
  size_t b = delivery.add("b", Partition(3), Offset(7), Offset(7));
  delivery.enter(a);
  delivery.print(10, Offset(1));
  delivery.enter(b);
  delivery.print(20, Offset(8));
  delivery.enter(a);
  delivery.print(30, Offset(2));
  delivery.taken(20);
  EXPECT_EQ(due_text(delivery), "a 0 1; b 3 8; ");
  delivery.taken(30);
  EXPECT_EQ(due_text(delivery), "a 0 2; b 3 8; ");
  delivery.drop(a);
  EXPECT_EQ(due_text(delivery), "b 3 8; ");
}

TEST(Delivery, APartitionThatComesBackGetsItsPlaceAgain) {
  Delivery delivery(true);
  size_t t = delivery.add("t", Partition(0), Offset(0), kNoOffset);
  size_t u = delivery.add("u", Partition(0), Offset(0), kNoOffset);
  for (int round = 0; round < 3; ++round) {
    delivery.give_up(t);
    delivery.drop(t);
    EXPECT_EQ(delivery.add("t", Partition(0), Offset(7), Offset(7)), t);
    EXPECT_EQ(due_text(delivery), "u 0 0; ");
  }
  // While text of it is on its way, that must not count for the new one.
  delivery.enter(t);
  delivery.print(5, Offset(8));
  delivery.give_up(t);
  delivery.drop(t);
  size_t other = delivery.add("t", Partition(0), Offset(3), Offset(3));
  EXPECT_NE(other, t);
  delivery.taken(5);
  EXPECT_EQ(delivery.place(other).delivered, Offset(3));
  // Nor where it was taken away: a command may still be at it.
  delivery.drop(u);
  size_t later = delivery.add("u", Partition(0), Offset(1), Offset(1));
  EXPECT_NE(later, u);
  // An acknowledgement means the newest.
  delivery.enter(later);
  delivery.print(9, Offset(2));
  EXPECT_TRUE(delivery.acknowledge("u", Partition(0), Offset(1)));
  EXPECT_EQ(delivery.place(later).delivered, Offset(2));
  EXPECT_EQ(delivery.place_count(), 4u);
}

// A record without any text is delivered with what stands before it, and not before.
TEST(Delivery, FilteredRecordsGoWithTheTextBeforeThem) {
  Delivery delivery(false);
  delivery.enter(delivery.add("t", Partition(0), Offset(0), Offset(0)));
  delivery.pass(0, Offset(3));
  delivery.taken(0);
  EXPECT_EQ(due_text(delivery), "t 0 3; ");
  delivery.print(8, Offset(4));
  delivery.pass(8, Offset(9));
  delivery.taken(7);
  EXPECT_EQ(due_text(delivery), "t 0 3; ");
  delivery.taken(8);
  EXPECT_EQ(due_text(delivery), "t 0 9; ");
}

TEST(Delivery, WhereTheGroupHasNothingThePositionIsDue) {
  Delivery delivery(false);
  delivery.add("t", Partition(0), Offset(42), kNoOffset);
  EXPECT_EQ(due_text(delivery), "t 0 42; ");
}

TEST(Delivery, ManyMarksAndFewTaken) {
  Delivery delivery(false);
  delivery.enter(delivery.add("t", Partition(0), Offset(0), Offset(0)));
  for (int64_t i = 1; i <= 10'000; ++i) {
    delivery.print(static_cast<uint64_t>(i) * 10, Offset(i));
    delivery.taken(static_cast<uint64_t>(i) * 7);
  }
  EXPECT_EQ(due_text(delivery), "t 0 7000; ");
}

TEST(Delivery, AcknowledgementsCountAndNotWhatWasTaken) {
  Delivery delivery(true);
  size_t t = delivery.add("t", Partition(2), Offset(0), Offset(0));
  delivery.enter(t);
  for (int64_t i = 0; i < 5; ++i) delivery.print(static_cast<uint64_t>(i) + 1, Offset(i + 1));
  delivery.pass(5, Offset(8));
  delivery.taken(5);
  EXPECT_EQ(due_text(delivery), "");
  EXPECT_EQ(delivery.unacknowledged(), 1);
  ASSERT_TRUE(delivery.acknowledge("", Partition(2), Offset(2)));
  EXPECT_EQ(due_text(delivery), "t 2 3; ");
  // An earlier one takes nothing back.
  ASSERT_TRUE(delivery.acknowledge("t", Partition(2), Offset(1)));
  EXPECT_EQ(due_text(delivery), "t 2 3; ");
  ASSERT_TRUE(delivery.acknowledge("t", Partition(2), Offset(4)));
  EXPECT_EQ(delivery.unacknowledged(), 0);
  EXPECT_EQ(due_text(delivery), "t 2 8; ");
}

TEST(Delivery, AcknowledgementsThatCannotBe) {
  Delivery delivery(true);
  size_t t = delivery.add("t", Partition(0), Offset(0), Offset(0));
  delivery.enter(t);
  delivery.print(1, Offset(1));
  EXPECT_EQ(delivery.acknowledge("", Partition(0), Offset(1)).code(), Errc::kUsage);
  EXPECT_EQ(delivery.acknowledge("", Partition(1), Offset(0)).code(), Errc::kUsage);
  EXPECT_EQ(delivery.acknowledge("u", Partition(0), Offset(0)).code(), Errc::kUsage);
  delivery.add("u", Partition(0), Offset(0), Offset(0));
  EXPECT_EQ(delivery.acknowledge("", Partition(0), Offset(0)).code(), Errc::kUsage);
  EXPECT_TRUE(delivery.acknowledge("t", Partition(0), Offset(0)));
  // Of a partition that has gone to another member.
  delivery.drop(t);
  EXPECT_TRUE(delivery.acknowledge("t", Partition(0), Offset(77)));
  EXPECT_EQ(due_text(delivery), "");
}

TEST(Acknowledgements, Lines) {
  auto two = parse_acknowledgement("3 47");
  ASSERT_TRUE(two);
  EXPECT_EQ(two->topic, "");
  EXPECT_EQ(two->partition.value, 3);
  EXPECT_EQ(two->offset.value, 47);
  auto three = parse_acknowledgement("  orders\t0  9223372036854775807 \r");
  ASSERT_TRUE(three);
  EXPECT_EQ(three->topic, "orders");
  EXPECT_EQ(three->offset.value, INT64_MAX);
  for (const char* wrong : {"", "1", "a", "1 b", "t 1 2 3", "-1 4", "1 -4", "4294967296 1", "1 9223372036854775808"})
    EXPECT_EQ(parse_acknowledgement(wrong).code(), Errc::kUsage) << wrong;
}

TEST(Acknowledgements, ComeInAnyPieces) {
  LineSplitter lines;
  std::vector<std::string> found;
  auto take = [&](std::string_view line) -> Status {
    found.emplace_back(line);
    return {};
  };
  ASSERT_TRUE(lines.take("0 1\n0 ", take));
  ASSERT_TRUE(lines.take("2", take));
  ASSERT_TRUE(lines.take("\n\n1 7", take));
  ASSERT_TRUE(lines.end(take));
  EXPECT_EQ(found, (std::vector<std::string>{"0 1", "0 2", "1 7"}));
  // Something without newlines is no list of lines.
  EXPECT_EQ(lines.take(std::string(2000, 'x'), take).code(), Errc::kUsage);
}

}  // namespace
}  // namespace sl::tools::consume
