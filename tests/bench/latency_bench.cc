// End-to-end latency at a steady rate: a producer and a consumer of one process, each on a connection of its own to the
// broker, and the time from append() to the record's arrival. Prints one line of `name=value`, times in microseconds.
//
// What is hard is to be fair: a record's time counts from the moment it was there to be sent, not from when a busy
// producer got to it, so that a pause is seen by every record that it delayed. So a thread of its own keeps the pace,
// as a program at the other end of a pipe would, and writes the time into one.
//
//   bench_latency ADDRESS TOPIC RATE RECORDS
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstring>
#include <ctime>
#include <thread>

#include "aio/uv_runtime.h"
#include "client/consumer.h"
#include "client/producer.h"
#include "record/record_cursor.h"

namespace {

using namespace sl;

constexpr size_t kValueBytes = 100;
constexpr int64_t kWarmUpRecords = 200;  // connections, page cache and branch predictors settle

struct Plan {
  aio::Address broker;
  std::string topic;
  int64_t rate = 1000;
  int64_t records = 10'000;
};

// Times of records, by their number; negative until known.
struct Times {
  explicit Times(int64_t records) : arrived_ns(static_cast<size_t>(records), -1), stored_ns(arrived_ns) {}
  std::vector<int64_t> arrived_ns;
  std::vector<int64_t> stored_ns;
};

// Writes the time, in nanoseconds of the monotonic clock, into a pipe at a steady rate.
class Pace {
 public:
  Pace(int64_t rate, int64_t count) {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0) return;
    fcntl(ends_[0], F_SETFL, O_NONBLOCK);
    thread_ = std::thread([this, rate, count] { keep(rate, count); });
  }
  Pace(const Pace&) = delete;
  ~Pace() {
    close(ends_[0]);  // a bench that failed reads no more: the thread ends with EPIPE
    if (thread_.joinable()) thread_.join();
    close(ends_[1]);
  }
  int fd() const { return ends_[0]; }

 private:
  void keep(int64_t rate, int64_t count) const {
    prctl(PR_SET_TIMERSLACK, 1UL);
    int64_t begin_ns = system_clock().mono_ns() + 10'000'000;
    for (int64_t i = 0; i < count; ++i) {
      int64_t due_ns = begin_ns + i * 1'000'000'000 / rate;
      timespec due{due_ns / 1'000'000'000, due_ns % 1'000'000'000};
      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr);
      int64_t now_ns = system_clock().mono_ns();
      if (write(ends_[1], &now_ns, sizeof now_ns) != sizeof now_ns) return;
    }
  }
  std::array<int, 2> ends_{-1, -1};
  std::thread thread_;
};

class Bench {
 public:
  Bench(aio::UvRuntime& runtime, Plan plan) : runtime_(runtime), plan_(std::move(plan)), times_(plan_.records) {}

  aio::Task<void> run() {
    // Two clusters, since a fetch that waits holds up what follows it on a connection.
    client::Cluster producing(runtime_, options());
    client::Cluster consuming(runtime_, options());
    auto opened = co_await producing.open();
    if (opened) opened = co_await consuming.open();
    if (opened) {
      client::Consumer consumer(consuming, {});
      client::Producer producer(producing, producer_options());
      std::vector<client::Assignment> assignments{assignment()};
      opened = co_await consumer.assign(std::move(assignments));
      if (opened) {
        group_.spawn(consume(&consumer, &consuming.pool()));
        opened = co_await produce(producer);
        co_await group_.drained();
      }
      co_await producer.close(1000);
      co_await consumer.close();
    }
    if (!opened) failure_ = opened.error().context;
    co_await producing.close();
    co_await consuming.close();
  }

  int report() {
    if (!failure_.empty()) {
      fmt::print(stderr, "bench_latency: {}\n", failure_);
      return 1;
    }
    fmt::print("records={}", plan_.records - kWarmUpRecords);
    print("end_to_end", times_.arrived_ns);
    print("acknowledged", times_.stored_ns);
    fmt::print("\n");
    return 0;
  }

 private:
  client::ClusterOptions options() const {
    client::ClusterOptions options;
    options.bootstrap.push_back(plan_.broker);
    return options;
  }
  static client::ProducerOptions producer_options() {
    client::ProducerOptions options;
    options.linger_ms = 0;
    return options;
  }
  client::Assignment assignment() const {
    client::Assignment assignment;
    assignment.topic = plan_.topic;
    assignment.from = client::Position::end();
    return assignment;
  }

