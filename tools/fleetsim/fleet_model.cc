#include "tools/fleetsim/fleet_model.h"

#include <algorithm>
#include <cmath>

#include "tools/fleetsim/fleet_labels.h"
#include "tools/fleetsim/random.h"

namespace tidemark::fleetsim {
namespace {

constexpr int64_t kTaskStartMs = 1'748'736'000'000;  // 2025-06-01; tasks begin within 100 days
constexpr int64_t kDayMs = 86'400'000;
constexpr int64_t kGcMs = 600'000;      // GC runs so often and keeps so much
constexpr int64_t kResolveMs = 10'000;  // min-ts-interval of log backup
constexpr int64_t kAdvanceMs = 20'000;  // of the stale-read component
constexpr double kRegionChangesPerSecond = 0.004;
constexpr double kPollsPerSecond = 0.002;
constexpr double kBusyEventsPerSecond = 2'500;  // a store beyond it spills temp files
constexpr double kHotEventsPerSecond = 60'000;
constexpr double kTooManyRegions = 33'500;         // an endpoint hangs beyond 32,768
constexpr int64_t kProtectionMs = 24 * 3'600'000;  // GC is held back so long after a pause began

enum Question : uint64_t {
  kCluster,
  kTimeline,
  kLoad,
  kEventRate,
  kRegions,
  kTaskStart,
  kPdId,
  kStoreShare,
  kStorePhase,
  kLife
};

// Log-uniform: as many between 10 and 100 as between 100 and 1000.
double Spread(uint64_t key, double low, double high) {
  return std::exp(Between(key, std::log(low), std::log(high)));
}

double Seconds(int64_t ms) { return static_cast<double>(ms) / 1000; }

double StoreShare(uint64_t cluster_key, int store) {
  return Between(Key(cluster_key, kStoreShare, store), 0.8, 1.2);
}

}  // namespace

FleetModel::FleetModel(FleetOptions options)
    : options_(std::move(options)),
      tikv_table_(TikvTable()),
      tidb_table_(TidbTable(options_.tikv)) {
  for (int c = 0; c < options_.clusters; ++c) {
    clusters_.push_back(MakeCluster(c));
    AddInstances(c, Role::kTikv, options_.tikv, &tikv_table_);
    AddInstances(c, Role::kTidb, options_.tidb, &tidb_table_);
    AddInstances(c, Role::kPd, options_.pd, &clusters_.back()->pd_table);
  }
}

std::unique_ptr<FleetModel::Cluster> FleetModel::MakeCluster(int index) const {
  const uint64_t key = Key(options_.seed, kCluster, index);
  const TimelineOptions timeline{
      Key(key, kTimeline),         index, options_.tikv, options_.tidb, options_.restart_every_ms,
      options_.owner_move_every_ms};
  const auto days = static_cast<int64_t>(Between(Key(key, kTaskStart), 0, 100));
  return std::make_unique<Cluster>(
      Cluster{.timeline = ClusterTimeline(timeline, options_.incidents),
              .load = LoadCurve(Key(key, kLoad)),
              .key = key,
              .events_per_second = Spread(Key(key, kEventRate), 60, 3'000),
              .regions = Spread(Key(key, kRegions), 150, 3'000),
              .task_start_ms = kTaskStartMs + days * kDayMs,
              .pd_table = PdTable(Key(key, kPdId) >> 1)});
}

void FleetModel::AddInstances(int cluster, Role role, int count, const MetricTable* table) {
  for (int i = 0; i < count; ++i) {
    instances_.push_back({role, cluster, i, table, TargetLabels(options_, cluster, role, i),
                          PagePath(cluster, role, i)});
  }
}

InstanceState FleetModel::At(const Instance& instance, int64_t t_ms) const {
  const Cluster& cluster = *clusters_[static_cast<size_t>(instance.cluster)];
  InstanceState state;
  const auto ahead = options_.clock_ahead_ms.find(instance.cluster);
  t_ms += ahead == options_.clock_ahead_ms.end() ? 0 : ahead->second;
  state.now_ms = t_ms;
  state.cut = cluster.timeline.SenderCut(t_ms);
  state.reachable = !cluster.timeline.SenderSilent(t_ms);
  FillCluster(cluster, &state);
  if (instance.role == Role::kTikv) {
    FillTikv(cluster, instance.ordinal, &state);
  } else if (instance.role == Role::kTidb) {
    FillTidb(cluster, instance.ordinal, &state);
  } else {
    state.up = true;
    state.start_ms = cluster.task_start_ms - kDayMs;
  }
  state.key = Key(cluster.key, kLife, instance.role, instance.ordinal, state.start_ms);
  state.clock(Clock::kUptime) = std::max(0.0, Seconds(t_ms - state.start_ms));
  state.clock(Clock::kEndpoint) = state.hangs ? 0 : state.clock(Clock::kUptime);
  return state;
}

void FleetModel::FillCluster(const Cluster& cluster, InstanceState* state) const {
  const int64_t t = state->now_ms;
  state->task_start_ms = cluster.task_start_ms;
  state->global_checkpoint_ms = cluster.timeline.GlobalCheckpoint(t);
  state->gc_safe_point_ms = std::min(t - t % kGcMs - kGcMs, state->global_checkpoint_ms - 1);
  // The protection of a pause ends, and what GC has passed it has passed.
  for (const Pause& pause : cluster.timeline.pauses()) {
    const int64_t last = std::min(t, pause.end_ms);
    if (last > pause.begin_ms + kProtectionMs) {
      state->gc_safe_point_ms = std::max(state->gc_safe_point_ms, last - last % kGcMs - kGcMs);
    }
  }
}

void FleetModel::FillTikv(const Cluster& cluster, int store, InstanceState* state) const {
  const ClusterTimeline::Life life = cluster.timeline.TikvLife(store, state->now_ms);
  state->up = life.up;
  state->start_ms = life.start_ms;
  if (!life.up) {
    return;
  }
  const double share = StoreShare(cluster.key, store);
  const int64_t t = state->now_ms;
  const auto phase = static_cast<int64_t>(Key(cluster.key, kStorePhase, store) % kAdvanceMs);
  const ClusterTimeline& timeline = cluster.timeline;
  state->regions =
      timeline.Overloaded(store, t) ? kTooManyRegions : std::floor(cluster.regions * share);
  state->events_per_second = cluster.events_per_second * share * cluster.load.At(t) +
                             kHotEventsPerSecond * static_cast<double>(timeline.HotMs(t, t + 1));
  state->lock_ms = timeline.LockAt(store, t);
  state->region_lost = timeline.RegionLostAt(store, t);
  state->hangs = timeline.HangsAt(store, t);
  state->resolved_ms = state->lock_ms.value_or(t - (t + phase) % kAdvanceMs - 300);
  if (state->hangs) {
    return;
  }
  FillTask(cluster, store, state);
  FillTaskStatus(cluster, store, state);
  FillCheckpoints(cluster, store, state);
}

void FleetModel::FillTask(const Cluster& cluster, int store, InstanceState* state) const {
  const ClusterTimeline& timeline = cluster.timeline;
  const double rate = cluster.events_per_second * StoreShare(cluster.key, store);
  const auto events = [&](int64_t begin, int64_t end) {
    return rate * cluster.load.Integral(begin, end) +
           kHotEventsPerSecond * Seconds(timeline.HotMs(begin, end));
  };
  const int64_t registered = state->start_ms + ClusterTimeline::kRegisterMs;
  for (const Interval& segment : timeline.TaskSegments(registered, state->now_ms + 1)) {
    const double seconds = Seconds(segment.end_ms - segment.begin_ms);
    const int64_t flushes = timeline.FlushesDone(store, segment);
    const int64_t failures = timeline.FlushesFailed(store, segment);
    const double scanned =
        state->regions * std::min(1.0, seconds * 1000 / ClusterTimeline::kScanMs);
    int64_t flushed_to = segment.begin_ms;
    if (flushes > 0) {
      flushed_to = timeline.FlushBegin(store, timeline.LastFlushDoneBy(store, segment.end_ms - 1));
    }
    state->task_loaded = true;
    state->clock(Clock::kTask) += seconds;
    state->clock(Clock::kEvents) += events(segment.begin_ms, segment.end_ms);
    state->clock(Clock::kFlushes) += static_cast<double>(flushes);
    state->clock(Clock::kFailures) += static_cast<double>(failures);
    state->clock(Clock::kFlushAttempts) += static_cast<double>(flushes + failures);
    state->clock(Clock::kFlushedEvents) += events(segment.begin_ms, flushed_to);
    state->clock(Clock::kLeaderScans) += scanned;
    state->clock(Clock::kScans) += scanned + seconds * kRegionChangesPerSecond;
    state->buffered_events = events(flushed_to, segment.end_ms);
    state->scans_left = std::floor(state->regions - scanned);
  }
  if (rate > kBusyEventsPerSecond) {
    state->clock(Clock::kSwapOuts) = state->clock(Clock::kFlushes) * 3;
  }
}

void FleetModel::FillTaskStatus(const Cluster& cluster, int store, InstanceState* state) const {
  const int64_t registered = state->start_ms + ClusterTimeline::kRegisterMs;
  state->clock(Clock::kTaskAdds) = state->task_loaded ? 1 : 0;
  state->clock(Clock::kIdle) =
      std::max(0.0, Seconds(state->now_ms - registered) - state->clock(Clock::kTask));
  for (const Pause& pause : cluster.timeline.pauses()) {
    const bool begun = registered < pause.begin_ms && pause.begin_ms <= state->now_ms;
    const bool failed = pause.error && pause.failed_store == store;
    state->clock(Clock::kTaskPauses) += begun ? 1 : 0;
    state->clock(Clock::kTaskResumes) +=
        registered < pause.end_ms && pause.end_ms <= state->now_ms ? 1 : 0;
    state->clock(Clock::kFatalErrors) += begun && failed ? 1 : 0;
    if (pause.Contains(state->now_ms)) {
      state->task_status = failed ? 2 : 1;
      state->buffered_events = 0;
      state->scans_left = 0;
    }
  }
}

void FleetModel::FillCheckpoints(const Cluster& cluster, int store, InstanceState* state) const {
  const ClusterTimeline& timeline = cluster.timeline;
  state->store_checkpoint_ms = cluster.task_start_ms;
  if (state->clock(Clock::kFlushes) > 0) {
    const int64_t last = timeline.LastFlushDoneBy(store, state->now_ms);
    state->store_checkpoint_ms = timeline.GlobalCheckpoint(timeline.FlushEnd(store, last));
  }
  if (state->clock(Clock::kTask) * 1000 >= kResolveMs) {
    const Pause* pause = timeline.PauseAt(state->now_ms);
    const int64_t observed = pause == nullptr ? state->now_ms : pause->begin_ms;
    const int64_t round = observed - observed % kResolveMs;
    state->store_last_checkpoint_ms = state->lock_ms.value_or(
        round - 200 - static_cast<int64_t>(Key(cluster.key, store, round) % 2'500));
  }
}

void FleetModel::FillTidb(const Cluster& cluster, int tidb, InstanceState* state) const {
  const ClusterTimeline::TidbLife tidb_life = cluster.timeline.TidbLifeAt(tidb, state->now_ms);
  state->up = tidb_life.life.up;
  state->start_ms = tidb_life.life.start_ms;
  state->owner = tidb_life.owner;
  state->tells_checkpoint = tidb_life.tells_checkpoint;
  state->was_owner = tidb_life.owner_ms > 0;
  state->persisted_checkpoint_ms =
      cluster.timeline.GlobalCheckpoint(state->now_ms - ClusterTimeline::kTickMs);
  state->clock(Clock::kOwner) = Seconds(tidb_life.owner_ms);
  state->clock(Clock::kPolls) = Seconds(tidb_life.owner_ms) * kPollsPerSecond;
}

size_t FleetModel::CountSeries(const Instance& instance, int64_t t_ms) const {
  const InstanceState state = At(instance, t_ms);
  size_t count = 0;
  for (size_t i = 0; state.up && i < instance.table->series().size(); ++i) {
    count += instance.table->Value(state, i).has_value() ? 1 : 0;
  }
  return count;
}

int ClustersForSeries(const FleetOptions& options, int64_t series) {
  constexpr int64_t kSomeMomentMs = 1'780'000'000'000;
  FleetOptions one = options;
  one.clusters = 1;
  one.incidents.clear();
  const FleetModel model(one);
  size_t per_cluster = 0;
  for (const Instance& instance : model.instances()) {
    per_cluster += model.CountSeries(instance, kSomeMomentMs) + 1;  // and `up`
  }
  const auto clusters =
      std::llround(static_cast<double>(series) / static_cast<double>(per_cluster));
  return static_cast<int>(std::max<int64_t>(1, clusters));
}

}  // namespace tidemark::fleetsim
