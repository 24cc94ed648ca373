#include "tests/ingest/scan_comparison.h"

#include <algorithm>
#include <random>
#include <vector>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "ingest/utf8.h"
#include "ingest/write_request_scanner.h"
#include "loose_remote_write.pb.h"
#include "model/labels.h"
#include "proto/prometheus/remote_write.pb.h"

namespace tidemark::ingest {
namespace {

bool ParseLoose(std::string_view body, loose::WriteRequest* request) {
  return request->ParseFromArray(body.data(), static_cast<int>(body.size()));
}

bool StrictAccepts(std::string_view body) {
  const google::protobuf::LogSilencer silence;
  prometheus::WriteRequest request;
  return request.ParseFromArray(body.data(), static_cast<int>(body.size()));
}

template <typename Labels>
bool LabelsAreUtf8(const Labels& labels) {
  return std::ranges::all_of(labels, [](const loose::Label& label) {
    return IsValidUtf8(label.name()) && IsValidUtf8(label.value());
  });
}

bool SeriesIsUtf8(const loose::TimeSeries& series) {
  return LabelsAreUtf8(series.labels()) &&
         std::ranges::all_of(series.exemplars(), [](const loose::Exemplar& exemplar) {
           return LabelsAreUtf8(exemplar.labels());
         });
}

bool MetadataIsUtf8(const loose::MetricMetadata& metadata) {
  return IsValidUtf8(metadata.metric_family_name()) && IsValidUtf8(metadata.help()) &&
         IsValidUtf8(metadata.unit());
}

bool AllTextsAreUtf8(const loose::WriteRequest& request) {
  return std::ranges::all_of(request.timeseries(), SeriesIsUtf8) &&
         std::ranges::all_of(request.metadata(), MetadataIsUtf8);
}

// The label fields of a series are themselves a TimeSeries message without anything else.
std::string CompareLabels(std::string_view label_bytes, const loose::TimeSeries& expected) {
  loose::TimeSeries found;
  if (!found.ParseFromArray(label_bytes.data(), static_cast<int>(label_bytes.size()))) {
    return "label bytes do not parse";
  }
  if (found.samples_size() + found.exemplars_size() + found.histograms_size() > 0) {
    return "label bytes hold more than labels";
  }
  loose::TimeSeries labels_only;
  *labels_only.mutable_labels() = expected.labels();
  return found.SerializeAsString() == labels_only.SerializeAsString() ? "" : "labels differ";
}

std::string CompareSamples(std::span<const model::Sample> found,
                           const loose::TimeSeries& expected) {
  if (found.size() != static_cast<size_t>(expected.samples_size())) {
    return fmt::format("{} samples, library {}", found.size(), expected.samples_size());
  }
  for (size_t i = 0; i < found.size(); ++i) {
    const loose::Sample& sample = expected.samples(static_cast<int>(i));
    if (found[i].t != sample.timestamp() || !model::SameBits(found[i].v, sample.value())) {
      return fmt::format("sample {} is ({}, {:x}), library ({}, {:x})", i, found[i].t,
                         model::ValueBits(found[i].v), sample.timestamp(),
                         model::ValueBits(sample.value()));
    }
  }
  return "";
}

std::string CompareSeries(const ScanResult& result, const loose::WriteRequest& request) {
  size_t next = 0;
  size_t exemplars = 0;
  size_t histograms = 0;
  for (const loose::TimeSeries& expected : request.timeseries()) {
    exemplars += static_cast<size_t>(expected.exemplars_size());
    histograms += static_cast<size_t>(expected.histograms_size());
    if (expected.samples_size() == 0) {
      continue;
    }
    if (next == result.series().size()) {
      return fmt::format("only {} series with samples", next);
    }
    const ScannedSeries& found = result.series()[next];
    std::string difference = CompareLabels(found.label_bytes, expected);
    difference += CompareSamples(result.samples(found), expected);
    if (!difference.empty()) {
      return fmt::format("series {}: {}", next, difference);
    }
    ++next;
  }
  const auto all = static_cast<size_t>(request.timeseries_size());
  if (next != result.series().size() || result.series_without_samples() != all - next ||
      result.exemplars() != exemplars || result.histograms() != histograms) {
    return "counts differ";
  }
  return "";
}

bool SameMetadata(const ScannedMetadata& found, const loose::MetricMetadata& expected) {
  return found.type == static_cast<int>(expected.type()) &&
         found.metric_family_name == expected.metric_family_name() &&
         found.help == expected.help() && found.unit == expected.unit();
}

std::string CompareMetadata(const ScanResult& result, const loose::WriteRequest& request) {
  size_t next = 0;
  for (const loose::MetricMetadata& expected : request.metadata()) {
    if (expected.metric_family_name().empty()) {
      continue;
    }
    if (next == result.metadata().size() || !SameMetadata(result.metadata()[next], expected)) {
      return fmt::format("metadata {} differs", next);
    }
    ++next;
  }
  const auto all = static_cast<size_t>(request.metadata_size());
  return next == result.metadata().size() && result.metadata_without_name() == all - next
             ? ""
             : "metadata counts differ";
}

// Guesses series of an earlier scan: mostly the right one, else another, its labels without the
// last one, or none.
class PlannedGuesser final : public SeriesGuesser {
 public:
  explicit PlannedGuesser(const ScanResult& plan) : rng_(plan.series().size()) {
    for (const ScannedSeries& series : plan.series()) {
      labels_.emplace_back(series.label_bytes);
    }
  }

