#include <algorithm>
#include <memory>

#include "base/clock.h"
#include "base/status_macros.h"
#include "tools/fleetsim/commands.h"
#include "tools/fleetsim/send_run.h"
#include "tools/fleetsim/stream_flags.h"
#include "tools/fleetsim/time_text.h"

namespace tidemark::fleetsim {
namespace {

struct WriteFlags {
  StreamFlags stream;
  SendRunOptions run;
  std::string duration;
  // How old a sample may get in a request that is not full; 0: each scrape is sent at once.
  std::string batch_deadline = "5s";
};

// One connection's part of the fleet: history as fast as it goes, then scrapes as time passes.
class ShardWriter {
 public:
  ShardWriter(const FleetModel* model, const ScrapeOptions& options, int64_t batch_deadline_ms,
              size_t shard, RequestSender* sender, StopToken* stop)
      : batch_deadline_ms_(batch_deadline_ms),
        stop_(stop),
        stream_(
            model, options, shard,
            [this, sender](const std::string& body, size_t samples) {
              sent_ms_ = clock_.NowMs();
              return sender->Send(body, samples);
            },
            [this](int64_t t_ms) { return WaitUntil(t_ms); }) {}

  absl::Status Run(int64_t scrapes) {
    for (int64_t n = 0; scrapes == 0 || n < scrapes; ++n) {
      RETURN_IF_ERROR(stream_.Scrape(n));
    }
    return stream_.Flush();
  }

 private:
  // No sample is sent before its time.
  absl::Status WaitUntil(int64_t t_ms) {
    for (int64_t now_ms = clock_.NowMs(); now_ms < t_ms; now_ms = clock_.NowMs()) {
      const int64_t flush_ms = sent_ms_ + batch_deadline_ms_;
      if (now_ms >= flush_ms) {
        RETURN_IF_ERROR(stream_.Flush());
        sent_ms_ = batch_deadline_ms_ > 0 ? now_ms : t_ms;
      } else {
        stop_->WaitFor(std::min(t_ms, flush_ms) - now_ms);
      }
      if (stop_->stopped()) {
        break;
      }
    }
    return stop_->stopped() ? absl::CancelledError("stopped") : absl::OkStatus();
  }

  const base::SystemClock clock_;
  const int64_t batch_deadline_ms_;
  StopToken* const stop_;
  int64_t sent_ms_ = 0;
  ScrapeStream stream_;
};

absl::Status Write(const WriteFlags& flags) {
  const int64_t now_ms = base::SystemClock().NowMs();
  ASSIGN_OR_RETURN(const ScrapeOptions scrape, flags.stream.Resolve(now_ms));
  ASSIGN_OR_RETURN(FleetOptions fleet, flags.stream.fleet.Resolve(scrape.start_ms));
  ASSIGN_OR_RETURN(const int64_t rounds, flags.stream.Rounds(scrape));
  SendRunOptions run = flags.run;
  run.connections = flags.stream.connections;
  if (!flags.duration.empty()) {
    ASSIGN_OR_RETURN(run.duration_ms, ParseDurationMs(flags.duration));
  }
  ASSIGN_OR_RETURN(const int64_t batch_deadline_ms, ParseDurationMs(flags.batch_deadline));
  const FleetModel model(std::move(fleet));
  StopToken stop;
  const auto job = [&](size_t shard, RequestSender* sender) {
    return ShardWriter(&model, scrape, batch_deadline_ms, shard, sender, &stop).Run(rounds);
  };
  return RunSenders(run, job, &stop);
}

}  // namespace

void AddWriteCommand(CLI::App* app, absl::Status* status) {
  CLI::App* command = app->add_subcommand("write", "remote-write the fleet to a server");
  const auto flags = std::make_shared<WriteFlags>();
  flags->stream.AddTo(command);
  command
      ->add_option("--url", flags->run.url, "where to, such as http://127.0.0.1:9090/api/v1/write")
      ->required();
  command
      ->add_option("--rate", flags->run.samples_per_second,
                   "samples per second; 0: as fast as the server takes them")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--timeout-ms", flags->run.timeout_ms, "of a request")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--duration", flags->duration, "end after this time");
  command
      ->add_option("--batch-deadline", flags->batch_deadline,
                   "how old a sample may get in a request that is not full; 0s: not at all")
      ->capture_default_str();
  command->callback([flags, status] { *status = Write(*flags); });
}

}  // namespace tidemark::fleetsim
