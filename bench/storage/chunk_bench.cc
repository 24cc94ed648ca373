// The columns of sealed chunks, by shape, and whole chunks. Items are samples.
#include <random>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "fmt/format.h"
#include "storage/chunk/chunk_format.h"
#include "storage/chunk/time_codec.h"
#include "storage/chunk/value_codec.h"
#include "tests/storage/chunk/column_shapes.h"

namespace tidemark::storage {
namespace {

using model::Timestamp;

constexpr size_t kSamples = 1440;  // six hours at 15 s
constexpr uint64_t kSeed = 20260607;

void Report(size_t bytes, benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kSamples));
  state.counters["bytes_per_sample"] = static_cast<double>(bytes) / kSamples;
}

void BM_Values_Encode(benchmark::State& state, const testing::ValueShape& shape) {
  std::mt19937_64 random(kSeed);
  const std::vector<double> values = shape.make(kSamples, &random);
  std::string bytes;
  for (auto _ : state) {
    bytes.clear();
    AppendValues(values, &bytes);
    benchmark::DoNotOptimize(bytes.data());
  }
  Report(bytes.size(), state);
}

void BM_Values_Decode(benchmark::State& state, const testing::ValueShape& shape) {
  std::mt19937_64 random(kSeed);
  std::string bytes;
  AppendValues(shape.make(kSamples, &random), &bytes);
  std::vector<double> values(kSamples);
  for (auto _ : state) {
    benchmark::DoNotOptimize(DecodeValues(bytes, values).ok());
    benchmark::DoNotOptimize(values.data());
  }
  Report(bytes.size(), state);
}

void BM_Times_Encode(benchmark::State& state, const testing::TimeShape& shape) {
  std::mt19937_64 random(kSeed);
  const std::vector<Timestamp> times = shape.make(kSamples, &random);
  std::string bytes;
  for (auto _ : state) {
    bytes.clear();
    AppendTimes(times, &bytes);
    benchmark::DoNotOptimize(bytes.data());
  }
  Report(bytes.size(), state);
}

void BM_Times_Decode(benchmark::State& state, const testing::TimeShape& shape) {
  std::mt19937_64 random(kSeed);
  std::vector<Timestamp> times = shape.make(kSamples, &random);
  const Timestamp first = times.front();
  const Timestamp last = times.back();
  std::string bytes;
  AppendTimes(times, &bytes);
  for (auto _ : state) {
    benchmark::DoNotOptimize(DecodeTimes(bytes, first, last, times).ok());
    benchmark::DoNotOptimize(times.data());
  }
  Report(bytes.size(), state);
}

// A whole chunk of constant step into columns that have room, as a query reads it.
void BM_SealedChunk_Decode(benchmark::State& state, const testing::ValueShape& shape) {
  std::mt19937_64 random(kSeed);
  const std::vector<Timestamp> times = testing::TimeShapes()[0].make(kSamples, &random);
  const std::string chunk = EncodeSealedChunk(times, shape.make(kSamples, &random), nullptr);
  SampleColumns columns;
  for (auto _ : state) {
    columns.clear();
    benchmark::DoNotOptimize(
        DecodeChunk(chunk, times.front(), times.front(), times.back(), nullptr, &columns).ok());
    benchmark::DoNotOptimize(columns.values.data());
  }
  Report(chunk.size(), state);
}

// What the sweep writes, before it is sealed.
void BM_StreamChunk_Decode(benchmark::State& state, const testing::ValueShape& shape) {
  constexpr size_t kSize = 60;
  std::mt19937_64 random(kSeed);
  const std::vector<Timestamp> times = testing::TimeShapes()[0].make(kSamples, &random);
  const std::vector<double> values = shape.make(kSamples, &random);
  std::vector<std::string> chunks;
  size_t bytes = 0;
  for (size_t i = 0; i < kSamples; i += kSize) {
    std::vector<model::Sample> samples;
    for (size_t k = i; k < i + kSize; ++k) {
      samples.push_back({times[k], values[k]});
    }
    chunks.push_back(EncodeChunk(samples));
    bytes += chunks.back().size();
  }
  SampleColumns columns;
  for (auto _ : state) {
    columns.clear();
    for (size_t i = 0; i < chunks.size(); ++i) {
      benchmark::DoNotOptimize(
          DecodeChunk(chunks[i], times[i * kSize], times.front(), times.back(), nullptr, &columns)
              .ok());
    }
    benchmark::DoNotOptimize(columns.values.data());
  }
  Report(bytes, state);
}

template <typename Shape>
void Register(std::string_view name, void (*run)(benchmark::State&, const Shape&),
              std::span<const Shape> shapes) {
  for (const Shape& shape : shapes) {
    benchmark::RegisterBenchmark(fmt::format("{}/{}", name, shape.name).c_str(),
                                 [run, shape](benchmark::State& state) { run(state, shape); });
  }
}

void RegisterAll() {
  Register("BM_Values_Encode", BM_Values_Encode, testing::ValueShapes());
  Register("BM_Values_Decode", BM_Values_Decode, testing::ValueShapes());
  Register("BM_Times_Encode", BM_Times_Encode, testing::TimeShapes());
  Register("BM_Times_Decode", BM_Times_Decode, testing::TimeShapes());
  Register("BM_SealedChunk_Decode", BM_SealedChunk_Decode, testing::ValueShapes());
  Register("BM_StreamChunk_Decode", BM_StreamChunk_Decode, testing::ValueShapes());
}

}  // namespace
}  // namespace tidemark::storage

int main(int argc, char** argv) {
  tidemark::storage::RegisterAll();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
