// Addresses and listeners. Whatever is written there, what is opened without the long flag is a unix socket or
// loopback, every name once, and nothing that clients are told is a wildcard.
#include "listener_config.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace sl;

constexpr const char* kTexts[] = {"127.0.0.1:9092", "A=[::1]:1", "unix:/s",         "0.0.0.0:9092",
                                  "localhost:0",    "UNIX:///s", "A://127.0.0.1:1", "A://:9092,B://h:2",
                                  "127.0.0.2:70",   "*:9092",    "B=unix:relative", "[::]:9092"};

std::string make(Random& random) {
  std::string input(1, static_cast<char>(random.next()));
  for (int i = 0; i < 4; ++i) {
    std::string text = random.below(3) == 0 ? "" : kTexts[random.below(std::size(kTexts))];
    input += static_cast<char>(text.size()) + text;
  }
  return input;
}

// Never a name, which could be anybody's.
bool is_loopback_number(std::string_view host) {
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos;
}

bool is_safe(const aio::Address& address) {
  return address.is_unix() || address.host == "localhost" || address.host == "::1" || is_loopback_number(address.host);
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed) {
  return fuzz::mutate(data, size, size_max, seed, &make);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  daemon::ListenerInputs inputs;
  inputs.no_socket = input.flag();
  for (int i = 0; i < 2; ++i)
    if (auto flag = input.text(); !flag.empty()) inputs.flags.emplace_back(flag);
  inputs.listeners_key = input.text();
  inputs.advertised_key = input.text();
  inputs.default_socket = "/run/s";
  auto listeners = daemon::make_listeners(inputs);
  if (!listeners) {
    fuzz::require(!listeners.error().context.empty(), "a refusal says why");
    return 0;
  }
  fuzz::require(!listeners->empty(), "there is something to listen at");
  for (const auto& one : *listeners) {
    fuzz::require(is_safe(one.address), "only what is private is opened without being asked");
    fuzz::require(one.advertised.host != "0.0.0.0" && one.advertised.host != "::", "no wildcard is advertised");
    int same = 0;
    for (const auto& other : *listeners) same += other.name == one.name;
    fuzz::require(same == 1, "names are unique");
    auto again = aio::Address::parse(one.address.text());
    fuzz::require(again.ok() && *again == one.address, "an address is read as it is written");
  }
  return 0;
}
