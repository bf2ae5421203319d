// Simulated connections: pieces, windows, closes, resets, partitions, machines that went silent.
#include "aio/sim_network.h"

#include <gtest/gtest.h>

#include "aio/sim_runtime.h"

namespace sl::aio {
namespace {

const Address kServer{"server", 9092, {}};

Task<void> dial(Runtime& runtime, Address address, Result<std::unique_ptr<Stream>>& result) {
  result = co_await runtime.connect(address);
}

Task<void> take(Listener& listener, Result<std::unique_ptr<Stream>>& result) {
  result = co_await listener.accept();
}

Task<void> write_text(Stream& stream, std::string text, Status& status) {
  Bytes piece = as_bytes(text);
  std::span<const Bytes> pieces(&piece, 1);
  status = co_await stream.write(pieces);
}

Task<void> read_to_end(Stream& stream, std::string& text, std::vector<size_t>& pieces, Errc& end) {
  std::vector<uint8_t> bytes(1 << 16);
  for (;;) {
    auto n = co_await stream.read(bytes);
    end = n.code();
    if (!n || *n == 0) co_return;
    pieces.push_back(*n);
    text += as_text(Bytes(bytes).first(*n));
  }
}

class SimNetworkTest : public testing::Test {
 protected:
  // A connection between two nodes: `near` is the client's end.
  void connect(Address address = kServer) {
    if (!listener) listener = *server_process.listen(address, {});
    Result<std::unique_ptr<Stream>> dialled = Errc::kNone, taken = Errc::kNone;
    group.spawn(take(*listener, taken));
    group.spawn(dial(address.is_unix() ? server_process : client_process, address, dialled));
    ASSERT_TRUE(world.run_until([&] { return group.live() == 0; }));
    ASSERT_TRUE(dialled.ok() && taken.ok());
    near = *std::move(dialled);
    far = *std::move(taken);
  }
  Errc dial_code(Address address, int64_t limit_ms = 600'000) {
    Result<std::unique_ptr<Stream>> result = Errc::kNone;
    group.spawn(dial(client_process, address, result));
    EXPECT_TRUE(world.run_until([&] { return group.live() == 0; }, limit_ms));
    return result.code();
  }
  bool settle(int64_t limit_ms = 600'000) {
    return world.run_until([&] { return group.live() == 0; }, limit_ms);
  }

