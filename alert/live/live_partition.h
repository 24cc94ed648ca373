// What the live evaluation keeps: series, clusters, and partitions of rules.
//
//   LiveRule ──1:n── LiveScope ──1:n── LivePartition ──n:m── LiveSeries ──n:1── LiveCluster
//                    (rule in a cluster)
//
// Plain structs, owned by a LiveModel and used by the evaluating thread alone. Pointers between
// them are good as long as the model; a series or partition is taken out of all that point to it
// before it is destroyed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "alert/live/catch_up.h"
#include "alert/live/deadline_heap.h"
#include "alert/live/live_rule.h"
#include "alert/live/live_sink.h"
#include "alert/live/scrape_gate.h"
#include "alert/state/alert_rule_state.h"
#include "base/string_map.h"
#include "model/labels.h"
#include "storage/types.h"

namespace tidemark::alert {

struct LivePartition;
struct LiveScope;

// A cluster that rules are evaluated for; one without labels for what is evaluated on everything,
// and one for series that have no identity.
struct LiveCluster {
  model::Labels labels;
  std::vector<LiveScope*> scopes;  // of the rules that are evaluated for each cluster
};

// A series that some rule reads.
struct LiveSeries {
  storage::SeriesKey key;
  model::Labels labels;
  model::Labels bare;  // as its cluster's rules see it
  LiveCluster* cluster = nullptr;
  uint32_t target = 0;  // of one target alike
  model::Timestamp newest = model::kMinTimestamp;
  std::vector<LivePartition*> partitions;  // that it is a member of, each once
};

struct LiveMember {
  LiveSeries* series = nullptr;
  uint64_t inputs = 0;  // that it is of, one bit each
};

// What made a partition be evaluated.
struct LiveTrigger {
  LiveCause cause = LiveCause::kArrival;
  std::optional<model::Timestamp> sample_time = std::nullopt;
  model::Timestamp at = 0;  // receiver's wall clock, ms
  int64_t nanos = 0;        // steady clock
};

// The series that a partition has written, with the last value of each.
struct LiveWritten {
  struct Series {
    model::Labels labels;
    double value = 0;
  };
  std::vector<Series> series;  // in order of labels
  model::Timestamp at = model::kMinTimestamp;
};

// Samples that came too late to count, to be evaluated for their own time.
struct LateWork {
  explicit LateWork(const AlertRuleSettings& settings) : state(settings) {}

  model::Timestamp from = 0;
  model::Timestamp until = 0;
  model::Timestamp first_at = 0;         // when the first of them came
  model::Timestamp due = 0;              // nothing more has come for a while then
  bool queued = false;                   // waits to be evaluated now; `due` is never, then
  AlertRuleState state;                  // at `reached`
  std::vector<model::Labels> written{};  // series recorded at `reached`, in order
  uint64_t inputs = 0;
  std::optional<model::Timestamp> reached;
  model::Timestamp between = model::kMaxTimestamp;  // something may change there without a sample
};

struct LivePartition {
  DeadlineSlot slot;
  LiveScope* scope = nullptr;
  model::Labels labels;  // that evaluation is split by, with their values
  std::vector<LiveMember> members;
  bool has_twins = false;                  // whether two members have the same labels
  bool queued = false;                     // waits to be evaluated now
  bool dirty = false;                      // something came since the last evaluation
  bool failed = false;                     // the last evaluation did
  bool settling = false;                   // it waits for the rest of a scrape
  std::unique_ptr<ScrapeGate> gate;        // of rules that settle
  std::unique_ptr<AlertRuleState> alerts;  // null: there is none
  std::unique_ptr<LiveWritten> written;    // null: nothing
  std::unique_ptr<LateWork> late;          // null: nothing
  uint64_t inputs_when_true = 0;           // which inputs had samples when alerts were last true
  uint32_t true_count = 0;                 // results of the last evaluation
  model::Timestamp evaluated_at = model::kMinTimestamp;
  model::Timestamp truth_until = model::kMaxTimestamp;   // when truth may change by itself
  bool truth_ticks = false;                              // that is the next tick
  model::Timestamp hold_until = model::kMinTimestamp;    // not evaluated before, whatever comes
  model::Timestamp settle_until = model::kMinTimestamp;  // nor before, unless scrapes are whole
  CatchUp catch_up;
  LiveTrigger trigger;  // what came last, while dirty
};

// A rule as it is evaluated for one cluster.
struct LiveScope {
  LiveRule* rule = nullptr;
  LiveCluster* cluster = nullptr;
  absl::flat_hash_map<std::string_view, std::unique_ptr<LivePartition>, base::StringViewHash,
                      std::equal_to<>>
      partitions;           // by the bytes of their labels
  size_t true_count = 0;    // of all partitions
  bool over_limit = false;  // more results than the rule may have: it gives none
};

}  // namespace tidemark::alert
