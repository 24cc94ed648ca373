#include <memory>

#include "base/clock.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "tools/fleetsim/commands.h"
#include "tools/fleetsim/recording.h"
#include "tools/fleetsim/stream_flags.h"

namespace tidemark::fleetsim {
namespace {

struct RecordFlags {
  StreamFlags stream;
  std::string out;
};

struct Totals {
  size_t samples = 0;
  size_t requests = 0;
  size_t bytes = 0;
};

std::vector<std::unique_ptr<ScrapeStream>> MakeStreams(const FleetModel* model,
                                                       const ScrapeOptions& options,
                                                       RecordingWriter* writer, Totals* totals) {
  std::vector<std::unique_ptr<ScrapeStream>> streams;
  for (size_t shard = 0; shard < options.shards; ++shard) {
    const auto sink = [=](const std::string& body, size_t samples) {
      totals->samples += samples;
      totals->requests += 1;
      totals->bytes += body.size();
      return writer->Append(static_cast<uint32_t>(shard), samples, body);
    };
    const auto gate = [](int64_t) { return absl::OkStatus(); };
    streams.push_back(std::make_unique<ScrapeStream>(model, options, shard, sink, gate));
  }
  return streams;
}

absl::Status Record(const RecordFlags& flags) {
  ASSIGN_OR_RETURN(const ScrapeOptions scrape, flags.stream.Resolve(base::SystemClock().NowMs()));
  ASSIGN_OR_RETURN(const int64_t rounds, flags.stream.Rounds(scrape));
  if (rounds == 0) {
    return absl::InvalidArgumentError("--scrapes must be given: a recording has an end");
  }
  ASSIGN_OR_RETURN(FleetOptions fleet, flags.stream.fleet.Resolve(scrape.start_ms));
  const FleetModel model(std::move(fleet));
  ASSIGN_OR_RETURN(RecordingWriter writer,
                   RecordingWriter::Create(flags.out, static_cast<uint32_t>(scrape.shards)));
  Totals totals;
  const auto streams = MakeStreams(&model, scrape, &writer, &totals);
  for (int64_t n = 0; n < rounds; ++n) {
    for (const auto& stream : streams) {
      RETURN_IF_ERROR(stream->Scrape(n));
    }
  }
  for (const auto& stream : streams) {
    RETURN_IF_ERROR(stream->Flush());
  }
  RETURN_IF_ERROR(writer.Close());
  fmt::print("{{\"samples\":{},\"requests\":{},\"bytes\":{}}}\n", totals.samples, totals.requests,
             totals.bytes);
  return absl::OkStatus();
}

}  // namespace

void AddRecordCommand(CLI::App* app, absl::Status* status) {
  CLI::App* command = app->add_subcommand("record", "write the requests of `write` into a file");
  const auto flags = std::make_shared<RecordFlags>();
  flags->stream.AddTo(command);
  command->add_option("--out", flags->out, "the file")->required();
  command->callback([flags, status] { *status = Record(*flags); });
}

}  // namespace tidemark::fleetsim
