#include "tools/fleetsim/request_sender.h"

#include <algorithm>
#include <chrono>

#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::fleetsim {
namespace {

constexpr int64_t kFirstBackoffMs = 30;
constexpr int64_t kLastBackoffMs = 5'000;

int64_t SteadyMicros() {
  using std::chrono::steady_clock;
  return std::chrono::duration_cast<std::chrono::microseconds>(
             steady_clock::now().time_since_epoch())
      .count();
}

bool Taken(const absl::StatusOr<HttpAnswer>& answer) {
  return answer.ok() && answer->status / 100 == 2;
}

bool Refused(const absl::StatusOr<HttpAnswer>& answer) {
  return answer.ok() && !Taken(answer) && answer->status < 500;
}

}  // namespace

RequestSender::RequestSender(const HttpUrl& url, int64_t timeout_ms, double samples_per_second,
                             StopToken* stop, SendCounters* counters)
    : client_(url, timeout_ms),
      samples_per_second_(samples_per_second),
      stop_(stop),
      counters_(counters) {}

absl::Status RequestSender::Send(std::string_view body, size_t samples) {
  Pace(samples);
  int64_t backoff_ms = kFirstBackoffMs;
  for (int attempt = 0; !stop_->stopped(); ++attempt) {
    const int64_t began_us = SteadyMicros();
    const absl::StatusOr<HttpAnswer> answer = Attempt(body, attempt);
    if (Taken(answer)) {
      CountTaken(body, samples, began_us);
      return absl::OkStatus();
    }
    counters_->failures.fetch_add(1, std::memory_order_relaxed);
    if (Refused(answer)) {
      return absl::InvalidArgumentError(
          fmt::format("refused with status {}: {}", answer->status, answer->body));
    }
    const bool told = answer.ok() && answer->retry_after_ms >= 0;
    stop_->WaitFor(told ? answer->retry_after_ms : backoff_ms);
    backoff_ms = std::min(2 * backoff_ms, kLastBackoffMs);
  }
  return absl::CancelledError("stopped");
}

void RequestSender::Pace(size_t samples) {
  if (samples_per_second_ <= 0) {
    return;
  }
  const int64_t now_us = SteadyMicros();
  if (now_us < next_us_) {
    stop_->WaitFor((next_us_ - now_us + 999) / 1000);
  }
  // A sender that was held up makes good for a second at most.
  next_us_ = std::max(next_us_, now_us - 1'000'000) +
             static_cast<int64_t>(static_cast<double>(samples) / samples_per_second_ * 1e6);
}

absl::StatusOr<HttpAnswer> RequestSender::Attempt(std::string_view body, int attempt) {
  HttpHeaders headers = {{"Content-Encoding", "snappy"},
                         {"Content-Type", "application/x-protobuf"},
                         {"User-Agent", "fleetsim"},
                         {"X-Prometheus-Remote-Write-Version", "0.1.0"}};
  if (attempt > 0) {
    headers.emplace_back("Retry-Attempt", fmt::format("{}", attempt));
  }
  return client_.Post(body, headers);
}

void RequestSender::CountTaken(std::string_view body, size_t samples, int64_t began_us) {
  latencies_us_.push_back(SteadyMicros() - began_us);
  counters_->samples.fetch_add(static_cast<int64_t>(samples), std::memory_order_relaxed);
  counters_->requests.fetch_add(1, std::memory_order_relaxed);
  counters_->bytes.fetch_add(static_cast<int64_t>(body.size()), std::memory_order_relaxed);
}

}  // namespace tidemark::fleetsim
