// What no pipeline of threads can beat: the time of a word through a chain of pipes at a steady rate, each read by a
// thread that slept. It depends on the machine (and on its host) more than on anything that we do, so the latency of a
// record is held against it. Prints `p50=… p99=…` in microseconds.
//
//   bench_wakeups THREADS RATE WORDS
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <thread>
#include <vector>

#include "base/clock.h"

namespace {

using Ends = std::array<int, 2>;  // read, write

// One word for each `rate`-th part of a second, which is the time when it was written.
void keep_pace(int to, int64_t rate, int64_t count) {
  prctl(PR_SET_TIMERSLACK, 1UL);
  int64_t begin_ns = sl::system_clock().mono_ns() + 10'000'000;
  for (int64_t i = 0; i < count; ++i) {
    int64_t due_ns = begin_ns + i * 1'000'000'000 / rate;
    timespec due{due_ns / 1'000'000'000, due_ns % 1'000'000'000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr);
    int64_t now_ns = sl::system_clock().mono_ns();
    if (write(to, &now_ns, sizeof now_ns) != sizeof now_ns) break;
  }
  close(to);
}

void pass_on(int from, int to) {
  int64_t word = 0;
  while (read(from, &word, sizeof word) == sizeof word)
    if (write(to, &word, sizeof word) != sizeof word) break;
  close(to);
}

}  // namespace

int main(int argc, char** argv) {
  int64_t count[3] = {5, 1000, 5000};  // threads that sleep, rate, words
  for (int i = 1; i < std::min(argc, 4); ++i) count[i - 1] = std::clamp<int64_t>(std::atoll(argv[i]), 1, 1'000'000);
  std::vector<Ends> pipes(static_cast<size_t>(std::min<int64_t>(count[0], 64)));
  for (Ends& ends : pipes)
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return 1;
  std::vector<std::thread> threads;
  threads.emplace_back(keep_pace, pipes.front()[1], count[1], count[2]);
  for (size_t i = 1; i < pipes.size(); ++i) threads.emplace_back(pass_on, pipes[i - 1][0], pipes[i][1]);
  std::vector<int64_t> took_ns;
  int64_t word = 0;
  while (read(pipes.back()[0], &word, sizeof word) == sizeof word)
    took_ns.push_back(sl::system_clock().mono_ns() - word);
  for (std::thread& thread : threads) thread.join();
  if (took_ns.empty()) return 1;
  std::sort(took_ns.begin(), took_ns.end());
  auto part = [&](size_t percent) { return static_cast<double>(took_ns[took_ns.size() * percent / 100]) / 1000; };
  fmt::print("p50={:.1f} p99={:.1f}\n", part(50), part(99));
  return 0;
}
