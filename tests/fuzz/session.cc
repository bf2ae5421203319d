// A whole broker, and two strangers who send it anything: requests of every API and version whose fields reach the
// handlers, bytes that are no frames, sizes that lie, silence, hanging up. The input is a list of their steps. Whatever
// they do, answers come in order and can be read, a connection holds what its limits allow, and it ends with its peer.
#include <sanitizer/allocator_interface.h>

#include "tests/fuzz/steer.h"
#include "tests/support/raw_peer.h"
#include "wire/api.h"

namespace {

using namespace sl;

constexpr size_t kHeldBytesMax = 64 << 20;
constexpr size_t kStepsMax = 48;
constexpr size_t kFramesMax = 300;
// Where a request's header has its correlation id.
constexpr size_t kCorrelationAt = 4;

enum Step : uint8_t { kFrame = 0, kRaw = 4, kRun = 5, kFlood = 6, kOther = 7 };  // 1 to 3 are kFrame, too

// A stranger, and what it may expect.
class Stranger {
 public:
  Stranger(support::SimBroker& broker, bool reading) : broker_(broker), reading_(reading) { connect(); }

  void connect() {
    peer_.reset();
    expected_.clear();
    checked_ = 0;
    wild_ = false;
    peer_ = std::make_unique<support::RawPeer>(broker_, reading_);
  }
  void hang_up() { peer_.reset(); }
  void read_on() { peer_->read_on(); }
  void frame(std::string frame) {
    last_ = frame;
    if (frame.size() >= kCorrelationAt + 4)
      store_be(reinterpret_cast<uint8_t*>(frame.data()) + kCorrelationAt, ++correlation_);
    auto request = wire::decode_request_header(as_bytes(frame));
    if (request)
      expected_.push_back({request->header.api_key, request->header.api_version, request->known, correlation_});
    std::string bytes(4, '\0');
    store_be(reinterpret_cast<uint8_t*>(bytes.data()), static_cast<int32_t>(frame.size()));
    peer_->send(bytes + frame);
  }
  void again() { frame(last_); }
  void raw(std::string bytes) {
    wild_ = true;
    if (!bytes.empty()) peer_->send(std::move(bytes));
  }
  // Every answer is that of a request, in their order, and can be read.
  void check() {
    for (; !wild_ && checked_ < peer_->frames().size(); ++checked_) {
      Buffer answer = Buffer::copy_of(as_bytes(peer_->frames()[checked_]));
      auto correlation = wire::peek_correlation(answer.bytes());
      fuzz::require(correlation.ok(), "an answer has a correlation id");
      while (!expected_.empty() && expected_.front().correlation != *correlation) {
        // With acks=0 it has no answer.
        fuzz::require(expected_.front().api == static_cast<int16_t>(wire::ApiKey::kProduce), "no answer is left out");
        expected_.pop_front();
      }
      fuzz::require(!expected_.empty(), "an answer was asked for");
      Expected expected = expected_.front();
      expected_.pop_front();
      int16_t version = expected.known ? expected.version : int16_t{0};
      wire::visit_request(expected.api, [&]<class M>() {
        auto read = wire::decode_response<typename M::Response>(answer.bytes(), version, answer);
        fuzz::require(read.ok(), "an answer can be read");
      });
    }
  }