  SimWorld world{11};
  SimNode& server = world.add_node("server");
  SimNode& client = world.add_node("client");
  SimRuntime& server_process = server.start_process();
  SimRuntime& client_process = client.start_process();
  TaskGroup group;
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Stream> near, far;
  Status sent;
  std::string got;
  std::vector<size_t> pieces;
  Errc end = Errc::kNone;
};

TEST_F(SimNetworkTest, BytesArriveInOrderInPiecesOfAllSizes) {
  world.options().window_min_bytes = 100'000;
  connect();
  std::string text;
  for (int i = 0; text.size() < 2'000'000; ++i) text += std::to_string(i) + " ";
  group.spawn(write_text(*near, text, sent));
  TaskGroup reader;
  reader.spawn(read_to_end(*far, got, pieces, end));
  ASSERT_TRUE(settle());
  EXPECT_TRUE(sent.ok());
  near->close();
  ASSERT_TRUE(world.run_until([&] { return reader.live() == 0; }));
  EXPECT_EQ(got, text) << "all of it, though the writer closed with bytes on their way";
  EXPECT_EQ(end, Errc::kNone);
  EXPECT_TRUE(std::find(pieces.begin(), pieces.end(), 1u) != pieces.end());
  EXPECT_GT(*std::max_element(pieces.begin(), pieces.end()), 10'000u);
}

TEST_F(SimNetworkTest, AWriterWaitsForItsReader) {
  connect();
  group.spawn(write_text(*near, std::string(1 << 20, 'x'), sent));
  world.run_for_ms(10'000);
  EXPECT_EQ(group.live(), 1) << "a window holds at most 256 KiB";
  TaskGroup reader;
  reader.spawn(read_to_end(*far, got, pieces, end));
  EXPECT_TRUE(settle());
  near->close();
  ASSERT_TRUE(world.run_until([&] { return reader.live() == 0; }));
  EXPECT_EQ(got.size(), 1u << 20);
}

TEST_F(SimNetworkTest, CloseResumesTheOwnersReadsAndWrites) {
  connect();
  group.spawn(read_to_end(*near, got, pieces, end));
  group.spawn(write_text(*near, std::string(1 << 20, 'x'), sent));
  world.run_for_ms(100);
  EXPECT_EQ(group.live(), 2);
  near->close();
  EXPECT_EQ(group.live(), 2) << "from the loop, not from close()";
  EXPECT_TRUE(settle());
  EXPECT_EQ(end, Errc::kCancelled);
  EXPECT_EQ(sent.code(), Errc::kCancelled);
}

TEST_F(SimNetworkTest, WritingToOneWhoHasGoneIsReset) {
  connect();
  far->close();
  group.spawn(read_to_end(*near, got, pieces, end));
  ASSERT_TRUE(settle());
  EXPECT_EQ(end, Errc::kNone) << "the end of the stream";
  group.spawn(write_text(*near, "hello?", sent));
  ASSERT_TRUE(settle());
  EXPECT_TRUE(sent.ok()) << "the first one finds nobody out yet";
  world.run_for_ms(100);
  group.spawn(write_text(*near, "hello?", sent));
  ASSERT_TRUE(settle());
  EXPECT_EQ(sent.code(), Errc::kConnectionClosed);
}

TEST_F(SimNetworkTest, AResetHitsBothEnds) {
  connect();
  TaskGroup other;
  std::string others;
  Errc others_end = Errc::kNone;
  group.spawn(read_to_end(*near, got, pieces, end));
  other.spawn(read_to_end(*far, others, pieces, others_end));
  world.network().reset(server, client);
  ASSERT_TRUE(settle());
  ASSERT_TRUE(world.run_until([&] { return other.live() == 0; }));
  EXPECT_EQ(end, Errc::kConnectionClosed);
  EXPECT_EQ(others_end, Errc::kConnectionClosed);
}

TEST_F(SimNetworkTest, RandomResetsStrikeSooner) {
  world.options().reset_permille = 1000;
  connect();
  group.spawn(write_text(*near, "x", sent));
  TaskGroup reader;
  reader.spawn(read_to_end(*far, got, pieces, end));
  ASSERT_TRUE(world.run_until([&] { return reader.live() == 0; }));
  EXPECT_EQ(end, Errc::kConnectionClosed);
  ASSERT_TRUE(settle());
}

TEST_F(SimNetworkTest, ACutDelaysAndHealingDelivers) {
  connect();
  world.network().cut(server, client);
  group.spawn(write_text(*near, "across", sent));
  TaskGroup reader;
  reader.spawn(read_to_end(*far, got, pieces, end));
  world.run_for_ms(60'000);
  EXPECT_EQ(got, "");
  world.network().heal(server, client);
  EXPECT_TRUE(world.run_until([&] { return got == "across"; }, 100));
  near->close();
  ASSERT_TRUE(world.run_until([&] { return reader.live() == 0; }));
}

TEST_F(SimNetworkTest, ACutMayBeOneWay) {
  connect();
  world.network().cut_one_way(server, client);
  std::string back;
  Errc back_end = Errc::kNone;
  TaskGroup readers;
  readers.spawn(read_to_end(*far, got, pieces, end));
  readers.spawn(read_to_end(*near, back, pieces, back_end));
  group.spawn(write_text(*near, "there", sent));
  Status sent_back;
  group.spawn(write_text(*far, "back", sent_back));
  world.run_for_ms(1000);
  EXPECT_EQ(got, "there");
  EXPECT_EQ(back, "");
  world.network().heal_all();
  world.run_for_ms(1000);
  EXPECT_EQ(back, "back");
  near->close();
  far->close();
  ASSERT_TRUE(world.run_until([&] { return readers.live() == 0; }));
}

TEST_F(SimNetworkTest, ConnectsAreRefusedOrTimeOut) {
  EXPECT_EQ(dial_code(kServer, 10), Errc::kUnreachable) << "nobody listens: at once";
  EXPECT_EQ(dial_code(Address{"nowhere", 1, {}}, 10), Errc::kUnreachable);
  listener = *server_process.listen(kServer, {});
  EXPECT_EQ(server_process.listen(kServer, {}).code(), Errc::kLocked);
  EXPECT_EQ(dial_code(kServer), Errc::kNone);
  world.network().refuse(server, true);
  EXPECT_EQ(dial_code(kServer, 10), Errc::kUnreachable);
  world.network().refuse(server, false);
  world.network().isolate(client);
  int64_t start_ms = client_process.mono_ms();
  EXPECT_EQ(dial_code(kServer), Errc::kUnreachable);
  EXPECT_GT(client_process.mono_ms() - start_ms, 60'000) << "silence takes its time";
  // Healed while it waits, the connect goes through.
  Result<std::unique_ptr<Stream>> result = Errc::kNone;
  group.spawn(dial(client_process, kServer, result));
  world.run_for_ms(5'000);
  EXPECT_EQ(group.live(), 1);
  world.network().heal_all();
  ASSERT_TRUE(settle(30'000));
  EXPECT_TRUE(result.ok());
}

TEST_F(SimNetworkTest, AddressesBelongToTheirNodes) {
  auto loopback = *server_process.listen(Address{"127.0.0.1", 0, {}}, {});
  uint16_t port = loopback->address().port;
  EXPECT_NE(port, 0);
  EXPECT_EQ(dial_code(Address{"server", port, {}}), Errc::kUnreachable) << "a loopback listener";
  EXPECT_EQ(dial_code(Address{"127.0.0.1", port, {}}), Errc::kUnreachable) << "the client's own loopback";
  auto any = *server_process.listen(Address{"0.0.0.0", 0, {}}, {});
  EXPECT_NE(any->address().port, port);
  EXPECT_EQ(dial_code(Address{"server", any->address().port, {}}), Errc::kNone);
  auto local = *server_process.listen(Address{"", 0, "/run/s.sock"}, {});
  EXPECT_EQ(dial_code(Address{"", 0, "/run/s.sock"}), Errc::kUnreachable) << "another machine's path";
  EXPECT_EQ(server_process.listen(Address{"", 0, std::string(108, 'p')}, {}).code(), Errc::kUsage);
}

TEST_F(SimNetworkTest, UnixSocketsKnowWhoIsThere) {
  server_process.set_identity(PeerIdentity{42, 43, 44});
  connect(Address{"", 0, "/run/s.sock"});
  EXPECT_EQ(far->peer_identity()->uid, 42u);
  EXPECT_EQ(far->peer_identity()->gid, 43u);
  far->close();
  near->close();
  far.reset(), near.reset(), listener.reset();
  connect();
  EXPECT_FALSE(far->peer_identity().has_value());
  EXPECT_EQ(near->peer_name(), "server:9092");
  EXPECT_TRUE(far->peer_name().starts_with("client:"));
}

TEST_F(SimNetworkTest, AKilledPeerIsSeenAtOnce) {
  connect();
  group.spawn(read_to_end(*near, got, pieces, end));
  server_process.crash();
  ASSERT_TRUE(settle(100));
  EXPECT_EQ(end, Errc::kNone);
}

TEST_F(SimNetworkTest, AMachineWithoutPowerMaySayNothing) {
  int silent = 0, told = 0;
  for (int i = 0; i < 20; ++i) {
    SimRuntime& process = server.start_process();
    listener = *process.listen(kServer, {});
    connect();
    TaskGroup reader;
    reader.spawn(read_to_end(*near, got, pieces, end));
    server.power_cut(CrashMode::kNothing);
    world.run_for_ms(10'000);
    ++(reader.live() == 1 ? silent : told);
    // What is sent to it arrives when it is up again, and finds nobody.
    if (reader.live() == 1) {
      group.spawn(write_text(*near, "anyone?", sent));
      world.run_for_ms(10'000);
      EXPECT_EQ(reader.live(), 1);
      server.start_process();
      EXPECT_TRUE(world.run_until([&] { return reader.live() == 0; }, 100));
      EXPECT_EQ(end, Errc::kConnectionClosed);
    }
    near.reset(), far.reset(), listener.reset();
  }
  EXPECT_GT(silent, 2);
  EXPECT_GT(told, 2);
  EXPECT_EQ(world.network().connections(), 0u);
}

}  // namespace
}  // namespace sl::aio
