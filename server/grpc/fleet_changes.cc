#include "server/grpc/fleet_changes.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "server/grpc/message_text.h"

namespace tidemark::server {
namespace {

using fleet::ClusterReport;
using fleet::Finding;
using fleet::FleetSnapshot;
using fleet::TaskReport;

// Collects events of one look.
class Events {
 public:
  Events(int64_t at_ms, bool initial) : at_ms_(at_ms), initial_(initial) {}

  void Cluster(const ClusterReport& cluster) {
    Add(cluster.identity.name,
        [&](v1::FleetChange* change) { *change->mutable_cluster() = ClusterMessage(cluster); });
  }
  void ClusterRemoved(const ClusterReport& cluster) {
    const std::string& name = cluster.identity.name;
    Add(name, [&](v1::FleetChange* change) { change->set_cluster_removed(Utf8Text(name)); });
  }
  void Task(const ClusterReport& cluster, const TaskReport* before, const TaskReport& task) {
    FleetEvent& event = Add(cluster.identity.name, [&](v1::FleetChange* change) {
      *change->mutable_task() = TaskMessage(cluster, task);
    });
    event.to = task.state;
    if (before != nullptr) {
      event.from = before->state;
    }
  }
  void TaskRemoved(const ClusterReport& cluster, const TaskReport& task) {
    FleetEvent& event = Add(cluster.identity.name, [&](v1::FleetChange* change) {
      change->mutable_task_removed()->set_cluster(Utf8Text(cluster.identity.name));
      change->mutable_task_removed()->set_task(Utf8Text(task.task));
    });
    event.from = event.to = task.state;
  }
  void FindingBegins(const std::string& cluster, const Finding& finding) {
    Add(cluster, [&](v1::FleetChange* change) {
      *change->mutable_finding_begins() = FindingMessage(cluster, finding);
    }).severity = finding.severity;
  }
  void FindingEnds(const std::string& cluster, const Finding& finding) {
    Add(cluster, [&](v1::FleetChange* change) {
      *change->mutable_finding_ends() = FindingMessage(cluster, finding);
    }).severity = finding.severity;
  }

  std::vector<FleetEvent> Take() { return std::move(events_); }

 private:
  template <typename Fill>
  FleetEvent& Add(const std::string& cluster, Fill fill) {
    auto change = std::make_shared<v1::FleetChange>();
    change->set_t_ms(at_ms_);
    change->set_initial(initial_);
    fill(change.get());
    FleetEvent& event = events_.emplace_back();
    event.message = std::move(change);
    event.cluster = cluster;
    return event;
  }

