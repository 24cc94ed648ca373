#include "tools/fleetsim/cluster_timeline.h"

#include <algorithm>

#include "tools/fleetsim/random.h"

namespace tidemark::fleetsim {
namespace {

constexpr int64_t kTidbDowntimeMs = 25'000;

// What a hash is asked for.
enum Question : uint64_t { kRestart, kDowntime, kMove, kPhase, kSpread, kJitter, kDuration, kLag };

// A random place in window number `window`, away from its edges.
int64_t PlaceIn(int64_t window, int64_t width_ms, uint64_t key) {
  return window * width_ms +
         static_cast<int64_t>(Between(key, 0.1, 0.9) * static_cast<double>(width_ms));
}

int64_t Milliseconds(uint64_t key, int64_t low, int64_t high) {
  return low + static_cast<int64_t>(key % static_cast<uint64_t>(high - low));
}

template <typename Intervals>
bool AnyContains(const Intervals& intervals, int64_t t) {
  return std::any_of(intervals.begin(), intervals.end(),
                     [t](const Interval& interval) { return interval.Contains(t); });
}

// The trouble of `store` at `t`, or nullptr.
const StoreTrouble* TroubleAt(const std::vector<StoreTrouble>& troubles, int store, int64_t t) {
  const auto at = std::find_if(troubles.begin(), troubles.end(), [&](const StoreTrouble& trouble) {
    return trouble.Hits(store) && trouble.Contains(t);
  });
  return at == troubles.end() ? nullptr : &*at;
}

}  // namespace

ClusterTimeline::ClusterTimeline(const TimelineOptions& options,
                                 std::span<const Incident> incidents)
    : options_(options), phase_ms_(Milliseconds(Key(options.key, kPhase), 0, kFlushPeriodMs)) {
  for (const Incident& incident : incidents) {
    if (incident.Hits(options_.cluster)) {
      AddIncident(incident);
    }
  }
  SortPauses();
  std::sort(moves_.begin(), moves_.end());
}

void ClusterTimeline::AddIncident(const Incident& incident) {
  const Interval when{incident.at_ms, incident.at_ms + incident.duration_ms};
  switch (incident.kind) {
    case Incident::Kind::kPause:
      pauses_.push_back({when, false, 0});
      break;
    case Incident::Kind::kOutage:
      AddOutage(when);
      break;
    case Incident::Kind::kRestart:
      restarts_.emplace_back(incident.at_ms, incident.ordinal);
      break;
    case Incident::Kind::kOwner:
      moves_.push_back(incident.at_ms);
      break;
    case Incident::Kind::kStop:
      silences_.push_back(when);
      break;
    case Incident::Kind::kCut:
      cuts_.push_back(when);
      break;
    case Incident::Kind::kFatal:
      pauses_.push_back({when, true, std::max(0, incident.ordinal)});
      break;
    case Incident::Kind::kLock:
      locks_.push_back({when, incident.ordinal});
      break;
    case Incident::Kind::kRegion:
      lost_regions_.push_back({when, incident.ordinal});
      break;
    case Incident::Kind::kHang:
      hangs_.push_back({when, incident.ordinal});
      restarts_.emplace_back(when.begin_ms, incident.ordinal);
      restarts_.emplace_back(when.end_ms, incident.ordinal);
      break;
    case Incident::Kind::kHot:
      hot_.push_back(when);
      break;
  }
}

void ClusterTimeline::AddOutage(const Interval& outage) {
  outages_.push_back(outage);
  Pause pause{outage, true, 0};
  for (int store = 0; store < options_.tikv; ++store) {
    const int64_t fatal = FirstTry(store, outage) + kFatalFailures * kRetryMs;
    if (store == 0 || fatal < pause.begin_ms) {
      pause.begin_ms = fatal;
      pause.failed_store = store;
    }
  }
  if (pause.begin_ms < pause.end_ms) {
    pauses_.push_back(pause);
  }
}

void ClusterTimeline::SortPauses() {
  std::sort(pauses_.begin(), pauses_.end(),
            [](const Pause& a, const Pause& b) { return a.begin_ms < b.begin_ms; });
  int64_t last_end = 0;
  for (Pause& pause : pauses_) {
    pause.begin_ms = std::max(pause.begin_ms, last_end);
    last_end = std::max(last_end, pause.end_ms);
  }
  std::erase_if(pauses_, [](const Pause& pause) { return pause.begin_ms >= pause.end_ms; });
}

// Lives of stores.

int64_t ClusterTimeline::RegularRestart(int store, int64_t window) const {
  return PlaceIn(window, options_.restart_every_ms, Key(options_.key, kRestart, store, window));
}

int64_t ClusterTimeline::LastRestart(int store, int64_t t) const {
  const int64_t window = t / options_.restart_every_ms;
  const int64_t newest = RegularRestart(store, window);
  int64_t last = newest <= t ? newest : RegularRestart(store, window - 1);
  for (const auto& [at, hit] : restarts_) {
    if (at <= t && (hit == Incident::kAll || hit == store)) {
      last = std::max(last, at);
    }
  }
  return last;
}

int64_t ClusterTimeline::Downtime(int store, int64_t restart) const {
  return Milliseconds(Key(options_.key, kDowntime, store, restart), 15'000, 45'000);
}

ClusterTimeline::Life ClusterTimeline::TikvLife(int store, int64_t t) const {
  const int64_t restart = LastRestart(store, t);
  const int64_t start = restart + Downtime(store, restart);
  return {start, t >= start};
}

// Lives and offices of TiDBs.

int64_t ClusterTimeline::RegularMove(int64_t number) const {
  return PlaceIn(number, options_.owner_move_every_ms, Key(options_.key, kMove, number));
}

ClusterTimeline::Move ClusterTimeline::LastMove(int64_t t) const {
  int64_t number = t / options_.owner_move_every_ms;
  if (RegularMove(number) > t) {
    --number;
  }
  Move last{RegularMove(number), number, true};
  const auto after = std::upper_bound(moves_.begin(), moves_.end(), t);
  if (after != moves_.begin() && *(after - 1) > last.at_ms) {
    last = {*(after - 1), number, false};
  }
  return last;
}

int ClusterTimeline::OwnerAfter(const Move& move) const {
  const auto by_hand = std::upper_bound(moves_.begin(), moves_.end(), move.at_ms) - moves_.begin();
  return static_cast<int>((move.number + by_hand) % options_.tidb);
}

bool ClusterTimeline::LeaverRestarts(const Move& move) const {
  return move.regular && move.number / options_.tidb % 2 == 0;
}

ClusterTimeline::TidbLife ClusterTimeline::TidbLifeAt(int tidb, int64_t t) const {
  TidbLife result;
  Move move = LastMove(t);
  const int64_t term = move.at_ms;
  int64_t until = t;
  // Of any 2 * tidb regular moves, one at which this TiDB leaves is a restart.
  for (size_t left = 4 * static_cast<size_t>(options_.tidb) + moves_.size(); left > 0; --left) {
    const Move before = LastMove(move.at_ms - 1);
    if (OwnerAfter(move) == tidb) {
      result.owner_ms += std::max<int64_t>(0, until - move.at_ms - kElectionMs);
      result.owner = result.owner || (until == t && t >= move.at_ms + kElectionMs);
    }
    until = move.at_ms;
    if (LeaverRestarts(move) && OwnerAfter(before) == tidb) {
      break;
    }
    move = before;
  }
  result.life.start_ms = until + kTidbDowntimeMs;
  result.life.up = t >= result.life.start_ms;
  result.tells_checkpoint = result.owner && LastAdvance(t) >= term;
  return result;
}

bool ClusterTimeline::SenderSilent(int64_t t) const { return AnyContains(silences_, t); }

bool ClusterTimeline::SenderCut(int64_t t) const { return AnyContains(cuts_, t); }

// Troubles.

std::optional<int64_t> ClusterTimeline::LockAt(int store, int64_t t) const {
  const StoreTrouble* lock = TroubleAt(locks_, store, t);
  return lock == nullptr ? std::nullopt : std::optional(lock->begin_ms);
}

bool ClusterTimeline::RegionLostAt(int store, int64_t t) const {
  return TroubleAt(lost_regions_, store, t) != nullptr;
}

bool ClusterTimeline::HangsAt(int store, int64_t t) const {
  return TroubleAt(hangs_, store, t) != nullptr;
}

bool ClusterTimeline::Overloaded(int store, int64_t t) const {
  return std::any_of(hangs_.begin(), hangs_.end(),
                     [&](const StoreTrouble& hang) { return hang.Hits(store) && t < hang.end_ms; });
}

int64_t ClusterTimeline::HotMs(int64_t begin, int64_t end) const {
  int64_t total = 0;
  for (const Interval& hot : hot_) {
    total += std::max<int64_t>(0, std::min(end, hot.end_ms) - std::max(begin, hot.begin_ms));
  }
  return total;
}

// The task.

const Pause* ClusterTimeline::PauseAt(int64_t t) const {
  const auto at = std::find_if(pauses_.begin(), pauses_.end(),
                               [t](const Pause& pause) { return pause.Contains(t); });
  return at == pauses_.end() ? nullptr : &*at;
}

std::vector<Interval> ClusterTimeline::TaskSegments(int64_t begin, int64_t end) const {
  std::vector<Interval> segments;
  for (const Pause& pause : pauses_) {
    if (pause.end_ms > begin && pause.begin_ms < end) {
      if (pause.begin_ms > begin) {
        segments.push_back({begin, pause.begin_ms});
      }
      begin = pause.end_ms;
    }
  }
  if (begin < end) {
    segments.push_back({begin, end});
  }
  return segments;
}

// Flushes.

int64_t ClusterTimeline::FlushBegin(int store, int64_t n) const {
  return phase_ms_ + n * kFlushPeriodMs +
         Milliseconds(Key(options_.key, kSpread, store), 0, 25'000) +
         Milliseconds(Key(options_.key, kJitter, store, n), 0, 6'000);
}

int64_t ClusterTimeline::FlushEnd(int store, int64_t n) const {
  return FlushBegin(store, n) + Milliseconds(Key(options_.key, kDuration, store, n), 3'000, 20'000);
}

int64_t ClusterTimeline::FlushBegunBy(int store, int64_t t) const {
  const int64_t n = (t - phase_ms_) / kFlushPeriodMs;
  return FlushBegin(store, n) <= t ? n : n - 1;
}

int64_t ClusterTimeline::FlushDoneBy(int store, int64_t t) const {
  const int64_t n = FlushBegunBy(store, t);
  return FlushEnd(store, n) <= t ? n : n - 1;
}

std::optional<int64_t> ClusterTimeline::FlushlessSince(int store, int64_t t) const {
  const int64_t restart = LastRestart(store, t);
  if (t < restart + Downtime(store, restart) + kRegisterMs + kScanMs) {
    return restart;
  }
  for (const Pause& pause : pauses_) {
    if (pause.begin_ms <= t && t < pause.end_ms + kScanMs) {
      return pause.begin_ms;
    }
  }
  for (const Interval& outage : outages_) {
    if (outage.Contains(t)) {
      return outage.begin_ms;
    }
  }
  const StoreTrouble* hang = TroubleAt(hangs_, store, t);
  return hang == nullptr ? std::nullopt : std::optional(hang->begin_ms);
}

int64_t ClusterTimeline::LastFlushDoneBy(int store, int64_t t) const {
  int64_t n = FlushDoneBy(store, t);
  while (true) {
    std::optional<int64_t> since = FlushlessSince(store, FlushEnd(store, n));
    if (!since) {
      since = FlushlessSince(store, FlushBegin(store, n));
    }
    if (!since) {
      return n;
    }
    n = std::min(n - 1, FlushBegunBy(store, *since));
  }
}

int64_t ClusterTimeline::FlushesDone(int store, const Interval& segment) const {
  const int64_t first = FlushBegunBy(store, segment.begin_ms + kScanMs - 1);
  const int64_t last = FlushDoneBy(store, segment.end_ms - 1);
  int64_t done = std::max<int64_t>(0, last - first);
  for (const Interval& outage : outages_) {
    const int64_t before = FlushDoneBy(store, outage.begin_ms - 1);
    const int64_t within = FlushBegunBy(store, outage.end_ms - 1);
    done -= std::max<int64_t>(0, std::min(last, within) - std::max(first, before));
  }
  return done;
}

int64_t ClusterTimeline::FirstTry(int store, const Interval& outage) const {
  return FlushBegin(store, FlushBegunBy(store, outage.begin_ms - 1) + 1);
}

int64_t ClusterTimeline::FlushesFailed(int store, const Interval& segment) const {
  int64_t failed = 0;
  for (const Interval& outage : outages_) {
    const int64_t first = std::max(FirstTry(store, outage), segment.begin_ms);
    const int64_t span = std::min(segment.end_ms, outage.end_ms) - first;
    failed += span <= 0 ? 0 : std::min(kFatalFailures, span / kRetryMs + 1);
  }
  return failed;
}

// Checkpoints.

int64_t ClusterTimeline::StoreCheckpoint(int store, int64_t t) const {
  const int64_t n = LastFlushDoneBy(store, t);
  const int64_t begin = FlushBegin(store, n);
  const int64_t lag = Milliseconds(Key(options_.key, kLag, store, n), 1'000, 3'000);
  return LockAt(store, begin).value_or(begin - lag);
}

int64_t ClusterTimeline::LastAdvance(int64_t t) const {
  while (true) {
    const int64_t tick = t - (t - phase_ms_) % kTickMs;
    const int64_t moved = LastMove(tick).at_ms;
    if (tick < moved + kElectionMs + kCollectMs) {
      t = moved - 1;
    } else if (const Pause* pause = PauseAt(tick); pause != nullptr) {
      t = pause->begin_ms - 1;
    } else {
      return tick;
    }
  }
}

int64_t ClusterTimeline::GlobalCheckpoint(int64_t t) const {
  const int64_t tick = LastAdvance(t);
  int64_t checkpoint = StoreCheckpoint(0, tick);
  for (int store = 1; store < options_.tikv; ++store) {
    checkpoint = std::min(checkpoint, StoreCheckpoint(store, tick));
  }
  for (const Interval& lost : lost_regions_) {
    if (lost.Contains(tick)) {
      checkpoint = std::min(checkpoint, lost.begin_ms);
    }
  }
  return checkpoint;
}

}  // namespace tidemark::fleetsim
