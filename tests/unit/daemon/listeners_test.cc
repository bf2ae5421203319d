// Where the daemon listens: the socket that is there by default, how addresses are written, and what is refused, with
// the line that would be right.
#include <gtest/gtest.h>

#include "listener_config.h"

namespace sl::daemon {
namespace {

ListenerInputs inputs(std::vector<std::string> flags = {}) {
  ListenerInputs made;
  made.flags = std::move(flags);
  made.default_socket = "/run/d.sock";
  return made;
}

// "NAME=address[>advertised] ..."
std::string text(const ListenerInputs& from) {
  auto listeners = make_listeners(from);
  if (!listeners) return "refused: " + listeners.error().context;
  std::string all;
  for (const auto& one : *listeners) {
    if (!all.empty()) all += ' ';
    all += one.name + "=" + one.address.text();
    if (one.advertised.text() != one.address.text()) all += ">" + one.advertised.text();
  }
  return all;
}

std::string refusal(const ListenerInputs& from) {
  auto listeners = make_listeners(from);
  EXPECT_FALSE(listeners);
  if (listeners) return {};
  EXPECT_EQ(listeners.code(), Errc::kBadConfig) << "exit 78";
  return listeners.error().context;
}

TEST(Listeners, TheSocketIsThereUnlessItIsToldOtherwise) {
  EXPECT_EQ(text(inputs()), "UNIX=unix:/run/d.sock");
  EXPECT_EQ(text(inputs({"127.0.0.1:9092"})), "UNIX=unix:/run/d.sock PLAINTEXT=127.0.0.1:9092");
  EXPECT_EQ(text(inputs({"unix:/s"})), "UNIX=unix:/s") << "another socket replaces the default one";
  EXPECT_EQ(text(inputs({"[::1]:9092", "unix:/s"})), "PLAINTEXT=[::1]:9092 UNIX=unix:/s");
  ListenerInputs none = inputs({"localhost:9092", "unix:/s"});
  none.no_socket = true;
  EXPECT_EQ(text(none), "PLAINTEXT=localhost:9092");
  none.flags.clear();
  EXPECT_EQ(refusal(none), "there is nothing to listen at: --no-socket needs a --listen HOST:PORT");
}

TEST(Listeners, NamesAreGivenInFrontOrByTheKey) {
  EXPECT_EQ(text(inputs({"A=127.0.0.1:1", "B=unix:/s", "127.0.0.2:3"})),
            "A=127.0.0.1:1 B=unix:/s PLAINTEXT=127.0.0.2:3");
  EXPECT_EQ(text(inputs({"unix:/a=b"})), "UNIX=unix:/a=b") << "an = in a path";
  ListenerInputs key = inputs({"B=127.0.0.1:2"});
  key.listeners_key = " A://127.0.0.1:1 , UNIX:///s,";
  EXPECT_EQ(text(key), "A=127.0.0.1:1 UNIX=unix:/s B=127.0.0.1:2");
}

TEST(Listeners, WhatIsNoAddressIsRefused) {
  for (const char* wrong : {"", "9092", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:9092",
                            "unix:", "[::1", "A=", "a b:1"})
    EXPECT_TRUE(refusal(inputs({wrong})).starts_with(std::string("--listen ") + wrong)) << wrong;
  for (const char* wrong : {"127.0.0.1:1", "://127.0.0.1:1", "A://", "A://127.0.0.1"}) {
    ListenerInputs key = inputs();
    key.listeners_key = wrong;
    EXPECT_TRUE(refusal(key).starts_with("listeners: ")) << wrong;
  }
}

TEST(Listeners, TwoOfOneNameAreRefused) {
  EXPECT_EQ(refusal(inputs({"127.0.0.1:1", "127.0.0.1:2"})),
            "two listeners are called PLAINTEXT: give one another name, like --listen OTHER=127.0.0.1:2");
  EXPECT_EQ(refusal(inputs({"unix:/a", "unix:/b"})),
            "two listeners are called UNIX: give one another name, like --listen OTHER=unix:/b");
  ListenerInputs key = inputs({"A=127.0.0.1:2"});
  key.listeners_key = "A://127.0.0.1:1";
  EXPECT_TRUE(refusal(key).starts_with("two listeners are called A"));
}

TEST(Listeners, APlainListenerOffLoopbackIsRefused) {
  for (const char* open :
       {"192.168.0.1:9092", "0.0.0.0:9092", "[::]:9092", "broker.example:9092", "127.example:9092"}) {
    std::string sentence = refusal(inputs({open}));
    EXPECT_TRUE(sentence.starts_with(std::string("refusing to listen at ") + open)) << sentence;
    EXPECT_NE(sentence.find("--listen 127.0.0.1:9092"), std::string::npos) << "what to do instead";
    EXPECT_NE(sentence.find(std::string("--listen ") + open + " --i-understand-this-listener-is-open"),
              std::string::npos);
  }
  for (const char* loopback : {"127.0.0.1:1", "127.8.8.8:1", "[::1]:1", "localhost:1"})
    EXPECT_FALSE(text(inputs({loopback})).starts_with("refused")) << loopback;
  ListenerInputs accepted = inputs({"192.168.0.1:9092"});
  accepted.open_accepted = true;
  EXPECT_EQ(text(accepted), "UNIX=unix:/run/d.sock PLAINTEXT=192.168.0.1:9092");
}

TEST(Listeners, AWildcardNeedsAnAddressForClients) {
  for (const char* wildcard : {"0.0.0.0", "[::]", "*"}) {
    ListenerInputs open = inputs({std::string(wildcard) + ":9092"});
    open.open_accepted = true;
    std::string sentence = refusal(open);
    EXPECT_TRUE(sentence.starts_with("clients cannot connect to ")) << sentence;
    EXPECT_NE(sentence.find("\n  --set advertised.listeners=PLAINTEXT://THIS-HOST:9092"), std::string::npos)
        << sentence;
    open.advertised_key = "PLAINTEXT://broker.example:19092";
    EXPECT_TRUE(text(open).ends_with(">broker.example:19092")) << text(open);
  }
  ListenerInputs key = inputs();
  key.open_accepted = true;
  key.listeners_key = "A://:9092";  // Kafka's "all interfaces"
  EXPECT_NE(refusal(key).find("--set advertised.listeners=A://THIS-HOST:9092"), std::string::npos);
}

TEST(Listeners, AdvertisedAddressesFitTheListeners) {
  ListenerInputs from = inputs({"A=127.0.0.1:1"});
  from.advertised_key = "B://host:1";
  EXPECT_EQ(refusal(from), "advertised.listeners names B, but no listener has that name");
  from.advertised_key = "A://0.0.0.0:1";
  EXPECT_EQ(refusal(from), "advertised.listeners: nobody can connect to 0.0.0.0:1");
  from.advertised_key = "A://host:2";
  EXPECT_EQ(text(from), "UNIX=unix:/run/d.sock A=127.0.0.1:1>host:2");
}

TEST(Listeners, APathOfASocketHasAnEnd) {
  std::string longest = "/" + std::string(106, 's');
  EXPECT_EQ(text(inputs({"unix:" + longest})), "UNIX=unix:" + longest);
  EXPECT_TRUE(
      refusal(inputs({"unix:" + longest + "s"})).starts_with("the path of a unix socket has at most 107 bytes"));
  ListenerInputs by_default = inputs();
  by_default.default_socket = longest + "s";
  EXPECT_TRUE(refusal(by_default).starts_with("the path of a unix socket has at most 107 bytes"));
}

}  // namespace
}  // namespace sl::daemon
