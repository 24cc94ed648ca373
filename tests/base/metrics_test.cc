#include "base/metrics.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::base {
namespace {

using ::testing::HasSubstr;

TEST(Counter, SumsWhatAllThreadsAdded) {
  Counter counter;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&counter] {
      for (int n = 0; n < 1000; ++n) {
        counter.Add(2);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(counter.value(), 8000u);
}

TEST(MetricsRegistry, ExposesFamiliesInOrderWithEscapedLabels) {
  MetricsRegistry registry;
  registry.AddGauge("b", "second")->Set(1.5);
  registry.AddCounter("a_total", "first\nline", {{"dir", "x\"y\\z"}})->Add(3);
  EXPECT_EQ(registry.Expose(),
            "# HELP a_total first\\nline\n# TYPE a_total counter\n"
            "a_total{dir=\"x\\\"y\\\\z\"} 3\n"
            "# HELP b second\n# TYPE b gauge\nb 1.5\n");
}

TEST(MetricsRegistry, GivesTheSameMetricForTheSameLabels) {
  MetricsRegistry registry;
  EXPECT_EQ(registry.AddCounter("a", "", {{"x", "1"}}), registry.AddCounter("a", "", {{"x", "1"}}));
  EXPECT_NE(registry.AddCounter("a", "", {{"x", "1"}}), registry.AddCounter("a", "", {{"x", "2"}}));
}

TEST(MetricsRegistry, ExposesHistogramBucketsCumulatively) {
  MetricsRegistry registry;
  Histogram* histogram = registry.AddHistogram("h", "", {1, 2});
  for (const double v : {0.5, 1.0, 1.5, 9.0}) {
    histogram->Observe(v);
  }
  EXPECT_THAT(registry.Expose(), HasSubstr("h_bucket{le=\"1\"} 2\nh_bucket{le=\"2\"} 3\n"
                                           "h_bucket{le=\"+Inf\"} 4\nh_sum 12\nh_count 4\n"));
}

TEST(MetricsRegistry, AsksCallbacksAtEachScrape) {
  MetricsRegistry registry;
  double value = 1;
  registry.AddGaugeCallback("g", "", [&value] { return value; });
  value = 7;
  EXPECT_THAT(registry.Expose(), HasSubstr("g 7\n"));
}

}  // namespace
}  // namespace tidemark::base
