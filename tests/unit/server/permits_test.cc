// Permits: first come, first served; nothing is lost when a share or a wait ends, and nobody gets in between.
#include "server/permits.h"

#include <gtest/gtest.h>

#include "aio/sim_runtime.h"
#include "aio/sim_world.h"

namespace sl::server {
namespace {

class PermitsTest : public testing::Test {
 protected:
  // Asks, notes when it was served, and keeps its share until let_go() names it.
  aio::Task<void> hold(char name, size_t count) {
    Permits::Ask ask(permits, count);
    asks[name] = &ask;
    Permits::Share share = co_await ask;
    asks.erase(name);
    served += share ? std::string(1, name) : std::string("-");
    shares[name] = std::move(share);
  }
  void start(char name, size_t count) { tasks.spawn(hold(name, count)); }
  void let_go(char name) {
    shares.erase(name);
    world.run_for_ms(1);
  }
  aio::SimWorld world{3};
  aio::SimRuntime& runtime = world.add_node("a").start_process();
  Permits permits{runtime, 10};
  std::map<char, Permits::Share> shares;
  std::map<char, Permits::Ask*> asks;
  std::string served;
  aio::TaskGroup tasks;
};

TEST_F(PermitsTest, TheFirstInTheLineGoesFirst) {
  start('a', 6);
  start('b', 4);
  EXPECT_EQ(served, "ab") << "at once, as there is enough";
  start('c', 9);
  start('d', 1);
  let_go('b');
  EXPECT_EQ(served, "ab") << "a little one does not pass a large one";
  EXPECT_TRUE(permits.has_waiters());
  let_go('a');
  EXPECT_EQ(served, "abcd");
  EXPECT_FALSE(permits.has_waiters());
  let_go('c');
  let_go('d');
  EXPECT_TRUE(permits.idle());
}

TEST_F(PermitsTest, WhoComesWhileTheNextOneWakesGoesBehindIt) {
  start('a', 10);
  start('b', 10);
  shares.erase('a');
  start('c', 1);
  EXPECT_EQ(served, "a");
  world.run_for_ms(1);
  EXPECT_EQ(served, "ab");
  let_go('b');
  EXPECT_EQ(served, "abc");
  let_go('c');
}

TEST_F(PermitsTest, AWaitThatIsCancelledHoldsUpNobody) {
  start('a', 8);
  start('b', 5);
  start('c', 2);
  asks['b']->cancel();
  world.run_for_ms(1);
  EXPECT_EQ(served, "a-c");
  let_go('a');
  let_go('c');
  EXPECT_TRUE(permits.idle());
  // Too late: it is served already and only not yet awake.
  start('d', 10);
  start('e', 10);
  shares.erase('d');
  asks['e']->cancel();
  world.run_for_ms(1);
  EXPECT_EQ(served, "a-cde");
  let_go('e');
  EXPECT_TRUE(permits.idle());
}

TEST_F(PermitsTest, WhoAsksForMoreThanThereIsGetsAll) {
  start('a', 1);
  start('b', 1000);
  let_go('a');
  EXPECT_EQ(served, "ab");
  EXPECT_EQ(permits.free(), 0U);
  let_go('b');
}

}  // namespace
}  // namespace sl::server
