#include <cstdlib>

#include "base/log.h"
#include "server/flags.h"
#include "server/serve.h"
#include "server/signals.h"

int main(int argc, char** argv) {
  using namespace tidemark;  // NOLINT(google-build-using-namespace): nothing else is here
  const server::CommandLine line = server::ParseCommandLine(argc, argv);
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
