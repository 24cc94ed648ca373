#include "server/grpc/fleet_messages.h"

#include "server/grpc/message_text.h"

namespace tidemark::server {
namespace {

// The enums of the two sides have the same order; ours begin at 0, the contract's at 1.
template <typename Message, typename Ours>
Message NextNumber(Ours ours) {
  return static_cast<Message>(static_cast<int>(ours) + 1);
}
static_assert(static_cast<int>(fleet::TaskState::kStopped) + 1 == v1::TASK_STATE_STOPPED);
static_assert(static_cast<int>(fleet::TaskState::kOrphaned) + 1 == v1::TASK_STATE_ORPHANED);
static_assert(static_cast<int>(fleet::Severity::kCritical) + 1 == v1::SEVERITY_CRITICAL);
static_assert(static_cast<int>(fleet::Confidence::kHigh) + 1 == v1::CONFIDENCE_HIGH);

void SetStore(const fleet::StoreReport& store, v1::Store* message) {
  message->set_instance(Utf8Text(store.instance));
  if (store.status.has_value()) {
    message->set_status(*store.status);
  }
  if (store.last_flush.has_value()) {
    message->set_last_flush_ms(*store.last_flush);
  }
  if (store.checkpoint.has_value()) {
    message->set_checkpoint_ms(*store.checkpoint);
  }
}

void SetProtection(const fleet::TaskReport& task, v1::Task* message) {
  if (task.gc_safe_point.has_value()) {
    message->set_gc_safe_point_ms(*task.gc_safe_point);
  }
  if (task.protection_left_ms.has_value()) {
    message->set_protection_left_ms(*task.protection_left_ms);
  }
  message->set_data_lost(task.data_lost);
}

void SetProgress(const fleet::TaskReport& task, v1::Task* message) {
  if (task.recovery_point.has_value()) {
    message->set_recovery_point_ms(*task.recovery_point);
  }
  if (task.rpo_ms.has_value()) {
    message->set_rpo_ms(*task.rpo_ms);
  }
  message->set_delivery_lag_ms(task.delivery_lag_ms);
  if (task.advanced_at.has_value()) {
    message->set_advanced_at_ms(*task.advanced_at);
  }
  if (task.paused_since.has_value()) {
    message->set_paused_since_ms(*task.paused_since);
  }
  if (task.failed_since.has_value()) {
    message->set_failed_since_ms(*task.failed_since);
  }
}

}  // namespace

FleetSelection::FleetSelection(const v1::FleetFilter& filter)
    : clusters_(filter.clusters().begin(), filter.clusters().end()), at_least_(filter.at_least()) {
  for (const int state : filter.states()) {
    states_.insert(static_cast<v1::TaskState>(state));
  }
}

bool FleetSelection::HasState(fleet::TaskState state) const {
  return states_.empty() || states_.contains(MessageOf(state));
}

bool FleetSelection::HasSeverity(fleet::Severity severity) const {
  return MessageOf(severity) >= at_least_;
}

v1::TaskState MessageOf(fleet::TaskState state) { return NextNumber<v1::TaskState>(state); }
v1::Severity MessageOf(fleet::Severity severity) { return NextNumber<v1::Severity>(severity); }

v1::Cluster ClusterMessage(const fleet::ClusterReport& cluster) {
  v1::Cluster message;
  message.set_name(Utf8Text(cluster.identity.name));
  SetLabels(cluster.identity.labels, message.mutable_labels());
  message.set_first_seen_ms(cluster.first_received_ms);
  message.set_last_seen_ms(cluster.last_received_ms);
  message.set_newest_sample_ms(cluster.last_sample);
  message.set_silent(cluster.silent);
  message.set_expected(cluster.expected);
  return message;
}

v1::Task TaskMessage(const fleet::ClusterReport& cluster, const fleet::TaskReport& task) {
  v1::Task message;
  message.set_cluster(Utf8Text(cluster.identity.name));
  message.set_task(Utf8Text(task.task));
  message.set_state(MessageOf(task.state));
  SetProgress(task, &message);
  SetProtection(task, &message);
  for (const std::string& owner : task.owners) {
    message.add_owners(Utf8Text(owner));
  }
  for (const fleet::StoreReport& store : task.stores) {
    SetStore(store, message.add_stores());
  }
  return message;
}

v1::Finding FindingMessage(std::string_view cluster, const fleet::Finding& finding) {
  const fleet::FindingInfo& info = fleet::InfoOf(finding.kind);
  v1::Finding message;
  message.set_cluster(Utf8Text(cluster));
  message.set_task(Utf8Text(finding.task));
  message.set_name(std::string(info.name));
  message.set_title(std::string(info.title));
  message.set_summary(Utf8Text(finding.summary));
  message.set_severity(MessageOf(finding.severity));
  message.set_confidence(NextNumber<v1::Confidence>(finding.confidence));
  message.set_since_ms(finding.since);
  for (const std::string& instance : finding.instances) {
    message.add_instances(Utf8Text(instance));
  }
  for (const fleet::Evidence& evidence : finding.evidence) {
    v1::Evidence* const shown = message.add_evidence();
    shown->set_series(Utf8Text(evidence.series));
    shown->set_value(Utf8Text(evidence.value));
    shown->set_t_ms(evidence.t);
  }
  message.set_action(std::string(info.action));
  message.set_link(std::string(info.link));
  message.set_versions(std::string(info.versions));
  return message;
}

v1::Cluster WholeClusterMessage(const fleet::ClusterReport& cluster,
                                const FleetSelection& selection) {
  v1::Cluster message = ClusterMessage(cluster);
  for (const fleet::TaskReport& task : cluster.tasks) {
    if (selection.HasState(task.state)) {
      *message.add_tasks() = TaskMessage(cluster, task);
    }
  }
  for (const fleet::Finding& finding : cluster.findings) {
    if (selection.HasSeverity(finding.severity)) {
      *message.add_findings() = FindingMessage(cluster.identity.name, finding);
    }
  }
  return message;
}

}  // namespace tidemark::server
