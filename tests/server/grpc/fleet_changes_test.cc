#include "server/grpc/fleet_changes.h"

#include "gtest/gtest.h"

namespace tidemark::server {
namespace {

using fleet::ClusterReport;
using fleet::FleetSnapshot;

std::shared_ptr<ClusterReport> Cluster(const std::string& name) {
  auto cluster = std::make_shared<ClusterReport>();
  cluster->identity.name = name;
  cluster->identity.labels = model::Labels::Of({{"cluster", name}});
  return cluster;
}

fleet::TaskReport Task(const std::string& name, fleet::TaskState state) {
  fleet::TaskReport task;
  task.task = name;
  task.state = state;
  return task;
}

fleet::Finding Finding(fleet::FindingKind kind, fleet::Severity severity) {
  fleet::Finding finding;
  finding.kind = kind;
  finding.severity = severity;
  return finding;
}

FleetSnapshot Fleet(std::vector<std::shared_ptr<const ClusterReport>> clusters) {
  FleetSnapshot fleet;
  fleet.at_ms = 1000;
  fleet.clusters = std::move(clusters);
  return fleet;
}

// One letter an event, for the field that is set, with the cluster.
std::string Shape(const std::vector<FleetEvent>& events) {
  std::string shape;
  for (const FleetEvent& event : events) {
    const v1::FleetChange& change = *event.message;
    EXPECT_EQ(change.t_ms(), 1000);
    shape += change.has_cluster()          ? "C"
             : change.has_task()           ? "T"
             : change.has_finding_begins() ? "+"
             : change.has_finding_ends()   ? "-"
             : change.has_task_removed()   ? "t"
                                           : "c";
    shape += event.cluster;
  }
  return shape;
}

TEST(FleetChanges, TellsOfNewClustersWithAllTheyHave) {
  const auto a = Cluster("a");
  a->tasks = {Task("pitr", fleet::TaskState::kRunning)};
  a->findings = {Finding(fleet::FindingKind::kTaskFailed, fleet::Severity::kCritical)};
  EXPECT_EQ(Shape(EventsBetween(Fleet({}), Fleet({a}))), "CaTa+a");
  EXPECT_EQ(Shape(EventsBetween(Fleet({a}), Fleet({}))), "ca");
  EXPECT_EQ(Shape(EventsBetween(Fleet({a}), Fleet({a}))), "");
}

TEST(FleetChanges, TellsOfStatesAndNotOfFigures) {
  const auto before = Cluster("a");
  before->tasks = {Task("pitr", fleet::TaskState::kRunning)};
  const auto after = std::make_shared<ClusterReport>(*before);
  after->tasks[0].rpo_ms = 5000;
  after->last_sample = 9;
  EXPECT_EQ(Shape(EventsBetween(Fleet({before}), Fleet({after}))), "");
  after->tasks[0].state = fleet::TaskState::kPaused;
  EXPECT_EQ(Shape(EventsBetween(Fleet({before}), Fleet({after}))), "Ta");
  after->silent = true;
  EXPECT_EQ(Shape(EventsBetween(Fleet({before}), Fleet({after}))), "CaTa");
}

TEST(FleetChanges, TellsOfTasksThatComeAndGo) {
  const auto before = Cluster("a");
  before->tasks = {Task("old", fleet::TaskState::kStopped)};
  const auto after = Cluster("a");
  after->tasks = {Task("new", fleet::TaskState::kRunning)};
  const auto events = EventsBetween(Fleet({before}), Fleet({after}));
  EXPECT_EQ(Shape(events), "Tata");
  EXPECT_EQ(events[1].message->task_removed().task(), "old");
}

TEST(FleetChanges, TellsOfFindingsThatBeginEndOrBecomeGraver) {
  const auto before = Cluster("a");
  before->findings = {Finding(fleet::FindingKind::kProtectionEnding, fleet::Severity::kWarning),
                      Finding(fleet::FindingKind::kTaskPaused, fleet::Severity::kWarning)};
  const auto after = Cluster("a");
  after->findings = {Finding(fleet::FindingKind::kProtectionEnding, fleet::Severity::kCritical),
                     Finding(fleet::FindingKind::kDataLost, fleet::Severity::kCritical)};
  const auto events = EventsBetween(Fleet({before}), Fleet({after}));
  EXPECT_EQ(Shape(events), "+a+a-a");
  EXPECT_EQ(events[2].message->finding_ends().name(), "task-paused");
}

TEST(FleetChanges, TellsOfExpectedClustersThatAreMissing) {
  FleetSnapshot missing = Fleet({});
  missing.missing = {{"m", {}}};
  EXPECT_EQ(Shape(EventsBetween(Fleet({}), missing)), "+m");
  EXPECT_EQ(Shape(EventsBetween(missing, Fleet({Cluster("m")}))), "Cm-m");
}

TEST(FleetChanges, SelectsTasksByTheStateTheyLeaveOrReach) {
  v1::FleetFilter filter;
  filter.add_states(v1::TASK_STATE_PAUSED);
  const FleetSelection selection(filter);
  const auto selected = [&](std::optional<fleet::TaskState> from, fleet::TaskState to) {
    FleetEvent event;
    event.from = from;
    event.to = to;
    return IsSelected(event, selection);
  };
  EXPECT_TRUE(selected(fleet::TaskState::kPaused, fleet::TaskState::kRunning));
  EXPECT_TRUE(selected(fleet::TaskState::kRunning, fleet::TaskState::kPaused));
  EXPECT_FALSE(selected(fleet::TaskState::kRunning, fleet::TaskState::kFailed));
  EXPECT_FALSE(selected(std::nullopt, fleet::TaskState::kRunning));
}

}  // namespace
}  // namespace tidemark::server
