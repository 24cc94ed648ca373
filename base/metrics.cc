#include "base/metrics.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "fmt/format.h"

namespace tidemark::base {
namespace {

enum Type : int { kCounter, kGauge, kHistogram };
constexpr std::string_view kTypeNames[] = {"counter", "gauge", "histogram"};

std::string NumberText(double v) {
  if (std::isnan(v)) {
    return "NaN";
  }
  if (std::isinf(v)) {
    return v > 0 ? "+Inf" : "-Inf";
  }
  return fmt::format("{}", v);
}

std::string EscapeText(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
  return out;
}

std::string LabelText(const MetricsRegistry::LabelPairs& labels, std::string_view extra = "") {
  std::string out;
  for (const auto& [name, value] : labels) {
    out += fmt::format("{}{}=\"{}\"", out.empty() ? "" : ",", name, EscapeText(value, true));
  }
  if (!extra.empty()) {
    out += fmt::format("{}{}", out.empty() ? "" : ",", extra);
  }
  return out.empty() ? out : "{" + out + "}";
}

}  // namespace

size_t MetricCell() {
  // Writer: MetricCell of any thread, once per thread. Deals cells out in turn.
  static std::atomic<size_t> next{0};
  thread_local const size_t cell = next.fetch_add(1, std::memory_order_relaxed) % kMetricCells;
  return cell;
}

uint64_t Counter::value() const {
  uint64_t sum = 0;
  for (const Cell& cell : cells_) {
    sum += cell.value.load(std::memory_order_relaxed);
  }
  return sum;
}

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), counts_(new std::atomic<uint64_t>[bounds_.size() + 1]()) {}

void Histogram::Observe(double v) {
  const auto it = std::lower_bound(bounds_.begin(), bounds_.end(), v);
  counts_[static_cast<size_t>(it - bounds_.begin())].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(v, std::memory_order_relaxed);
}

std::vector<double> ExponentialBounds(double start, double factor, size_t count) {
  std::vector<double> bounds(count);
  for (double& bound : bounds) {
    bound = start;
    start *= factor;
  }
  return bounds;
}

struct MetricsRegistry::Metric {
  LabelPairs labels;
  std::unique_ptr<Counter> counter;
  std::unique_ptr<Gauge> gauge;
  std::unique_ptr<Histogram> histogram;
  std::function<double()> read;

  double Value() const {
    if (read) {
      return read();
    }
    return counter ? static_cast<double>(counter->value()) : gauge->value();
  }
};

struct MetricsRegistry::Family {
  std::string name;
  std::string help;
  int type;
  std::vector<std::unique_ptr<Metric>> metrics;
};

MetricsRegistry::MetricsRegistry() = default;
MetricsRegistry::~MetricsRegistry() = default;

MetricsRegistry::Metric* MetricsRegistry::Find(std::string_view name, std::string_view help,
                                               int type, LabelPairs labels) {
  auto family = std::lower_bound(families_.begin(), families_.end(), name,
                                 [](const auto& f, std::string_view n) { return f->name < n; });
  if (family == families_.end() || (*family)->name != name) {
    family = families_.insert(
        family, std::make_unique<Family>(Family{std::string(name), std::string(help), type, {}}));
  }
  TIDEMARK_CHECK((*family)->type == type, "metric {} has two types", name);
  for (const auto& metric : (*family)->metrics) {
    if (metric->labels == labels) {
      return metric.get();
    }
  }
  (*family)->metrics.push_back(std::make_unique<Metric>());
  (*family)->metrics.back()->labels = std::move(labels);
  return (*family)->metrics.back().get();
}

Counter* MetricsRegistry::AddCounter(std::string_view name, std::string_view help,
                                     LabelPairs labels) {
  MutexLock lock(&mu_);
  Metric* metric = Find(name, help, kCounter, std::move(labels));
  if (!metric->counter) {
    metric->counter = std::make_unique<Counter>();
  }
  return metric->counter.get();
}

Gauge* MetricsRegistry::AddGauge(std::string_view name, std::string_view help, LabelPairs labels) {
  MutexLock lock(&mu_);
  Metric* metric = Find(name, help, kGauge, std::move(labels));
  if (!metric->gauge) {
    metric->gauge = std::make_unique<Gauge>();
  }
  return metric->gauge.get();
}

Histogram* MetricsRegistry::AddHistogram(std::string_view name, std::string_view help,
                                         std::vector<double> bounds, LabelPairs labels) {
  MutexLock lock(&mu_);
  Metric* metric = Find(name, help, kHistogram, std::move(labels));
  if (!metric->histogram) {
    metric->histogram = std::make_unique<Histogram>(std::move(bounds));
  }
  return metric->histogram.get();
}

void MetricsRegistry::AddGaugeCallback(std::string_view name, std::string_view help,
                                       std::function<double()> read, LabelPairs labels) {
  MutexLock lock(&mu_);
  Find(name, help, kGauge, std::move(labels))->read = std::move(read);
}

void MetricsRegistry::AddCounterCallback(std::string_view name, std::string_view help,
                                         std::function<double()> read, LabelPairs labels) {
  MutexLock lock(&mu_);
  Find(name, help, kCounter, std::move(labels))->read = std::move(read);
}

std::string MetricsRegistry::Expose() const {
  MutexLock lock(&mu_);
  std::string out;
  auto line = [&out](std::string_view name, const std::string& labels, double v) {
    fmt::format_to(std::back_inserter(out), "{}{} {}\n", name, labels, NumberText(v));
  };
  for (const auto& family : families_) {
    fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", family->name,
                   EscapeText(family->help, false), family->name, kTypeNames[family->type]);
    for (const auto& metric : family->metrics) {
      if (!metric->histogram) {
        line(family->name, LabelText(metric->labels), metric->Value());
        continue;
      }
      const Histogram& histogram = *metric->histogram;
      double cumulative = 0;
      for (size_t i = 0; i <= histogram.bounds().size(); ++i) {
        cumulative += static_cast<double>(histogram.bucket(i));
        const std::string bound =
            i < histogram.bounds().size() ? NumberText(histogram.bounds()[i]) : "+Inf";
        line(family->name + "_bucket", LabelText(metric->labels, fmt::format("le=\"{}\"", bound)),
             cumulative);
      }
      line(family->name + "_sum", LabelText(metric->labels), histogram.sum());
      line(family->name + "_count", LabelText(metric->labels), cumulative);
    }
  }
  return out;
}

}  // namespace tidemark::base