 private:
  struct Expected {
    int16_t api;
    int16_t version;
    bool known;
    int32_t correlation;
  };
  support::SimBroker& broker_;
  bool reading_;
  std::unique_ptr<support::RawPeer> peer_;
  std::deque<Expected> expected_;
  size_t checked_ = 0;
  bool wild_ = false;  // sent bytes that may or may not be requests
  std::string last_;
  int32_t correlation_ = 0;
};

class Scene {
 public:
  explicit Scene(uint8_t settings) : broker_(options(settings)) {
    broker_.create_topic("t", 2);
    topic_id_ = broker_.image().find("t")->id;
    fill_topic();
    for (int i = 0; i < 2; ++i) strangers_.push_back(std::make_unique<Stranger>(broker_, i == 0 || (settings & 4)));
    held_before_ = __sanitizer_get_current_allocated_bytes();
  }
  void play(fuzz::Input& input) {
    for (size_t steps = 0; steps < kStepsMax && !input.empty(); ++steps) {
      step(input);
      size_t now = __sanitizer_get_current_allocated_bytes();
      fuzz::require(now < held_before_ + kHeldBytesMax, "two connections hold little memory");
    }
    broker_.world().run_for_ms(100);
    for (auto& stranger : strangers_) stranger->check();
    strangers_.clear();
    // With its queue full, only after the longest fetches there are.
    broker_.world().run_until([this] { return broker_.acceptor().sessions() == 0; }, 70'000);
    fuzz::require(broker_.acceptor().sessions() == 0, "a session ends with its peer");
    fuzz::require(broker_.fatal() == Errc::kNone, "no stranger stops a broker");
    support::RawPeer honest(broker_);
    fuzz::require(honest.call(wire::MetadataRequest(), 12).ok(), "others are served");
  }

 private:
  static support::SimBroker::Options options(uint8_t settings) {
    support::SimBroker::Options options;
    constexpr size_t kWindows[] = {7, 500, 64 << 10, 256 << 10};
    options.world.window_min_bytes = kWindows[settings & 3];
    options.world.window_max_bytes = 2 * kWindows[settings & 3];
    if (settings & 8) options.world.disk.cache_miss_permille = 500;
    return options;
  }
  // Something to be read, looked up by time, trimmed.
  void fill_topic() {
    BufferPool pool(0);
    support::RawPeer producer(broker_);
    for (int64_t i = 0; i < 4; ++i) {
      record::BatchBuilder builder(pool, 1 << 16, 1 << 10);
      for (int64_t j = 0; j < 3; ++j) builder.append(1'700'000'000'000 + 10'000 * i + j, std::nullopt, Bytes());
      wire::ProduceRequest request;
      request.acks = -1;
      request.timeout_ms = 1000;
      auto& topic = request.topic_data.emplace_back();
      topic.name = "t";
      topic.partition_data.emplace_back().records = wire::Records(builder.finish({}));
      auto done = producer.call(request, 8);
      fuzz::require(done.ok() && done->responses[0].partition_responses[0].error_code == 0, "a topic takes records");
    }
  }
  // Mostly so long that a disk answers; now and then until what happens from time to time has happened.
  void run(uint8_t time) { broker_.world().run_for_ms(time < 250 ? time * 10 : 40'000); }
  void step(fuzz::Input& input) {
    auto head = input.take<uint8_t>();
    Stranger& stranger = *strangers_[head >> 3 & 1];
    switch (head & 7) {
      case kRaw:
        return stranger.raw(bytes(input));
      case kRun:
        return run(input.take<uint8_t>());
      case kFlood:
        return flood(stranger, input);
      case kOther:
        return other(stranger, input);
      default:
        if (++frames_ <= kFramesMax) stranger.frame(bytes(input));
    }
  }
  std::string bytes(fuzz::Input& input) {
    std::string taken(input.long_text());
    for (size_t at = 0; (at = taken.find(fuzz::kTopicIdMark, at)) != taken.npos;)
      taken.replace(at, topic_id_.bytes.size(), reinterpret_cast<const char*>(topic_id_.bytes.data()),
                    topic_id_.bytes.size());
    return taken;
  }
  // A size is announced; so many KiB come.
  void flood(Stranger& stranger, fuzz::Input& input) {
    std::string head(4, '\0');
    store_be(reinterpret_cast<uint8_t*>(head.data()), input.take<uint32_t>());
    stranger.raw(head + bytes(input));
    for (size_t kib = input.below(64); kib > 0; --kib) stranger.raw(std::string(1 << 10, '\0'));
  }
  void other(Stranger& stranger, fuzz::Input& input) {
    switch (input.below(4)) {
      case 0:
        return stranger.connect();
      case 1:
        return stranger.read_on();
      default:
        for (size_t times = input.below(64); times > 0 && ++frames_ <= kFramesMax; --times) stranger.again();
    }
  }

  support::SimBroker broker_;
  Uuid topic_id_;
  std::vector<std::unique_ptr<Stranger>> strangers_;
  size_t held_before_ = 0;
  size_t frames_ = 0;
};

template <wire::Request M>
std::string frame_of(Random& random) {
  constexpr wire::Versions kVersions = wire::versions_of<M>();
  auto span = static_cast<uint64_t>(kVersions.max - kVersions.min + 1);
  auto version = static_cast<int16_t>(kVersions.min + static_cast<int16_t>(random.below(span)));
  M message;
  wire::fill(message, version, random);
  if (random.below(8) != 0) fuzz::Steer(random).structure(message);
  return wire::encode_request(1, "fuzz", message, version).joined().substr(4);
}

void add(std::string& input, Step step, Random& random, const std::string& bytes) {
  input += static_cast<char>(step | (random.below(4) == 0 ? 8 : 0));
  input += static_cast<char>(bytes.size() >> 8);
  input += static_cast<char>(bytes.size());
  input += bytes;
}

std::string make(Random& random) {
  std::string input(1, static_cast<char>(random.below(16)));
  for (uint64_t steps = 1 + random.below(8); steps > 0; --steps) {
    std::string frame;
    wire::visit_request(static_cast<int16_t>(wire::kApis[random.below(wire::kApiCount)].key),
                        [&]<class M>() { frame = frame_of<M>(random); });
    if (frame.size() < 2000) add(input, kFrame, random, frame);
    if (random.below(4) == 0) input += {kRun, static_cast<char>(random.below(8) == 0 ? 255 : random.below(30))};
    if (random.below(8) == 0)
      input += {kOther, static_cast<char>(random.below(4)), static_cast<char>(random.below(64))};
  }
  if (random.below(16) == 0) add(input, kRaw, random, fuzz::words(random, 60));
  if (random.below(16) == 0) input += {kFlood, 0, static_cast<char>(random.below(3)), 0, 0, 0, 0, 40};
  return input;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed) {
  return fuzz::mutate(data, size, size_max, seed, &make);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  Scene scene(input.take<uint8_t>());
  scene.play(input);
  return 0;
}
