// Live evaluation over the real store: what one arrival costs, and what a fleet of clusters does.
#include <malloc.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "alert/live/live_engine.h"
#include "alert/rules/rule_parser.h"
#include "base/check.h"
#include "base/log.h"
#include "base/metrics.h"
#include "fmt/format.h"
#include "storage/write_session.h"

namespace tidemark::alert {
namespace {

constexpr int kTikvStores = 3;

class QuietSink final : public LiveSink {
 public:
  absl::Status Write(model::LabelsView, model::Sample) override { return absl::OkStatus(); }
  absl::Status Commit() override { return absl::OkStatus(); }
  void Changed(const LiveTransition&) override {}
  void Send(std::span<const DueAlert>) override {}
};

// Time that the benchmark moves.
class SteppedClock final : public base::Clock {
 public:
  int64_t NowMs() const override { return now_ms; }
  int64_t SteadyNanos() const override { return now_ms * 1'000'000; }
  int64_t now_ms = 1'700'000'000'000;
};

// The rules that are recommended for log backup, as often as it takes to have `count`.
RuleFileSet Rules(int count) {
  const std::string lag = "max(time() - tidb_log_backup_last_checkpoint / 262144000) by (task)";
  const std::string there = "max(tidb_log_backup_last_checkpoint) by (task) > 0";
  std::string text = "groups:\n- name: g\n  rules:\n";
  for (int i = 0; i < count; ++i) {
    text += fmt::format(
        "  - alert: A{}\n    expr: '{} / 60 > {} and {} and "
        "max(tikv_log_backup_task_status) by (task) == {}'\n",
        i, lag, 10 + i, there, i % 2);
  }
  const ParsedRuleFile parsed = ParseRuleFile("rules.yml", text);
  TIDEMARK_CHECK(parsed.status().ok());
  return {parsed.file};
}

// A store with one series of a checkpoint and some of a status for each cluster.
class Fleet {
 public:
  Fleet() {
    TIDEMARK_CHECK(::mkdtemp(dir_.data()) != nullptr);
    storage::DbOptions options;
    options.path = dir_ + "/data";
    options.retention_ms = 0;
    options.sync = storage::SyncMode::kOff;
    auto opened = storage::Db::Open(options, {&clock_, &logger_, &metrics_});
    TIDEMARK_CHECK(opened.ok());
    db_ = *std::move(opened);
  }
  ~Fleet() {
    live_.reset();
    db_.reset();
    std::filesystem::remove_all(dir_);
  }

  void Start(int rules) {
    LiveOptions options;
    options.identity_labels = {{"cluster"}};
    engine_ = std::make_unique<query::Engine>(db_.get(), &clock_, query::EngineOptions());
    live_ =
        std::make_unique<LiveEngine>(options, LiveDeps{engine_.get(), db_.get(), &clock_, &sink_});
    TIDEMARK_CHECK(live_->Apply(Rules(rules)).ok());
  }

  // One scrape of every target of the cluster.
  void Scrape(int cluster) {
    storage::WriteSession session(db_.get());
    session.Begin();
    std::vector<model::Labels> labels;
    std::vector<storage::Head::Wanted> wanted;
    labels.push_back(Series("tidb_log_backup_last_checkpoint", cluster, "tidb-0"));
    for (int i = 0; i < kTikvStores; ++i) {
      labels.push_back(Series("tikv_log_backup_task_status", cluster, fmt::format("tikv-{}", i)));
    }
    for (const model::Labels& one : labels) {
      wanted.push_back({one, session.table().Hash(one.bytes()), nullptr});
    }
    session.Register(wanted);
    const double now_seconds = static_cast<double>(clock_.now_ms) / 1000;
    for (size_t i = 0; i < wanted.size(); ++i) {
      session.Append(wanted[i].series,
                     {clock_.now_ms, i == 0 ? (now_seconds - 60) * 262144000 : 0});
    }
    session.Commit([](const absl::Status&) {});
  }

  void Advance(int64_t ms) { clock_.now_ms += ms; }
  void Run() { live_->RunDue(clock_.now_ms); }
  const LiveEngine& live() const { return *live_; }

 private:
  static model::Labels Series(const char* name, int cluster, const std::string& instance) {
    return model::Labels::Of({{"__name__", name},
                              {"cluster", fmt::format("cluster-{}", cluster)},
                              {"instance", instance},
                              {"job", "tidb"},
                              {"task", "pitr"}});
  }

  std::string dir_ = (std::filesystem::temp_directory_path() / "tidemark-XXXXXX").string();
  SteppedClock clock_;
  base::Logger logger_{stderr, base::LogLevel::kError};
  base::MetricsRegistry metrics_;
  std::unique_ptr<storage::Db> db_;
  std::unique_ptr<query::Engine> engine_;
  QuietSink sink_;
  std::unique_ptr<LiveEngine> live_;
};

// One cluster's scrape and what it makes due: an item is one evaluation of a partition.
void BM_Live_Scrape(benchmark::State& state) {
  Fleet fleet;
  fleet.Start(static_cast<int>(state.range(0)));
  for (int i = 0; i < 20; ++i) {
    fleet.Scrape(0);
    fleet.Advance(15'000);
    fleet.Run();
  }
  const uint64_t before = fleet.live().totals().evaluations;
  for (auto _ : state) {
    fleet.Scrape(0);
    fleet.Run();
    fleet.Advance(15'000);
  }
  state.SetItemsProcessed(static_cast<int64_t>(fleet.live().totals().evaluations - before));
}
BENCHMARK(BM_Live_Scrape)->Arg(1)->Arg(20)->Unit(benchmark::kMicrosecond);

// All clusters' scrapes of fifteen seconds, spread over them. Memory is that of the engine.
void BM_Live_Fleet(benchmark::State& state) {
  const auto clusters = static_cast<int>(state.range(0));
  const auto rules = static_cast<int>(state.range(1));
  Fleet fleet;
  for (int c = 0; c < clusters; ++c) {
    fleet.Scrape(c);
  }
  const size_t before_bytes = ::mallinfo2().uordblks + ::mallinfo2().hblkhd;
  fleet.Start(rules);
  fleet.Run();
  const size_t bytes = ::mallinfo2().uordblks + ::mallinfo2().hblkhd - before_bytes;
  const uint64_t before = fleet.live().totals().evaluations;
  for (auto _ : state) {
    for (int c = 0; c < clusters; ++c) {
      if (c % std::max(clusters / 15, 1) == 0) {
        fleet.Advance(1000);
      }
      fleet.Scrape(c);
      fleet.Run();
    }
  }
  state.SetItemsProcessed(static_cast<int64_t>(fleet.live().totals().evaluations - before));
  const auto partitions = static_cast<double>(fleet.live().totals().partitions);
  state.counters["partitions"] = partitions;
  state.counters["bytes_per_partition"] = static_cast<double>(bytes) / partitions;
}
BENCHMARK(BM_Live_Fleet)->Args({1000, 20})->Args({5000, 20})->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tidemark::alert
