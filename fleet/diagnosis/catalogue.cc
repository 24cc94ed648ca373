// The kinds of findings: what people read about them.
#include <array>

#include "fleet/diagnosis/finding.h"

namespace tidemark::fleet {
namespace {

using enum FindingKind;

constexpr std::string_view kRecommendedRules =
    "https://docs.pingcap.com/tidb/stable/br-monitoring-and-alert";

constexpr FindingInfo kCatalogue[] = {
    {kClusterSilent, "cluster-silent", "Nothing has come from the cluster", "",
     "Check the cluster's Prometheus, its remote_write queue and the network to here. Whether "
     "backups go on is unknown meanwhile; look at `br log status` on the cluster.",
     "", 0, true},
    {kExpectedClusterMissing, "expected-cluster-missing",
     "A cluster of the expected list has never been seen", "",
     "Check the remote_write section and the labels of its Prometheus, or take it from the list.",
     ""},
    {kIdentityCollision, "identity-collision", "Two clusters send under one identity", "",
     "Give one of them another name in external_labels. Until then no figure of either can be "
     "trusted.",
     "", 0},
    {kClusterRebuilt, "cluster-rebuilt", "Another cluster has taken over the name", "",
     "If it was rebuilt on purpose, make a full backup and start a log backup task on the new one.",
     ""},
    {kDeliveryLate, "delivery-late", "Samples come late", "",
     "The backup may be well: look at the remote_write queue of the cluster's Prometheus and the "
     "network. Alerts that use the receiver's clock show a lag that is not there.",
     "", kMinuteMs, true},
    {kClockSkew, "clock-skew", "The clocks of sender, PD and receiver disagree", "",
     "Set the clocks by NTP. Until then lags are wrong by the difference.", "", kMinuteMs},
    {kDataLost, "data-lost", "GC has passed the recovery point", "",
     "The log has a gap from the recovery point on. Stop the task, make a full backup at once and "
     "start a new task.",
     "https://docs.pingcap.com/tidb/stable/br-pitr-guide", kMinuteMs},
    {kProtectionEnding, "protection-ending", "GC is soon no longer held back", "",
     "Run `br log resume` before the protection ends, or prolong it with `br log pause --gc-ttl`. "
     "Afterwards only a full backup and a new task help.",
     "https://github.com/pingcap/tidb/issues/52082"},
    {kTaskFailed, "task-failed", "A store met an error that stops the task", "",
     "Read the error with `br log status`, repair its cause (network, PD, storage), then run "
     "`br log resume` within 24 hours of the failure.",
     "https://github.com/tikv/tikv/issues/13126", 0, true},
    {kTaskOrphaned, "task-orphaned",
     "The task is paused and stores were restarted: no rule on the recommended metrics sees it",
     "6.5 and later",
     "Run `br log resume` before the protection ends. If the task was stopped on purpose, forget "
     "the cluster's task here.",
     "https://github.com/tikv/tikv/issues/12802", kMinuteMs, true},
    {kTaskPaused, "task-paused", "The task is paused", "",
     "Run `br log resume` within 24 hours of the pause, or prolong it with `br log pause "
     "--gc-ttl`.",
     "https://github.com/tikv/tikv/issues/12579", 0, true},
    {kFalseAutomaticPause, "false-automatic-pause",
     "The task was paused right after the advancer changed its owner", "before tidb PR 58135",
     "The lag that caused the pause was misread. Run `br log resume`; upgrade TiDB; newer versions "
     "have tidb_advancer_check_point_lag_limit.",
     "https://github.com/pingcap/tidb/issues/53561"},
    {kCheckpointLagging, "checkpoint-lagging", "The recovery point is behind", "",
     "Look at the other findings of this task for the cause.", kRecommendedRules},
    {kCheckpointUntold, "checkpoint-untold", "The task runs, but no TiDB tells its checkpoint", "",
     "An owner change is in progress, or the new owner cannot collect all checkpoints. If it "
     "lasts, restart the owner TiDB.",
     "https://github.com/pingcap/tidb/issues/59997", 5 * kMinuteMs},
    {kCheckpointNotInPd, "checkpoint-not-in-pd", "The advancer's checkpoint does not reach PD", "",
     "The recovery point that BR sees is the older one in PD. Look for upload errors in the log of "
     "the owner TiDB and at the health of PD.",
     "https://github.com/pingcap/tidb/issues/61031", kMinuteMs},
    {kCheckpointNotInStorage, "checkpoint-not-in-storage",
     "The checkpoint is not written to the backup storage",
     "TiDB that exports the storage "
     "checkpoint",
     "Check that the owner TiDB may write to the storage and reaches it.",
     "https://github.com/pingcap/tidb/issues/61031", kMinuteMs},
    {kTaskRestartedStuck, "task-restarted-stuck",
     "The checkpoint has not moved since the task was started anew", "",
     "Restart the owner TiDB; upgrade; do not use the name of an earlier task again.",
     "https://github.com/pingcap/tidb/issues/53047"},
    {kGcHeldBack, "gc-held-back", "The stuck checkpoint keeps GC from deleting old versions", "",
     "Solve what holds the checkpoint, or give the task up with `br log stop`; look for left-over "
     "service safe points in PD.",
     "https://github.com/pingcap/tidb/issues/50803"},
    {kAdvancerStuck, "advancer-stuck",
     "Stores flush, but the advancer does not raise the checkpoint", "",
     "Restart the owner TiDB, so that another becomes owner; check the network from TiDB to every "
     "TiKV; upgrade.",
     "https://github.com/pingcap/tidb/issues/58574"},
    {kNoAdvancerOwner, "no-advancer-owner", "No TiDB owns the advancer", "",
     "Restart one TiDB; look for panics and election errors in the logs of TiDB.",
     "https://github.com/pingcap/tidb/issues/52597", 2 * kMinuteMs},
    {kSeveralAdvancerOwners, "several-advancer-owners", "Several TiDBs own the advancer", "",
     "If two clusters share the name, rename one. Otherwise restart the TiDB that is not the owner "
     "in PD.",
     "https://github.com/pingcap/tidb/issues/47533", 2 * kMinuteMs},
    {kAdvancerNotTicking, "advancer-not-ticking", "The owner of the advancer does nothing", "",
     "Restart the owner TiDB.", "https://github.com/pingcap/tidb/issues/39620"},
    {kAdvancerTickSlow, "advancer-tick-slow",
     "A round of the advancer takes longer than its interval", "",
     "Check the network from the owner TiDB to PD and TiKV and the load of PD.",
     "https://github.com/pingcap/tidb/issues/58574"},
    {kPollingOnly, "polling-only",
     "The advancer polls regions for good: stores no longer push their flushes", "",
     "Restart the TiKVs one by one, or the owner TiDB; upgrade.",
     "https://github.com/pingcap/tidb/issues/58691", 15 * kMinuteMs},
    {kLargeTransaction, "large-transaction", "An open transaction holds the checkpoint",
     "large transactions of any version; pessimistic locks before tikv PR 13354",
     "Find it in information_schema.CLUSTER_TIDB_TRX; wait for its end, or split it. Nothing is "
     "broken in the backup.",
     "https://github.com/tikv/tikv/issues/13304"},
    {kResidualLocks, "residual-locks", "Locks of dead transactions hold the checkpoint", "",
     "The advancer resolves them every three minutes. On old versions trigger GC; upgrade.",
     "https://github.com/tikv/tikv/issues/12582", 10 * kMinuteMs},
    {kRegionNotObserved, "region-not-observed",
     "One region holds the checkpoint and no store is behind", "before tikv PR 16484",
     "Transfer the leader of that region, which makes it observed anew; or pause and resume the "
     "task; upgrade.",
     "https://github.com/tikv/tikv/issues/16469"},
    {kRegionsUnobserved, "regions-unobserved", "Stores observe fewer regions than they lead", "",
     "If the checkpoint stands still too, transfer leaders, or pause and resume the task.",
     "https://github.com/tikv/tikv/issues/16056", 15 * kMinuteMs},
    {kLagAfterRestart, "lag-after-restart", "TiKVs were restarted and scan what they missed", "",
     "Nothing during planned work; the lag ends by itself. If the queue of scans does not fall, "
     "check the limits of scans.",
     "https://github.com/tikv/tikv/issues/15410"},
    {kObservationRetries, "observation-retries", "Stores fail to observe regions", "",
     "Check the network between TiKVs and to PD: after 24 tries the task fails.",
     "https://github.com/tikv/tikv/issues/13126"},
    {kStoreNotFlushing, "store-not-flushing", "Stores that run the task do not flush", "",
     "Look at the store's log and its access to PD and to the storage. On all stores at once it is "
     "the storage.",
     "https://github.com/tikv/tikv/issues/12869", 0, true},
    {kStoreCannotReachPd, "store-cannot-reach-pd", "A TiKV cannot reach PD", "",
     "Repair the network between the store and PD; the task recovers by itself unless an error "
     "became fatal.",
     "https://github.com/tikv/tikv/issues/13637"},
    {kScanStorm, "scan-storm", "Scans of regions queue up", "",
     "Lower log-backup.initial-scan-concurrency or its rate limit; resume paused tasks earlier; "
     "watch the memory.",
     "https://github.com/tikv/tikv/issues/18719", 15 * kMinuteMs},
    {kStreamMemory, "stream-memory", "Changes on their way to the log fill the memory", "",
     "Throttle the load or DDL that causes them; make room in memory.",
     "https://github.com/tikv/tikv/issues/19314", 2 * kMinuteMs},
    {kMemoryNotFreed, "memory-not-freed", "A store without a task keeps the memory of one", "",
     "Restart the store.", "https://github.com/tikv/tikv/issues/16070"},
    {kStorageSlow, "storage-slow", "Uploads to the backup storage are slow", "",
     "Look at the storage and the network to it; if several clusters have it, it is the storage. A "
     "longer flush interval does not help.",
     "https://github.com/tikv/tikv/issues/17150", 0, true},
    {kFlushFailing, "flush-failing", "Flushes to the backup storage fail", "",
     "Repair the storage or the access to it: after 31 failures in a row the task stops until "
     "`br log resume`.",
     "https://github.com/tikv/tikv/issues/12869", 0, true},
    {kReuploading, "re-uploading", "The same data is uploaded again and again",
     "TiKV that exports the uploaded bytes",
     "Repair what makes the flushes fail; the storage keeps, and bills, every try.",
     "https://github.com/tikv/tikv/issues/12869", 0, true},
    {kRegistrationHang, "registration-hang", "Log backup of a store hangs", "7.1 to 8.5",
     "A restart alone does not help above 32,768 leaders: move leaders away first, or upgrade.",
     "https://github.com/tikv/tikv/issues/19615"},
    {kTempFileRace, "temp-file-race",
     "An input/output error was fatal although the storage is well", "6.5, 7.1",
     "Run `br log resume`; upgrade.", "https://github.com/tikv/tikv/issues/15602"},
    {kTempFilesLeft, "temp-files-left", "Temporary files lie on stores that do not flush", "",
     "Resume or stop the task; remove the temporary files of stopped ones.",
     "https://github.com/tikv/tikv/issues/12512"},
    {kLargeLogRange, "large-log-range", "Far more log than usual has been written in two days", "",
     "Make a snapshot backup, so that a restore has less log to read; truncate in several steps; "
     "give the BR host 16 GB or more.",
     "https://github.com/pingcap/tidb/issues/36648"},
    {kPhysicalImport, "physical-import", "Files are ingested that the log does not have", "",
     "Make a snapshot backup after a physical import: its time span cannot be restored from the "
     "log. BR restores and index creation look the same and are harmless.",
     "https://docs.pingcap.com/tidb/stable/br-pitr-guide"},
    {kLogVolumeJump, "log-volume-jump", "The log has grown against what is written", "",
     "A steady factor of 2 to 3 is normal. A jump may be data uploaded again and again.",
     "https://github.com/tikv/tikv/issues/13306"},
    {kHotWrites, "hot-writes", "A store handles more than 50,000 changes a second for hours", "",
     "Make a snapshot backup after the import and restore from it: restoring from the log alone "
     "may fail.",
     "https://github.com/pingcap/tidb/issues/37207"},
};

constexpr bool InOrder() {
  for (size_t i = 0; i < std::size(kCatalogue); ++i) {
    if (kCatalogue[i].kind != static_cast<FindingKind>(i)) {
      return false;
    }
  }
  return std::size(kCatalogue) == kFindingKinds;
}
static_assert(InOrder(), "the catalogue has every kind, in order");

}  // namespace

std::span<const FindingInfo> FindingCatalogue() { return kCatalogue; }

}  // namespace tidemark::fleet
