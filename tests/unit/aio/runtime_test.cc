// What every Runtime must do, run over both of them: the libuv one on real sockets and the simulated one.
#include "aio/runtime.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "aio/event.h"
#include "aio/sim_runtime.h"
#include "aio/uv_runtime.h"

namespace sl::aio {
namespace {

class Harness {
 public:
  virtual ~Harness() = default;
  virtual Runtime& runtime() = 0;
  virtual void run(Task<void> main) = 0;
};

class UvHarness final : public Harness {
 public:
  Runtime& runtime() override { return *runtime_; }
  void run(Task<void> main) override { runtime_->run(std::move(main)); }

 private:
  std::unique_ptr<UvRuntime> runtime_ = *UvRuntime::make({.pool_threads = 2});
};

class SimHarness final : public Harness {
 public:
  Runtime& runtime() override { return runtime_; }
  void run(Task<void> main) override { world_.run(std::move(main)); }

 private:
  SimWorld world_{5};
  SimRuntime& runtime_ = world_.add_node("n").start_process();
};

struct Setting {
  bool simulated;
  bool unix_socket;
};

std::string setting_name(const testing::TestParamInfo<Setting>& tested) {
  return std::string(tested.param.simulated ? "Simulated" : "Libuv") + (tested.param.unix_socket ? "Unix" : "Tcp");
}

class BothRuntimes : public testing::TestWithParam<Setting> {
 protected:
  BothRuntimes() {
    if (GetParam().simulated)
      harness = std::make_unique<SimHarness>();
    else
      harness = std::make_unique<UvHarness>();
    if (GetParam().unix_socket) {
      std::string name = "aio-" + std::to_string(::getpid()) + ".sock";
      address.unix_path = GetParam().simulated ? "/run/" + name : testing::TempDir() + name;
    } else {
      address.host = "127.0.0.1";
    }
  }
  std::unique_ptr<Harness> harness;
  Address address;
};

Task<void> echo(std::unique_ptr<Stream> stream) {
  std::vector<uint8_t> bytes(4096);
  for (;;) {
    auto n = co_await stream->read(bytes);
    if (!n || *n == 0) break;
    Bytes piece = Bytes(bytes).first(*n);
    std::span<const Bytes> pieces(&piece, 1);
    auto sent = co_await stream->write(pieces);
    if (!sent) break;
  }
  stream->close();
}

Task<void> echo_server(Listener& listener, Errc& end) {
  TaskGroup sessions;
  for (;;) {
    auto stream = co_await listener.accept();
    if (!stream) {
      end = stream.code();
      break;
    }
    sessions.spawn(echo(*std::move(stream)));
  }
  co_await sessions.drained();
}

Task<void> send_all(Stream& stream, const std::string& text, bool& ok) {
  std::vector<Bytes> pieces;
  for (size_t at = 0; at < text.size(); at += 70'000)
    pieces.push_back(as_bytes(text).subspan(at).first(std::min<size_t>(70'000, text.size() - at)));
  auto sent = co_await stream.write(pieces);
  ok = sent.ok();
}

Task<void> echo_client(Runtime& runtime, Address address, std::string text, std::string& got) {
  auto stream = co_await runtime.connect(address);
  EXPECT_TRUE(stream.ok());
  if (!stream) co_return;
  bool ok = false;
  TaskGroup writer;
  writer.spawn(send_all(**stream, text, ok));
  std::vector<uint8_t> bytes(10'000);
  while (got.size() < text.size()) {
    auto n = co_await (*stream)->read(bytes);
    if (!n || *n == 0) break;
    got += as_text(Bytes(bytes).first(*n));
  }
  co_await writer.drained();
  EXPECT_TRUE(ok);
  uint8_t byte[1];
  EXPECT_EQ((*stream)->try_read(byte).code(), Errc::kWouldBlock);
  (*stream)->close();
  EXPECT_EQ((*stream)->try_read(byte).code(), Errc::kCancelled);
}

Task<void> echo_main(Runtime& runtime, Address address) {
  auto listener = runtime.listen(address, {});
  EXPECT_TRUE(listener.ok());
  if (!listener) co_return;
  EXPECT_EQ(runtime.listen((*listener)->address(), {}).code(), Errc::kLocked);
  Errc end = Errc::kNone;
  TaskGroup server, clients;
  server.spawn(echo_server(**listener, end));
  std::string texts[3], got[3];
  for (size_t i = 0; i < 3; ++i) {
    for (int n = 0; texts[i].size() < 500'000; ++n) texts[i] += std::to_string(n * static_cast<int>(i + 1)) + ",";
    clients.spawn(echo_client(runtime, (*listener)->address(), texts[i], got[i]));
  }
  co_await clients.drained();
  for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(got[i] == texts[i]);
  (*listener)->close();
  co_await server.drained();
  EXPECT_EQ(end, Errc::kCancelled);
  Address gone = (*listener)->address();
  listener->reset();
  auto refused = co_await runtime.connect(gone);
  EXPECT_EQ(refused.code(), Errc::kUnreachable);
}

TEST_P(BothRuntimes, EchoThreeClients) {
  harness->run(echo_main(harness->runtime(), address));
}

// Answers and closes although the peer has sent more than was read.
Task<void> answer_and_leave(Listener& listener, const std::string& answer) {
  auto stream = co_await listener.accept();
  EXPECT_TRUE(stream.ok());
  if (!stream) co_return;
  uint8_t byte[1];
  auto n = co_await (*stream)->read(byte);
  EXPECT_TRUE(n.ok() && *n == 1);
  Bytes piece = as_bytes(answer);
  std::span<const Bytes> pieces(&piece, 1);
  auto sent = co_await (*stream)->write(pieces);
  EXPECT_TRUE(sent.ok());
  (*stream)->close();
}

Task<void> parting_main(Runtime& runtime, Address address) {
  auto listener = runtime.listen(address, {});
  EXPECT_TRUE(listener.ok());
  if (!listener) co_return;
  std::string answer(400'000, 'a'), asked(5'000, 'q'), got;
  TaskGroup server;
  server.spawn(answer_and_leave(**listener, answer));
  auto stream = co_await runtime.connect((*listener)->address());
  EXPECT_TRUE(stream.ok());
  Bytes piece = as_bytes(asked);
  std::span<const Bytes> pieces(&piece, 1);
  auto sent = co_await (*stream)->write(pieces);
  EXPECT_TRUE(sent.ok());
  co_await server.drained();  // the kernel has all of the answer now, and much of it on this side of the wire
  std::vector<uint8_t> bytes(10'000);
  for (;;) {
    auto n = co_await (*stream)->read(bytes);
    if (!n || *n == 0) break;
    got += as_text(Bytes(bytes).first(*n));
  }
  EXPECT_EQ(got.size(), answer.size());
  (*stream)->close();
  (*listener)->close();
}

TEST(UvRuntime, AnAnswerOutlivesACloseWithUnreadRequests) {
  UvHarness harness;
  Address loopback;
  loopback.host = "127.0.0.1";
  harness.run(parting_main(harness.runtime(), loopback));
}

// Yields again and again until the flag is up; many times more than it should take.
Task<void> yield_until(Runtime& runtime, const bool& flag, bool& seen) {
  Timer timer(runtime.timers());
  for (int i = 0; i < 1'000'000 && !flag; ++i) co_await timer.wait_ms(0);
  seen = flag;
}

Task<void> echo_beside(Runtime& runtime, Address address, bool& flag) {
  std::string got;
  co_await echo_client(runtime, std::move(address), std::string(1000, 'x'), got);
  flag = got.size() == 1000;
}

Task<void> yielding_main(Runtime& runtime, Address address) {
  auto listener = runtime.listen(address, {});
  EXPECT_TRUE(listener.ok());
  if (!listener) co_return;
  Errc end = Errc::kNone;
  bool flag = false, seen = false;
  TaskGroup server, others;
  server.spawn(echo_server(**listener, end));
  others.spawn(yield_until(runtime, flag, seen));
  others.spawn(echo_beside(runtime, (*listener)->address(), flag));
  co_await others.drained();
  EXPECT_TRUE(seen);
  (*listener)->close();
  co_await server.drained();
}

// In virtual time a million yields take no time at all; this is about libuv's phases.
TEST(UvRuntime, ATaskThatOnlyYieldsLeavesSocketsTheirTurn) {
  UvHarness harness;
  Address loopback;
  loopback.host = "127.0.0.1";
  harness.run(yielding_main(harness.runtime(), loopback));
}

Task<void> sleep_and_tell(Runtime& runtime, int64_t ms, std::vector<int64_t>& told) {
  Timer timer(runtime.timers());
  bool over = co_await timer.wait_ms(ms);
  told.push_back(over ? ms : -ms);
}

Task<void> wait_for(Event& event, const bool& flag, std::vector<int64_t>& told) {
  while (!flag) {
    auto wait = event.wait();
    co_await wait;
  }
  told.push_back(100);
}

Task<void> wait_on(Timer& timer, std::vector<int64_t>& told) {
  bool over = co_await timer.wait_ms(1'000'000);
  told.push_back(over ? 1 : -1);
}

Task<void> timers_main(Runtime& runtime, std::vector<int64_t>& told) {
  TaskGroup group;
  int64_t start_ms = runtime.mono_ms();
  for (int64_t ms : {12, 2, 7}) group.spawn(sleep_and_tell(runtime, ms, told));
  co_await group.drained();
  EXPECT_GE(runtime.mono_ms() - start_ms, 11);
  Timer timer(runtime.timers());
  group.spawn(wait_on(timer, told));
  timer.cut();
  co_await group.drained();
  Event event(runtime);
  bool flag = false;
  group.spawn(wait_for(event, flag, told));
  flag = true;
  event.notify();
  EXPECT_EQ(group.live(), 1) << "a notified task runs from the loop";
  co_await group.drained();
}

TEST_P(BothRuntimes, TimersAndEvents) {
  std::vector<int64_t> told;
  harness->run(timers_main(harness->runtime(), told));
  EXPECT_EQ(told, (std::vector<int64_t>{2, 7, 12, -1, 100}));
}

Task<void> square(Runtime& runtime, Lane lane, int value, int& sum) {
  int result = 0;
  std::function<void()> job = [&result, value] { result = value * value; };
  co_await runtime.run_in_pool(lane, std::move(job));
  sum += result;  // Back on the loop: no lock.
}

Task<void> pool_main(Runtime& runtime, int& sum) {
  TaskGroup group;
  for (int i = 0; i < 300; ++i) group.spawn(square(runtime, static_cast<Lane>(i % 3), i, sum));
  co_await group.drained();
}

TEST_P(BothRuntimes, PoolJobsComeBackToTheLoop) {
  int sum = 0;
  harness->run(pool_main(harness->runtime(), sum));
  EXPECT_EQ(sum, 299 * 300 * 599 / 6);
}

INSTANTIATE_TEST_SUITE_P(Aio, BothRuntimes,
                         testing::Values(Setting{false, false}, Setting{false, true}, Setting{true, false},
                                         Setting{true, true}),
                         setting_name);

}  // namespace
}  // namespace sl::aio
