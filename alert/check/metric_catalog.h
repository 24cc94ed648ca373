// MetricCatalog tells which component of a TiDB cluster exports a metric of log backup and of what
// it depends on, and what is known of its labels. Constants; thread-safe.
//
// Every instance exports its own component's metrics only, so the label `instance` of a TiDB
// metric never equals that of a TiKV metric.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace tidemark::alert {

enum class Component : uint8_t { kTikv, kTidb, kPd };

// "TiKV"
std::string_view ToString(Component component);

enum class MetricType : uint8_t { kCounter, kGauge, kHistogram };

// A label that the component itself sets, with its values if they are all known.
struct KnownLabel {
  std::string_view name;
  std::span<const std::string_view> values;  // empty: any
};

struct KnownMetric {
  std::string_view name;  // of a histogram without _bucket, _sum, _count
  Component component = Component::kTikv;
  MetricType type = MetricType::kGauge;
  std::vector<KnownLabel> labels;
  // A counter whose series comes into being with its first event, at 1, and whose events are rare:
  // increase() and its like see nothing of the first, which is the one that matters.
  bool born_at_one = false;
};

// Which component exports `metric`, by its prefix; none if that tells nothing.
std::optional<Component> ComponentOf(std::string_view metric);

// What is known of `metric`, the parts of a histogram by their own names; null if nothing.
const KnownMetric* FindMetric(std::string_view metric);

// Whether metrics whose names begin like `metric` are all known, so that an unknown one is a
// mistake.
bool InKnownFamily(std::string_view metric);

// Labels of the scraped target: every series has them, and no two components share a value.
inline constexpr std::string_view kTargetLabels[] = {"instance", "job"};

}  // namespace tidemark::alert
