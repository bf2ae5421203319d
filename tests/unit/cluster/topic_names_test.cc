// Names of topics.
#include "cluster/topic_names.h"

#include <gtest/gtest.h>

namespace sl::cluster {
namespace {

TEST(TopicNames, Allowed) {
  for (const char* name : {"a", "A-Z_0.9", "...", "__consumer_offsets", "-"})
    EXPECT_TRUE(check_topic_name(name)) << name;
  EXPECT_TRUE(check_topic_name(std::string(249, 'x')));
  for (const char* name : {"", ".", "..", "a b", "a\n", "ä", "a/b", "__cluster_metadata"})
    EXPECT_EQ(check_topic_name(name).code(), Errc::kInvalidTopic) << name;
  EXPECT_EQ(check_topic_name(std::string(250, 'x')).code(), Errc::kInvalidTopic);
  EXPECT_EQ(check_topic_name(std::string_view("a\0b", 3)).code(), Errc::kInvalidTopic);
}

TEST(TopicNames, Collisions) {
  Image image;
  ASSERT_TRUE(image.apply(wire::TopicRecord{"a.b_c", Uuid()}, Offset(0)));
  EXPECT_EQ(colliding_topic(image, "a_b.c"), "a.b_c");
  EXPECT_EQ(colliding_topic(image, "a.b_c"), std::nullopt);
  EXPECT_EQ(colliding_topic(image, "a.b-c"), std::nullopt);
  EXPECT_EQ(colliding_topic(image, "a.b_cd"), std::nullopt);
  EXPECT_TRUE(names_collide(".", "_"));
}

}  // namespace
}  // namespace sl::cluster