  Guess Next() override {
    next_ += corrected_ ? 0 : 1;
    corrected_ = false;
    const unsigned kind = rng_() % 8;
    const size_t i = kind == 0 ? rng_() % (labels_.size() + 1) : next_;
    if (kind == 1 || i >= labels_.size() || !model::IsCanonical(labels_[i])) {
      return {};
    }
    const std::string_view bytes = labels_[i];
    return {kind == 2 ? WithoutLast(bytes) : bytes, kind == 2 ? nullptr : labels_.data() + i};
  }

  void* Correct(std::string_view label_bytes) override {
    corrected_ = true;
    const auto found = std::find(labels_.begin(), labels_.end(), label_bytes);
    next_ = static_cast<size_t>(found - labels_.begin()) + 1;
    return found == labels_.end() ? nullptr : &*found;
  }

 private:
  static std::string_view WithoutLast(std::string_view bytes) {
    std::string_view shorter;
    for (const model::LabelView& label : model::LabelsView(bytes)) {
      const size_t end =
          static_cast<size_t>(label.value.data() + label.value.size() - bytes.data());
      if (end < bytes.size()) {
        shorter = bytes.substr(0, end);
      }
    }
    return shorter;
  }

  std::mt19937 rng_;
  std::vector<std::string> labels_;
  size_t next_ = 0;
  bool corrected_ = true;
};

// What of `guessed` differs from `plain`, the result of the same scan without guesses.
std::string CompareScans(const ScanResult& plain, const ScanResult& guessed) {
  if (plain.series().size() != guessed.series().size() ||
      plain.samples().size() != guessed.samples().size() ||
      plain.series_without_samples() != guessed.series_without_samples() ||
      plain.exemplars() != guessed.exemplars() || plain.histograms() != guessed.histograms()) {
    return "guessing changes what is counted";
  }
  for (size_t i = 0; i < plain.series().size(); ++i) {
    const ScannedSeries& a = plain.series()[i];
    const ScannedSeries& b = guessed.series()[i];
    if (a.label_bytes != b.label_bytes || a.first_sample != b.first_sample ||
        a.sample_count != b.sample_count) {
      return fmt::format("guessing changes series {}", i);
    }
    if (b.known != nullptr && *static_cast<const std::string*>(b.known) != b.label_bytes) {
      return fmt::format("series {} is taken for another", i);
    }
  }
  for (size_t i = 0; i < plain.samples().size(); ++i) {
    const model::Sample& a = plain.samples()[i];
    const model::Sample& b = guessed.samples()[i];
    if (a.t != b.t || !model::SameBits(a.v, b.v)) {
      return fmt::format("guessing changes sample {}", i);
    }
  }
  return {};
}

std::string CompareWithGuesses(std::string_view body, const ScanResult& plain, bool ok) {
  PlannedGuesser guesser(plain);
  ScanResult guessed;
  if (ScanWriteRequest(body, &guesser, &guessed).ok() != ok) {
    return "guessing changes whether the request is accepted";
  }
  return CompareScans(plain, guessed);
}

}  // namespace

bool LibraryAccepts(std::string_view body) {
  loose::WriteRequest request;
  return ParseLoose(body, &request);
}

std::string CompareWithLibrary(std::string_view body) {
  ScanResult result;
  const absl::Status status = ScanWriteRequest(body, nullptr, &result);
  loose::WriteRequest request;
  if (ParseLoose(body, &request) != status.ok()) {
    return fmt::format("scanner says \"{}\", library the opposite", base::Message(status));
  }
  if (std::string difference = CompareWithGuesses(body, result, status.ok()); !difference.empty()) {
    return difference;
  }
  const bool strict = StrictAccepts(body);
  if (!status.ok()) {
    return strict ? "the contract accepts what its twin refuses" : "";
  }
  // Not the other way round: of a repeated text only the last is left to be looked at here.
  if (strict && !AllTextsAreUtf8(request)) {
    return "the library takes a text that IsValidUtf8 does not";
  }
  if (std::string difference = CompareSeries(result, request); !difference.empty()) {
    return difference;
  }
  return CompareMetadata(result, request);
}

}  // namespace tidemark::ingest
