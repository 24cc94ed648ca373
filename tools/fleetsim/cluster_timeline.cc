#include "tools/fleetsim/cluster_timeline.h"

#include <algorithm>

#include "tools/fleetsim/random.h"

namespace tidemark::fleetsim {
namespace {

constexpr int64_t kMoveEveryMs = 4LL * 86'400'000;
constexpr int64_t kTidbDowntimeMs = 25'000;
constexpr int64_t kElectionMs = 30'000;  // nobody is owner for so long after a move

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
  return PlaceIn(number, kMoveEveryMs, Key(options_.key, kMove, number));
}

ClusterTimeline::Move ClusterTimeline::LastMove(int64_t t) const {
  int64_t number = t / kMoveEveryMs;
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
  return result;
}

bool ClusterTimeline::SenderSilent(int64_t t) const {
  return std::any_of(silences_.begin(), silences_.end(),
                     [t](const Interval& silence) { return silence.Contains(t); });
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
  return std::nullopt;
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
  return FlushBegin(store, n) - Milliseconds(Key(options_.key, kLag, store, n), 1'000, 3'000);
}

int64_t ClusterTimeline::GlobalCheckpoint(int64_t t) const {
  const int64_t tick = t - (t - phase_ms_) % kTickMs;
  int64_t checkpoint = StoreCheckpoint(0, tick);
  for (int store = 1; store < options_.tikv; ++store) {
    checkpoint = std::min(checkpoint, StoreCheckpoint(store, tick));
  }
  return checkpoint;
}

}  // namespace tidemark::fleetsim
