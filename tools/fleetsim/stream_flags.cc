#include "tools/fleetsim/stream_flags.h"

#include "base/status_macros.h"
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
  command->add_option("--scrapes", scrapes, "scrapes of every target; 0: no end")
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
  return options;
}

}  // namespace tidemark::fleetsim
