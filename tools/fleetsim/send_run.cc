#include "tools/fleetsim/send_run.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "base/mutex.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "tools/fleetsim/stop_signals.h"

namespace tidemark::fleetsim {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int64_t kPollMs = 20;
constexpr double kProgressSeconds = 5;

// The threads of a run and what they leave behind.
class SendRun {
 public:
  SendRun(const SendRunOptions& options, StopToken* stop) : options_(options), stop_(stop) {}

  void Start(const HttpUrl& url, const SendJob& job) {
    running_.store(options_.connections, std::memory_order_relaxed);
    for (size_t i = 0; i < options_.connections; ++i) {
      threads_.emplace_back([this, &url, &job, i] { RunJob(url, job, i); });
    }
  }

  // Waits for the end of all jobs and reports meanwhile.
  void Watch(const StopSignals& signals) {
    double next_report = kProgressSeconds;
    // Released by the jobs at their end; joining publishes what they wrote.
    while (running_.load(std::memory_order_relaxed) > 0) {
      const bool over = options_.duration_ms > 0 && Seconds() * 1000 >= Duration();
      if (signals.WaitFor(kPollMs) || over) {
        stop_->Stop();
      }
      if (Seconds() >= next_report) {
        Report();
        next_report += kProgressSeconds;
      }
    }
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }

  std::string Json();

  absl::Status status() const ABSL_LOCKS_EXCLUDED(mu_) {
    base::MutexLock lock(&mu_);
    return status_;
  }

 private:
  void RunJob(const HttpUrl& url, const SendJob& job, size_t connection) ABSL_LOCKS_EXCLUDED(mu_) {
    const double rate = options_.samples_per_second / static_cast<double>(options_.connections);
    RequestSender sender(url, options_.timeout_ms, rate, stop_, &counters_);
    const absl::Status status = job(connection, &sender);
    {
      base::MutexLock lock(&mu_);
      latencies_us_.insert(latencies_us_.end(), sender.latencies_us().begin(),
                           sender.latencies_us().end());
      if (status_.ok() && !status.ok() && !absl::IsCancelled(status)) {
        status_ = status;
      }
    }
    if (!status.ok()) {
      stop_->Stop();
    }
    running_.fetch_sub(1, std::memory_order_relaxed);
  }

  double Duration() const { return static_cast<double>(options_.duration_ms); }
  double Seconds() const {
    return std::chrono::duration<double>(SteadyClock::now() - began_).count();
  }

  void Report() const {
    const int64_t samples = counters_.samples.load(std::memory_order_relaxed);
    fmt::print(stderr, "{:.0f}s: {} samples, {:.0f}/s, {} requests, {} failures\n", Seconds(),
               samples, static_cast<double>(samples) / Seconds(),
               counters_.requests.load(std::memory_order_relaxed),
               counters_.failures.load(std::memory_order_relaxed));
  }

  const SendRunOptions options_;
  StopToken* const stop_;
  const SteadyClock::time_point began_ = SteadyClock::now();
  SendCounters counters_;
  std::atomic<size_t> running_{0};
  std::vector<std::thread> threads_;
  mutable base::Mutex mu_;
  absl::Status status_ ABSL_GUARDED_BY(mu_);
  std::vector<int64_t> latencies_us_ ABSL_GUARDED_BY(mu_);
};

// The value that `fraction` of the sorted values do not exceed, in milliseconds.
double QuantileMs(const std::vector<int64_t>& sorted_us, double fraction) {
  if (sorted_us.empty()) {
    return 0;
  }
  const auto index = static_cast<size_t>(fraction * static_cast<double>(sorted_us.size() - 1));
  return static_cast<double>(sorted_us[index]) / 1000;
}

std::string SendRun::Json() {
  base::MutexLock lock(&mu_);
  const double seconds = Seconds();
  const int64_t samples = counters_.samples.load(std::memory_order_relaxed);
  std::sort(latencies_us_.begin(), latencies_us_.end());
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
  json.SetMaxDecimalPlaces(3);
  json.StartObject();
  const auto integer = [&json](const char* key, int64_t value) {
    json.Key(key);
    json.Int64(value);
  };
  const auto number = [&json](const char* key, double value) {
    json.Key(key);
    json.Double(value);
  };
  integer("samples", samples);
  integer("requests", counters_.requests.load(std::memory_order_relaxed));
  integer("bytes", counters_.bytes.load(std::memory_order_relaxed));
  integer("failures", counters_.failures.load(std::memory_order_relaxed));
  number("seconds", seconds);
  number("samples_per_second", static_cast<double>(samples) / seconds);
  json.Key("latency_ms");
  json.StartObject();
  number("p50", QuantileMs(latencies_us_, 0.5));
  number("p99", QuantileMs(latencies_us_, 0.99));
  number("max", QuantileMs(latencies_us_, 1));
  json.EndObject();
  json.EndObject();
  return buffer.GetString();
}

}  // namespace

absl::Status RunSenders(const SendRunOptions& options, const SendJob& job, StopToken* stop) {
  ASSIGN_OR_RETURN(const HttpUrl url, ParseHttpUrl(options.url));
  const StopSignals signals;
  SendRun run(options, stop);
  run.Start(url, job);
  run.Watch(signals);
  fmt::print("{}\n", run.Json());
  std::fflush(stdout);
  return run.status();
}

}  // namespace tidemark::fleetsim
