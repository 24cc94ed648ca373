// A request from its compressed body to the journal: everything but HTTP.
#include <snappy.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/check.h"
#include "ingest/remote_write_receiver.h"
#include "proto/prometheus/remote_write.pb.h"

namespace tidemark::ingest {
namespace {

constexpr int kSamplesPerRequest = 2000;
constexpr int kScrapes = 20;

// Requests as Prometheus makes them: one series entry a sample, scrape after scrape.
std::vector<std::string> MakeBodies(int64_t series_count) {
  std::vector<std::string> bodies;
  prometheus::WriteRequest request;
  const auto flush = [&] {
    const std::string bytes = request.SerializeAsString();
    snappy::Compress(bytes.data(), bytes.size(), &bodies.emplace_back());
    request.Clear();
  };
  for (int scrape = 0; scrape < kScrapes; ++scrape) {
    for (int64_t i = 0; i < series_count; ++i) {
      prometheus::TimeSeries* series = request.add_timeseries();
      const auto label = [series](const char* name, std::string value) {
        prometheus::Label* added = series->add_labels();
        added->set_name(name);
        added->set_value(std::move(value));
      };
      label("__name__", "tikv_log_backup_flush_duration_sec_bucket");
      label("cluster", "cluster-" + std::to_string(i / 5000));
      label("instance", "10.0." + std::to_string(i / 600 % 256) + ".1:20180");
      label("job", "tikv");
      label("le", std::to_string(i % 16));
      label("monitor", "prometheus");
      label("stage", "save_files_" + std::to_string(i % 600 / 16));
      prometheus::Sample* sample = series->add_samples();
      sample->set_timestamp(1'700'000'000'000 + int64_t{scrape} * 15'000);
      sample->set_value(static_cast<double>(int64_t{scrape} * 3 + i % 100));
      if (request.timeseries_size() == kSamplesPerRequest) {
        flush();
      }
    }
  }
  if (request.timeseries_size() > 0) {
    flush();
  }
  return bodies;
}

void BM_Receiver_Write(benchmark::State& state) {
  const std::vector<std::string> bodies = MakeBodies(state.range(0));
  std::string dir = (std::filesystem::temp_directory_path() / "tidemark-XXXXXX").string();
  TIDEMARK_CHECK(::mkdtemp(dir.data()) != nullptr);
  int64_t samples = 0;
  for (auto _ : state) {
    state.PauseTiming();
    base::SystemClock clock;
    base::Logger logger(stderr, base::LogLevel::kError);
    base::MetricsRegistry metrics;
    storage::DbOptions options;
    options.path = dir + "/data";
    options.retention_ms = 0;
    options.sync = storage::SyncMode::kOff;
    auto db = storage::Db::Open(options, {&clock, &logger, &metrics});
    TIDEMARK_CHECK(db.ok());
    RemoteWriteReceiver receiver(db->get(), {}, &metrics);
    const auto context = receiver.NewContext();
    std::atomic<size_t> answered{0};
    const auto write = [&](const std::string& body) {
      while (!receiver.Admit().ok()) {
        std::this_thread::yield();
      }
      receiver.Write(context.get(), body, [&answered](const absl::Status& status) {
        TIDEMARK_CHECK(status.ok());
        answered.fetch_add(1, std::memory_order_release);
      });
    };
    const size_t registering = bodies.size() / kScrapes + 1;
    for (size_t i = 0; i < registering; ++i) {
      write(bodies[i]);
    }
    state.ResumeTiming();
    for (size_t i = registering; i < bodies.size(); ++i) {
      write(bodies[i]);
    }
    state.PauseTiming();
    while (answered.load(std::memory_order_acquire) < bodies.size()) {
      std::this_thread::yield();
    }
    db->reset();
    std::filesystem::remove_all(dir);
    samples += static_cast<int64_t>(bodies.size() - registering) * kSamplesPerRequest;
    state.ResumeTiming();
  }
  state.SetItemsProcessed(samples);
}
BENCHMARK(BM_Receiver_Write)->Arg(20'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tidemark::ingest
