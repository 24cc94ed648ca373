// The server's own metrics: counters, gauges and histograms, exposed as Prometheus text.
//
//   MetricsRegistry registry;
//   Counter* samples = registry.AddCounter("tidemark_ingest_samples_total", "Samples stored.");
//   samples->Add(2000);
//
// The registry owns every metric; pointers stay valid as long as it lives. Registering takes a
// lock and happens at start-up. Adding the same name with other labels makes one family; the same
// name and labels again gives the metric that is there. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace tidemark::base {

// Number of cells a counter is spread over; a thread always uses the same one.
inline constexpr size_t kMetricCells = 16;

// The calling thread's cell, in [0, kMetricCells).
size_t MetricCell();

// A number that only grows. Threads add to separate cache lines; a scrape sums them.
class Counter {
 public:
  void Add(uint64_t n = 1) {
    // Writers: the threads that share the cell. Readers: scrapes. Publishes nothing else.
    cells_[MetricCell()].value.fetch_add(n, std::memory_order_relaxed);
  }
  uint64_t value() const;

 private:
  struct alignas(64) Cell {
    std::atomic<uint64_t> value{0};
  };
  std::array<Cell, kMetricCells> cells_;
};

// A number that goes up and down.
class Gauge {
 public:
  // Writers: any thread; the last one wins. Readers: scrapes. Publishes nothing else.
  void Set(double v) { value_.store(v, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Counts observations in buckets with fixed upper bounds; +Inf is added.
class Histogram {
 public:
  explicit Histogram(std::vector<double> bounds);
  void Observe(double v);

  const std::vector<double>& bounds() const { return bounds_; }
  // Observations in bucket `i` alone (not cumulative); i == bounds().size() is +Inf.
  uint64_t bucket(size_t i) const { return counts_[i].load(std::memory_order_relaxed); }
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const std::vector<double> bounds_;
  // Writers: any thread. Readers: scrapes. A scrape may see a bucket before the sum.
  std::unique_ptr<std::atomic<uint64_t>[]> counts_;
  std::atomic<double> sum_{0};
};

// Bounds start, start·factor, … (count of them).
std::vector<double> ExponentialBounds(double start, double factor, size_t count);

class MetricsRegistry {
 public:
  using LabelPairs = std::vector<std::pair<std::string, std::string>>;

  MetricsRegistry();
  ~MetricsRegistry();
  MetricsRegistry(const MetricsRegistry&) = delete;
  MetricsRegistry& operator=(const MetricsRegistry&) = delete;

  Counter* AddCounter(std::string_view name, std::string_view help, LabelPairs labels = {});
  Gauge* AddGauge(std::string_view name, std::string_view help, LabelPairs labels = {});
  Histogram* AddHistogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                          LabelPairs labels = {});
  // A gauge or counter whose value is asked for at each scrape. `read` must be thread-safe and
  // whatever it reads must outlive the registry's last scrape.
  void AddGaugeCallback(std::string_view name, std::string_view help, std::function<double()> read,
                        LabelPairs labels = {});
  void AddCounterCallback(std::string_view name, std::string_view help,
                          std::function<double()> read, LabelPairs labels = {});

  // The text exposition format 0.0.4, families in order of name.
  std::string Expose() const;

 private:
  struct Metric;
  struct Family;
  Metric* Find(std::string_view name, std::string_view help, int type, LabelPairs labels)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable Mutex mu_;
  std::vector<std::unique_ptr<Family>> families_ ABSL_GUARDED_BY(mu_);
};

}  // namespace tidemark::base
