// ScrapeStream is one shard of a sender: the remote-write requests that carry every n-th series of
// the fleet, scrape after scrape.
//
// Targets are scraped in turn, each at its own place in the interval; all samples of a scrape have
// one time, and `up` goes with them. A series that is missing from a scrape gets a staleness
// marker. Once a minute the first shard sends the metadata of all families. What is scraped while
// the way to the receiver is cut goes with the first scrape thereafter, oldest first.
// Thread-compatible; the model must outlive the stream.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "tools/fleetsim/fleet_model.h"
#include "tools/fleetsim/request_encoder.h"

namespace tidemark::fleetsim {

struct ScrapeOptions {
  int64_t start_ms = 0;
  int64_t interval_ms = 15'000;
  size_t samples_per_request = 2'000;
  size_t shards = 1;
  // Whether the series of a metric are sent, as a keep-list of the sender decides; all if empty.
  std::function<bool(std::string_view metric)> keep = {};
};

class ScrapeStream {
 public:
  // Takes a compressed request; an error ends the stream.
  using Sink = std::function<absl::Status(const std::string& body, size_t samples)>;
  // Asked before each target is scraped, with its time.
  using Gate = std::function<absl::Status(int64_t t_ms)>;

  ScrapeStream(const FleetModel* model, const ScrapeOptions& options, size_t shard, Sink sink,
               Gate gate);

  // Scrapes every target once: round `n` from start_ms on, in order from 0.
  absl::Status Scrape(int64_t n);
  // Sends what does not fill a request.
  absl::Status Flush();

 private:
  struct Target {
    const Instance* instance = nullptr;
    size_t number = 0;      // of its first series in the fleet, `up` being its last
    int64_t offset_ms = 0;  // in the interval
    int64_t rounds = 0;     // that were sent, or lost
  };

  std::vector<Target> TargetsInOrder() const;
  void ApplyKeepList();
  absl::Status ScrapeTarget(int64_t n, Target* target);
  absl::Status Send(const Target& target, const InstanceState& state);
  absl::Status Emit(std::string_view labels, int64_t t_ms, double v);
  absl::Status SendMetadata();

  const FleetModel* model_;
  const ScrapeOptions options_;
  const size_t shard_;
  const Sink sink_;
  const Gate gate_;
  std::vector<Target> targets_;
  std::vector<bool> present_;  // by number: the series was in the last scrape
  std::unordered_map<const MetricTable*, std::vector<bool>> kept_;  // empty: all are
  bool up_kept_ = true;
  SeriesLabels labels_;
  RequestEncoder encoder_;
};

}  // namespace tidemark::fleetsim
