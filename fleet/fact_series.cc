#include "fleet/fact_series.h"

#include <initializer_list>

namespace tidemark::fleet {
namespace {

double Seconds(int64_t ms) { return static_cast<double>(ms) / 1000; }

using Extra = std::initializer_list<model::LabelView>;

class FactWriter {
 public:
  FactWriter(model::LabelsView base, std::vector<Fact>* facts) : base_(base), facts_(facts) {}

  void Add(std::string_view metric, double value, Extra extra = {}) {
    model::LabelsBuilder labels(base_);
    labels.Set(model::kMetricName, metric);
    for (const model::LabelView& label : extra) {
      labels.Set(label.name, label.value);  // an empty value sets none
    }
    facts_->push_back({labels.Build(), value});
  }

 private:
  const model::LabelsView base_;
  std::vector<Fact>* const facts_;
};

void AddTask(const TaskReport& task, FactWriter* facts) {
  for (const TaskState state :
       {TaskState::kRunning, TaskState::kLagging, TaskState::kPaused, TaskState::kFailed,
        TaskState::kOrphaned, TaskState::kUnknown, TaskState::kStopped}) {
    facts->Add("tidemark_task_state", task.state == state ? 1 : 0,
               {{"task", task.task}, {"state", ToString(state)}});
  }
  const auto add = [&](std::string_view metric, std::optional<int64_t> ms) {
    if (ms.has_value()) {
      facts->Add(metric, Seconds(*ms), {{"task", task.task}});
    }
  };
  add("tidemark_task_recovery_point_timestamp_seconds", task.recovery_point);
  add("tidemark_task_rpo_seconds", task.rpo_ms);
  add("tidemark_task_protection_left_seconds", task.protection_left_ms);
  add("tidemark_task_gc_safe_point_margin_seconds", task.safe_point_margin_ms);
}

void AddCluster(const ClusterReport& cluster, FactWriter* facts) {
  facts->Add("tidemark_cluster_last_sample_timestamp_seconds", Seconds(cluster.last_sample));
  facts->Add("tidemark_cluster_last_received_timestamp_seconds", Seconds(cluster.last_received_ms));
  facts->Add("tidemark_cluster_delivery_lag_seconds", Seconds(cluster.delivery_lag_ms));
  facts->Add("tidemark_cluster_silent", cluster.silent ? 1 : 0);
  for (const TaskReport& task : cluster.tasks) {
    AddTask(task, facts);
  }
  for (const Finding& finding : cluster.findings) {
    // One a store may have the same labels: once is enough.
    const bool first =
        &finding == &cluster.findings.front() || (&finding - 1)->kind != finding.kind ||
        (&finding - 1)->severity != finding.severity || (&finding - 1)->task != finding.task;
    if (first) {
      facts->Add("tidemark_finding", 1,
                 {{"finding", InfoOf(finding.kind).name},
                  {"severity", ToString(finding.severity)},
                  {"confidence", ToString(finding.confidence)},
                  {"task", finding.task}});
    }
  }
}

}  // namespace

std::vector<Fact> FactSeries(const FleetSnapshot& snapshot) {
  std::vector<Fact> facts;
  for (const auto& cluster : snapshot.clusters) {
    FactWriter writer(cluster->identity.labels, &facts);
    AddCluster(*cluster, &writer);
  }
  for (const MissingCluster& missing : snapshot.missing) {
    FactWriter({}, &facts).Add("tidemark_cluster_missing", 1, {{"cluster", missing.name}});
  }
  return facts;
}

}  // namespace tidemark::fleet
