// MetricsPage renders the page of an instance in the Prometheus text format, version 0.0.4.
//
// The unchanging text of each series is rendered once per table. Thread-compatible; the model must
// outlive the page.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "tools/fleetsim/fleet_model.h"

namespace tidemark::fleetsim {

inline constexpr char kPageContentType[] = "text/plain; version=0.0.4; charset=utf-8";

class MetricsPage {
 public:
  explicit MetricsPage(const FleetModel* model);

  // The page at `t_ms`; false, with nothing appended, while the instance does not answer.
  bool Render(const Instance& instance, int64_t t_ms, std::string* out) const;

 private:
  const FleetModel* model_;
  // By table: for each series "name{labels} ".
  std::unordered_map<const MetricTable*, std::vector<std::string>> prefixes_;
};

}  // namespace tidemark::fleetsim
