// A store whose series come and go: what the last week of a year costs beside the first.
//
// Each week by the store's clock a fifth of the pods has been replaced by others, so that the
// series of the old ones leave memory. Counters are named FIELD@WEEK.
//
// TIDEMARK_CHURN_SERIES sets how many series live at a time (20,000), TIDEMARK_CHURN_WEEKS for how
// long (10).
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/check.h"
#include "storage/db.h"
#include "storage/write_session.h"

namespace tidemark::storage {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr size_t kSeriesOfPod = 200;
constexpr size_t kWeeksOfPod = 5;
constexpr int64_t kWeekMs = 7 * 24 * kHourMs;
constexpr int kScrapes = 6;
constexpr int64_t kScrapeMs = 60'000;
constexpr size_t kBatch = 2000;

size_t FromEnvironment(const char* name, size_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class ManualClock final : public base::Clock {
 public:
  int64_t NowMs() const override { return now_ms_.load(std::memory_order_relaxed); }
  int64_t SteadyNanos() const override {
    return std::chrono::steady_clock::now().time_since_epoch().count();
  }
  void Advance(int64_t ms) { now_ms_.fetch_add(ms, std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> now_ms_{1'700'000'000'000};
};

// The series of pods [from, to) in `week`.
std::vector<model::Labels> SeriesOfPods(size_t from, size_t to, size_t week) {
  std::vector<model::Labels> labels;
  labels.reserve((to - from) * kSeriesOfPod);
  for (size_t pod = from; pod < to; ++pod) {
    const size_t generation = (week + pod % kWeeksOfPod) / kWeeksOfPod;
    const std::string name = std::to_string(generation) + "-" + std::to_string(pod);
    for (size_t i = 0; i < kSeriesOfPod; ++i) {
      labels.push_back(
          model::Labels::Of({{"__name__", "tikv_metric_" + std::to_string(i / 4) + "_total"},
                             {"cluster", "cluster-" + std::to_string(pod / 20)},
                             {"env", "production"},
                             {"instance", "10." + name + ":20180"},
                             {"job", "tikv"},
                             {"namespace", "ns-" + std::to_string(pod / 20)},
                             {"pod", "tikv-" + name},
                             {"type", "type-" + std::to_string(i % 4)}}));
    }
  }
  return labels;
}

double ResidentMb() {
  size_t pages = 0;
  size_t resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return static_cast<double>(resident) * 4096 / 1e6;
}

double ProcessSeconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

double Seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

struct Figures {
  double samples_per_cpu_second = 0;
  double sweep_cpu_seconds = 0;  // eviction included
  double hour_query_ms = 0;
  double all_query_ms = 0;
  double resident_mb = 0;
  double live = 0;

  void Report(size_t week, benchmark::State* state) const {
    const std::string at = "@" + std::to_string(week);
    state->counters["samples_per_cpu_second" + at] = samples_per_cpu_second;
    state->counters["sweep_cpu_seconds" + at] = sweep_cpu_seconds;
    state->counters["hour_query_ms" + at] = hour_query_ms;
    state->counters["all_query_ms" + at] = all_query_ms;
    state->counters["resident_mb" + at] = resident_mb;
    state->counters["live" + at] = live;
  }
};

class ChurningStore {
 public:
  ChurningStore(const std::string& path, size_t live) : pods_(live / kSeriesOfPod) {
    DbOptions options;
    options.path = path;
    options.retention_ms = 0;
    options.sync = SyncMode::kOff;
    options.sweep_interval_ms = 24 * kHourMs;  // when the benchmark says
    auto db = Db::Open(options, {&clock_, &logger_, &metrics_});
    TIDEMARK_CHECK(db.ok(), "{}", db.status().ToString());
    db_ = *std::move(db);
  }

  Figures RunWeek(size_t week) {
    Figures figures;
    figures.samples_per_cpu_second = ScrapeAll(week);
    const double begin = ProcessSeconds();
    TIDEMARK_CHECK(db_->Sweep().ok());
    figures.sweep_cpu_seconds = ProcessSeconds() - begin;
    figures.hour_query_ms = Query(clock_.NowMs() - kHourMs) * 1e3;
    figures.all_query_ms = Query(0) * 1e3;
    malloc_trim(0);
    figures.resident_mb = ResidentMb();
    figures.live = static_cast<double>(db_->series_count());
    clock_.Advance(kWeekMs);
    return figures;
  }

 private:
  // Samples per second of processor time, that of making labels left out.
  double ScrapeAll(size_t week) {
    constexpr size_t kPodsAtATime = 500;
    double seconds = 0;
    for (int scrape = 0; scrape < kScrapes; ++scrape) {
      clock_.Advance(kScrapeMs);
      for (size_t pod = 0; pod < pods_; pod += kPodsAtATime) {
        const auto labels = SeriesOfPods(pod, std::min(pod + kPodsAtATime, pods_), week);
        const double begin = ProcessSeconds();
        Scrape(labels);
        seconds += ProcessSeconds() - begin;
      }
    }
    return static_cast<double>(pods_ * kSeriesOfPod * kScrapes) / seconds;
  }

  void Scrape(const std::vector<model::Labels>& labels) {
    WriteSession session(db_.get());
    std::atomic<size_t> open{0};
    for (size_t from = 0; from < labels.size(); from += kBatch) {
      session.Begin();
      std::vector<Head::Wanted> wanted;
      const size_t to = std::min(from + kBatch, labels.size());
      for (size_t i = from; i < to; ++i) {
        wanted.push_back({labels[i], session.table().Hash(labels[i].bytes()), nullptr});
        wanted.back().series = session.table().Find(labels[i].bytes(), wanted.back().hash);
      }
      if (std::any_of(wanted.begin(), wanted.end(), IsUnknown)) {
        session.Register(wanted);
      }
      for (const Head::Wanted& want : wanted) {
        value_ += 1;
        TIDEMARK_CHECK(session.Append(want.series, {clock_.NowMs(), value_}) == Refusal::kNone);
      }
      open.fetch_add(1, std::memory_order_relaxed);
      session.Commit([&open](const absl::Status& status) {
        TIDEMARK_CHECK(status.ok());
        open.fetch_sub(1, std::memory_order_release);
      });
    }
    while (open.load(std::memory_order_acquire) > 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  }

  static bool IsUnknown(const Head::Wanted& wanted) { return wanted.series == nullptr; }

  // One metric of one cluster, from `min_time` on.
  double Query(model::Timestamp min_time) {
    const std::vector<model::Matcher> matchers = {
        *model::Matcher::Create(model::MatchType::kEqual, "__name__", "tikv_metric_7_total"),
        *model::Matcher::Create(model::MatchType::kEqual, "cluster", "cluster-0")};
    const auto begin = std::chrono::steady_clock::now();
    auto set = db_->Select({.min_time = min_time, .matchers = matchers});
    TIDEMARK_CHECK(set.ok());
    SampleColumns columns;
    while ((*set)->Next()) {
      TIDEMARK_CHECK((*set)->Read(&columns).ok());
      benchmark::DoNotOptimize(columns.values.data());
    }
    return Seconds(begin);
  }

  const size_t pods_;
  ManualClock clock_;
  base::Logger logger_{stderr, base::LogLevel::kError};
  base::MetricsRegistry metrics_;
  std::unique_ptr<Db> db_;
  double value_ = 0;
};

void BM_Db_Churn(benchmark::State& state) {
  const size_t live = FromEnvironment("TIDEMARK_CHURN_SERIES", 20'000);
  const size_t weeks = FromEnvironment("TIDEMARK_CHURN_WEEKS", 10);
  for (auto _ : state) {
    std::string dir = (std::filesystem::temp_directory_path() / "tidemark-XXXXXX").string();
    TIDEMARK_CHECK(::mkdtemp(dir.data()) != nullptr);
    {
      ChurningStore store(dir + "/data", live);
      for (size_t week = 1; week <= weeks; ++week) {
        store.RunWeek(week).Report(week, &state);
      }
    }
    std::filesystem::remove_all(dir);
  }
}
BENCHMARK(BM_Db_Churn)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace tidemark::storage
