// Levels of the logger, and the one that keeps its lines for tests.
#include "base/log.h"

#include <gtest/gtest.h>

namespace sl {
namespace {

TEST(Log, LevelsAreNamedAndFilter) {
  for (std::string_view name : {"debug", "info", "warn", "error"}) {
    auto level = parse_log_level(name);
    ASSERT_TRUE(level) << name;
    EXPECT_EQ(log_level_name(*level), name);
  }
  EXPECT_FALSE(parse_log_level("loud"));
  MemoryLogger log;
  log.debug("unseen {}", 1);
  log.info("seen {}", 2);
  EXPECT_EQ(log.text.find("unseen"), std::string::npos);
  EXPECT_NE(log.text.find("seen 2"), std::string::npos);
  log.set_level(LogLevel::kError);
  EXPECT_FALSE(log.enabled(LogLevel::kWarn));
  log.warn("nor this");
  log.error("but this");
  EXPECT_EQ(log.text.find("nor this"), std::string::npos);
  EXPECT_NE(log.text.find("but this"), std::string::npos);
}

}  // namespace
}  // namespace sl
