// Who may take which thread of the pool.
#include "aio/pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <semaphore>

#include "aio/runtime.h"

namespace sl::aio {
namespace {

TEST(ThreadPool, ReadsAndBackgroundWorkLeaveAThreadToAppends) {
  std::counting_semaphore<> go(0), begun(0), appended(0);
  std::atomic<int> done = 0;
  {
    ThreadPool pool(3);
    for (int i = 0; i < 4; ++i) {
      for (Lane lane : {Lane::kRead, Lane::kBackground}) {
        pool.submit(lane, [&] {
          begun.release();
          go.acquire();
          ++done;
        });
      }
    }
    begun.acquire();
    begun.acquire();  // two of them hold two threads, and wait
    pool.submit(Lane::kAppend, [&] { appended.release(); });
    appended.acquire();
    EXPECT_FALSE(begun.try_acquire()) << "a third one has the thread of the appends";
    EXPECT_EQ(done, 0);
    go.release(8);
  }
  EXPECT_EQ(done, 8) << "what was queued is done before the end";
}

TEST(ThreadPool, BackgroundWorkLeavesAThreadToReads) {
  std::counting_semaphore<> go(0), begun(0), read(0);
  ThreadPool pool(4);
  for (int i = 0; i < 4; ++i) {
    pool.submit(Lane::kBackground, [&] {
      begun.release();
      go.acquire();
    });
  }
  begun.acquire();
  begun.acquire();
  pool.submit(Lane::kRead, [&] { read.release(); });
  read.acquire();
  EXPECT_FALSE(begun.try_acquire());
  go.release(4);
}

TEST(ThreadPool, OneThreadDoesAll) {
  std::counting_semaphore<> ended(0);
  ThreadPool pool(1);
  for (Lane lane : {Lane::kBackground, Lane::kRead, Lane::kAppend}) pool.submit(lane, [&] { ended.release(); });
  for (int i = 0; i < 3; ++i) ended.acquire();
}

}  // namespace
}  // namespace sl::aio
