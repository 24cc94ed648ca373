#include "tools/fleetsim/metric_table.h"

#include <cmath>

#include "tools/fleetsim/random.h"

namespace tidemark::fleetsim {
namespace {

// Whole events after `ticks` of progress: the n-th falls at a random place between n - 1 and n.
uint64_t Events(uint64_t key, double ticks) {
  const double whole = std::floor(ticks);
  const auto n = static_cast<uint64_t>(whole);
  return n + (Unit(Mix(key ^ n)) < ticks - whole ? 1 : 0);
}

double HistogramSum(const MetricSeries& series, uint64_t events, uint64_t key) {
  const double sum = series.deck->Sum(events, key % Deck::kSize);
  // Running sums of seconds carry rounding errors in every bit; a factor of about one gives
  // these sums the same look.
  return series.deck->integers() ? sum : sum * Between(Mix(key), 0.999, 1.001);
}

double HistogramPart(const MetricSeries& series, uint64_t events, uint64_t key) {
  if (series.part == MetricSeries::Part::kSum) {
    return HistogramSum(series, events, key);
  }
  const bool finite =
      series.part == MetricSeries::Part::kBucket && series.bucket < series.deck->bounds().size();
  return static_cast<double>(
      finite ? series.deck->CountAtMost(events, key % Deck::kSize, series.bucket) : events);
}

}  // namespace

std::optional<double> MetricTable::Value(const InstanceState& state, size_t index) const {
  const MetricSeries& series = series_[index];
  if (series.part == MetricSeries::Part::kGauge) {
    return series.gauge(state);
  }
  const uint64_t key = series.key ^ state.key;
  const uint64_t events = Events(key, state.clock(series.pace.clock) * series.pace.per_tick);
  if (events == 0) {
    return std::nullopt;
  }
  return series.part == MetricSeries::Part::kCounter ? static_cast<double>(events) / series.divisor
                                                     : HistogramPart(series, events, key);
}

void MetricTable::Counter(std::string_view name, std::string_view help) {
  families_.push_back({std::string(name), MetricType::kCounter, std::string(help)});
}

void MetricTable::Gauge(std::string_view name, std::string_view help) {
  families_.push_back({std::string(name), MetricType::kGauge, std::string(help)});
}

void MetricTable::Histogram(std::string_view name, std::string_view help,
                            std::span<const double> bounds, bool integers) {
  families_.push_back({std::string(name), MetricType::kHistogram, std::string(help)});
  bounds_ = bounds;
  integers_ = integers;
}

// Depends on the place in the table alone, so that equal seeds make equal fleets.
uint64_t MetricTable::NextKey() const { return Key(0x7469646d, series_.size()); }

MetricSeries& MetricTable::Add(LabelPairs labels, MetricSeries::Part part,
                               std::string_view suffix) {
  MetricSeries series;
  series.family = static_cast<uint32_t>(families_.size() - 1);
  series.name = families_.back().name + std::string(suffix);
  series.labels = std::move(labels);
  series.part = part;
  series.key = NextKey();
  return series_.emplace_back(std::move(series));
}

void MetricTable::AddCounter(LabelPairs labels, Pace pace, double divisor) {
  MetricSeries& series = Add(std::move(labels), MetricSeries::Part::kCounter, "");
  series.pace = pace;
  series.divisor = divisor;
}

void MetricTable::AddGauge(LabelPairs labels, GaugeFn gauge) {
  Add(std::move(labels), MetricSeries::Part::kGauge, "").gauge = gauge;
}

void MetricTable::AddHistogram(const LabelPairs& labels, Pace pace, double median, double sigma) {
  const uint64_t key = NextKey();
  const Deck* deck =
      decks_.emplace_back(std::make_unique<Deck>(DeckShape{bounds_, median, sigma, integers_}, key))
          .get();
  const auto add = [&](LabelPairs all, MetricSeries::Part part, std::string_view suffix) {
    MetricSeries& series = Add(std::move(all), part, suffix);
    series.pace = pace;
    series.key = key;
    series.deck = deck;
    return &series;
  };
  for (uint32_t b = 0; b <= bounds_.size(); ++b) {
    LabelPairs with_bound = labels;
    with_bound.emplace_back("le", b < bounds_.size() ? NumberText(style_, bounds_[b]) : "+Inf");
    add(std::move(with_bound), MetricSeries::Part::kBucket, "_bucket")->bucket = b;
  }
  add(labels, MetricSeries::Part::kSum, "_sum");
  add(labels, MetricSeries::Part::kCount, "_count");
}

}  // namespace tidemark::fleetsim
