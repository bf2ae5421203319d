// The simulated world: one seed is one run; time, timers and the pool; crashes and power cuts.
#include "aio/sim_world.h"

#include <gtest/gtest.h>

#include <set>

#include "aio/sim_network.h"
#include "aio/sim_runtime.h"

namespace sl::aio {
namespace {

// A small system with something of everything: a server that stores what it gets, and clients that send.
Task<void> store_lines(Runtime& runtime, Stream& stream, int& stored) {
  std::vector<uint8_t> bytes(64);
  for (;;) {
    auto n = co_await stream.read(bytes);
    if (!n || *n == 0) break;
    Status written;
    std::function<void()> job = [&] {
      auto file = runtime.files().open("/log", FileSystem::Mode::kCreate);
      if (!file) return;
      Bytes piece = Bytes(bytes).first(*n);
      auto size = (*file)->size();
      written = size ? (*file)->write_at(std::span(&piece, 1), *size) : Status(Errc::kIo);
      if (written) written = (*file)->sync();
    };
    co_await runtime.run_in_pool(Lane::kAppend, std::move(job));
    if (written) stored += static_cast<int>(*n);
  }
  stream.close();
}

Task<void> serve_one(Runtime& runtime, std::unique_ptr<Stream> stream, int& stored) {
  co_await store_lines(runtime, *stream, stored);
}

Task<void> accept_all(Runtime& runtime, Listener& listener, TaskGroup& group, int& stored) {
  for (;;) {
    auto stream = co_await listener.accept();
    if (!stream) break;
    group.spawn(serve_one(runtime, *std::move(stream), stored));
  }
}

Task<void> send_lines(Runtime& runtime, Address to, int lines) {
  auto stream = co_await runtime.connect(to);
  if (!stream) co_return;
  for (int i = 0; i < lines; ++i) {
    std::string line(1 + runtime.random().below(300), 'x');
    Bytes piece = as_bytes(line);
    std::span<const Bytes> pieces(&piece, 1);
    auto sent = co_await (*stream)->write(pieces);
    if (!sent) break;
    Timer timer(runtime.timers());
    int64_t pause_ms = static_cast<int64_t>(runtime.random().below(20));
    co_await timer.wait_ms(pause_ms);
  }
  (*stream)->close();
}

struct Outcome {
  uint64_t hash;
  uint64_t steps;
  int stored;
  int64_t end_ns;
  auto operator<=>(const Outcome&) const = default;
};

Outcome run_system(uint64_t seed) {
  SimWorld world(seed);
  SimNode& server = world.add_node("server");
  SimRuntime& runtime = server.start_process();
  auto listener = *runtime.listen(Address{"server", 9092, {}}, {});
  int stored = 0;
  TaskGroup group, clients;
  group.spawn(accept_all(runtime, *listener, group, stored));
  for (int i = 0; i < 4; ++i) {
    SimNode& node = world.add_node("client" + std::to_string(i));
    clients.spawn(send_lines(node.start_process(), Address{"server", 9092, {}}, 20));
  }
  EXPECT_TRUE(world.run_until([&] { return clients.live() == 0 && group.live() == 1; }));
  listener->close();
  EXPECT_TRUE(world.run_until([&] { return group.live() == 0; }));
  EXPECT_GT(stored, 4 * 20);
  return {world.trace_hash(), world.steps(), stored, world.now_ns()};
}

TEST(SimWorldTrace, OneSeedIsOneRun) {
  auto first = run_system(1);
  EXPECT_EQ(first, run_system(1));
  EXPECT_NE(first.hash, run_system(2).hash);
  EXPECT_EQ(run_system(99), run_system(99));
}

Task<void> wait_and_tell(Runtime& runtime, int64_t ms, std::vector<int64_t>& told) {
  Timer timer(runtime.timers());
  co_await timer.wait_ms(ms);
  told.push_back(ms);
}

TEST(SimWorldTime, TimersRunInOrderInVirtualTime) {
  SimWorld world(1);
  SimRuntime& runtime = world.add_node("n").start_process();
  TaskGroup group;
  std::vector<int64_t> told;
  int64_t start_ms = runtime.mono_ms(), start_wall_ms = runtime.wall_ms();
  for (int64_t ms : {86'400'000, 5, 3'600'000, 1, 1000}) group.spawn(wait_and_tell(runtime, ms, told));
  EXPECT_FALSE(world.run_until([&] { return group.live() == 0; }, 10'000));
  EXPECT_EQ(told, (std::vector<int64_t>{1, 5, 1000}));
  EXPECT_TRUE(world.run_until([&] { return group.live() == 0; }, 100'000'000));
  EXPECT_EQ(told, (std::vector<int64_t>{1, 5, 1000, 3'600'000, 86'400'000}));
  EXPECT_EQ(runtime.mono_ms() - start_ms, 86'400'000);
  EXPECT_EQ(runtime.wall_ms() - start_wall_ms, 86'400'000);
  EXPECT_FALSE(world.step()) << "nothing is left";
}

TEST(SimWorldTime, WallClocksDifferAndMonotonicOnesDoNot) {
  SimWorld world(1);
  SimNode &a = world.add_node("a"), &b = world.add_node("b");
  b.set_wall_offset_ms(-600'000);
  EXPECT_EQ(a.clock().wall_ms() - b.clock().wall_ms(), 600'000);
  b.set_wall_drift_ppm(100'000);
  world.run_for_ms(10'000);
  EXPECT_EQ(a.clock().mono_ns(), b.clock().mono_ns());
  EXPECT_NEAR(static_cast<double>(a.clock().wall_ms() - b.clock().wall_ms()), 599'000, 200);
}

TEST(SimWorldTime, APausedProcessSeesItsTimersLate) {
  SimWorld world(1);
  SimRuntime& runtime = world.add_node("n").start_process();
  TaskGroup group;
  std::vector<int64_t> told;
  group.spawn(wait_and_tell(runtime, 10, told));
  runtime.pause_for_ms(500);
  world.run_for_ms(400);
  EXPECT_TRUE(told.empty());
  world.run_for_ms(200);
  EXPECT_EQ(told.size(), 1u);
}

// Wakes itself, over and over.
struct NextTurn {
  Runtime& runtime;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) { runtime.post(h); }
  void await_resume() noexcept {}
};

Task<void> post_for_ever(Runtime& runtime, const bool& stop) {
  while (!stop) {
    NextTurn turn{runtime};
    co_await turn;
  }
}

TEST(SimWorldTime, AnEndlessLoopRunsIntoTheBound) {
  SimOptions options;
  options.steps_max = 10'000;
  SimWorld world(1, options);
  SimRuntime& runtime = world.add_node("n").start_process();
  TaskGroup group;
  bool stop = false;
  group.spawn(post_for_ever(runtime, stop));
  EXPECT_FALSE(world.run_until([] { return false; }));
  EXPECT_EQ(world.steps(), 10'000u);
  EXPECT_NE(world.recent_events().find("turn"), std::string::npos);
  stop = true;
  world.options().steps_max = 20'000;
  EXPECT_TRUE(world.run_until([&] { return group.live() == 0; }));
}

Task<void> run_job(Runtime& runtime, Lane lane, int id, std::vector<int>& done) {
  std::function<void()> job = [] {};
  co_await runtime.run_in_pool(lane, std::move(job));
  done.push_back(id);
}

TEST(SimWorldPool, JobsOverlapAndFinishInAnyOrder) {
  std::set<std::vector<int>> orders;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SimWorld world(seed);
    SimRuntime& runtime = world.add_node("n").start_process();
    TaskGroup group;
    std::vector<int> done;
    for (int i = 0; i < 4; ++i) group.spawn(run_job(runtime, Lane::kRead, i, done));
    ASSERT_TRUE(world.run_until([&] { return group.live() == 0; }));
    orders.insert(done);
  }
  EXPECT_GT(orders.size(), 5u);
}

TEST(SimWorldPool, BackgroundNeverTakesTheLastThread) {
  SimOptions options;
  options.pool_threads = 2;
  SimWorld world(1, options);
  SimRuntime& runtime = world.add_node("n").start_process();
  runtime.set_disk_latency_ns(1'000'000, 1'000'000);
  TaskGroup group;
  std::vector<int> done;
  for (int i = 0; i < 3; ++i) group.spawn(run_job(runtime, Lane::kBackground, i, done));
  group.spawn(run_job(runtime, Lane::kAppend, 9, done));
  ASSERT_TRUE(world.run_until([&] { return group.live() == 0; }));
  EXPECT_LT(std::find(done.begin(), done.end(), 9) - done.begin(), 2) << "the append did not wait for all of them";
  EXPECT_EQ(world.now_ns(), 1'000'000'000 + 3'000'000);
}

// ---- crashes

struct Seen {
  std::vector<Errc> codes;
};

Task<void> read_for_ever(Stream& stream, Seen& seen) {
  std::vector<uint8_t> bytes(10);
  auto n = co_await stream.read(bytes);
  seen.codes.push_back(n.code());
}

Task<void> accept_for_ever(Listener& listener, Seen& seen) {
  auto stream = co_await listener.accept();
  seen.codes.push_back(stream.code());
}

Task<void> connect_somewhere(Runtime& runtime, Address address, Seen& seen) {
  auto stream = co_await runtime.connect(address);
  seen.codes.push_back(stream.code());
}

Task<void> write_to_disk(Runtime& runtime, Seen& seen) {
  Status written;
  std::function<void()> job = [&] {
    auto file = runtime.files().open("/late", FileSystem::Mode::kCreate);
    written = file ? Status() : Status(file.code());
  };
  co_await runtime.run_in_pool(Lane::kAppend, std::move(job));
  seen.codes.push_back(written.code());
}

Task<void> connect_and_keep(Runtime& runtime, Address address, std::unique_ptr<Stream>& kept) {
  auto stream = co_await runtime.connect(address);
  if (stream) kept = *std::move(stream);
}

TEST(SimWorldCrash, EveryWaitEndsAndNothingHasAnEffect) {
  SimWorld world(3);
  SimNode &node = world.add_node("n"), &other = world.add_node("other");
  SimRuntime &doomed = node.start_process(), &peer = other.start_process();
  auto listener = *doomed.listen(Address{"n", 1, {}}, {});
  auto peers_listener = *peer.listen(Address{"other", 1, {}}, {});
  std::unique_ptr<Stream> kept;
  world.run(connect_and_keep(doomed, Address{"other", 1, {}}, kept));
  ASSERT_TRUE(kept);
  world.network().cut(node, other);

  TaskGroup group;
  Seen seen;
  group.spawn(read_for_ever(*kept, seen));
  group.spawn(accept_for_ever(*listener, seen));
  group.spawn(connect_somewhere(doomed, Address{"other", 1, {}}, seen));
  group.spawn(write_to_disk(doomed, seen));
  EXPECT_EQ(group.live(), 4);
  doomed.crash();
  EXPECT_FALSE(doomed.alive());
  EXPECT_TRUE(world.run_until([&] { return group.live() == 0; }, 100)) << "well before any timeout";
  EXPECT_EQ(seen.codes, std::vector<Errc>(4, Errc::kCancelled));
  EXPECT_EQ(doomed.listen(Address{"n", 2, {}}, {}).code(), Errc::kCancelled);
  EXPECT_EQ(doomed.files().list("/").code(), Errc::kCancelled);
  EXPECT_FALSE(*node.disk().exists("/late"));
  uint8_t byte[1];
  EXPECT_EQ(kept->try_read(byte).code(), Errc::kCancelled);

  // Another process takes its place, and its address.
  SimRuntime& next = node.start_process();
  EXPECT_TRUE(next.listen(Address{"n", 1, {}}, {}).ok());
  EXPECT_TRUE(next.files().list("/").ok());
}

TEST(SimWorldCrash, AKillKeepsThePageCacheAndAPowerCutDoesNot) {
  SimWorld world(1);
  SimNode& node = world.add_node("n");
  SimRuntime& first = node.start_process();
  ASSERT_TRUE(first.files().replace("/f", as_bytes("synced")));
  auto file = *first.files().open("/f", FileSystem::Mode::kReadWrite);
  Bytes piece = as_bytes("UN");
  ASSERT_TRUE(file->write_at(std::span(&piece, 1), 0));
  auto lock = *first.files().lock("/lock");
  first.crash();
  SimRuntime& second = node.start_process();
  EXPECT_EQ(*second.files().read_whole("/f", 100), "UNnced");
  EXPECT_TRUE(second.files().lock("/lock").ok()) << "the kernel let go of it";

  node.power_cut(CrashMode::kNothing);
  EXPECT_FALSE(node.powered());
  EXPECT_FALSE(second.alive());
  EXPECT_EQ(second.files().read_whole("/f", 100).code(), Errc::kCancelled);
  SimRuntime& third = node.start_process();
  EXPECT_TRUE(node.powered());
  EXPECT_EQ(*third.files().read_whole("/f", 100), "synced");
  node.power_cut(CrashMode::kNothing);
  node.replace_disk();
  EXPECT_FALSE(*node.start_process().files().exists("/f"));
}

}  // namespace
}  // namespace sl::aio
