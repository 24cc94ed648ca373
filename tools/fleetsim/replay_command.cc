#include <memory>

#include "base/status_macros.h"
#include "tools/fleetsim/commands.h"
#include "tools/fleetsim/recording.h"
#include "tools/fleetsim/send_run.h"

namespace tidemark::fleetsim {
namespace {

struct ReplayFlags {
  SendRunOptions run;
  std::string in;
};

absl::Status Replay(const ReplayFlags& flags) {
  ASSIGN_OR_RETURN(const Recording recording, Recording::Open(flags.in));
  SendRunOptions run = flags.run;
  if (run.connections == 0) {
    run.connections = recording.shards();
  }
  StopToken stop;
  const auto job = [&](size_t connection, RequestSender* sender) -> absl::Status {
    for (const Recording::Request& request : recording.requests()) {
      if (request.shard % run.connections == connection) {
        RETURN_IF_ERROR(sender->Send(request.body, request.samples));
      }
    }
    return absl::OkStatus();
  };
  return RunSenders(run, job, &stop);
}

}  // namespace

void AddReplayCommand(CLI::App* app, absl::Status* status) {
  CLI::App* command = app->add_subcommand("replay", "remote-write a recording to a server");
  const auto flags = std::make_shared<ReplayFlags>();
  flags->run.connections = 0;
  command->add_option("--in", flags->in, "the file `record` made")->required();
  command->add_option("--url", flags->run.url, "where to")->required();
  command
      ->add_option("--connections", flags->run.connections,
                   "0: as many as the recording was made for")
      ->check(CLI::Range(0, 1'000))
      ->capture_default_str();
  command
      ->add_option("--rate", flags->run.samples_per_second,
                   "samples per second; 0: as fast as the server takes them")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--timeout-ms", flags->run.timeout_ms, "of a request")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->callback([flags, status] { *status = Replay(*flags); });
}

}  // namespace tidemark::fleetsim
