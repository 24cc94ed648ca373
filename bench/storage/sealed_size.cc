// What sealed chunks take on disk: encodes the samples of a recording (tools/fleetsim record) as
// the consolidation does, one chunk a series and bucket in order of metric and series, packs the
// rows into blocks, compresses these as RocksDB does, and prints bytes per sample by metric.
//
//   fleetsim record --out=fleet.rec --series=20000 --scrapes=1440 --start=BUCKET_MS
//   storage_sealed_size fleet.rec [--block-kib=64] [--level=6]
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "CLI/CLI.hpp"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "ingest/snappy_body.h"
#include "ingest/write_request_scanner.h"
#include "model/labels.h"
#include "model/varint.h"
#include "storage/chunk/chunk_format.h"
#include "storage/types.h"
#include "tools/fleetsim/recording.h"
#include "zstd.h"

namespace tidemark::storage {
namespace {

using model::Timestamp;

struct Flags {
  std::string recording;
  size_t block_kib = 64;
  int level = 6;
};

struct Series {
  MetricId metric = kNoMetric;
  SeriesRef ref = kNoSeries;
  SampleColumns columns;
};

// The series of a recording, numbered as the store numbers them: in order of appearance.
struct Samples {
  std::vector<std::string> metrics;
  std::vector<Series> series;
  size_t count = 0;
};

MetricId MetricOf(std::string_view label_bytes, std::unordered_map<std::string, MetricId>* ids,
                  Samples* samples) {
  const std::string name(model::LabelsView(label_bytes).Get("__name__"));
  const auto [entry, is_new] = ids->emplace(name, samples->metrics.size());
  if (is_new) {
    samples->metrics.push_back(name);
  }
  return entry->second;
}

absl::StatusOr<Samples> LoadSamples(const std::string& path) {
  ASSIGN_OR_RETURN(const fleetsim::Recording recording, fleetsim::Recording::Open(path));
  Samples samples;
  std::unordered_map<std::string, MetricId> metrics;
  std::unordered_map<std::string, SeriesRef> refs;
  ingest::Buffer body;
  ingest::ScanResult scanned;
  for (const fleetsim::Recording::Request& request : recording.requests()) {
    RETURN_IF_ERROR(ingest::DecompressBody(request.body, 64U << 20, &body));
    RETURN_IF_ERROR(ingest::ScanWriteRequest(body.view(), nullptr, &scanned));
    for (const ingest::ScannedSeries& entry : scanned.series()) {
      const auto [ref, is_new] = refs.emplace(entry.label_bytes, samples.series.size());
      if (is_new) {
        samples.series.push_back(
            {MetricOf(entry.label_bytes, &metrics, &samples), ref->second, {}});
      }
      for (const model::Sample& sample : scanned.samples(entry)) {
        samples.series[ref->second].columns.Append(sample.t, sample.v);
        ++samples.count;
      }
    }
  }
  std::sort(samples.series.begin(), samples.series.end(), [](const Series& a, const Series& b) {
    return std::pair(a.metric, a.ref) < std::pair(b.metric, b.ref);
  });
  return samples;
}

struct Chunk {
  MetricId metric = kNoMetric;
  size_t samples = 0;
  std::string key;
  std::string value;
};

void AppendBigEndian(uint64_t v, size_t bytes, std::string* out) {
  while (bytes-- > 0) {
    out->push_back(static_cast<char>(v >> (8 * bytes)));
  }
}

std::string KeyOf(int64_t bucket, MetricId metric, SeriesRef ref) {
  std::string key;
  AppendBigEndian(static_cast<uint64_t>(bucket), 8, &key);
  AppendBigEndian(metric, 4, &key);
  AppendBigEndian(ref, 4, &key);
  return key;
}

// The chunks of `samples`, bucket by bucket, and behind them the timelines.
std::vector<Chunk> EncodeAll(const Samples& samples) {
  std::map<int64_t, TimelineWriter> timelines;
  std::vector<Chunk> chunks;
  for (const Series& series : samples.series) {
    const std::span<const Timestamp> times = series.columns.timestamps;
    for (size_t from = 0; from < times.size();) {
      const int64_t bucket = BucketOf(times[from]);
      size_t to = from;
      while (to < times.size() && BucketOf(times[to]) == bucket) {
        ++to;
      }
      chunks.push_back({series.metric, to - from, KeyOf(bucket, series.metric + 1, series.ref + 1),
                        EncodeSealedChunk(times.subspan(from, to - from),
                                          std::span(series.columns.values).subspan(from, to - from),
                                          &timelines[bucket])});
      from = to;
    }
  }
  std::stable_sort(chunks.begin(), chunks.end(),
                   [](const Chunk& a, const Chunk& b) { return a.key < b.key; });
  for (const auto& [bucket, writer] : timelines) {
    for (const TimelineWriter::Row& row : writer.rows()) {
      chunks.push_back({UINT32_MAX, 0, KeyOf(bucket, 0, row.number), row.value});
    }
  }
  return chunks;
}

struct Size {
  size_t samples = 0;
  size_t raw = 0;
  double compressed = 0;
};

// Packs rows into blocks, as a RocksDB table does: of each key what differs from the one before.
class BlockPacker {
 public:
  BlockPacker(size_t block_bytes, int level) : block_bytes_(block_bytes), level_(level) {}

