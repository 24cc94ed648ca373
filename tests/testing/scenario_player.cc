#include "tests/testing/scenario_player.h"

#include <snappy.h>

#include <algorithm>

#include "base/status_macros.h"
#include "proto/prometheus/remote_write.pb.h"
#include "tools/fleetsim/fleet_labels.h"
#include "tools/fleetsim/scrape_stream.h"
#include "tools/fleetsim/time_text.h"

namespace tidemark::testing {
namespace {

model::Labels LabelsOf(const prometheus::TimeSeries& series) {
  std::string bytes;
  for (const prometheus::Label& label : series.labels()) {
    model::AppendLabel(label.name(), label.value(), &bytes);
  }
  return model::Labels::FromCanonical(std::move(bytes));
}

}  // namespace

absl::Status PlayScenario(const fleetsim::Scenario& scenario, const ScenarioPlayOptions& options,
                          ScenarioAudience* audience) {
  ASSIGN_OR_RETURN(int64_t duration_ms, fleetsim::ParseDurationMs(scenario.duration));
  if (options.until > 0) {
    duration_ms = std::min(duration_ms, options.until - options.start);
  }
  ASSIGN_OR_RETURN(fleetsim::FleetOptions fleet,
                   fleetsim::FleetOf(scenario, options.start, {.seed = options.seed}));
  const fleetsim::FleetModel model(std::move(fleet));
  const fleetsim::ScrapeOptions scrape{
      .start_ms = options.start, .interval_ms = options.interval_ms, .keep = options.keep};
  fleetsim::ScrapeStream* playing = nullptr;
  fleetsim::ScrapeStream stream(
      &model, scrape, 0, [&](const std::string& body, size_t) { return audience->Take(body); },
      [&](int64_t t_ms) {
        RETURN_IF_ERROR(playing->Flush());
        return audience->TimeIs(t_ms);
      });
  playing = &stream;
  for (int64_t n = 0; n < duration_ms / options.interval_ms; ++n) {
    RETURN_IF_ERROR(stream.Scrape(n));
    RETURN_IF_ERROR(stream.Flush());
    RETURN_IF_ERROR(audience->TimeIs(options.start + (n + 1) * options.interval_ms));
    RETURN_IF_ERROR(audience->RoundIsOver(n));
  }
  return absl::OkStatus();
}

absl::Status VisitSamples(
    const std::string& body,
    absl::FunctionRef<absl::Status(const model::Labels&, model::Sample)> visit) {
  std::string message;
  prometheus::WriteRequest request;
  if (!snappy::Uncompress(body.data(), body.size(), &message) ||
      !request.ParseFromString(message)) {
    return absl::DataLossError("a request of the simulator cannot be read");
  }
  for (const prometheus::TimeSeries& series : request.timeseries()) {
    const model::Labels labels = LabelsOf(series);
    for (const prometheus::Sample& sample : series.samples()) {
      RETURN_IF_ERROR(visit(labels, {sample.timestamp(), sample.value()}));
    }
  }
  return absl::OkStatus();
}

std::string ClusterOf(const fleetsim::Scenario& scenario, int cluster) {
  const auto like = scenario.named_like.find(cluster);
  return fleetsim::ClusterName(like == scenario.named_like.end() ? cluster : like->second);
}

}  // namespace tidemark::testing