  aio::Task<Status> produce(client::Producer& producer) {
    auto topic = co_await producer.open_topic(plan_.topic);
    if (!topic) co_return topic.error();
    producer.on_delivery = [this](const client::Delivery& delivery) { delivered(delivery); };
    Pace pace(plan_.rate, plan_.records);
    while (std::ssize(begun_ns_) < plan_.records) {
      auto readable = co_await runtime_.fd_ready(pace.fd(), false);
      if (!readable) co_return readable.error();
      std::array<int64_t, 512> times{};
      ssize_t got = read(pace.fd(), times.data(), sizeof times);
      for (size_t i = 0; i < static_cast<size_t>(std::max<ssize_t>(got, 0)) / sizeof times[0]; ++i) {
        begun_ns_.push_back(times[i]);
        auto sent = append(producer, **topic);
        if (!sent) co_return sent.error();
      }
      producer.nudge();
    }
    runtime_.forget_fd(pace.fd());
    co_return co_await producer.flush();
  }

  // The newest of begun_ns_. At the rates of this bench the producer's memory is never full.
  Status append(client::Producer& producer, client::Producer::Topic& topic) {
    int64_t number = std::ssize(begun_ns_) - 1;
    std::memcpy(value_.data(), &number, sizeof number);
    client::ProducerRecord record;
    record.value = as_bytes(value_);
    record.input = static_cast<uint64_t>(number);
    if (producer.append(topic, record) != Errc::kNone) return producer.refusal();
    return {};
  }

  void delivered(const client::Delivery& delivery) {
    int64_t now_ns = runtime_.mono_ns();
    for (int32_t i = 0; i < delivery.count; ++i) {
      auto number = static_cast<int64_t>(delivery.first_input) + i;
      times_.stored_ns[static_cast<size_t>(number)] = now_ns - begun_ns_[static_cast<size_t>(number)];
    }
  }

  aio::Task<void> consume(client::Consumer* consumer, BufferPool* pool) {
    record::Decompressor decompressor(pool);
    int64_t seen = 0;
    while (seen < plan_.records) {
      auto fetched = co_await consumer->next(30'000);
      if (!fetched || fetched->kind == client::Fetched::Kind::kTimedOut) {
        failure_ = fetched ? "no record came for 30 s" : fetched.error().context;
        co_return;
      }
      int64_t now_ns = runtime_.mono_ns();
      for (const auto& batch : fetched->batches) seen += arrived(batch, decompressor, now_ns);
    }
  }

  int64_t arrived(record::BatchView batch, record::Decompressor& decompressor, int64_t now_ns) {
    auto cursor = record::RecordCursor::open(batch, decompressor);
    if (!cursor) return 0;
    record::RecordView record;
    int64_t count = 0;
    for (;; ++count) {
      auto more = cursor->next(record);
      if (!more || !*more) return count;
      int64_t number = -1;
      if (record.value && record.value->size() == kValueBytes)
        std::memcpy(&number, record.value->data(), sizeof number);
      if (number >= 0 && number < plan_.records)
        times_.arrived_ns[static_cast<size_t>(number)] = now_ns - begun_ns_[static_cast<size_t>(number)];
    }
  }

  static void print(std::string_view name, std::vector<int64_t> times_ns) {
    times_ns.erase(times_ns.begin(), times_ns.begin() + kWarmUpRecords);
    std::sort(times_ns.begin(), times_ns.end());
    auto at = [&](double part) {
      auto index = static_cast<size_t>(part * static_cast<double>(times_ns.size() - 1));
      return static_cast<double>(times_ns[index]) / 1000;
    };
    fmt::print(" {0}_p50={1:.1f} {0}_p99={2:.1f} {0}_p999={3:.1f} {0}_max={4:.1f}", name, at(0.5), at(0.99), at(0.999),
               at(1));
  }

  aio::UvRuntime& runtime_;
  Plan plan_;
  aio::TaskGroup group_;
  Times times_;
  std::vector<int64_t> begun_ns_;  // when each record was there to be sent
  std::string value_ = std::string(kValueBytes, 'x');
  std::string failure_;
};

bool parse(std::string_view text, int64_t& number) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number > 0;
}

}  // namespace

int main(int argc, char** argv) {
  Plan plan;
  bool good = argc == 5 && parse(argv[3], plan.rate) && parse(argv[4], plan.records) && plan.records > kWarmUpRecords;
  auto address = sl::aio::Address::parse(good ? argv[1] : "", 9092);
  if (!address) {
    fmt::print(stderr, "usage: bench_latency ADDRESS TOPIC RATE RECORDS (more than {} records)\n", kWarmUpRecords);
    return 2;
  }
  plan.broker = *std::move(address);
  plan.topic = argv[2];
  signal(SIGPIPE, SIG_IGN);  // the pace of a bench that failed
  auto runtime = *sl::aio::UvRuntime::make({});
  Bench bench(*runtime, std::move(plan));
  runtime->run(bench.run());
  return bench.report();
}
