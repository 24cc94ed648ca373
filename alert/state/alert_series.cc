#include "alert/state/alert_series.h"

namespace tidemark::alert {
namespace {

double WholeSeconds(model::Timestamp ms) {
  const model::Timestamp seconds = ms / 1000 - (ms % 1000 < 0 ? 1 : 0);
  return static_cast<double>(seconds);
}

query::VectorSample StateSample(std::string_view rule_name, const Alert& alert) {
  model::LabelsBuilder labels(alert.labels);
  labels.Set(model::kMetricName, kAlertsMetric)
      .Set(kAlertName, rule_name)
      .Set(kAlertStateLabel, ToString(alert.state));
  return {labels.Build(), 1};
}

query::VectorSample SinceSample(std::string_view rule_name, const Alert& alert) {
  model::LabelsBuilder labels(alert.labels);
  labels.Set(model::kMetricName, kAlertsForStateMetric).Set(kAlertName, rule_name);
  return {labels.Build(), WholeSeconds(alert.active_at)};
}

}  // namespace

std::vector<query::VectorSample> AlertSeries(std::string_view rule_name,
                                             std::span<const Alert> alerts) {
  std::vector<query::VectorSample> samples;
  for (const Alert& alert : alerts) {
    if (alert.state != AlertState::kInactive) {
      samples.push_back(StateSample(rule_name, alert));
      samples.push_back(SinceSample(rule_name, alert));
    }
  }
  return samples;
}

}  // namespace tidemark::alert
