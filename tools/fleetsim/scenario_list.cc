// The scenarios themselves. Times of alerts are left to the rules: a fact names what has to come
// because of it, at its time or later.
#include <iterator>

#include "fmt/format.h"
#include "tools/fleetsim/scenario.h"

namespace tidemark::fleetsim {
namespace {

constexpr int64_t kMinute = 60'000;

Scenario Partition() {
  return {.name = "partition",
          .summary = "the way from a cluster to the receiver is cut, then the backlog comes",
          .duration = "90m",
          .incidents = {"cut@20m+40m:0"},
          .facts = {{"20m",
                     0,
                     "the way to the receiver is cut; the backup is well",
                     {"cluster-silent"},
                     {"LogBackupClusterSilent"}},
                    {"60m", 0, "the way is free, and what was scraped meanwhile comes"}}};
}

// Too short in office to hear of all regions.
Scenario OwnerFlapping() {
  Scenario scenario{.name = "owner-flapping",
                    .summary = "the advancer owner moves every 80 seconds for 50 minutes",
                    .duration = "90m",
                    .facts = {{"20m",
                               0,
                               "no owner stays long enough to move the checkpoint",
                               {"checkpoint-untold", "checkpoint-lagging"},
                               {"LogBackupOwnerFlapping", "LogBackupCheckpointMissing",
                                "LogBackupLagging", "LogBackupLaggingMuch"}},
                              {"70m", 0, "the owner stays"}}};
  for (int i = 0; i < 38; ++i) {
    scenario.incidents.push_back(fmt::format("owner@{}s:0", 1'200 + i * 80));
  }
  return scenario;
}

Scenario LongPause() {
  return {.name = "pause",
          .summary = "a task is paused and resumed 26 hours later, two hours too late",
          .duration = "27h",
          .incidents = {"pause@20m+26h:0"},
          .facts = {
              {"20m",
               0,
               "the task is paused",
               {"task-paused"},
               {"LogBackupPaused", "LogBackupPausedLong", "LogBackupProtectionEnds"}},
              {"6h15m",
               0,
               "the checkpoint holds GC back for six hours, and was some minutes old at the pause",
               {"gc-held-back"},
               {"LogBackupHoldsGc"}},
              {"24h20m",
               0,
               "the protection of the checkpoint is over, GC passes it",
               {"data-lost"},
               {"LogBackupDataLoss"}},
              {"26h20m", 0, "the task is resumed"}}};
}

Scenario PausedThenRollingRestart() {
  return {.name = "paused-then-rolling-restart",
          .summary = "during a pause all stores restart and the owner moves: no series says so",
          .duration = "26h",
          .incidents = {"pause@20m+48h:0", "restart@60m:0/0", "restart@65m:0/1", "restart@70m:0/2",
                        "owner@80m:0"},
          .facts = {{"20m", 0, "the task is paused", {"task-paused"}},
                    {"70m",
                     0,
                     "no store shows the status of the task any more",
                     {"task-orphaned"},
                     {"LogBackupForgotten"}},
                    {"80m", 0, "nobody tells the checkpoint any more"},
                    {"24h20m",
                     0,
                     "the protection of the checkpoint is over, GC passes it",
                     {"data-lost"},
                     {"LogBackupDataLoss"}}}};
}

Scenario FatalError() {
  return {.name = "fatal-error",
          .summary = "one store stops the task by an error, others only see the pause",
          .duration = "80m",
          .incidents = {"fatal@20m+30m:0/1"},
          .facts = {{"20m",
                     0,
                     "store 1 meets a fatal error",
                     {"task-failed"},
                     {"LogBackupFatalError", "LogBackupTaskFailed",
                      "LogBackupFatalIoWithoutFailedFlush"}},
                    {"50m", 0, "the task is resumed"}}};
}

Scenario StorageOutage() {
  Scenario scenario{.name = "storage-outage",
                    .summary = "the object storage of ten clusters fails for 40 minutes",
                    .duration = "90m",
                    .clusters = 12};
  for (int cluster = 0; cluster < 10; ++cluster) {
    scenario.incidents.push_back(fmt::format("outage@20m+40m:{}", cluster));
    scenario.facts.push_back(
        {"20m",
         cluster,
         "the storage fails; the 31st failed flush is fatal",
         {"flush-failing", "task-failed"},
         {"LogBackupFlushesFail", "LogBackupFatalError", "LogBackupTaskFailed"}});
  }
  for (int cluster = 0; cluster < 10; ++cluster) {
    scenario.facts.push_back({"60m", cluster, "the storage is well, and the task is resumed"});
  }
  return scenario;
}

Scenario LargeTransaction() {
  return {.name = "large-transaction",
          .summary = "a transaction of 45 minutes holds the checkpoint",
          .duration = "90m",
          .incidents = {"lock@20m+45m:0/1"},
          .facts = {{"20m",
                     0,
                     "a lock on store 1 stays",
                     {"large-transaction", "checkpoint-lagging"},
                     {"LogBackupHeldByTransaction", "LogBackupLagging", "LogBackupLaggingMuch"}},
                    {"65m", 0, "the transaction commits"}}};
}

Scenario HotWrites() {
  return {.name = "hot-writes",
          .summary = "every store gets 60,000 changes a second for eight hours",
          .duration = "10h",
          .incidents = {"hot@1h+8h:0"},
          .facts = {{"1h", 0, "a bulk import begins", {"hot-writes"}, {"LogBackupHotWrites"}},
                    {"9h", 0, "the import is over"}}};
}

Scenario StuckRegion() {
  return {.name = "stuck-region",
          .summary = "a region is not observed any more; all stores flush",
          .duration = "90m",
          .incidents = {"region@20m+45m:0/2"},
          .facts = {{"20m",
                     0,
                     "the observation of a region on store 2 is lost",
                     {"region-not-observed", "checkpoint-lagging"},
                     {"LogBackupRegionStuck", "LogBackupAdvancerStuck", "LogBackupLagging",
                      "LogBackupLaggingMuch"}},
                    {"65m", 0, "its leader is transferred, which observes it anew"}}};
}

Scenario RegistrationHang() {
  return {.name = "registration-hang",
          .summary = "a store with 33,500 leaders restarts, and its log backup hangs",
          .duration = "90m",
          .incidents = {"hang@20m+45m:0/1"},
          .facts = {{"0s",
                     0,
                     "store 1 leads more regions than it can register",
                     {},
                     {"LogBackupTooManyLeaders"}},
                    {"20m",
                     0,
                     "store 1 restarts and hangs at the registration of the task",
                     {"registration-hang", "checkpoint-lagging"},
                     {"LogBackupEndpointHangs", "LogBackupLagging", "LogBackupLaggingMuch"}},
                    {"65m", 0, "leaders were moved away, the store restarts"}}};
}

Scenario NameCollision() {
  return {.name = "name-collision",
          .summary = "a second cluster begins to send under the name of the first",
          .duration = "60m",
          .incidents = {"stop@0s+30m:1"},
          .named_like = {{1, 0}},
          .facts = {{"30m",
                     1,
                     "two clusters send under one name",
                     {"identity-collision"},
                     {"LogBackupClusterNameCollision", "LogBackupNotOneOwner"}}}};
}

Scenario SilentCluster() {
  return {
      .name = "silent-cluster",
      .summary = "the sender of a cluster dies",
      .duration = "60m",
      .incidents = {"stop@20m+7d:0"},
      .facts = {
          {"20m", 0, "nothing comes any more", {"cluster-silent"}, {"LogBackupClusterSilent"}}}};
}

Scenario ClockSkew() {
  return {
      .name = "clock-skew",
      .summary = "one cluster's clocks are five minutes ahead, another's five minutes behind",
      .duration = "60m",
      .clock_ahead_ms = {{0, 5 * kMinute}, {1, -5 * kMinute}},
      .facts = {{"0s", 0, "all clocks of the cluster are five minutes ahead", {"clock-skew"}},
                {"0s", 1, "all clocks of the cluster are five minutes behind", {"clock-skew"}}}};
}

}  // namespace

std::span<const Scenario> Scenarios() {
  static const Scenario scenarios[] = {
      Partition(),   OwnerFlapping(),    LongPause(),        PausedThenRollingRestart(),
      FatalError(),  StorageOutage(),    LargeTransaction(), HotWrites(),
      StuckRegion(), RegistrationHang(), NameCollision(),    SilentCluster(),
      ClockSkew()};
  return scenarios;
}

}  // namespace tidemark::fleetsim
