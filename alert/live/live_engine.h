// LiveEngine evaluates rules at the moment a sample arrives, and at the moments at which time alone
// makes them true.
//
//   LiveEngine engine(options, deps);
//   RETURN_IF_ERROR(engine.Apply(std::move(files)));
//   engine.Restore(saved);
//   engine.Start();   …   engine.Stop();
//
// Where a rule's expression can be split by labels, it is split: a partition is what one choice of
// values of these labels has of series, and an arrival makes evaluate the partitions that its
// series belongs to, by the unchanged expression, over their series alone. That gives what an
// evaluation of the whole expression at that instant would give (alert/check/partition.h). Each
// partition has one deadline, the earliest moment at which anything of it can change without an
// arrival. What has no deadline that can be computed, and what cannot be split, is evaluated every
// `tick_ms`.
//
// With an identity of clusters configured, each group that is not marked as fleet-wide is evaluated
// for each cluster as if that cluster had a Prometheus of its own: its series are seen without the
// identity labels, which the results are given where they have none of that name.
//
// A scrape that comes in pieces is not evaluated before its rest has come, or `settle_ms` have
// passed. A partition to which a backlog comes, samples of the past faster than time goes by, is
// not evaluated before nothing more of it has come for `catch_up_ms`. Everything is evaluated for
// the receiver's time. What comes too late for that (older than `late_after_ms`) is evaluated for
// its own time afterwards, for the history, and told to nobody.
//
// Alerts whose inputs vanish are held and marked as silent; see LiveOptions::release_silent.
//
// All methods are thread-safe but the constructor, Restore, Start and Stop, which one thread calls.
// Between Start and Stop a thread of the engine's own evaluates; without Start, RunDue does, on the
// thread that calls it: tests move a fake clock and call it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "alert/group/group_evaluator.h"
#include "alert/live/live_sink.h"
#include "alert/rules/rule_file.h"
#include "base/clock.h"
#include "model/labels.h"
#include "query/engine/engine.h"
#include "storage/live_store.h"

namespace tidemark::alert {

struct LiveOptions {
  // By which labels clusters are told apart: the first of these sets of names all of which a series
  // has. No sets: nothing is told apart, and every group is evaluated on everything.
  std::vector<std::vector<std::string>> identity_labels;
  // Labels that belong to a cluster's identity where its series have them: who sends them.
  std::vector<std::string> sender_labels;
  // Labels that tell one of several equal senders from the others; series that differ in nothing
  // else are one. Only with identity_labels.
  std::vector<std::string> replica_labels;

  // Whether a group is evaluated on the whole fleet at once; none: no group is.
  std::function<bool(const RuleGroup&)> is_fleet_wide;
  // Whether alerts of a group whose inputs vanish end, as Prometheus has it, rather than being held
  // as silent; none: no group's.
  std::function<bool(const RuleGroup&)> release_silent;

  model::Labels external_labels;  // that templates see
  std::string external_url;
  int64_t query_offset_ms = 0;              // of groups that name none
  int64_t evaluation_interval_ms = 60'000;  // of groups that name none: how often what goes on is
                                            // written at least
  int64_t resend_delay_ms = 60'000;
  int64_t settle_ms = 250;
  int64_t catch_up_ms = 500;
  int64_t tick_ms = 1000;
  int64_t late_after_ms = 300'000;
};

// All must outlive the engine.
struct LiveDeps {
  const query::Engine* engine = nullptr;
  storage::LiveStore* store = nullptr;
  const base::Clock* clock = nullptr;
  LiveSink* sink = nullptr;
};

// The rule files that are in force together.
using RuleFileSet = std::vector<RuleFile>;

// One alert with what is needed to go on with it: the unit of saving and restoring.
struct SavedAlert {
  std::string file;  // of the group
  std::string group;
  std::string rule;
  TextPairs rule_labels;    // the group's and the rule's own
  model::Labels cluster;    // identity labels
  model::Labels partition;  // the labels that the evaluation was split by, with their values
  uint64_t inputs = 0;      // which selectors had samples when it was last true, one bit each
  Alert alert;

  friend bool operator==(const SavedAlert&, const SavedAlert&) = default;
};

// One rule, for those who look.
struct LiveRuleStatus {
  Rule rule;
  TextPairs labels;  // the group's and the rule's own
  RuleHealth health = RuleHealth::kUnknown;
  std::string error;  // of the last evaluation that failed, until one of all partitions succeeds
  uint64_t evaluations = 0;
  uint64_t failures = 0;
  uint64_t settle_expiries = 0;  // scrapes whose rest did not come in time
  int64_t last_duration_ns = 0;
  int64_t total_duration_ns = 0;
  model::Timestamp last_evaluation = 0;
  size_t partitions = 0;
  size_t clusters = 0;
  bool splits = false;         // evaluated by partitions
  bool on_arrival = false;     // some input counts at once
  bool ticks = false;          // has no deadline that could be computed
  int64_t worst_delay_ms = 0;  // from the moment the expression is true to its evaluation, at most
  struct ActiveAlert {
    model::Labels cluster;
    Alert alert;  // pending or firing; silent_since tells that its inputs are silent
  };
  std::vector<ActiveAlert> alerts;  // in no particular order
};

struct LiveGroupStatus {
  RuleGroup group;
  int64_t interval_ms = 0;
  bool fleet_wide = false;
  std::vector<LiveRuleStatus> rules;
};

// Of the engine as a whole.
struct LiveTotals {
  uint64_t arrivals = 0;
  uint64_t evaluations = 0;
  uint64_t late_evaluations = 0;
  uint64_t overflows = 0;  // arrivals that were too many to wait; everything was evaluated instead
  size_t partitions = 0;
  size_t series = 0;
  size_t clusters = 0;
  size_t waiting = 0;  // partitions to be evaluated now
};

class LiveEngine {
 public:
  LiveEngine(const LiveOptions& options, const LiveDeps& deps);
  ~LiveEngine();
  LiveEngine(const LiveEngine&) = delete;
  LiveEngine& operator=(const LiveEngine&) = delete;

  // Puts these rules in force in place of those before. Atomic: InvalidArgument, naming file, line
  // and cause, when anything does not parse, and nothing has changed then. Rules of the same file,
  // group, kind, name and labels go on with their alerts; alerts of rules that are gone end.
  absl::Status Apply(RuleFileSet files);

  // Goes on with alerts saved earlier, of rules that are in force. Those of other rules are passed
  // over. Call it after Apply and before Start or the first RunDue.
  void Restore(std::vector<SavedAlert> alerts);
  // All alerts, the lately resolved among them: what to save.
  std::vector<SavedAlert> Save() const;

  // Ends the alerts and recorded series of the cluster with these identity labels, those that are
  // held because it is silent among them. Nothing is evaluated for it until more of it comes; what
  // is true then begins anew. Fleet-wide groups are not of any cluster.
  void Forget(model::LabelsView cluster);

  std::vector<LiveGroupStatus> Status() const;
  LiveTotals totals() const;

  void Start();
  // Returns when the last call of the sink has. Idempotent.
  void Stop();

  // Does what is due at `now_ms`: takes what has arrived, evaluates it and what has a deadline up
  // to now. Times before those of earlier calls count as the latest of them. Only without Start.
  void RunDue(model::Timestamp now_ms);
  // When RunDue would find something to do though nothing arrives; none: never.
  std::optional<model::Timestamp> NextDue() const;

 private:
  class Core;
  const std::unique_ptr<Core> core_;
};

}  // namespace tidemark::alert
