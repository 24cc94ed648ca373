#include "fleet/fleet.h"

#include <algorithm>
#include <limits>

#include "fmt/format.h"

namespace tidemark::fleet {

// One cluster with what follows it from evaluation to evaluation.
struct Member {
  Member(ClusterIdentity identity, bool is_expected)
      : state(std::move(identity)), expected(is_expected) {}

  ClusterState state;
  const bool expected;
  // Samples up to here came before the cluster was forgotten.
  model::Timestamp forgotten_until = std::numeric_limits<model::Timestamp>::min();
  FindingTracker tracker;
  bool changed = true;  // something has come since the last evaluation
  std::shared_ptr<const ClusterReport> report;
};

namespace {

// One that has only been attached is not known yet.
bool IsKnown(const Member& member) { return member.state.time() != 0; }

std::vector<InstanceReport> ReportInstances(const ClusterState& cluster) {
  std::vector<InstanceReport> reports;
  for (const auto& instance : cluster.instances()) {
    reports.push_back({instance->name, instance->component, instance->version, instance->first_seen,
                       instance->last_seen, cluster.Alive(*instance)});
  }
  return reports;
}

std::shared_ptr<ClusterReport> ReportCluster(const ClusterState& cluster, int64_t now_ms,
                                             const TaskThresholds& thresholds) {
  auto report = std::make_shared<ClusterReport>();
  report->identity = cluster.identity();
  report->first_sample = cluster.first_sample();
  report->last_sample = cluster.time();
  report->first_received_ms = cluster.first_received_ms();
  report->last_received_ms = cluster.last_received_ms();
  report->delivery_lag_ms = DeliveryLagMs(cluster, now_ms, thresholds);
  report->silent = IsSilent(cluster, now_ms, thresholds);
  report->senders.assign(cluster.senders().begin(), cluster.senders().end());
  report->instances = ReportInstances(cluster);
  report->ids.assign(cluster.ids().begin(), cluster.ids().end());
  report->group_labels = cluster.group_labels();
  for (const TaskFacts& task : cluster.tasks()) {
    report->tasks.push_back(ReportTask(cluster, task, now_ms, thresholds));
  }
  return report;
}

bool MustBeResumed(const ClusterReport& report) {
  return std::any_of(report.tasks.begin(), report.tasks.end(), [](const TaskReport& task) {
    return task.state == TaskState::kPaused || task.state == TaskState::kFailed ||
           task.state == TaskState::kOrphaned;
  });
}

std::vector<Incident> IncidentsOf(const FleetSnapshot& snapshot, const IncidentRules& rules) {
  std::vector<ClusterFindings> fleet;
  for (const auto& report : snapshot.clusters) {
    fleet.push_back(
        {report->identity.name, &report->group_labels, report->findings, MustBeResumed(*report)});
  }
  return FindIncidents(fleet, rules);
}

bool InOrder(const std::shared_ptr<const ClusterReport>& a,
             const std::shared_ptr<const ClusterReport>& b) {
  return std::tie(a->identity.name, a->identity.labels.bytes()) <
         std::tie(b->identity.name, b->identity.labels.bytes());
}

bool Contains(const std::vector<std::shared_ptr<const ClusterReport>>& in_order,
              std::string_view name) {
  const auto at = std::lower_bound(in_order.begin(), in_order.end(), name,
                                   [](const auto& report, std::string_view wanted) {
                                     return std::string_view(report->identity.name) < wanted;
                                   });
  return at != in_order.end() && (*at)->identity.name == name;
}

Finding MissingSince(int64_t since_ms) {
  Finding finding;
  finding.kind = FindingKind::kExpectedClusterMissing;
  finding.severity = Severity::kWarning;
  finding.confidence = Confidence::kHigh;
  finding.summary = "is expected, and nothing has ever come from it";
  finding.since = since_ms;
  return finding;
}

}  // namespace

const Finding* ClusterReport::WorstOf(std::string_view task) const {
  const auto at = std::find_if(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.task.empty() || finding.task == task;
  });
  return at == findings.end() ? nullptr : &*at;
}

std::shared_ptr<const ClusterReport> FleetSnapshot::Find(std::string_view name) const {
  const auto at = std::find_if(clusters.begin(), clusters.end(), [&](const auto& report) {
    return report->identity.name == name || report->identity.labels.ToString() == name;
  });
  return at == clusters.end() ? nullptr : *at;
}

Fleet::Fleet(FleetOptions options)
    : options_(std::move(options)),
      reader_(options_.identity),
      snapshot_(std::make_shared<FleetSnapshot>()) {}

Fleet::~Fleet() = default;

Member* Fleet::MemberOf(const ClusterIdentity& identity) {
  auto& member = members_[identity.labels.bytes()];
  if (member == nullptr) {
    const bool expected = std::find(options_.expected.begin(), options_.expected.end(),
                                    identity.name) != options_.expected.end();
    member = std::make_unique<Member>(identity, expected);
    const auto forgotten = forgotten_.find(identity.labels.bytes());
    if (forgotten != forgotten_.end()) {
      member->forgotten_until = forgotten->second.until;
    }
  }
  return member.get();
}

