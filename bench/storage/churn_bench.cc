// A store whose series come and go: what the tenth wave costs beside the first.
//
// Waves of 100,000 live series, each of them of other pods than the wave before, seven hours apart
// by the store's clock, so that each wave finds the one before last evicted. The figures of the
// third wave, when everything has happened once, stand beside those of the last.
#include <malloc.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
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
constexpr size_t kPods = 500;
constexpr int kScrapes = 8;
constexpr int64_t kScrapeMs = 60'000;
constexpr size_t kBatch = 2000;

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

std::vector<model::Labels> SeriesOfWave(int wave) {
  std::vector<model::Labels> labels;
  labels.reserve(kPods * kSeriesOfPod);
  for (size_t pod = 0; pod < kPods; ++pod) {
    const std::string name = std::to_string(wave) + "-" + std::to_string(pod);
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

double ResidentMiB() {
  size_t pages = 0;
  size_t resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return static_cast<double>(resident) * 4096 / (1 << 20);
}

double Seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

struct Figures {
  double register_per_second = 0;
  double samples_per_second = 0;
  double evict_seconds = 0;
  double query_ms = 0;
  double year_query_ms = 0;
  double resident_mib = 0;
  double live = 0;

  void Report(const std::string& prefix, benchmark::State* state) const {
    state->counters[prefix + "register/s"] = register_per_second;
    state->counters[prefix + "samples/s"] = samples_per_second;
    state->counters[prefix + "sweep_s"] = evict_seconds;
    state->counters[prefix + "hour_query_ms"] = query_ms;
    state->counters[prefix + "all_query_ms"] = year_query_ms;
    state->counters[prefix + "rss_MiB"] = resident_mib;
    state->counters[prefix + "live"] = live;
  }
};

class ChurningStore {
 public:
  explicit ChurningStore(const std::string& path) {
    DbOptions options;
    options.path = path;
    options.retention_ms = 0;
    options.sync = SyncMode::kOff;
    options.sweep_interval_ms = 24 * kHourMs;  // when the benchmark says
    auto db = Db::Open(options, {&clock_, &logger_, &metrics_});
    TIDEMARK_CHECK(db.ok(), "{}", db.status().ToString());
    db_ = *std::move(db);
  }

  Figures RunWave(int wave) {
    Figures figures;
    const std::vector<model::Labels> labels = SeriesOfWave(wave);
    auto begin = std::chrono::steady_clock::now();
    Scrape(labels);
    figures.register_per_second = static_cast<double>(labels.size()) / Seconds(begin);
    begin = std::chrono::steady_clock::now();
    for (int scrape = 1; scrape < kScrapes; ++scrape) {
      clock_.Advance(kScrapeMs);
      Scrape(labels);
    }
    figures.samples_per_second =
        static_cast<double>(labels.size()) * (kScrapes - 1) / Seconds(begin);
    begin = std::chrono::steady_clock::now();
    TIDEMARK_CHECK(db_->Sweep().ok());
    figures.evict_seconds = Seconds(begin);
    figures.query_ms = Query(clock_.NowMs() - kHourMs) * 1e3;
    figures.year_query_ms = Query(0) * 1e3;
    malloc_trim(0);
    figures.resident_mib = ResidentMiB();
    figures.live = static_cast<double>(db_->series_count());
    clock_.Advance(7 * kHourMs);
    return figures;
  }

 private:
  void Scrape(const std::vector<model::Labels>& labels) {
    WriteSession session(db_.get());
    std::atomic<size_t> open{0};
    for (size_t from = 0; from < labels.size(); from += kBatch) {
      session.Begin();
      std::vector<Head::Wanted> wanted;
      for (size_t i = from; i < from + kBatch; ++i) {
        wanted.push_back({labels[i], session.table().Hash(labels[i].bytes()), nullptr});
        wanted.back().series = session.table().Find(labels[i].bytes(), wanted.back().hash);
      }
      if (wanted[0].series == nullptr) {
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
      std::this_thread::yield();
    }
  }

  // One metric of one cluster, from `min_time` on.
  double Query(model::Timestamp min_time) {
    const std::vector<model::Matcher> matchers = {
        *model::Matcher::Create(model::MatchType::kEqual, "__name__", "tikv_metric_7_total"),
        *model::Matcher::Create(model::MatchType::kEqual, "cluster", "cluster-3")};
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

  ManualClock clock_;
  base::Logger logger_{stderr, base::LogLevel::kError};
  base::MetricsRegistry metrics_;
  std::unique_ptr<Db> db_;
  double value_ = 0;
};

void BM_Db_Churn(benchmark::State& state) {
  for (auto _ : state) {
    std::string dir = (std::filesystem::temp_directory_path() / "tidemark-XXXXXX").string();
    TIDEMARK_CHECK(::mkdtemp(dir.data()) != nullptr);
    {
      ChurningStore store(dir + "/data");
      for (int wave = 1; wave <= state.range(0); ++wave) {
        const Figures figures = store.RunWave(wave);
        if (wave == 3 || wave == state.range(0)) {
          figures.Report(wave == 3 ? "third_" : "last_", &state);
        }
      }
    }
    std::filesystem::remove_all(dir);
  }
}
BENCHMARK(BM_Db_Churn)->Arg(10)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace tidemark::storage
