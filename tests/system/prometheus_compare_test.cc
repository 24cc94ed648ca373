// A real Prometheus scrapes a simulated fleet and writes what it scraped to Tidemark. Both are
// then asked every expression of the dashboard and must answer the same.
//
// The Prometheus of the distribution takes a sample that lies exactly at the start of a range for
// part of it, Tidemark, like newer releases, does not. So all evaluation times have milliseconds
// at which no sample lies; intervals and ranges are whole seconds, so that holds for the starts of
// ranges, too.

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>

#include "base/check.h"
#include "base/clock.h"
#include "fmt/format.h"
#include "gtest/gtest.h"
#include "tests/testing/answer_comparison.h"
#include "tests/testing/fleet_process.h"
#include "tests/testing/prometheus_process.h"
#include "tests/testing/query_client.h"
#include "tests/testing/server_process.h"
#include "tests/testing/temp_dir.h"

namespace tidemark::testing {
namespace {

constexpr int64_t kScrapedMs = 40'000;
constexpr int64_t kStepMs = 2'000;
constexpr int64_t kPollMs = 500;
// Every sample of every series.
constexpr char kEverything[] = "{instance=~\".+\"}[10m]";

std::vector<std::string> ReadExpressions() {
  std::ifstream file(RequiredEnvironment("TIDEMARK_EXPRESSIONS"));
  std::vector<std::string> expressions;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') {
      expressions.push_back(line);
    }
  }
  return expressions;
}

// All that runs, and the moment at which everything is asked.
class PrometheusCompare : public ::testing::Test {
 protected:
  void StartTidemark() {
    tidemark_ = Started(ServerProcess::Start(
        {.data_dir = dir_.File("data"), .log_path = dir_.File("tidemark.log"), .flags = {}}));
  }

  void KillTidemark() { tidemark_->process().Kill(); }

  // The difference between the two answers that `ask` gets; counts those with series in them.
  template <typename Ask>
  std::string Difference(Ask ask, int* with_series) {
    QueryClient of_prometheus(prometheus_->port());
    QueryClient of_tidemark(tidemark_->port());
    const absl::StatusOr<QueryAnswer> expected = ask(&of_prometheus);
    const absl::StatusOr<QueryAnswer> actual = ask(&of_tidemark);
    if (!expected.ok() || !actual.ok()) {
      return fmt::format("expected {}, got {}", expected.status().ToString(),
                         actual.status().ToString());
    }
    *with_series += expected->series.empty() ? 0 : 1;
    return AnswerDifference(*expected, *actual);
  }

  void CompareAll() {
    const std::vector<std::string> expressions = ReadExpressions();
    ASSERT_GE(expressions.size(), 30u);
    int with_series = 0;
    const auto everything = [&](QueryClient* client) { return client->Instant(kEverything, end_); };
    EXPECT_EQ(Difference(everything, &with_series), "");
    for (const std::string& expr : expressions) {
      const auto instant = [&](QueryClient* client) { return client->Instant(expr, end_); };
      EXPECT_EQ(Difference(instant, &with_series), "") << "instant: " << expr;
      const auto range = [&](QueryClient* client) {
        return client->Range(expr, end_ - kScrapedMs, end_, kStepMs);
      };
      EXPECT_EQ(Difference(range, &with_series), "") << "range: " << expr;
    }
    // Two empty answers are equal as well: most must not be empty.
    EXPECT_GE(with_series, static_cast<int>(expressions.size()) * 3 / 2);
  }

  template <typename Process>
  static std::unique_ptr<Process> Started(absl::StatusOr<std::unique_ptr<Process>> process) {
    TIDEMARK_CHECK(process.ok(), "{}", process.status().ToString());
    return *std::move(process);
  }

  void StartServers() {
    StartTidemark();
    fleet_ = Started(FleetProcess::Start(
        {"--clusters=2", "--labels=operator", "--speed=20", "--seed=7", "--start=now-6h",
         "--scrape-interval=1s",
         fmt::format("--remote-write-url=http://127.0.0.1:{}/api/v1/write", tidemark_->port())}));
    prometheus_ = Started(PrometheusProcess::Start(*fleet_->PrometheusConfig()));
  }

  // Waits until there are kScrapedMs of samples in Prometheus and all of them in Tidemark.
  void ScrapeForAWhile() {
    QueryClient prometheus(prometheus_->port());
    const base::SystemClock clock;
    ASSERT_TRUE(WaitUntil(
        [&] {
          const auto oldest =
              prometheus.Instant(fmt::format("max(max_over_time(timestamp(up)[10m:1s])) - "
                                             "min(min_over_time(timestamp(up)[10m:1s])) > {}",
                                             kScrapedMs / 1000),
                                 clock.NowMs());
          return oldest.ok() && !oldest->series.empty();
        },
        120'000, kPollMs));
    end_ = TimeBetweenSamples(clock.NowMs() - 2'000);
    std::string difference;
    int counted = 0;
    EXPECT_TRUE(WaitUntil(
        [&] {
          difference = Difference(
              [&](QueryClient* client) { return client->Instant(kEverything, end_); }, &counted);
          return difference.empty() && counted > 0;
        },
        60'000, kPollMs))
        << difference;
  }

  // A time shortly before `t` whose milliseconds no sample of any target has.
  model::Timestamp TimeBetweenSamples(model::Timestamp t) {
    QueryClient prometheus(prometheus_->port());
    const auto samples = prometheus.Instant("up[10m]", t);
    TIDEMARK_CHECK(samples.ok(), "{}", samples.status().ToString());
    std::array<bool, 1000> taken{};
    for (const AnswerSeries& series : samples->series) {
      for (const auto& point : series.points) {
        taken[static_cast<size_t>(point.t % 1000)] = true;
      }
    }
    const auto free = std::find(taken.rbegin(), taken.rend(), false);
    TIDEMARK_CHECK(free != taken.rend(), "samples at every millisecond");
    return t - t % 1000 - 1000 + (taken.rend() - free - 1);
  }

  TempDir dir_;
  std::unique_ptr<ServerProcess> tidemark_;
  std::unique_ptr<FleetProcess> fleet_;
  std::unique_ptr<PrometheusProcess> prometheus_;
  model::Timestamp end_ = 0;
};

TEST_F(PrometheusCompare, DashboardAnswersAreThoseOfPrometheusAlsoAfterAKill) {
  StartServers();
  ASSERT_NO_FATAL_FAILURE(ScrapeForAWhile());
  CompareAll();
  KillTidemark();
  StartTidemark();
  SCOPED_TRACE("after the kill");
  CompareAll();
}

}  // namespace
}  // namespace tidemark::testing
