// ClusterFeed plays the Prometheus of one small cluster to a ClusterState: at each scrape it sends
// the page of every instance, as a well cluster would have it, but for what a test has changed.
//
//   ClusterFeed feed;                       // 3 TiKV, 2 TiDB, 1 PD, one task, all well
//   feed.Run(10 * kMinuteMs);
//   feed.store(0).flushes_stop = true;
//   feed.Run(15 * kMinuteMs);
//   EXPECT_...(ReportTask(feed.cluster(), feed.task(), feed.now_ms()));
//
// Deterministic; time moves only in Run and Skip. Thread-compatible.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fleet/task/cluster_state.h"

namespace tidemark::testing {

using SeriesLabels = std::vector<std::pair<std::string, std::string>>;

// One TiKV. The numbers are counters' values and gauges as they are exported.
struct StoreModel {
  std::optional<int> status = 0;  // none: not exported, as after a restart in a pause
  bool tells_status = true;       // false: the sender drops the series
  bool up = true;                 // false: not scraped
  bool idle = false;              // observes nothing
  bool flushes_stop = false;
  bool flushes_fail = false;
  int64_t start_ms = 0;  // of the process
  double flushes = 100, attempts = 100, flush_seconds = 500, flush_bytes = 1e9, flush_files = 900;
  double flush_takes_seconds = 5;
  double idle_beats = 3;
  double actor_messages = 1000;
  bool actor_stuck = false;
  double observed = 1000, leaders = 1000;
  std::optional<double> gap_ms = 900;
  std::map<std::string, double> errors = {}, fatal_errors = {}, task_events = {{"task_add", 1}};
  // Any further series: value by metric and labels.
  std::map<std::pair<std::string, SeriesLabels>, double> extra = {};
};

class ClusterFeed {
 public:
  static constexpr int64_t kScrapeMs = 15'000;
  // A moment in 2026.
  static constexpr int64_t kStartMs = 1'790'000'000'000;

  explicit ClusterFeed(int stores = 3);

  fleet::ClusterState& cluster() { return *state_; }
  const fleet::TaskFacts& task() const;
  StoreModel& store(size_t i) { return stores_[i]; }
  std::vector<StoreModel>& stores() { return stores_; }
  static std::string StoreName(size_t i);
  static std::string TidbName(size_t i);

  // Scrapes every scrape_ms until `ms` have passed.
  void Run(int64_t ms);
  // Time passes and nothing is sent.
  void Skip(int64_t ms) { now_ms_ += ms; }
  int64_t now_ms() const { return now_ms_; }

  // One sample of any series of the cluster, now.
  void Send(const std::string& metric, const SeriesLabels& labels, double value);
  void SendAt(const std::string& metric, const SeriesLabels& labels, model::Sample sample,
              int64_t received_ms);
  // The series' end.
  void SendStale(const std::string& metric, const SeriesLabels& labels);

  void SetStatus(std::optional<int> status);  // of all stores
  void Restart(size_t store);

  // What the TiDB side does.
  std::string task_name = "pitr";
  bool checkpoint_moves = true;     // follows the time, 60 s behind
  bool checkpoint_told = true;      // the owner exports it
  std::optional<size_t> owner = 0;  // index of the TiDB
  std::vector<size_t> also_owners = {};
  bool ticks = true;
  double tick_takes_seconds = 0.2;
  double region_requests_per_scrape = 0;
  std::optional<int64_t> checkpoint_ms;  // what is told; set by Run while it moves
  std::optional<int64_t> storage_checkpoint_ms;
  std::optional<int64_t> pd_checkpoint_ms;  // what the stores tell; follows unless pd_frozen
  bool pd_frozen = false;
  int64_t safe_point_behind_ms = 600'000;
  std::optional<int64_t> safe_point_ms;  // instead of that far behind
  std::string cluster_id = "7001";
  bool old_spelling = false;   // of TiKV up to 8.5
  int64_t clock_ahead_ms = 0;  // of the sender
  int64_t delivery_ms = 200;
  int64_t scrape_ms = kScrapeMs;  // longer where a test needs days

 private:
  void Scrape();
  void ScrapeStore(size_t i);
  void ScrapeTidb(size_t i);
  void MoveStore(StoreModel* store);

  fleet::IdentityReader reader_;
  std::unique_ptr<fleet::ClusterState> state_;
  std::vector<StoreModel> stores_;
  int64_t now_ms_ = kStartMs;
  int64_t last_flush_ms_ = kStartMs;
  double ticks_ = 10, tick_seconds_ = 2, tries_ = 1, requests_ = 1;
  std::string target_job_;
  std::string target_;
};

}  // namespace tidemark::testing
