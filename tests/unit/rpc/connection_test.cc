// A connection against a peer that a test scripts frame by frame, over simulated streams.
#include "rpc/connection.h"

#include <gtest/gtest.h>

#include <functional>

#include "aio/sim_network.h"
#include "aio/sim_runtime.h"
#include "wire/api.h"

namespace sl::rpc {
namespace {

const aio::Address kPeer{"peer", 9092, {}};

// Reads requests and hands each to the script, which returns what to write; no value closes the connection.
using Script = std::function<std::optional<std::string>(const wire::RequestFrame&)>;

class ConnectionTest : public testing::Test {
 protected:
  ~ConnectionTest() override { EXPECT_EQ(peer_group.live(), 0); }

  static aio::Task<void> serve(aio::Listener& listener, Script script, std::string greeting) {
    auto accepted = co_await listener.accept();
    if (!accepted) co_return;
    std::unique_ptr<aio::Stream> stream = *std::move(accepted);
    if (!greeting.empty()) {
      Bytes piece = as_bytes(greeting);
      std::span<const Bytes> pieces(&piece, 1);
      Status written = co_await stream->write(pieces);
      EXPECT_TRUE(written.ok());
    }
    BufferPool pool(0);
    FrameReader reader(*stream, pool, kProduceFrameBytesMax);
    while (script) {
      auto frame = co_await reader.next();
      if (!frame) break;
      auto request = wire::decode_request_header(frame->bytes);
      EXPECT_TRUE(request.ok());
      std::optional<std::string> reply = script(*request);
      if (!reply) break;
      Bytes piece = as_bytes(*reply);
      std::span<const Bytes> pieces(&piece, 1);
      if (reply->empty()) continue;
      Status written = co_await stream->write(pieces);
      if (!written) break;
    }
    stream->close();
  }

  // A peer that greets with these bytes and then follows the script.
  void listen(Script script, std::string greeting = {}) {
    listener = *peer_process.listen(kPeer, {});
    peer_group.spawn(serve(*listener, std::move(script), std::move(greeting)));
  }

  // Runs `body` over an opened connection, and ends everything.
  static aio::Task<void> session(ConnectionTest* test, ConnectionOptions options,
                                 std::function<aio::Task<void>(Connection&)> body, Status* opened) {
    Connection connection(test->client, test->pool, kPeer, options);
    *opened = co_await connection.open();
    if (*opened && body) co_await body(connection);
    connection.close();
    co_await connection.drained();
  }
  Status run(std::function<aio::Task<void>(Connection&)> body, ConnectionOptions options = {}) {
    Status opened;
    world.run(session(this, options, std::move(body), &opened));
    if (listener) listener->close();
    EXPECT_TRUE(world.run_until([&] { return peer_group.live() == 0; }));
    listener.reset();
    return opened;
  }

  static std::string versions(const wire::RequestFrame& request,
                              wire::ApiVersionsResponse answer = wire::listed_apis()) {
    return wire::encode_response(request.header.correlation_id, answer, request.header.api_version).joined();
  }
  static std::string metadata(const wire::RequestFrame& request, const std::string& cluster_id) {
    wire::MetadataResponse answer;
    answer.cluster_id = cluster_id;
    return wire::encode_response(request.header.correlation_id, answer, request.header.api_version).joined();
  }
  static bool is(const wire::RequestFrame& request, wire::ApiKey key) {
    return request.header.api_key == static_cast<int16_t>(key);
  }

