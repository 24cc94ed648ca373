// InstanceState: what one process of a cluster has been through at one moment of model time.
//
// The fleet model fills it (fleet_model.h); the metric tables turn it into numbers. A Clock counts
// one kind of progress since the process started: seconds of something, or events of something. It
// never runs backwards while the process lives, so a counter is a rate times a clock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tidemark::fleetsim {

enum class Clock : uint8_t {
  // Every process.
  kUptime,  // seconds
  // TiKV.
  kEndpoint,       // seconds in which the log-backup endpoint took messages
  kTask,           // seconds in which this store ran the task
  kIdle,           // seconds in which this store observed nothing
  kEvents,         // KV changes observed
  kFlushAttempts,  // flushes begun
  kFlushes,        // flushes done
  kFlushedEvents,  // KV changes in the flushes done
  kTaskAdds,       // watch events
  kTaskPauses,
  kTaskResumes,
  kScans,        // region scans of all reasons
  kLeaderScans,  // those after a start or a resume
  kFailures,     // errors worth a retry that storage outages cause
  kFatalErrors,  // errors that stopped the task
  kSwapOuts,     // temp files spilled to disk
  // TiDB.
  kOwner,  // seconds of being the advancer owner
  kPolls,  // checkpoint polls, the fallback of the push subscription
  kCount,
};

struct InstanceState {
  bool up = false;         // the process serves its page
  bool reachable = false;  // the sender of its cluster works
  bool cut = false;        // and cannot reach its receiver
  int64_t now_ms = 0;      // by the clocks of the cluster
  int64_t start_ms = 0;    // when the process started
  uint64_t key = 0;        // differs by process and by its lives
  std::array<double, static_cast<size_t>(Clock::kCount)> clocks{};

  // TiKV: the task on this store.
  bool task_loaded = false;              // registered since the start of the process
  int task_status = 0;                   // 0 running, 1 paused, 2 error
  int64_t store_checkpoint_ms = 0;       // global checkpoint as read at the last flush
  int64_t store_last_checkpoint_ms = 0;  // own minimum; 0 before the first
  int64_t resolved_ms = 0;               // resolved timestamp of the stale-read component
  double buffered_events = 0;            // observed, not yet flushed
  double events_per_second = 0;
  double regions = 0;  // leaders of this store
  double scans_left = 0;
  bool hangs = false;              // its endpoint does
  bool region_lost = false;        // one region is not observed any more
  std::optional<int64_t> lock_ms;  // of a transaction that is open

  // The cluster.
  int64_t global_checkpoint_ms = 0;  // as the advancer knows it
  int64_t persisted_checkpoint_ms = 0;
  int64_t gc_safe_point_ms = 0;
  int64_t task_start_ms = 0;

  // TiDB.
  bool owner = false;
  bool tells_checkpoint = false;
  bool was_owner = false;  // since the start of the process

  double& clock(Clock c) { return clocks[static_cast<size_t>(c)]; }
  double clock(Clock c) const { return clocks[static_cast<size_t>(c)]; }
};

// A timestamp of PD: 46 bits of milliseconds, 18 bits of a counter, as the double it is shown as.
inline double Tso(int64_t physical_ms, uint64_t logical) {
  return static_cast<double>((static_cast<uint64_t>(physical_ms) << 18) | (logical & 0x3ffff));
}

}  // namespace tidemark::fleetsim
