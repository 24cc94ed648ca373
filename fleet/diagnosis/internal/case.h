// Case is one cluster under examination: short questions about its series, and the sheet on which
// findings are noted. Made for one Diagnose() and used by its parts; thread-compatible.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/diagnosis/diagnose.h"
#include "fleet/diagnosis/finding.h"
#include "fleet/task/cluster_state.h"
#include "fleet/task/task_report.h"

namespace tidemark::fleet {

// One task with what was learnt of it and what it is like now, as if the cluster were not silent.
struct TaskCase {
  const TaskFacts* facts;
  TaskReport report;

  // Whether stores tell that it runs.
  bool Runs() const {
    return report.state == TaskState::kRunning || report.state == TaskState::kLagging;
  }
};

// A finding being written.
class Note {
 public:
  Note(Finding* finding, const ClusterState* cluster) : finding_(finding), cluster_(cluster) {}

  Note& Of(const TaskCase& task) {
    finding_->task = task.facts->name;
    return *this;
  }
  Note& At(const Instance& instance);
  // Cites the series' newest value, or `text` where the value says nothing to people.
  Note& Cite(const Instance& instance, Signal signal, std::string_view part = {},
             std::string text = {});
  // Cites how much a counter grew in the last `minutes`.
  Note& CiteIncrease(const Instance& instance, Signal signal, int64_t minutes,
                     std::string_view part = {});
  // Cites what is no single series.
  Note& CiteFact(std::string series, std::string value);

 private:
  Finding* const finding_;
  const ClusterState* const cluster_;
};

class Case {
 public:
  // All must outlive the case.
  Case(const ClusterState& cluster, int64_t now_ms, const DiagnosisThresholds& thresholds,
       std::vector<Finding>* findings);

  const ClusterState& cluster() const { return cluster_; }
  const DiagnosisThresholds& thresholds() const { return thresholds_; }
  int64_t now_ms() const { return now_ms_; }
  model::Timestamp time() const { return cluster_.time(); }
  const std::vector<TaskCase>& tasks() const { return tasks_; }
  const std::vector<const Instance*>& stores() const { return stores_; }  // TiKVs alive
  const std::vector<const Instance*>& tidbs() const { return tidbs_; }    // TiDBs alive

  Note Add(FindingKind kind, Severity severity, Confidence confidence, std::string summary);

  // The value that the series has now.
  std::optional<double> Gauge(const Instance& instance, Signal signal,
                              std::string_view part = {}) const;
  // By how much the counter grew in the last `minutes`; with All, its parts together.
  double Increase(const Instance& instance, Signal signal, int64_t minutes,
                  std::string_view part = {}) const;
  double IncreaseOfAll(const Instance& instance, Signal signal, int64_t minutes) const;
  bool Has(const Instance& instance, Signal signal, std::string_view part = {}) const {
    return instance.Find(signal, part) != nullptr;
  }
  // Whether the counter grew in the last `ms`.
  bool GrewWithin(const Instance& instance, Signal signal, int64_t ms,
                  std::string_view part = {}) const;
  // Whether the instance has been watched, and not restarted, for so long.
  bool SteadyFor(const Instance& instance, int64_t ms) const;

  // How long the task's recovery point has not moved.
  int64_t StandsStillMs(const TaskCase& task) const;
  // The stores that tell the task runs there.
  std::vector<const Instance*> RunningStores(const TaskCase& task) const;
  // Whether all stores on which the task runs flushed at least `times` in the last `minutes`, and
  // there is one.
  bool AllFlush(const TaskCase& task, int64_t minutes, double times) const;
  // Whether any task runs.
  bool AnyRuns() const;

 private:
  const ClusterState& cluster_;
  const int64_t now_ms_;
  const DiagnosisThresholds& thresholds_;
  std::vector<Finding>* const findings_;
  std::vector<TaskCase> tasks_;
  std::vector<const Instance*> stores_;
  std::vector<const Instance*> tidbs_;
};

// The parts of Diagnose().
void ExamineCluster(Case* c);
void ExamineTasks(Case* c);
void ExamineAdvancer(Case* c);
void ExamineCheckpoint(Case* c);
void ExamineStores(Case* c);
void ExamineUploads(Case* c);
void ExamineVolumes(Case* c);

}  // namespace tidemark::fleet
