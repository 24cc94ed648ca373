#include "ingest/refusals.h"

#include <numeric>

#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::ingest {
namespace {

// Senders log the first kilobyte of an answer.
constexpr size_t kMaxExamples = 3;
constexpr size_t kMaxSeriesText = 200;

std::string Shortened(std::string text) {
  if (text.size() > kMaxSeriesText) {
    text.resize(kMaxSeriesText);
    text += "…";
  }
  return text;
}

std::string_view Reason(RefusalCause cause) {
  switch (cause) {
    case RefusalCause::kTooOld:
      return "too old sample";
    case RefusalCause::kTooNew:
      return "out of bounds: too far in the future";
    case RefusalCause::kConflict:
      return "duplicate sample for timestamp, with another value";
    case RefusalCause::kLabels:
      break;
  }
  return "invalid labels";
}

}  // namespace

std::string_view RefusalCauseName(RefusalCause cause) {
  constexpr std::string_view kNames[] = {"invalid_labels", "too_old", "out_of_bounds",
                                         "duplicate_timestamp"};
  return kNames[static_cast<size_t>(cause)];
}

void Refusals::Describe(std::string_view text) {
  if (described_++ < kMaxExamples) {
    examples_.append(examples_.empty() ? "" : "; ").append(text);
  }
}

void Refusals::AddSeries(const absl::Status& cause, size_t samples) {
  counts_[static_cast<size_t>(RefusalCause::kLabels)] += samples;
  Describe(base::Message(cause));
}

void Refusals::AddSample(RefusalCause cause, model::LabelsView series, model::Sample sample) {
  ++counts_[static_cast<size_t>(cause)];
  if (described_ < kMaxExamples) {
    Describe(fmt::format("{} {} of {}", Reason(cause), sample.t, Shortened(series.ToString())));
  } else {
    ++described_;
  }
}

size_t Refusals::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), size_t{0});
}

absl::Status Refusals::ToStatus(size_t samples) const {
  if (described_ == 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      fmt::format("refused {} of {} samples, the others are stored: {}{}", total(), samples,
                  examples_, described_ > kMaxExamples ? "; …" : ""));
}

}  // namespace tidemark::ingest
