#include <cstdlib>

#include "absl/synchronization/mutex.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "server/backup_command.h"
#include "server/flags.h"
#include "server/fleet/fleet_command.h"
#include "server/rule_commands.h"
#include "server/serve.h"
#include "server/signals.h"

namespace {

// Tells what went wrong with a command; the process's exit code.
int ExitCodeOf(const absl::Status& done, std::string_view command) {
  if (!done.ok()) {
    fmt::print(stderr, "tidemark {}: {}\n", command, tidemark::base::Message(done));
  }
  return done.ok() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace tidemark;  // NOLINT(google-build-using-namespace): nothing else is here
#ifdef NDEBUG
  // The distribution's Abseil looks for cycles of locks at every lock; a debug build has it do so.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
  const server::CommandLine line = server::ParseCommandLine(argc, argv);
  if (line.backup.has_value()) {
    return ExitCodeOf(server::RunBackup(*line.backup, stdout, stderr), "backup");
  }
  if (line.fleet.has_value()) {
    return ExitCodeOf(server::RunFleet(*line.fleet, stdout), "fleet");
  }
  if (line.alerts.has_value()) {
    return ExitCodeOf(server::RunAlerts(*line.alerts, stdout, stderr), "alerts");
  }
  if (line.query.has_value()) {
    return ExitCodeOf(server::RunQuery(*line.query, stdout), "query");
  }
  if (line.rules.has_value()) {
    return server::RunRuleCommand(*line.rules);
  }
  if (!line.serve.has_value()) {
    return line.exit_code;
  }
  server::Signals signals;
  base::Logger logger(stderr, line.serve->log_level);
  const absl::Status status = server::Serve(*line.serve, &signals, &logger);
  if (!status.ok()) {
    logger.Error("the server ends", {{"error", status}});
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
