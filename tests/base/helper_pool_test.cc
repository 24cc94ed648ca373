#include "base/helper_pool.h"

#include <atomic>
#include <functional>
#include <future>
#include <thread>

#include <gtest/gtest.h>

namespace tidemark::base {
namespace {

// Until the pool's threads have come to wait for tasks.
void RunSoon(HelperPool* pool, const std::function<void()>& task) {
  while (!pool->TryRun(task)) {
    std::this_thread::yield();
  }
}

TEST(HelperPool, RunsATask) {
  HelperPool pool("helper", 1);
  std::promise<void> ran;
  RunSoon(&pool, [&] { ran.set_value(); });
  ran.get_future().wait();
}

TEST(HelperPool, RefusesATaskWhenNobodyIsIdle) {
  HelperPool pool("helper", 2);
  std::promise<void> go_on;
  const std::shared_future<void> gone_on(go_on.get_future());
  RunSoon(&pool, [gone_on] { gone_on.wait(); });
  RunSoon(&pool, [gone_on] { gone_on.wait(); });
  EXPECT_FALSE(pool.TryRun([] {}));
  go_on.set_value();
  std::promise<void> ran;
  RunSoon(&pool, [&] { ran.set_value(); });
  ran.get_future().wait();
}

TEST(HelperPool, RunsWhatItTookOnBeforeItEnds) {
  std::atomic<int> ran = 0;
  int taken = 0;
  {
    HelperPool pool("helper", 4);
    for (int i = 0; i < 1000; ++i) {
      taken += pool.TryRun([&ran] { ++ran; }) ? 1 : 0;
    }
  }
  EXPECT_EQ(ran, taken);
}

}  // namespace
}  // namespace tidemark::base
