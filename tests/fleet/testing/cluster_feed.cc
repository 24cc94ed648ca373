#include "tests/fleet/testing/cluster_feed.h"

#include <algorithm>

#include "base/check.h"
#include "fmt/format.h"

namespace tidemark::testing {
namespace {

constexpr int64_t kFlushEveryMs = 150'000;
constexpr int64_t kCheckpointBehindMs = 60'000;
constexpr size_t kTidbs = 2;
constexpr double kTicksPerScrape = 1.25;

}  // namespace

ClusterFeed::ClusterFeed(int stores) : reader_({}) {
  const auto identity = reader_.IdentityOf(model::Labels::Of({{"cluster", "prod"}}));
  state_ = std::make_unique<fleet::ClusterState>(*identity);
  stores_.resize(static_cast<size_t>(stores));
  for (StoreModel& store : stores_) {
    store.start_ms = kStartMs - fleet::kDayMs;
  }
}

std::string ClusterFeed::StoreName(size_t i) { return fmt::format("10.0.0.{}:20180", i + 1); }
std::string ClusterFeed::TidbName(size_t i) { return fmt::format("10.0.1.{}:10080", i + 1); }

const fleet::TaskFacts& ClusterFeed::task() const {
  const fleet::TaskFacts* task = state_->FindTask(task_name);
  TIDEMARK_CHECK(task != nullptr, "the cluster knows no task {}", task_name);
  return *task;
}

void ClusterFeed::Run(int64_t ms) {
  const int64_t end = now_ms_ + ms;
  while (now_ms_ + scrape_ms <= end) {
    now_ms_ += scrape_ms;
    Scrape();
  }
  now_ms_ = end;
}

void ClusterFeed::SendAt(const std::string& metric, const SeriesLabels& labels,
                         model::Sample sample, int64_t received_ms) {
  SeriesLabels all = labels;
  all.emplace_back("__name__", metric);
  all.emplace_back("cluster", "prod");
  if (!target_.empty()) {
    all.emplace_back("instance", target_);
    all.emplace_back("job", target_job_);
  }
  const model::Labels series = model::Labels::Of(all);
  if (const auto signal = fleet::ReadSignal(series)) {
    state_->Apply(state_->Attach(series, *signal), sample, received_ms);
  }
}

void ClusterFeed::Send(const std::string& metric, const SeriesLabels& labels, double value) {
  SendAt(metric, labels, {now_ms_ + clock_ahead_ms, value}, now_ms_ + delivery_ms);
}

void ClusterFeed::SendStale(const std::string& metric, const SeriesLabels& labels) {
  Send(metric, labels, model::StaleMarker());
}

void ClusterFeed::SetStatus(std::optional<int> status) {
  for (StoreModel& store : stores_) {
    store.status = status;
  }
}

void ClusterFeed::Restart(size_t i) {
  StoreModel& store = stores_[i];
  if (store.status.value_or(0) > 0) {
    store.status = std::nullopt;  // a paused task is not loaded at start-up
    store.idle = true;
  }
  store.start_ms = now_ms_;
  store.flushes = store.attempts = store.flush_seconds = store.flush_bytes = 0;
  store.flush_files = store.idle_beats = store.actor_messages = 0;
  store.errors.clear();
  store.fatal_errors.clear();
}

void ClusterFeed::Scrape() {
  if (checkpoint_moves) {
    checkpoint_ms = now_ms_ - kCheckpointBehindMs;
  }
  if (!pd_frozen) {
    pd_checkpoint_ms = checkpoint_ms;
  }
  const bool flush_due = now_ms_ - last_flush_ms_ >= kFlushEveryMs;
  for (size_t i = 0; i < stores_.size(); ++i) {
    StoreModel& store = stores_[i];
    if (flush_due && !store.flushes_stop && !store.idle && store.status == 0) {
      MoveStore(&store);
    }
    if (store.up) {
      ScrapeStore(i);
    }
  }
  last_flush_ms_ = flush_due ? now_ms_ : last_flush_ms_;
  for (size_t i = 0; i < kTidbs; ++i) {
    ScrapeTidb(i);
  }
  target_job_ = "pd";
  target_ = "10.0.2.1:2379";
  Send("pd_cluster_metadata", {{"type", "cluster" + cluster_id}}, 0);
  target_.clear();
}

void ClusterFeed::MoveStore(StoreModel* store) {
  store->attempts += 1;
  if (!store->flushes_fail) {
    store->flushes += 1;
    store->flush_seconds += store->flush_takes_seconds;
    store->flush_bytes += 1e7;
    store->flush_files += 9;
  }
}

void ClusterFeed::ScrapeStore(size_t i) {
  StoreModel& store = stores_[i];
  target_job_ = "tikv";
  target_ = StoreName(i);
  const SeriesLabels task = {{"task", task_name}};
  Send("process_start_time_seconds", {}, static_cast<double>(store.start_ms) / 1000);
  Send("up", {}, 1);
  Send("tikv_log_backup_enabled", {}, 1);
  if (store.status.has_value() && store.tells_status) {
    Send("tikv_log_backup_task_status", task, *store.status);
  }
  if (store.status.has_value() && pd_checkpoint_ms.has_value()) {
    Send("tikv_log_backup_store_checkpoint_ts", task, fleet::MsToTso(*pd_checkpoint_ms));
  }
  const SeriesLabels saved = {{"stage", "save_files"}};
  Send("tikv_log_backup_flush_duration_sec_count", saved, store.flushes);
  Send("tikv_log_backup_flush_duration_sec_sum", saved, store.flush_seconds);
  Send("tikv_log_backup_flush_duration_sec_count", {{"stage", "generate_metadata"}},
       store.attempts);
  Send("tikv_log_backup_flush_file_size_sum", {}, store.flush_bytes);
  Send("tikv_log_backup_flush_file_size_count", {}, store.flush_files);
  store.idle_beats += store.idle ? 1.5 : 0;
  Send("tikv_log_backup_misc_events", {{"name", "skip_resolve_no_subscription"}}, store.idle_beats);
  store.actor_messages += store.actor_stuck ? 0 : 2;
  if (store.actor_messages > 0) {
    Send(fmt::format("tikv_log_backup_{}_actor_acting_duration_sec_count",
                     old_spelling ? "interal" : "internal"),
         {{"message", "get_checkpoints"}}, store.actor_messages);
  }
  Send("tikv_log_backup_observed_region", {}, store.idle ? 0 : store.observed);
  Send("tikv_raftstore_region_count", {{"type", "leader"}}, store.leaders);
  if (store.gap_ms.has_value()) {
    Send("tikv_resolved_ts_min_leader_resolved_ts_gap_millis", {}, *store.gap_ms);
  }
  const int64_t safe_point = safe_point_ms.value_or(now_ms_ - safe_point_behind_ms);
  Send("tikv_gcworker_autogc_safe_point", {}, fleet::MsToTso(safe_point));
  for (const auto& [type, count] : store.errors) {
    Send("tikv_log_backup_errors", {{"type", type}}, count);
  }
  for (const auto& [type, count] : store.fatal_errors) {
    Send("tikv_log_backup_fatal_errors", {{"type", type}}, count);
  }
  for (const auto& [type, count] : store.task_events) {
    Send("tikv_stream_metadata_event_count", {{"type", type}}, count);
  }
  for (const auto& [series, value] : store.extra) {
    Send(series.first, series.second, value);
  }
  target_.clear();
}

void ClusterFeed::ScrapeTidb(size_t i) {
  target_job_ = "tidb";
  target_ = TidbName(i);
  const bool also = std::find(also_owners.begin(), also_owners.end(), i) != also_owners.end();
  const bool owns = owner == i || also;
  Send("tidb_log_backup_advancer_owner", {}, owns ? 1 : 0);
  if (owner != i) {
    target_.clear();
    return;
  }
  const SeriesLabels task = {{"task", task_name}};
  ticks_ += ticks ? kTicksPerScrape : 0;
  tick_seconds_ += ticks ? kTicksPerScrape * tick_takes_seconds : 0;
  requests_ += region_requests_per_scrape;
  tries_ += region_requests_per_scrape > 0 ? 1 : 0;
  Send("tidb_log_backup_advancer_tick_duration_sec_count", {{"step", "tick"}}, ticks_);
  Send("tidb_log_backup_advancer_tick_duration_sec_sum", {{"step", "tick"}}, tick_seconds_);
  Send("tidb_log_backup_advancer_tick_duration_sec_count", {{"step", "try-advance"}}, tries_);
  Send("tidb_log_backup_region_request", {{"result", "success"}}, requests_);
  if (checkpoint_told && checkpoint_ms.has_value()) {
    Send("tidb_log_backup_last_checkpoint", task, fleet::MsToTso(*checkpoint_ms));
  }
  if (checkpoint_told && storage_checkpoint_ms.has_value()) {
    Send("tidb_log_backup_external_storage_checkpoint", task,
         fleet::MsToTso(*storage_checkpoint_ms));
  }
  target_.clear();
}

}  // namespace tidemark::testing
