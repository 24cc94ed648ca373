// finding_times tells from when on each finding of a scenario can be known: what the diagnosis, as
// a library, makes of the data at the moment at which it comes. A line of JSON each, times in
// milliseconds of the Unix epoch:
//
//   {"finding":"task-paused","cluster":"c0","begin":1780001203000}
//
// What is found at --from already, has that time. Without --scenario it prints the names of the
// metrics that the diagnosis reads.
#include <algorithm>

#include "CLI/CLI.hpp"
#include "base/status_macros.h"
#include "fleet/task/signal.h"
#include "fmt/format.h"
#include "tests/fleet/testing/scenario_diagnosis.h"
#include "tools/fleetsim/time_text.h"

namespace tidemark::bench {
namespace {

struct Flags {
  std::string scenario;
  int64_t start_ms = 0;
  int64_t from_ms = 0;
  int64_t until_ms = 0;
  std::string interval = "15s";
};

absl::Status Play(const Flags& flags) {
  ASSIGN_OR_RETURN(const fleetsim::Scenario* scenario, fleetsim::FindScenario(flags.scenario));
  testing::ScenarioPlayOptions options{.start = flags.start_ms, .until = flags.until_ms};
  ASSIGN_OR_RETURN(options.interval_ms, fleetsim::ParseDurationMs(flags.interval));
  options.keep = [signals = fleet::SignalMetrics()](std::string_view metric) {
    return std::find(signals.begin(), signals.end(), metric) != signals.end();
  };
  testing::ScenarioDiagnosis diagnosis(flags.from_ms);
  RETURN_IF_ERROR(testing::PlayScenario(*scenario, options, &diagnosis));
  for (const auto& [what, span] : diagnosis.found()) {
    fmt::print("{{\"finding\":\"{}\",\"cluster\":\"{}\",\"begin\":{}}}\n", what.first, what.second,
               span.begin);
  }
  return absl::OkStatus();
}

absl::Status Run(const Flags& flags) {
  if (!flags.scenario.empty()) {
    return Play(flags);
  }
  for (const std::string_view metric : fleet::SignalMetrics()) {
    fmt::print("{}\n", metric);
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace tidemark::bench

int main(int argc, char** argv) {
  CLI::App app("From when on the findings of a scenario can be known", "finding_times");
  tidemark::bench::Flags flags;
  app.add_option("--scenario", flags.scenario, "one that `fleetsim scenarios` lists");
  app.add_option("--start", flags.start_ms, "of the scenario, ms");
  app.add_option("--from", flags.from_ms, "from when on there is a close look, ms");
  app.add_option("--until", flags.until_ms, "how long it is played, ms");
  app.add_option("--interval", flags.interval, "between scrapes")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = tidemark::bench::Run(flags);
  if (!status.ok()) {
    fmt::print(stderr, "finding_times: {}\n", tidemark::base::Message(status));
    return 1;
  }
  return 0;
}