  aio::SimWorld world{7};
  aio::SimRuntime& peer_process = world.add_node("peer").start_process();
  aio::SimRuntime& client = world.add_node("client").start_process();
  BufferPool pool{1 << 20};
  aio::TaskGroup peer_group;
  std::unique_ptr<aio::Listener> listener;
};

aio::Task<void> ask_cluster_id(Connection& connection, std::string* id, Errc* code, int64_t timeout_ms) {
  wire::MetadataRequest request;
  auto answer = co_await connection.call(std::move(request), timeout_ms);
  *code = answer.code();
  if (answer) *id = answer->cluster_id.value_or("");
}

struct Asked {
  std::string id;
  Errc code = Errc::kNone;
};

aio::Task<void> ask_thrice(Connection& connection, std::vector<Asked>* asked, int64_t timeout_ms) {
  aio::TaskGroup group;
  for (Asked& each : *asked) group.spawn(ask_cluster_id(connection, &each.id, &each.code, timeout_ms));
  co_await group.drained();
}

TEST_F(ConnectionTest, ChoosesTheHighestVersionBothKnow) {
  int16_t asked_version = -1;
  listen([&](const wire::RequestFrame& request) -> std::optional<std::string> {
    if (is(request, wire::ApiKey::kMetadata)) {
      asked_version = request.header.api_version;
      return metadata(request, "c");
    }
    EXPECT_EQ(request.header.api_version, 3);
    EXPECT_EQ(request.header.client_id, "streamlog");
    wire::ApiVersionsResponse answer;
    answer.api_keys.push_back({3, 0, 9});
    answer.api_keys.push_back({0, 2, 2});
    answer.api_keys.push_back({22, 0, 99});
    return versions(request, answer);
  });
  std::vector<Asked> asked(1);
  Status opened = run([&](Connection& connection) {
    EXPECT_TRUE(connection.usable());
    EXPECT_EQ(*connection.version_for<wire::MetadataRequest>(), 9);
    EXPECT_EQ(*connection.version_for<wire::MetadataRequest>(4), 4);
    EXPECT_EQ(*connection.version_for<wire::InitProducerIdRequest>(), 5) << "what we would not list we do not send";
    EXPECT_EQ(connection.version_for<wire::ProduceRequest>().code(), Errc::kUnsupportedVersion) << "2 is too old";
    EXPECT_EQ(connection.version_for<wire::FetchRequest>().code(), Errc::kUnsupportedVersion) << "not listed";
    return ask_thrice(connection, &asked, 1000);
  });
  EXPECT_TRUE(opened.ok()) << opened.error().context;
  EXPECT_EQ(asked_version, 9);
  EXPECT_EQ(asked[0].id, "c");
}

TEST_F(ConnectionTest, AsksAgainInTheVersionThatTheRefusalNames) {
  std::vector<int16_t> seen;
  listen([&](const wire::RequestFrame& request) -> std::optional<std::string> {
    seen.push_back(request.header.api_version);
    if (request.header.api_version != 3) return versions(request);
    wire::ApiVersionsResponse refusal;
    refusal.error_code = 35;
    refusal.api_keys.push_back({18, 0, 2});
    return wire::encode_response(request.header.correlation_id, refusal, 0).joined();
  });
  EXPECT_TRUE(run(nullptr).ok());
  EXPECT_EQ(seen, (std::vector<int16_t>{3, 2}));
}

TEST_F(ConnectionTest, FallsBackToVersionZeroWhereTheRefusalNamesNone) {
  std::vector<int16_t> seen;
  listen([&](const wire::RequestFrame& request) -> std::optional<std::string> {
    seen.push_back(request.header.api_version);
    if (request.header.api_version == 0) return versions(request);
    wire::ApiVersionsResponse refusal;
    refusal.error_code = 35;
    return wire::encode_response(request.header.correlation_id, refusal, 0).joined();
  });
  EXPECT_TRUE(run(nullptr).ok());
  EXPECT_EQ(seen, (std::vector<int16_t>{3, 0}));
}

TEST_F(ConnectionTest, PipelinesCallsAndAnswersEachItsOwn) {
  std::vector<std::string> held;
  listen([&](const wire::RequestFrame& request) -> std::optional<std::string> {
    if (!is(request, wire::ApiKey::kMetadata)) return versions(request);
    held.push_back(metadata(request, std::to_string(held.size())));
    if (held.size() < 3) return "";  // Nothing is answered before all have come.
    return held[0] + held[1] + held[2];
  });
  std::vector<Asked> asked(3);
  EXPECT_TRUE(run([&](Connection& connection) { return ask_thrice(connection, &asked, 1000); }).ok());
  for (size_t i = 0; i < asked.size(); ++i) {
    EXPECT_EQ(asked[i].code, Errc::kNone);
    EXPECT_EQ(asked[i].id, std::to_string(i));
  }
}

TEST_F(ConnectionTest, OneAnswerOverdueFailsAllAndCloses) {
  listen([&](const wire::RequestFrame& request) -> std::optional<std::string> {
    return is(request, wire::ApiKey::kMetadata) ? "" : versions(request);
  });
  std::vector<Asked> asked(3);
  int64_t began = client.mono_ms();
  EXPECT_TRUE(run([&](Connection& connection) { return ask_thrice(connection, &asked, 250); }).ok());
  for (const Asked& each : asked) EXPECT_EQ(each.code, Errc::kRequestTimedOut);
  EXPECT_GE(client.mono_ms() - began, 250);
}

TEST_F(ConnectionTest, WhatIsNotKafkaIsNamed) {
  for (std::string greeting :
       {"HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.2p1\r\n", "-ERR unknown command\r\n"}) {
    listen([](const wire::RequestFrame&) { return ""; }, greeting);
    Status opened = run(nullptr);
    ASSERT_EQ(opened.code(), Errc::kProtocolMismatch) << greeting;
    EXPECT_EQ(opened.error().context, "the program at peer:9092 does not speak Kafka's protocol");
  }
}

TEST_F(ConnectionTest, AnAnswerNobodyAskedForEndsIt) {
  listen([&](const wire::RequestFrame& request) -> std::optional<std::string> {
    wire::RequestFrame other = request;
    other.header.correlation_id += 5;
    return versions(other);
  });
  EXPECT_EQ(run(nullptr).code(), Errc::kProtocolMismatch);
}

TEST_F(ConnectionTest, AnAnswerThatCannotBeDecodedEndsIt) {
  listen([&](const wire::RequestFrame& request) -> std::optional<std::string> {
    if (!is(request, wire::ApiKey::kMetadata)) return versions(request);
    std::string frame = metadata(request, "c");
    frame.resize(frame.size() - 3);
    store_be(reinterpret_cast<uint8_t*>(frame.data()), static_cast<int32_t>(frame.size() - 4));
    return frame;
  });
  std::vector<Asked> asked(1);
  EXPECT_TRUE(run([&](Connection& connection) { return ask_thrice(connection, &asked, 1000); }).ok());
  EXPECT_EQ(asked[0].code, Errc::kProtocolMismatch);
}

TEST_F(ConnectionTest, SaysWhenThePeerClosesAtOnceOrNeverAnswers) {
  listen([](const wire::RequestFrame&) { return std::nullopt; });
  Status closed = run(nullptr);
  EXPECT_EQ(closed.code(), Errc::kConnectionClosed);
  EXPECT_NE(closed.error().context.find("closed the connection before"), std::string::npos);

  listen([](const wire::RequestFrame&) { return ""; });
  ConnectionOptions hasty;
  hasty.open_timeout_ms = 100;
  EXPECT_EQ(run(nullptr, hasty).code(), Errc::kRequestTimedOut);
}

TEST_F(ConnectionTest, NobodyListening) {
  EXPECT_EQ(run(nullptr).code(), Errc::kUnreachable);
}

aio::Task<void> fetch_once(Connection& connection, Result<wire::FetchResponse>* into) {
  wire::FetchRequest request;
  *into = co_await connection.call(std::move(request), 60'000);
}

TEST_F(ConnectionTest, LargeAnswersArriveWholeInTheirOwnBlock) {
  SeededRandom random(3);
  std::string big(5 << 20, 'x');
  for (char& c : big) c = static_cast<char>(random.next());
  int fetches = 0;
  listen([&](const wire::RequestFrame& request) -> std::optional<std::string> {
    if (!is(request, wire::ApiKey::kFetch)) return versions(request);
    wire::FetchResponse answer;
    auto& partition = answer.responses.emplace_back().partitions.emplace_back();
    size_t size = ++fetches == 2 ? 100 : big.size();
    Buffer block = Buffer::copy_of(as_bytes(std::string_view(big).substr(0, size)));
    partition.records.add({block, block.bytes()});
    return wire::encode_response(request.header.correlation_id, answer, request.header.api_version).joined();
  });
  std::vector<Result<wire::FetchResponse>> answers(3, Errc::kNone);
  static auto fetch_all = [](Connection& connection,
                             std::vector<Result<wire::FetchResponse>>* into) -> aio::Task<void> {
    for (auto& each : *into) co_await fetch_once(connection, &each);
  };
  EXPECT_TRUE(run([&](Connection& connection) { return fetch_all(connection, &answers); }).ok());
  for (size_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(answers[i].ok()) << answers[i].error().context;
    const wire::Records& records = answers[i]->responses[0].partitions[0].records;
    ASSERT_EQ(records.pieces.size(), 1u) << "one piece of the frame, not a copy";
    EXPECT_TRUE(as_text(records.pieces[0].bytes) == std::string_view(big).substr(0, i == 1 ? 100 : big.size()));
  }
}

TEST_F(ConnectionTest, AnAnnouncedSizeTakesNoMemoryBeforeItsBytesCome) {
  listen([&](const wire::RequestFrame& request) -> std::optional<std::string> {
    if (!is(request, wire::ApiKey::kMetadata)) return versions(request);
    std::string frame(1000, '\0');
    store_be(reinterpret_cast<uint8_t*>(frame.data()), int32_t{120 << 20});
    return frame;
  });
  std::vector<Asked> asked(1);
  EXPECT_TRUE(run([&](Connection& connection) { return ask_thrice(connection, &asked, 500); }).ok());
  EXPECT_EQ(asked[0].code, Errc::kRequestTimedOut);
  EXPECT_LE(pool.kept_bytes(), size_t{1} << 20);
}

aio::Task<void> send_and_ask(Connection& connection, Status* sent, Asked* asked) {
  wire::ProduceRequest produce;
  *sent = co_await connection.send(std::move(produce), 1000);
  co_await ask_cluster_id(connection, &asked->id, &asked->code, 1000);
}

TEST_F(ConnectionTest, ARequestWithoutAnAnswerDoesNotHoldTheNext) {
  int produced = 0;
  listen([&](const wire::RequestFrame& request) -> std::optional<std::string> {
    if (is(request, wire::ApiKey::kProduce)) {
      ++produced;
      return "";
    }
    return is(request, wire::ApiKey::kMetadata) ? metadata(request, "c") : versions(request);
  });
  Status sent;
  Asked asked;
  EXPECT_TRUE(run([&](Connection& connection) { return send_and_ask(connection, &sent, &asked); }).ok());
  EXPECT_TRUE(sent.ok());
  EXPECT_EQ(produced, 1);
  EXPECT_EQ(asked.id, "c");
}

aio::Task<void> close_soon(aio::Runtime& runtime, Connection& connection) {
  aio::Timer timer(runtime.timers());
  co_await timer.wait_ms(5);
  connection.close();
}

aio::Task<void> ask_and_close(aio::Runtime& runtime, Connection& connection, std::vector<Asked>* asked) {
  aio::TaskGroup group;
  group.spawn(close_soon(runtime, connection));
  co_await ask_thrice(connection, asked, 60'000);
  co_await group.drained();
}

TEST_F(ConnectionTest, ClosingCancelsWhatIsInFlight) {
  listen([&](const wire::RequestFrame& request) -> std::optional<std::string> {
    return is(request, wire::ApiKey::kMetadata) ? "" : versions(request);
  });
  std::vector<Asked> asked(3);
  EXPECT_TRUE(run([&](Connection& connection) { return ask_and_close(client, connection, &asked); }).ok());
  for (const Asked& each : asked) EXPECT_EQ(each.code, Errc::kCancelled);
}

}  // namespace
}  // namespace sl::rpc
