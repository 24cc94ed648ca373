#include "tests/crash/crash_writer.h"

#include <bit>
#include <cmath>
#include <utility>

#include "fmt/format.h"

namespace tidemark::testing {
namespace {

constexpr int kFirstSeries = 20;
constexpr int kNewSeriesPerRun = 3;
constexpr int kSamplesPerSeries = 2;  // of a request
constexpr int64_t kStepMs = 1000;

const std::string& NameOf(const SentSeries& series) { return series.labels[1].second; }

}  // namespace

CrashWriter::CrashWriter(std::string name, uint64_t seed, int64_t begin_ms)
    : name_(std::move(name)), begin_ms_(begin_ms), random_(seed) {
  AddSeries(kFirstSeries);
}

absl::Status CrashWriter::Run(uint16_t port, int max_requests) {
  AddSeries(kNewSeriesPerRun);
  HttpClient http(port);
  for (int i = 0; i < max_requests; ++i) {
    if (!unanswered_) {
      unanswered_ = MakeRequest();
    }
    const auto response = PostWrite(&http, SnappyCompress(EncodeWriteRequest(*unanswered_)));
    if (!response.ok()) {
      return absl::OkStatus();  // the server is gone
    }
    if (response->status / 100 == 4) {
      return absl::InternalError(fmt::format("answered {}: {}", response->status, response->body));
    }
    if (response->status / 100 == 2) {
      Acknowledge(*std::exchange(unanswered_, std::nullopt));
    }
    ++requests_;
  }
  return absl::OkStatus();
}

void CrashWriter::AddSeries(int count) {
  for (int i = 0; i < count; ++i) {
    series_.push_back({.name = fmt::format("{}-{}", name_, series_.size()),
                       .next = begin_ms_,
                       .late = begin_ms_ - kStepMs});
  }
}

std::vector<SentSeries> CrashWriter::MakeRequest() {
  std::vector<SentSeries> request;
  for (Series& series : series_) {
    SentSeries sent{
        .labels = {{"__name__", "crash_test"}, {"series", series.name}, {"writer", name_}},
        .samples = {}};
    for (int i = 0; i < kSamplesPerSeries; ++i) {
      sent.samples.push_back(NextSample(&series));
      ledger_.Send(series.name, sent.samples.back());
    }
    request.push_back(std::move(sent));
  }
  return request;
}

model::Sample CrashWriter::NextSample(Series* series) {
  const auto chance = random_() % 100;
  if (chance < 5) {
    return {.t = std::exchange(series->late, series->late - kStepMs), .v = UniqueValue()};
  }
  const model::Timestamp t = std::exchange(series->next, series->next + kStepMs);
  return {.t = t, .v = chance < 7 ? model::StaleMarker() : UniqueValue()};
}

// Any finite double: with 64 random bits none comes twice.
double CrashWriter::UniqueValue() {
  while (true) {
    const double value = std::bit_cast<double>(random_());
    if (std::isfinite(value)) {
      return value;
    }
  }
}

void CrashWriter::Acknowledge(const std::vector<SentSeries>& request) {
  for (const SentSeries& series : request) {
    for (const model::Sample& sample : series.samples) {
      ledger_.Acknowledge(NameOf(series), sample);
    }
  }
}

}  // namespace tidemark::testing