  void Add(const Chunk& chunk) {
    const auto same =
        std::mismatch(last_key_.begin(), last_key_.end(), chunk.key.begin(), chunk.key.end());
    const auto shared = static_cast<size_t>(same.first - last_key_.begin());
    const size_t begin = block_.size();
    model::AppendVarint(shared, &block_);
    model::AppendVarint(chunk.key.size() + 8 - shared, &block_);
    model::AppendVarint(chunk.value.size(), &block_);
    block_.append(chunk.key, shared);
    block_.append(8, '\1');  // sequence number and type
    block_.append(chunk.value);
    last_key_ = chunk.key;
    raw_[chunk.metric] += block_.size() - begin;
    sizes_[chunk.metric].samples += chunk.samples;
    if (block_.size() >= block_bytes_) {
      Flush();
    }
  }

  void Flush() {
    compressed_.resize(ZSTD_compressBound(block_.size()));
    const size_t bytes =
        ZSTD_compress(compressed_.data(), compressed_.size(), block_.data(), block_.size(), level_);
    for (const auto& [metric, raw] : raw_) {
      sizes_[metric].raw += raw;
      sizes_[metric].compressed += static_cast<double>(bytes) * static_cast<double>(raw) /
                                   static_cast<double>(block_.size());
    }
    raw_.clear();
    block_.clear();
    last_key_.clear();
  }

  // By metric; a block of several is split by their shares before compression.
  const std::map<MetricId, Size>& sizes() const { return sizes_; }

 private:
  const size_t block_bytes_;
  const int level_;
  std::string block_;
  std::string last_key_;
  std::string compressed_;
  std::map<MetricId, size_t> raw_;  // in the present block
  std::map<MetricId, Size> sizes_;
};

double Seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

void Print(std::string_view name, const Size& size, size_t of_samples, double total) {
  const auto samples = static_cast<double>(std::max<size_t>(1, of_samples));
  fmt::print("{:<62} {:>9} {:>8.4f} {:>8.4f} {:>6.2f} %\n", name, size.samples,
             static_cast<double>(size.raw) / samples, size.compressed / samples,
             100 * size.compressed / total);
}

absl::Status Run(const Flags& flags) {
  ASSIGN_OR_RETURN(const Samples samples, LoadSamples(flags.recording));
  auto begin = std::chrono::steady_clock::now();
  const std::vector<Chunk> chunks = EncodeAll(samples);
  const auto count = static_cast<double>(samples.count);
  fmt::print("{} samples, {} rows; encoding {:.1f} ns a sample\n", samples.count, chunks.size(),
             Seconds(begin) * 1e9 / count);
  begin = std::chrono::steady_clock::now();
  BlockPacker packer(flags.block_kib << 10, flags.level);
  for (const Chunk& chunk : chunks) {
    packer.Add(chunk);
  }
  packer.Flush();
  fmt::print("compression at level {} {:.1f} ns a sample\n", flags.level,
             Seconds(begin) * 1e9 / count);
  Size all;
  for (const auto& [metric, size] : packer.sizes()) {
    all.samples += size.samples;
    all.raw += size.raw;
    all.compressed += size.compressed;
  }
  fmt::print("{:<62} {:>9} {:>8} {:>8}\n", "", "samples", "encoded", "on disk");
  for (const auto& [metric, size] : packer.sizes()) {
    const bool timelines = metric == UINT32_MAX;
    Print(timelines ? "timelines" : samples.metrics[metric], size,
          timelines ? all.samples : size.samples, all.compressed);
  }
  Print("all, bytes a sample", all, all.samples, all.compressed);
  return absl::OkStatus();
}

}  // namespace
}  // namespace tidemark::storage

int main(int argc, char** argv) {
  CLI::App app("bytes per sample of sealed chunks, by metric");
  tidemark::storage::Flags flags;
  app.add_option("recording", flags.recording, "made by fleetsim record")->required();
  app.add_option("--block-kib", flags.block_kib, "size of a block")->capture_default_str();
  app.add_option("--level", flags.level, "of ZSTD")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = tidemark::storage::Run(flags);
  if (!status.ok()) {
    fmt::print(stderr, "{}\n", tidemark::base::Message(status));
  }
  return status.ok() ? 0 : 1;
}
