// ClusterTimeline: what happens in one cluster and when.
//
// Restarts, owner moves and flushes are scheduled by hashing the seed with a window number, so that
// every question about any moment is answered without walking there from a beginning:
//
//   restarts     one per store and window of restart_every_ms, at a random place in it
//   owner moves  one per cluster and window of owner_move_every_ms; every second round the leaving
//                TiDB restarts, in the other rounds it stays on as an ex-owner
//   flushes      one per store about every 150 s; those that fall into a restart, a pause, or a
//                storage outage do not happen
//
// Times are milliseconds since the Unix epoch. Immutable after construction, hence thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "tools/fleetsim/incident.h"

namespace tidemark::fleetsim {

struct TimelineOptions {
  uint64_t key = 0;  // seed of this cluster
  int cluster = 0;
  int tikv = 3;
  int tidb = 2;
  int64_t restart_every_ms = 7LL * 86'400'000;
  int64_t owner_move_every_ms = 4LL * 86'400'000;
};

// [begin, end)
struct Interval {
  int64_t begin_ms = 0;
  int64_t end_ms = 0;
  bool Contains(int64_t t) const { return begin_ms <= t && t < end_ms; }
};

// Something that befalls one store, or all of them.
struct StoreTrouble : Interval {
  int ordinal = Incident::kAll;
  bool Hits(int store) const { return ordinal == Incident::kAll || ordinal == store; }
};

// A time in which the task does not run.
struct Pause : Interval {
  bool error = false;    // by failed flushes in a storage outage, not by hand
  int failed_store = 0;  // whose failures those were
};

class ClusterTimeline {
 public:
  // After a start or a resume a store scans its regions for this long before it flushes.
  static constexpr int64_t kScanMs = 60'000;
  // A store registers the task this long after its start.
  static constexpr int64_t kRegisterMs = 5'000;
  static constexpr int64_t kFlushPeriodMs = 150'000;
  static constexpr int64_t kTickMs = 12'000;
  // Nobody is owner for so long after a move; the new one has heard of every region, and tells a
  // checkpoint, kCollectMs later.
  static constexpr int64_t kElectionMs = 30'000;
  static constexpr int64_t kCollectMs = 60'000;
  // A failed flush is tried again after kRetryMs; this many failures in a row are fatal.
  static constexpr int64_t kRetryMs = 5'000;
  static constexpr int64_t kFatalFailures = 31;

  ClusterTimeline(const TimelineOptions& options, std::span<const Incident> incidents);

  // A life of a process: when the one of moment `t` began, and whether it is already up.
  struct Life {
    int64_t start_ms = 0;
    bool up = false;
  };
  Life TikvLife(int store, int64_t t) const;

  // A TiDB's life with its time in office since then.
  struct TidbLife {
    Life life;
    bool owner = false;
    bool tells_checkpoint = false;  // has moved it in its present time in office
    int64_t owner_ms = 0;
  };
  TidbLife TidbLifeAt(int tidb, int64_t t) const;

  bool SenderSilent(int64_t t) const;
  // What is scraped at `t` is kept back.
  bool SenderCut(int64_t t) const;

  // When the lock began that store `store` holds at `t`.
  std::optional<int64_t> LockAt(int store, int64_t t) const;
  // Whether the region whose observation is lost at `t` is on `store`.
  bool RegionLostAt(int store, int64_t t) const;
  // Whether log backup of the store hangs at `t`, and whether it leads too many regions.
  bool HangsAt(int store, int64_t t) const;
  bool Overloaded(int store, int64_t t) const;
  // How long in [begin, end) hot writes came.
  int64_t HotMs(int64_t begin, int64_t end) const;

  // In order and apart.
  std::span<const Pause> pauses() const { return pauses_; }
  // The pause that `t` lies in, or nullptr.
  const Pause* PauseAt(int64_t t) const;

  // The parts of [begin, end) that lie outside pauses.
  std::vector<Interval> TaskSegments(int64_t begin, int64_t end) const;

  // Flushes of `store` that were done in `segment`, a part as TaskSegments gives it.
  int64_t FlushesDone(int store, const Interval& segment) const;
  // Flushes in `segment` that a storage outage made fail.
  int64_t FlushesFailed(int store, const Interval& segment) const;

  // Number of the last flush of `store` that began, or was done, by `t`.
  int64_t FlushBegunBy(int store, int64_t t) const;
  int64_t FlushDoneBy(int store, int64_t t) const;
  int64_t FlushBegin(int store, int64_t n) const;
  int64_t FlushEnd(int store, int64_t n) const;
  // The last flush by `t` that no restart, pause or outage undid.
  int64_t LastFlushDoneBy(int store, int64_t t) const;

  // Up to when the backup of the store, of the cluster, is complete at `t`.
  int64_t StoreCheckpoint(int store, int64_t t) const;
  int64_t GlobalCheckpoint(int64_t t) const;
  // The advancer's last tick by `t` that could move the checkpoint: the task ran, and an owner had
  // heard of all regions.
  int64_t LastAdvance(int64_t t) const;

 private:
  int64_t RegularRestart(int store, int64_t window) const;
  int64_t LastRestart(int store, int64_t t) const;
  int64_t Downtime(int store, int64_t restart) const;

  // A move of the owner: its time and the TiDB that leaves.
  struct Move {
    int64_t at_ms = 0;
    int64_t number = 0;  // of regular moves
    bool regular = false;
  };
  int64_t RegularMove(int64_t number) const;
  Move LastMove(int64_t t) const;
  int OwnerAfter(const Move& move) const;
  bool LeaverRestarts(const Move& move) const;

  // The beginning of the time without flushes that `t` lies in, if it does.
  std::optional<int64_t> FlushlessSince(int store, int64_t t) const;
  // When a store first tries to flush in `outage`.
  int64_t FirstTry(int store, const Interval& outage) const;
  void AddIncident(const Incident& incident);
  void AddOutage(const Interval& outage);
  void SortPauses();

  TimelineOptions options_;
  int64_t phase_ms_;  // of the flush schedule
  std::vector<Pause> pauses_;
  std::vector<Interval> outages_;
  std::vector<Interval> silences_;
  std::vector<Interval> cuts_;
  std::vector<Interval> hot_;
  std::vector<StoreTrouble> locks_;
  std::vector<StoreTrouble> lost_regions_;
  std::vector<StoreTrouble> hangs_;
  std::vector<int64_t> moves_;                     // by hand
  std::vector<std::pair<int64_t, int>> restarts_;  // by hand: time and store, or kAll
};

}  // namespace tidemark::fleetsim
