// What decoding a write request costs, per sample: items are samples, or series for the label
// rules. The request is what one shard of a Prometheus server sends: 2,000 entries of one sample,
// some 180 bytes each, several metrics of one target side by side.
#include <array>
#include <cstdint>
#include <random>
#include <string>

#include "benchmark/benchmark.h"
#include "fmt/format.h"
#include "ingest/label_rules.h"
#include "ingest/snappy_body.h"
#include "ingest/write_request_scanner.h"
#include "model/sample.h"
#include "proto/prometheus/remote_write.pb.h"
#include "snappy.h"

namespace tidemark::ingest {
namespace {

constexpr int kSamples = 2000;
constexpr size_t kMaxBytes = 32U << 20;

void AddLabel(std::string_view name, std::string_view value, prometheus::TimeSeries* series) {
  prometheus::Label* label = series->add_labels();
  label->set_name(std::string(name));
  label->set_value(std::string(value));
}

// Entry `i` of a scrape: eleven to twelve labels, in order of name.
void FillSeries(int i, prometheus::TimeSeries* series) {
  constexpr std::array kMetrics = {"tidb_log_backup_checkpoint", "tidb_query_total",
                                   "tikv_grpc_seconds_bucket", "up", "tikv_engine_size_bytes"};
  const int target = i / 50;
  AddLabel("__name__", kMetrics[static_cast<size_t>(i) % kMetrics.size()], series);
  AddLabel("az", fmt::format("{}", "abc"[target % 3]), series);
  AddLabel("cluster", fmt::format("c{:02}", target % 7), series);
  AddLabel("comp", "kv", series);
  AddLabel("env", "prod", series);
  AddLabel("instance", fmt::format("10.2.{}.{}:20180", target / 200, target % 200), series);
  AddLabel("job", "tikv", series);
  if (i % 5 == 2) {
    AddLabel("le", fmt::format("{}", 0.001 * (i % 20)), series);
  }
  AddLabel("region", "eu-1", series);
  AddLabel("store", fmt::format("{}", target), series);
  AddLabel("task", fmt::format("p{}", i % 4), series);
  AddLabel("type", fmt::format("t{}", i % 50), series);
}

std::string MakeRequest() {
  prometheus::WriteRequest request;
  std::mt19937 rng(20240607);
  for (int i = 0; i < kSamples; ++i) {
    prometheus::TimeSeries* series = request.add_timeseries();
    FillSeries(i, series);
    prometheus::Sample* sample = series->add_samples();
    sample->set_value(rng() % 5 == 0 ? 0 : static_cast<double>(rng() % 1000000));
    sample->set_timestamp(1700000000000 + int64_t{i / 50} * 17);
  }
  return request.SerializeAsString();
}

std::string Compress(const std::string& body) {
  std::string compressed;
  snappy::Compress(body.data(), body.size(), &compressed);
  return compressed;
}

void CountPerSample(const std::string& body, benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * kSamples);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(body.size()));
  state.counters["time_per_item"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * kSamples,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["bytes_per_item"] = static_cast<double>(body.size()) / kSamples;
}

void BM_Snappy_Decompress(benchmark::State& state) {
  const std::string body = MakeRequest();
  const std::string compressed = Compress(body);
  Buffer buffer;
  for (auto _ : state) {
    benchmark::DoNotOptimize(DecompressBody(compressed, kMaxBytes, &buffer).ok());
  }
  CountPerSample(body, state);
}
BENCHMARK(BM_Snappy_Decompress);

void BM_Scanner_Scan(benchmark::State& state) {
  const std::string body = MakeRequest();
  ScanResult result;
  for (auto _ : state) {
    benchmark::DoNotOptimize(ScanWriteRequest(body, nullptr, &result).ok());
    benchmark::DoNotOptimize(result.samples().data());
  }
  CountPerSample(body, state);
}
BENCHMARK(BM_Scanner_Scan);

void BM_Decode_Request(benchmark::State& state) {
  const std::string body = MakeRequest();
  const std::string compressed = Compress(body);
  Buffer buffer;
  ScanResult result;
  for (auto _ : state) {
    benchmark::DoNotOptimize(DecompressBody(compressed, kMaxBytes, &buffer).ok());
    benchmark::DoNotOptimize(ScanWriteRequest(buffer.view(), nullptr, &result).ok());
  }
  CountPerSample(body, state);
}
BENCHMARK(BM_Decode_Request);

// The protobuf library on the same bytes, reusing its message.
void BM_Library_Parse(benchmark::State& state) {
  const std::string body = MakeRequest();
  prometheus::WriteRequest request;
  for (auto _ : state) {
    benchmark::DoNotOptimize(request.ParseFromString(body));
  }
  CountPerSample(body, state);
}
BENCHMARK(BM_Library_Parse);

void BM_LabelRules_Canonicalize(benchmark::State& state) {
  const std::string body = MakeRequest();
  ScanResult result;
  benchmark::DoNotOptimize(ScanWriteRequest(body, nullptr, &result).ok());
  for (auto _ : state) {
    for (const ScannedSeries& series : result.series()) {
      benchmark::DoNotOptimize(Canonicalize(series.label_bytes, LabelLimits()).ok());
    }
  }
  CountPerSample(body, state);
}
BENCHMARK(BM_LabelRules_Canonicalize);

}  // namespace
}  // namespace tidemark::ingest
