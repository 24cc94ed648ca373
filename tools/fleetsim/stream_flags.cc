#include "tools/fleetsim/stream_flags.h"

#include "base/status_macros.h"
#include "model/labels.h"
#include "model/matcher.h"
#include "tools/fleetsim/time_text.h"

namespace tidemark::fleetsim {

void StreamFlags::AddTo(CLI::App* command) {
  fleet.AddTo(command);
  command->add_option("--start", start, "time of the first scrape: now, now-6h, or ms")
      ->capture_default_str();
  command->add_option("--interval", interval, "between scrapes")->capture_default_str();
  command->add_option("--batch", samples_per_request, "samples per request")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_option("--connections", connections, "the series are spread over so many")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  command->add_option("--keep", keep, "regular expression of the names of metrics that are sent");
  command
      ->add_option("--scrapes", scrapes,
                   "scrapes of every target; 0: as long as the scenario, else no end")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

absl::StatusOr<ScrapeOptions> StreamFlags::Resolve(int64_t now_ms) const {
  ScrapeOptions options;
  ASSIGN_OR_RETURN(options.start_ms, ParseMomentMs(start, now_ms));
  ASSIGN_OR_RETURN(options.interval_ms, ParseDurationMs(interval));
  if (options.interval_ms <= 0) {
    return absl::InvalidArgumentError("--interval is 0");
  }
  options.samples_per_request = samples_per_request;
  options.shards = connections;
  if (!keep.empty()) {
    ASSIGN_OR_RETURN(
        const model::Matcher matcher,
        model::Matcher::Create(model::MatchType::kRegexp, std::string(model::kMetricName), keep));
    options.keep = [matcher](std::string_view metric) { return matcher.Matches(metric); };
  }
  return options;
}

absl::StatusOr<int64_t> StreamFlags::Rounds(const ScrapeOptions& options) const {
  ASSIGN_OR_RETURN(const int64_t scenario_ms, fleet.ScenarioMs());
  return scrapes > 0 ? scrapes : scenario_ms / options.interval_ms;
}

}  // namespace tidemark::fleetsim
