#include "tests/differential/promql/random_series.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <utility>

#include "tests/differential/promql/random_choice.h"

namespace tidemark::differential {
namespace {

using testing::SentSeries;
using Labels = std::vector<std::pair<std::string, std::string>>;

struct Scrapes {
  int64_t interval_ms = 15'000;
  int64_t jitter_ms = 900;
  uint64_t gap_percent = 1;
  bool aligned = false;  // exactly at multiples of the interval
};

model::Timestamp BesideHalfSeconds(model::Timestamp t) { return t % 500 == 0 ? t + 1 : t; }

class SeriesMaker {
 public:
  explicit SeriesMaker(uint64_t seed) : random_(seed) {}

  std::vector<SentSeries> MakeAll();

 private:
  using NextValue = std::function<double()>;

  // Some series begin late, end early, or are interrupted; most of these say so by a marker.
  std::vector<model::Sample> Samples(const Scrapes& scrapes, const NextValue& next) {
    std::vector<model::Sample> samples;
    const int64_t phase = scrapes.aligned ? 0 : random_.Between(1, scrapes.interval_ms - 1);
    const int64_t begin = random_.Chance(15) ? random_.Between(0, kDataMs / 2) : 0;
    const int64_t end = random_.Chance(15) ? random_.Between(kDataMs / 2, kDataMs) : kDataMs;
    int64_t silent_until = 0;
    for (int64_t at = phase; at + scrapes.jitter_ms < end; at += scrapes.interval_ms) {
      if (at < begin || at < silent_until) {
        continue;
      }
      const model::Timestamp t = Time(at, scrapes);
      if (random_.Chance(scrapes.gap_percent)) {
        if (random_.Chance(60)) {
          samples.push_back({t, model::StaleMarker()});
        }
        silent_until = at + random_.Between(1, 20) * scrapes.interval_ms;
        continue;
      }
      samples.push_back({t, next()});
    }
    return samples;
  }

  model::Timestamp Time(int64_t at, const Scrapes& scrapes) {
    const model::Timestamp t = kDataStart + at;
    return scrapes.aligned ? t - t % scrapes.interval_ms
                           : BesideHalfSeconds(t + random_.Between(0, scrapes.jitter_ms));
  }

  void Add(std::string_view name, Labels labels, std::vector<model::Sample> samples) {
    labels.emplace_back("__name__", name);
    std::sort(labels.begin(), labels.end());
    series_.push_back({std::move(labels), std::move(samples)});
  }

  // A counter of whole numbers that grows by at most `most` a scrape, and restarts.
  NextValue Counter(int64_t first, int64_t most, uint64_t reset_percent) {
    return [this, value = first, most, reset_percent]() mutable {
      value = random_.Chance(reset_percent) ? random_.Between(0, most)
                                            : value + random_.Between(0, most);
      return static_cast<double>(value);
    };
  }

  // Values that no gauge of another index ever has.
  NextValue Gauge(int64_t index) {
    return [this, index, level = random_.Between(50, 400)]() mutable {
      level = std::max<int64_t>(level + random_.Between(-9, 9), -20);
      return static_cast<double>(level * 64 + index) / 8;
    };
  }

  NextValue Special() {
    return [this]() -> double {
      switch (random_.Below(8)) {
        case 0:
          return std::numeric_limits<double>::quiet_NaN();
        case 1:
          return std::numeric_limits<double>::infinity();
        case 2:
          return -std::numeric_limits<double>::infinity();
        case 3:
          return -0.0;
        default:
          return static_cast<double>(random_.Between(-24, 24)) / 8;
      }
    };
  }

  void AddCountersAndGauges();
  void AddHistograms();
  void AddOddOnes();

  RandomChoice random_;
  std::vector<SentSeries> series_;
};

void SeriesMaker::AddCountersAndGauges() {
  int64_t index = 0;
  for (const char* job : {"api", "db"}) {
    for (const char* instance : {"a", "b", "c"}) {
      const Labels labels = {{"job", job}, {"instance", instance}};
      for (const char* code : {"200", "500"}) {
        Labels coded = labels;
        coded.emplace_back("code", code);
        Add("requests_total", coded, Samples({}, Counter(random_.Between(0, 900), 40, 2)));
      }
      Add("errors_total", labels, Samples({.interval_ms = 30'000}, Counter(0, 2, 3)));
      Add("memory", labels, Samples({.interval_ms = 30'000}, Gauge(index++)));
      Add("grid", labels,
          Samples({.jitter_ms = 0, .gap_percent = 3, .aligned = true}, Gauge(index++)));
    }
  }
}

void SeriesMaker::AddHistograms() {
  for (const char* job : {"api", "db"}) {
    for (const char* bound : {"0.1", "0.5", "1", "2.5", "+Inf"}) {
      const int64_t most = bound[0] == '+' ? 9 : bound[2] == '5' ? 4 : 2;
      Add("latency_bucket", {{"job", job}, {"le", bound}},
          Samples({.interval_ms = 20'000, .gap_percent = 0}, Counter(0, most, 0)));
    }
  }
}

void SeriesMaker::AddOddOnes() {
  for (const char* instance : {"a", "b", "c"}) {
    Add("special", {{"instance", instance}, {"job", "api"}}, Samples({}, Special()));
    Add("build_info", {{"instance", instance}, {"version", instance[0] == 'b' ? "v2" : "v1"}},
        Samples({.interval_ms = 60'000}, [] { return 1.0; }));
    Add("sparse", {{"instance", instance}},
        Samples({.interval_ms = 200'000, .jitter_ms = 90'000, .gap_percent = 10}, Gauge(50)));
  }
  for (const char* place : {"east", "west", "north"}) {
    Add("moving", {{"instance", "a"}, {"place", place}},
        Samples({.interval_ms = 30'000, .gap_percent = 8}, Counter(1, 3, 30)));
  }
}

std::vector<SentSeries> SeriesMaker::MakeAll() {
  AddCountersAndGauges();
  AddHistograms();
  AddOddOnes();
  return std::move(series_);
}

}  // namespace

std::vector<SentSeries> RandomSeries(uint64_t seed) { return SeriesMaker(seed).MakeAll(); }

}  // namespace tidemark::differential
