// Incident: a disturbance put into the fleet by hand, besides the seeded restarts and owner moves.
//
// As text, with times relative to the start of the run:
//
//   KIND@AT[+FOR][:CLUSTER[/ORDINAL]]     pause@30m+20m:3   restart@1h:3/2   stop@10m+15m
//
//   pause    the task is paused for FOR
//   outage   the object storage of the cluster fails for FOR; after 31 failed flushes in a row the
//            task is in error until the outage ends
//   restart  TiKV store ORDINAL restarts
//   owner    the advancer owner moves to the next TiDB
//   stop     the sender of the cluster is silent for FOR; what it would have sent is lost
//   cut      the sender cannot reach its receiver for FOR, and sends what it missed thereafter
//   fatal    store ORDINAL meets an error that stops the task until it is resumed, FOR later
//   lock     a transaction of that length holds a lock on store ORDINAL
//   region   the observation of a region on store ORDINAL is lost for FOR
//   hang     store ORDINAL, which leads too many regions, restarts and its log backup hangs for
//   FOR;
//            then regions were moved away, and it restarts again
//   hot      every store gets 60,000 changes a second more, for FOR
//
// Without CLUSTER every cluster is hit, without ORDINAL every store. FOR is 10m unless given.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

namespace tidemark::fleetsim {

struct Incident {
  enum class Kind {
    kPause,
    kOutage,
    kRestart,
    kOwner,
    kStop,
    kCut,
    kFatal,
    kLock,
    kRegion,
    kHang,
    kHot,
  };
  static constexpr int kAll = -1;

  Kind kind = Kind::kPause;
  int64_t at_ms = 0;  // milliseconds since the Unix epoch
  int64_t duration_ms = 600'000;
  int cluster = kAll;
  int ordinal = kAll;

  bool Hits(int cluster_index) const { return cluster == kAll || cluster == cluster_index; }
  bool HitsStore(int store) const { return ordinal == kAll || ordinal == store; }
};

absl::StatusOr<Incident> ParseIncident(std::string_view text, int64_t start_ms);

}  // namespace tidemark::fleetsim
