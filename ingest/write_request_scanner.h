// ScanWriteRequest reads a remote-write 1.0 WriteRequest without copying it.
//
// One pass checks the whole message and fills an index of what is in it: for each TimeSeries the
// bytes of its labels as they stand on the wire and its samples, for each MetricMetadata its
// texts. Nothing of a malformed message is handed out, so nothing of it can be applied.
//
// The scanner accepts what the protobuf library accepts and finds the same content: fields in any
// order, the last of a repeated scalar, unknown fields and groups passed over. One difference is
// deliberate: it does not look whether texts are UTF-8, where the library refuses the whole
// request. A label that is not UTF-8 concerns its series alone (see label_rules.h); a text of
// metadata is for the caller to judge (see utf8.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "ingest/series_guesser.h"
#include "model/sample.h"

namespace tidemark::ingest {

// A TimeSeries with at least one sample.
struct ScannedSeries {
  // The label fields, tags and lengths included, in their order on the wire and without gaps.
  // For what a sender in good order writes these are the canonical bytes of model::Labels.
  std::string_view label_bytes;
  uint32_t first_sample = 0;
  uint32_t sample_count = 0;
  void* known = nullptr;  // what the guesser told of the series, if it did
};

// A MetricMetadata with a metric family name.
struct ScannedMetadata {
  int32_t type = 0;  // prometheus.MetricMetadata.MetricType; senders may use numbers beyond it
  std::string_view metric_family_name;
  std::string_view help;
  std::string_view unit;
};

// ScanResult is the index of one request. Its owner, usually one I/O thread, reuses it, so that
// the steady state allocates nothing. The views in it point into the scanned body or into the
// result itself and live until either changes. Thread-compatible.
class ScanResult {
 public:
  ScanResult() = default;
  ~ScanResult() = default;
  ScanResult(const ScanResult&) = delete;
  ScanResult& operator=(const ScanResult&) = delete;

  std::span<const ScannedSeries> series() const { return series_; }
  // The samples of all series, those of one series side by side, in their order on the wire.
  std::span<const model::Sample> samples() const { return samples_; }
  std::span<const model::Sample> samples(const ScannedSeries& series) const {
    return {samples_.data() + series.first_sample, series.sample_count};
  }
  std::span<const ScannedMetadata> metadata() const { return metadata_; }

  // What was checked and passed over.
  size_t exemplars() const { return exemplars_; }
  size_t histograms() const { return histograms_; }
  size_t series_without_samples() const { return series_without_samples_; }
  size_t metadata_without_name() const { return metadata_without_name_; }
  // Series whose label fields did not lie side by side and were copied together.
  size_t gathered_series() const { return gathered_series_; }

  void Clear();
  // Clears, and gives the memory back when it is more than `bytes`.
  void Trim(size_t bytes);

 private:
  friend class WriteRequestScanner;

  std::vector<ScannedSeries> series_;
  std::vector<model::Sample> samples_;
  std::vector<ScannedMetadata> metadata_;
  std::string gathered_labels_;
  size_t exemplars_ = 0;
  size_t histograms_ = 0;
  size_t series_without_samples_ = 0;
  size_t metadata_without_name_ = 0;
  size_t gathered_series_ = 0;
};

// Fills `result` with the content of `body`, which must outlive its use. InvalidArgument, naming
// the byte and what was expected there, when `body` is not a WriteRequest; `result` is then empty.
// `guesser` may be null.
absl::Status ScanWriteRequest(std::string_view body, SeriesGuesser* guesser, ScanResult* result);

}  // namespace tidemark::ingest
