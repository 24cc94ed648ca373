#include "tests/crash/crash_writer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "base/clock.h"
#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::testing {
namespace {

constexpr int kFirstSeries = 20;
constexpr int kNewSeriesPerRun = 3;
constexpr int kSamplesPerSeries = 2;  // of a request
constexpr int64_t kStepMs = 1000;
constexpr int64_t kExpiringStepMs = 20;
constexpr uint64_t kRequestsPerDeletion = 40;

const std::string& NameOf(const SentSeries& series) { return series.labels[1].second; }

}  // namespace

CrashWriter::CrashWriter(CrashWriterOptions options)
    : options_(std::move(options)), random_(options_.seed) {
  AddSeries(kFirstSeries);
}

absl::Status CrashWriter::Run(uint16_t port, int max_requests) {
  AddSeries(kNewSeriesPerRun);
  HttpClient http(port);
  for (int i = 0; i < max_requests; ++i) {
    const bool is_time_to_delete = options_.deletes && random_() % kRequestsPerDeletion == 0;
    const bool deletes = unanswered_deletion_ || (!unanswered_ && is_time_to_delete);
    ASSIGN_OR_RETURN(const bool answered, deletes ? DeleteSome(&http) : WriteSome(&http));
    if (!answered) {
      return absl::OkStatus();
    }
    ++requests_;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> CrashWriter::WriteSome(HttpClient* http) {
  if (!unanswered_) {
    unanswered_ = MakeRequest();
  }
  const auto response = PostWrite(http, SnappyCompress(EncodeWriteRequest(*unanswered_)));
  if (!response.ok()) {
    return false;
  }
  if (response->status / 100 == 2) {
    Acknowledge(*std::exchange(unanswered_, std::nullopt));
  } else if (response->status / 100 == 4) {
    unanswered_.reset();
    if (!expires()) {
      return absl::InternalError(fmt::format("answered {}: {}", response->status, response->body));
    }
  }
  return true;
}

absl::StatusOr<bool> CrashWriter::DeleteSome(HttpClient* http) {
  if (!unanswered_deletion_) {
    unanswered_deletion_ = MakeDeletion();
  }
  const Deletion& deletion = *unanswered_deletion_;
  ledger_.BeginDeletion(deletion.series, deletion.min, deletion.max);
  const auto response =
      http->PostForm("/api/v1/admin/tsdb/delete_series",
                     {{"match[]", fmt::format("crash_test{{series=\"{}\"}}", deletion.series)},
                      {"start", fmt::format("{}.{:03}", deletion.min / 1000, deletion.min % 1000)},
                      {"end", fmt::format("{}.{:03}", deletion.max / 1000, deletion.max % 1000)}});
  if (!response.ok()) {
    return false;
  }
  if (response->status != 204) {
    return absl::InternalError(fmt::format("answered {}: {}", response->status, response->body));
  }
  ledger_.EndDeletion(deletion.series, deletion.min, deletion.max);
  unanswered_deletion_.reset();
  return true;
}

// A stretch of what was sent of one series.
CrashWriter::Deletion CrashWriter::MakeDeletion() {
  const Series& series = series_[random_() % series_.size()];
  const auto span = static_cast<uint64_t>(series.next - series.late);
  const model::Timestamp min = series.late + static_cast<int64_t>(random_() % span);
  return {series.name, min, min + static_cast<int64_t>(random_() % span / 2)};
}

void CrashWriter::AddSeries(int count) {
  for (int i = 0; i < count; ++i) {
    series_.push_back({.name = fmt::format("{}-{}", name(), series_.size()),
                       .next = options_.begin_ms,
                       .late = options_.begin_ms - kStepMs});
  }
}

std::vector<SentSeries> CrashWriter::MakeRequest() {
  std::vector<SentSeries> request;
  for (Series& series : series_) {
    SentSeries sent{
        .labels = {{"__name__", "crash_test"}, {"series", series.name}, {"writer", name()}},
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
  if (expires()) {
    const model::Timestamp begin = base::SystemClock().NowMs() - options_.keep_ms + kStepMs;
    const model::Timestamp t = std::max(series->next, begin);
    series->next = t + kExpiringStepMs;
    return {.t = t, .v = UniqueValue()};
  }
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