  const int64_t at_ms_;
  const bool initial_;
  std::vector<FleetEvent> events_;
};

// Two lists by the same key: gone(a) for what only the first has, stays(a, b) for what both have,
// comes(b) for what only the second has.
template <typename List, typename KeyOf, typename Gone, typename Stays, typename Comes>
void Compare(const List& before, const List& after, KeyOf key_of, Gone gone, Stays stays,
             Comes comes) {
  std::map<std::decay_t<decltype(key_of(*before.begin()))>, const typename List::value_type*> old;
  for (const auto& entry : before) {
    old.emplace(key_of(entry), &entry);
  }
  for (const auto& entry : after) {
    const auto known = old.find(key_of(entry));
    if (known == old.end()) {
      comes(entry);
    } else {
      stays(*known->second, entry);
      old.erase(known);
    }
  }
  for (const auto& [key, entry] : old) {
    gone(*entry);
  }
}

void CompareTasks(const ClusterReport& before, const ClusterReport& after, Events* events) {
  Compare(
      before.tasks, after.tasks,
      [](const TaskReport& task) -> const std::string& { return task.task; },
      [&](const TaskReport& task) { events->TaskRemoved(after, task); },
      [&](const TaskReport& old, const TaskReport& task) {
        if (old.state != task.state || old.data_lost != task.data_lost) {
          events->Task(after, &old, task);
        }
      },
      [&](const TaskReport& task) { events->Task(after, nullptr, task); });
}

// What stays the same finding when another instance joins in. Two at a time that agree in this
// differ in their one instance.
std::tuple<fleet::FindingKind, std::string, std::string> KeyOf(const Finding& finding) {
  const bool is_of_one = finding.kind == fleet::FindingKind::kHotWrites;
  return {finding.kind, finding.task,
          is_of_one && !finding.instances.empty() ? finding.instances.front() : std::string()};
}

void CompareFindings(const ClusterReport& before, const ClusterReport& after, Events* events) {
  const std::string& name = after.identity.name;
  Compare(
      before.findings, after.findings, KeyOf,
      [&](const Finding& finding) { events->FindingEnds(name, finding); },
      [&](const Finding& old, const Finding& finding) {
        if (old.severity != finding.severity) {
          events->FindingBegins(name, finding);
        }
      },
      [&](const Finding& finding) { events->FindingBegins(name, finding); });
}

void Appears(const ClusterReport& cluster, Events* events) {
  events->Cluster(cluster);
  for (const TaskReport& task : cluster.tasks) {
    events->Task(cluster, nullptr, task);
  }
  for (const Finding& finding : cluster.findings) {
    events->FindingBegins(cluster.identity.name, finding);
  }
}

void CompareClusters(const FleetSnapshot& before, const FleetSnapshot& after, Events* events) {
  using Cluster = std::shared_ptr<const ClusterReport>;
  Compare(
      before.clusters, after.clusters,
      [](const Cluster& cluster) -> const std::string& { return cluster->identity.labels.bytes(); },
      [&](const Cluster& cluster) { events->ClusterRemoved(*cluster); },
      [&](const Cluster& old, const Cluster& cluster) {
        if (old == cluster) {
          return;
        }
        if (old->silent != cluster->silent) {
          events->Cluster(*cluster);
        }
        CompareTasks(*old, *cluster, events);
        CompareFindings(*old, *cluster, events);
      },
      [&](const Cluster& cluster) { Appears(*cluster, events); });
}

void CompareMissing(const FleetSnapshot& before, const FleetSnapshot& after, Events* events) {
  using fleet::MissingCluster;
  Compare(
      before.missing, after.missing,
      [](const MissingCluster& missing) -> const std::string& { return missing.name; },
      [&](const MissingCluster& missing) { events->FindingEnds(missing.name, missing.finding); },
      [](const MissingCluster&, const MissingCluster&) {},
      [&](const MissingCluster& missing) { events->FindingBegins(missing.name, missing.finding); });
}

std::vector<FleetEvent> Selected(std::vector<FleetEvent> events, const FleetSelection& selection) {
  std::erase_if(events, [&](const FleetEvent& event) { return !IsSelected(event, selection); });
  return events;
}

}  // namespace

bool IsSelected(const FleetEvent& event, const FleetSelection& selection) {
  if (!selection.HasCluster(event.cluster)) {
    return false;
  }
  if (event.to.has_value()) {
    return selection.HasState(*event.to) ||
           (event.from.has_value() && selection.HasState(*event.from));
  }
  return !event.severity.has_value() || selection.HasSeverity(*event.severity);
}

std::vector<FleetEvent> EventsBetween(const FleetSnapshot& before, const FleetSnapshot& after) {
  Events events(after.at_ms, /*initial=*/false);
  CompareClusters(before, after, &events);
  CompareMissing(before, after, &events);
  return events.Take();
}

std::vector<FleetEvent> EventsOf(const ClusterReport& cluster, int64_t at_ms,
                                 const FleetSelection& selection) {
  Events events(at_ms, /*initial=*/true);
  Appears(cluster, &events);
  return Selected(events.Take(), selection);
}

std::vector<FleetEvent> EventsOfMissing(const FleetSnapshot& snapshot,
                                        const FleetSelection& selection) {
  Events events(snapshot.at_ms, /*initial=*/true);
  for (const fleet::MissingCluster& missing : snapshot.missing) {
    events.FindingBegins(missing.name, missing.finding);
  }
  return Selected(events.Take(), selection);
}

}  // namespace tidemark::server
