// What is wrong with a cluster as a whole: silence, lateness, clocks, identity.
#include <algorithm>

#include "fleet/diagnosis/internal/case.h"
#include "fmt/format.h"

namespace tidemark::fleet {
namespace {

using enum FindingKind;

// Two ids were told within so short a time of each other: by two clusters, not one after another.
constexpr int64_t kSameTimeMs = 2 * kMinuteMs;
// A rebuilt cluster is news for so long.
constexpr int64_t kNewsMs = kDayMs;
// Samples that have come by the same time late for so long do not wait in a queue.
constexpr int64_t kEvenlyMs = 10 * kMinuteMs;

void ExamineSilence(Case* c) {
  const ClusterState& cluster = c->cluster();
  if (!IsSilent(cluster, c->now_ms(), c->thresholds().task)) {
    return;
  }
  c->Add(kClusterSilent, Severity::kCritical, Confidence::kHigh,
         fmt::format("nothing has come for {}",
                     DurationText(c->now_ms() - cluster.last_received_ms())))
      .CiteFact("last sample", TimeText(cluster.time()))
      .CiteFact("last received", TimeText(cluster.last_received_ms()));
}

void ExamineDelivery(Case* c) {
  const int64_t lag = c->cluster().delivery_lag_ms();
  const bool silent = IsSilent(c->cluster(), c->now_ms(), c->thresholds().task);
  if (!silent && lag > c->thresholds().delivery_late_ms) {
    c->Add(kDeliveryLate, Severity::kWarning, Confidence::kHigh,
           fmt::format("samples are {} old when they come", DurationText(lag)))
        .CiteFact("newest sample", TimeText(c->time()))
        .CiteFact("received", TimeText(c->cluster().last_received_ms()));
  }
}

// A queue that is behind grows or shrinks; a clock that is behind stays so.
bool ComesEvenlyLate(const Case& c) {
  const ClusterState& cluster = c.cluster();
  return cluster.delivery_lag_ms() > c.thresholds().delivery_late_ms &&
         c.time() - cluster.lag_steady_since() >= kEvenlyMs &&
         !IsSilent(cluster, c.now_ms(), c.thresholds().task);
}

void ExamineClocks(Case* c) {
  const int64_t skew = c->thresholds().clock_skew_ms;
  if (ComesEvenlyLate(*c)) {
    const ClusterState& cluster = c->cluster();
    c->Add(kClockSkew, Severity::kWarning, Confidence::kMedium,
           fmt::format("samples have evenly been {} old for {}: the sender's clock is behind",
                       DurationText(cluster.delivery_lag_ms()),
                       DurationText(c->time() - cluster.lag_steady_since())))
        .CiteFact("newest sample", TimeText(c->time()))
        .CiteFact("received", TimeText(cluster.last_received_ms()));
    return;
  }
  if (c->cluster().delivery_lag_ms() < -skew) {
    c->Add(kClockSkew, Severity::kWarning, Confidence::kHigh,
           fmt::format("the sender's clock is {} ahead of the receiver's",
                       DurationText(-c->cluster().delivery_lag_ms())))
        .CiteFact("newest sample", TimeText(c->time()))
        .CiteFact("received", TimeText(c->cluster().last_received_ms()));
    return;
  }
  for (const TaskCase& task : c->tasks()) {
    const OptionalTime point = task.report.recovery_point;
    const int64_t told =
        std::max(task.facts->checkpoint.told_at, task.facts->pd_checkpoint.told_at);
    if (point.has_value() && *point - told > skew) {
      c->Add(kClockSkew, Severity::kWarning, Confidence::kHigh,
             fmt::format("PD's clock is {} ahead of the sender's", DurationText(*point - told)))
          .Of(task)
          .CiteFact("recovery point", TimeText(*point))
          .CiteFact("told at", TimeText(told));
    }
  }
}

const ClusterIdSeen* NewestId(const ClusterState& cluster) {
  const auto ids = cluster.ids();
  const auto newest = std::max_element(ids.begin(), ids.end(), [](const auto& a, const auto& b) {
    return std::tie(a.last_seen, a.first_seen) < std::tie(b.last_seen, b.first_seen);
  });
  return newest == ids.end() ? nullptr : &*newest;
}

void ExamineIds(Case* c) {
  const ClusterIdSeen* newest = NewestId(c->cluster());
  for (const ClusterIdSeen& other : c->cluster().ids()) {
    if (&other == newest) {
      continue;
    }
    const bool together =
        newest->last_seen - other.last_seen <= kSameTimeMs && other.last_seen >= newest->first_seen;
    if (together) {
      c->Add(kIdentityCollision, Severity::kCritical, Confidence::kHigh,
             fmt::format("PD tells the cluster ids {} and {}", newest->id, other.id))
          .CiteFact(fmt::format("pd_cluster_metadata{{type=\"cluster{}\"}}", newest->id),
                    TimeText(newest->last_seen))
          .CiteFact(fmt::format("pd_cluster_metadata{{type=\"cluster{}\"}}", other.id),
                    TimeText(other.last_seen));
    } else if (c->time() - newest->first_seen <= kNewsMs && other.last_seen < newest->first_seen) {
      c->Add(kClusterRebuilt, Severity::kWarning, Confidence::kHigh,
             fmt::format("cluster id {} has replaced {}", newest->id, other.id))
          .CiteFact(fmt::format("pd_cluster_metadata{{type=\"cluster{}\"}}", newest->id),
                    "since " + TimeText(newest->first_seen))
          .CiteFact(fmt::format("pd_cluster_metadata{{type=\"cluster{}\"}}", other.id),
                    "until " + TimeText(other.last_seen));
    }
  }
}

}  // namespace

void ExamineCluster(Case* c) {
  ExamineSilence(c);
  ExamineDelivery(c);
  ExamineClocks(c);
  ExamineIds(c);
}

}  // namespace tidemark::fleet