Member* Fleet::Named(std::string_view name) const {
  for (const auto& [bytes, member] : members_) {
    const ClusterIdentity& identity = member->state.identity();
    if (IsKnown(*member) && (identity.name == name || identity.labels.ToString() == name)) {
      return member.get();
    }
  }
  return nullptr;
}

std::optional<Fleet::Input> Fleet::Attach(model::LabelsView series) {
  const auto signal = ReadSignal(series);
  if (!signal.has_value()) {
    return std::nullopt;
  }
  const auto identity = reader_.IdentityOf(series);
  if (!identity.has_value()) {
    return std::nullopt;
  }
  Member* member = MemberOf(*identity);
  member->state.NoteGroupLabels(series, options_.group_labels);
  return Input{member, member->state.Attach(series, *signal), reader_.ReplicaOf(series)};
}

void Fleet::Apply(const Input& input, model::Sample sample, int64_t received_ms) {
  if (sample.t <= input.member->forgotten_until) {
    return;
  }
  input.member->changed = true;
  input.member->state.Apply(input.place, sample, received_ms);
  input.member->state.NoteSender(input.replica, sample.t);
}

void Fleet::EvaluateMember(Member* member, int64_t now_ms) {
  ClusterState& state = member->state;
  if (state.ForgetInstances(state.time() - options_.forget_instances_ms)) {
    ++generation_;
  }
  auto report = ReportCluster(state, now_ms, options_.thresholds.task);
  report->expected = member->expected;
  report->findings =
      member->tracker.Update(Diagnose(state, now_ms, options_.thresholds), state.time());
  member->report = std::move(report);
  member->changed = false;
}

void Fleet::Evaluate(int64_t now_ms, bool all) {
  auto snapshot = std::make_shared<FleetSnapshot>();
  snapshot->at_ms = now_ms;
  ExpireForgotten(now_ms);
  for (const auto& [bytes, member] : members_) {
    if (!IsKnown(*member)) {
      continue;
    }
    if (all || member->changed || member->report == nullptr) {
      EvaluateMember(member.get(), now_ms);
    }
    snapshot->clusters.push_back(member->report);
  }
  std::sort(snapshot->clusters.begin(), snapshot->clusters.end(), InOrder);
  FindMissing(snapshot.get());
  snapshot->incidents = IncidentsOf(*snapshot, options_.incidents);
  snapshot_ = std::move(snapshot);
}

void Fleet::ExpireForgotten(int64_t now_ms) {
  absl::erase_if(forgotten_,
                 [&](const auto& entry) { return now_ms - entry.second.at_ms > kForgottenMs; });
}

void Fleet::FindMissing(FleetSnapshot* snapshot) {
  for (const std::string& name : options_.expected) {
    if (Contains(snapshot->clusters, name)) {
      waited_since_.erase(name);
    } else {
      const int64_t since = waited_since_.try_emplace(name, snapshot->at_ms).first->second;
      snapshot->missing.push_back({name, MissingSince(since)});
    }
  }
}

absl::StatusOr<ClusterIdentity> Fleet::Forget(std::string_view name) {
  const Member* member = Named(name);
  if (member == nullptr) {
    return absl::NotFoundError(fmt::format("no cluster {} is known", name));
  }
  ClusterIdentity identity = member->state.identity();
  // Not later than now: a cluster whose clock was ahead comes back as soon as any other.
  const model::Timestamp until = std::min(member->state.time(), snapshot_->at_ms);
  forgotten_[identity.labels.bytes()] = {identity.labels, until, snapshot_->at_ms};
  members_.erase(identity.labels.bytes());
  ++generation_;
  return identity;
}

absl::Status Fleet::ForgetTask(std::string_view cluster, std::string_view task) {
  Member* member = Named(cluster);
  if (member == nullptr || !member->state.ForgetTask(task)) {
    return absl::NotFoundError(fmt::format("no task {} of a cluster {} is known", task, cluster));
  }
  member->changed = true;
  return absl::OkStatus();
}

Fleet::Saved Fleet::Save() const {
  Saved saved;
  for (const auto& [bytes, member] : members_) {
    if (IsKnown(*member)) {
      saved.clusters.emplace_back(member->state.identity(), member->state.Save());
    }
  }
  std::sort(saved.clusters.begin(), saved.clusters.end(), [](const auto& a, const auto& b) {
    return a.first.labels.bytes() < b.first.labels.bytes();
  });
  for (const auto& [bytes, cluster] : forgotten_) {
    saved.forgotten.push_back(cluster);
  }
  std::sort(saved.forgotten.begin(), saved.forgotten.end(),
            [](const auto& a, const auto& b) { return a.labels.bytes() < b.labels.bytes(); });
  return saved;
}

void Fleet::Restore(Saved saved) {
  for (ForgottenCluster& cluster : saved.forgotten) {
    const std::string bytes(cluster.labels.bytes());
    forgotten_[bytes] = std::move(cluster);
  }
  for (auto& [identity, state] : saved.clusters) {
    MemberOf(identity)->state.Restore(std::move(state));
  }
}

}  // namespace tidemark::fleet
