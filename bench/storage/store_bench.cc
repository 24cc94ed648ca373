// What a sample costs on its way through the store: bytes written by each step, bytes kept, and
// the speed of consolidation and of late samples. Each run has a new store and is one iteration.
#include <ctime>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/check.h"
#include "base/log.h"
#include "base/metrics.h"
#include "fmt/format.h"
#include "storage/db.h"
#include "storage/write_session.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/temp_dir.h"

namespace tidemark::storage {
namespace {

constexpr int64_t kNow = 1'700'000'000'000 / kBucketMs * kBucketMs;
constexpr int64_t kScrapeMs = 15'000;
constexpr int64_t kScrapesOfBucket = kBucketMs / kScrapeMs;
constexpr size_t kSeriesOfTarget = 500;

double ProcessSeconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

// Values as exporters give them: a third never changes, a third counts, the rest are gauges with
// few or all digits.
class ValueSource {
 public:
  explicit ValueSource(size_t series) : kind_(series % 6) {}

  double Next(std::mt19937& rng) {
    switch (kind_) {
      case 0:
      case 1:
        break;
      case 2:
      case 3:
        value_ += rng() % 4 == 0 ? static_cast<double>(rng() % 50) : 0;
        break;
      case 4:
        value_ = static_cast<double>(rng() % 10'000) / 100;
        break;
      default:
        value_ += static_cast<double>(rng()) / 4e9;
    }
    return value_;
  }

 private:
  const size_t kind_;
  double value_ = 0;
};

// A store, and senders of one sample a series and scrape, each target with a phase of its own.
class BenchStore {
 public:
  explicit BenchStore(size_t series) {
    options_.path = dir_.File("data");
    options_.sync = SyncMode::kOff;
    options_.sweep_interval_ms = 1'000'000'000;
    options_.consolidation_interval_ms = 0;
    auto db = Db::Open(options_, {&clock_, &logger_, &metrics_, nullptr});
    TIDEMARK_CHECK(db.ok(), "{}", db.status().ToString());
    db_ = *std::move(db);
    for (size_t i = 0; i < series; ++i) {
      labels_.push_back(
          model::Labels::Of({{"__name__", fmt::format("metric_{}", i % kSeriesOfTarget)},
                             {"instance", fmt::format("tikv-{}", i / kSeriesOfTarget)},
                             {"job", "tikv"}}));
      sources_.emplace_back(i);
    }
  }

  Db* db() { return db_.get(); }
  testing::FakeClock* clock() { return &clock_; }

  // All series at one scrape; one request a target.
  void Scrape(int64_t t) {
    for (size_t from = 0; from < labels_.size(); from += kSeriesOfTarget) {
      WriteSession session(db_.get());
      session.Begin();
      std::vector<Head::Wanted> wanted;
      const size_t to = std::min(from + kSeriesOfTarget, labels_.size());
      for (size_t i = from; i < to; ++i) {
        wanted.push_back({labels_[i], session.table().Hash(labels_[i].bytes()), nullptr});
      }
      session.Register(wanted);
      const int64_t phase = static_cast<int64_t>(from / kSeriesOfTarget * 37 % 15'000);
      const int64_t jitter = rng_() % 8 == 0 ? static_cast<int64_t>(rng_() % 5) : 0;
      for (size_t i = from; i < to; ++i) {
        session.Append(wanted[i - from].series, {t + phase + jitter, sources_[i].Next(rng_)});
        ++samples_;
      }
      session.Commit(
          [](const absl::Status& status) { TIDEMARK_CHECK(status.ok(), "not written"); });
    }
  }

  double Metric(const std::string& name) const {
    const std::string text = metrics_.Expose();
    const size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? 0 : std::stod(text.substr(at + name.size() + 2));
  }
  double Written(const char* by) const {
    return Metric(fmt::format("tidemark_disk_written_bytes_total{{by=\"{}\"}}", by));
  }
  double samples() const { return static_cast<double>(samples_); }

 private:
  testing::TempDir dir_;
  testing::FakeClock clock_{kNow};
  base::Logger logger_{stderr, base::LogLevel::kError};
  base::MetricsRegistry metrics_;
  DbOptions options_;
  std::unique_ptr<Db> db_;
  std::vector<model::Labels> labels_;
  std::vector<ValueSource> sources_;
  std::mt19937 rng_{7};
  uint64_t samples_ = 0;
};

// A bucket with a sweep every range(1) scrapes, and its consolidation.
void BM_Store_Bucket(benchmark::State& state) {
  for (auto _ : state) {
    BenchStore store(static_cast<size_t>(state.range(0)));
    double sweep_seconds = 0;
    const double begin = ProcessSeconds();
    for (int64_t i = 0; i < kScrapesOfBucket; ++i) {
      store.Scrape(kNow + i * kScrapeMs);
      store.clock()->Advance(kScrapeMs);
      if (i % state.range(1) == state.range(1) - 1) {
        const double sweep_begin = ProcessSeconds();
        TIDEMARK_CHECK(store.db()->Sweep().ok(), "sweep");
        sweep_seconds += ProcessSeconds() - sweep_begin;
      }
    }
    const double ingested = ProcessSeconds();
    store.clock()->Advance(kBucketMs);
    TIDEMARK_CHECK(store.db()->Flush().ok(), "flush");
    const double sealed = ProcessSeconds();
    const double samples = store.samples();
    double total = 0;
    for (const char* by : {"journal", "flush", "compaction", "consolidation"}) {
      state.counters[fmt::format("B_{}", by)] = store.Written(by) / samples;
      total += store.Written(by) / samples;
    }
    state.counters["B_written"] = total;
    state.counters["B_kept"] = store.Metric("tidemark_store_disk_bytes") / samples;
    state.counters["sweep_M/s"] = samples / sweep_seconds / 1e6;
    state.counters["seal_M/s"] = samples / (sealed - ingested) / 1e6;
    state.counters["all_M/s"] = samples / (sealed - begin) / 1e6;
    TIDEMARK_CHECK(store.db()->Close().ok(), "close");
  }
}
BENCHMARK(BM_Store_Bucket)->Args({5000, 40})->Iterations(1)->Unit(benchmark::kSecond);

// A day that comes after the present, beside the same day in order.
void BM_Store_LateDay(benchmark::State& state) {
  constexpr int64_t kScrapes = 4 * kScrapesOfBucket;
  const auto run = [&state](bool late) {
    BenchStore store(static_cast<size_t>(state.range(0)));
    if (late) {
      store.Scrape(kNow + 2 * kScrapes * kScrapeMs);
      store.clock()->Advance(2 * kScrapes * kScrapeMs);
    }
    const double begin = ProcessSeconds();
    for (int64_t i = 0; i < kScrapes; ++i) {
      store.Scrape(kNow + i * kScrapeMs);
      store.clock()->Advance(late ? 0 : kScrapeMs);
      if (i % 240 == 239) {
        TIDEMARK_CHECK(store.db()->Sweep().ok(), "sweep");
      }
    }
    const double rate = store.samples() / (ProcessSeconds() - begin) / 1e6;
    TIDEMARK_CHECK(store.db()->Flush().ok(), "flush");
    TIDEMARK_CHECK(store.db()->Close().ok(), "close");
    return rate;
  };
  for (auto _ : state) {
    const double in_order = run(false);
    const double late = run(true);
    state.counters["in_order_M/s"] = in_order;
    state.counters["late_M/s"] = late;
    state.counters["late/in_order"] = late / in_order;
  }
}
BENCHMARK(BM_Store_LateDay)->Arg(500)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace tidemark::storage
