// A restart after a killed process: series and states from the store, samples from the journal.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "storage/db.h"
#include "storage/write_session.h"

namespace tidemark::storage {
namespace {

constexpr size_t kSeriesPerRequest = 2000;
// Now: series without samples for long would leave memory.
const model::Timestamp kBegin = base::SystemClock().NowMs();
constexpr int64_t kScrapeMs = 15'000;

// Series as a TiKV store exports them: a dozen labels, some 150 bytes.
model::Labels LabelsOf(int64_t i) {
  return model::Labels::Of({{"__name__", "tikv_log_backup_flush_duration_sec_bucket"},
                            {"cluster", "cluster-" + std::to_string(i / 5000)},
                            {"instance", "10.0." + std::to_string(i / 600 % 256) + ".1:20180"},
                            {"job", "tikv"},
                            {"le", std::to_string(i % 16)},
                            {"monitor", "prometheus"},
                            {"stage", "save_files_" + std::to_string(i % 600 / 16)}});
}

// A data folder and what it takes to open it.
class BenchFolder {
 public:
  BenchFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tidemark-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  ~BenchFolder() { std::filesystem::remove_all(dir_); }
  BenchFolder(const BenchFolder&) = delete;
  BenchFolder& operator=(const BenchFolder&) = delete;

  std::unique_ptr<Db> Open() {
    metrics_ = std::make_unique<base::MetricsRegistry>();
    DbOptions options;
    options.path = dir_;
    options.retention_ms = 0;
    options.sync = SyncMode::kOff;
    options.sweep_interval_ms = 24LL * 3600 * 1000;
    auto db = Db::Open(options, {&clock_, &logger_, metrics_.get(), nullptr});
    TIDEMARK_CHECK(db.ok());
    return *std::move(db);
  }

 private:
  std::string dir_;
  const base::SystemClock clock_;
  base::Logger logger_{stderr, base::LogLevel::kInfo};
  std::unique_ptr<base::MetricsRegistry> metrics_;
};

// Registers `count` series, request by request.
std::vector<HeadSeries*> Register(Db* db, int64_t count) {
  std::vector<HeadSeries*> series;
  WriteSession session(db);
  while (std::ssize(series) < count) {
    std::vector<model::Labels> labels;
    for (size_t i = 0; i < kSeriesPerRequest; ++i) {
      labels.push_back(LabelsOf(static_cast<int64_t>(series.size() + i)));
    }
    session.Begin();
    std::vector<Head::Wanted> wanted;
    for (const model::Labels& one : labels) {
      wanted.push_back({one, session.table().Hash(one.bytes()), nullptr});
    }
    session.Register(wanted);
    for (const Head::Wanted& want : wanted) {
      series.push_back(want.series);
    }
    session.Commit([](const absl::Status& status) { TIDEMARK_CHECK(status.ok()); });
  }
  return series;
}

void Scrape(Db* db, const std::vector<HeadSeries*>& series, int scrape) {
  WriteSession session(db);
  for (size_t i = 0; i < series.size(); i += kSeriesPerRequest) {
    session.Begin();
    for (size_t j = i; j < i + kSeriesPerRequest; ++j) {
      // A third stands still; the others count.
      const double value = j % 3 == 0 ? 7.0 : static_cast<double>(scrape * 3 + j % 1000);
      session.Append(series[j], {kBegin + scrape * kScrapeMs, value});
    }
    session.Commit([](const absl::Status& status) { TIDEMARK_CHECK(status.ok()); });
  }
}

// Range 0: series, all of them in the store. Range 1: scrapes of all, only in the journal.
void BM_Db_OpenAfterAKill(benchmark::State& state) {
  BenchFolder folder;
  {
    auto db = folder.Open();
    const std::vector<HeadSeries*> series = Register(db.get(), state.range(0));
    Scrape(db.get(), series, 0);
    TIDEMARK_CHECK(db->Sweep().ok());
    for (int scrape = 1; scrape <= state.range(1); ++scrape) {
      Scrape(db.get(), series, scrape);
    }
  }
  for (auto _ : state) {
    auto db = folder.Open();
    state.PauseTiming();
    db.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0) * state.range(1));
}
BENCHMARK(BM_Db_OpenAfterAKill)
    ->ArgNames({"series", "scrapes"})
    ->Args({100'000, 0})
    ->Args({100'000, 100})
    ->Args({1'000'000, 0})
    ->Args({1'000'000, 14})
    ->Iterations(2)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace tidemark::storage
