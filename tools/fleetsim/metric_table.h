// MetricTable: everything one kind of process can export, and how each number comes about.
//
// A table lists its series in page order, grouped by family. The value of a series is a function of
// an InstanceState alone; a series whose first event has not happened is absent, since the clients
// of TiKV and TiDB create nothing ahead. Tables are immutable once built, hence thread-safe, and
// shared by all processes of a kind.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/fleetsim/deck.h"
#include "tools/fleetsim/instance_state.h"
#include "tools/fleetsim/number_text.h"

namespace tidemark::fleetsim {

enum class MetricType { kCounter, kGauge, kHistogram };

struct MetricFamily {
  std::string name;
  MetricType type;
  std::string help;
};

using LabelPairs = std::vector<std::pair<std::string, std::string>>;

// A gauge's number, or nothing while it is not exported.
using GaugeFn = std::optional<double> (*)(const InstanceState&);

// How events come: `per_tick` of them for each tick of the clock.
struct Pace {
  Clock clock;
  double per_tick = 1;
};

struct MetricSeries {
  enum class Part : uint8_t { kCounter, kGauge, kBucket, kSum, kCount };

  uint32_t family = 0;  // index in MetricTable::families()
  std::string name;     // family name with _bucket, _sum or _count where due
  LabelPairs labels;    // in page order, `le` last
  Part part = Part::kGauge;
  GaugeFn gauge = nullptr;
  Pace pace{Clock::kUptime};
  double divisor = 1;          // events that make one unit of a counter
  uint64_t key = 0;            // the same for all parts of one histogram
  const Deck* deck = nullptr;  // owned by the table
  uint32_t bucket = 0;         // index in the deck's bounds; their number stands for +Inf
};

class MetricTable {
 public:
  explicit MetricTable(NumberStyle style) : style_(style) {}

  NumberStyle style() const { return style_; }
  std::span<const MetricFamily> families() const { return families_; }
  std::span<const MetricSeries> series() const { return series_; }

  // The value of series `index` of the process in `state`; nothing if absent.
  // REQUIRES: state.up.
  std::optional<double> Value(const InstanceState& state, size_t index) const;

  // The rest builds the table: a family, then its series.
  void Counter(std::string_view name, std::string_view help);
  void Gauge(std::string_view name, std::string_view help);
  void Histogram(std::string_view name, std::string_view help, std::span<const double> bounds,
                 bool integers);
  void AddCounter(LabelPairs labels, Pace pace, double divisor = 1);
  void AddGauge(LabelPairs labels, GaugeFn gauge);
  void AddHistogram(const LabelPairs& labels, Pace pace, double median, double sigma);

 private:
  MetricSeries& Add(LabelPairs labels, MetricSeries::Part part, std::string_view suffix);
  uint64_t NextKey() const;

  NumberStyle style_;
  std::vector<MetricFamily> families_;
  std::vector<MetricSeries> series_;
  std::vector<std::unique_ptr<Deck>> decks_;
  std::span<const double> bounds_;  // of the histogram being built
  bool integers_ = false;
};

// The tables of section "what it exports" in README.md.
MetricTable TikvTable();
MetricTable TidbTable(int tikv_stores);  // one subscription histogram per store
MetricTable PdTable(uint64_t cluster_id);

}  // namespace tidemark::fleetsim
