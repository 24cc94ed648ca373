#include <cstdio>
#include <memory>

#include "base/clock.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "tools/fleetsim/commands.h"
#include "tools/fleetsim/scenario.h"
#include "tools/fleetsim/time_text.h"

namespace tidemark::fleetsim {
namespace {

struct ScenariosFlags {
  std::string name;
  std::string start = "now";
};

absl::Status Tell(const ScenariosFlags& flags) {
  if (flags.name.empty()) {
    for (const Scenario& scenario : Scenarios()) {
      fmt::print("{:<26} {:>7}  {}\n", scenario.name, scenario.duration, scenario.summary);
    }
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const Scenario* scenario, FindScenario(flags.name));
  ASSIGN_OR_RETURN(const int64_t start_ms, ParseMomentMs(flags.start, base::SystemClock().NowMs()));
  ASSIGN_OR_RETURN(const std::string lines, TimelineJson(*scenario, start_ms));
  fmt::print("{}", lines);
  return absl::OkStatus();
}

}  // namespace

void AddScenariosCommand(CLI::App* app, absl::Status* status) {
  CLI::App* command = app->add_subcommand(
      "scenarios", "list the scenarios; with NAME, what is true in it and when, as lines of JSON");
  const auto flags = std::make_shared<ScenariosFlags>();
  command->add_option("NAME", flags->name, "one of the list");
  command->add_option("--start", flags->start, "of the scenario: now, now-6h, or ms")
      ->capture_default_str();
  command->callback([flags, status] { *status = Tell(*flags); });
}

}  // namespace tidemark::fleetsim
