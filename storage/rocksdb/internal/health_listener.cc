#include "storage/rocksdb/internal/health_listener.h"

#include "storage/rocksdb/rocks_store.h"
#include "storage/rocksdb/status.h"

namespace tidemark::storage::internal {
namespace {

std::string_view ReasonText(rocksdb::BackgroundErrorReason reason) {
  switch (reason) {
    case rocksdb::BackgroundErrorReason::kFlush:
    case rocksdb::BackgroundErrorReason::kFlushNoWAL:
      return "rocksdb flush failed";
    case rocksdb::BackgroundErrorReason::kCompaction:
      return "rocksdb compaction failed";
    case rocksdb::BackgroundErrorReason::kManifestWrite:
    case rocksdb::BackgroundErrorReason::kManifestWriteNoWAL:
      return "rocksdb manifest write failed";
    default:
      return "rocksdb write failed";
  }
}

}  // namespace

HealthListener::HealthListener(base::Logger* logger, base::MetricsRegistry* metrics)
    : logger_(logger) {
  if (metrics != nullptr) {
    errors_ = metrics->AddCounter("tidemark_storage_rocksdb_background_errors_total",
                                  "Flushes and compactions that failed.");
    stalls_ = metrics->AddCounter("tidemark_storage_rocksdb_write_stalls_total",
                                  "Times that compaction fell behind and writes were slowed.");
    flushed_bytes_ = metrics->AddCounter(kWrittenBytesMetric, kWrittenBytesHelp, {{"by", "flush"}});
    compacted_bytes_ =
        metrics->AddCounter(kWrittenBytesMetric, kWrittenBytesHelp, {{"by", "compaction"}});
  }
}

absl::Status HealthListener::health() const {
  base::MutexLock lock(&mu_);
  return health_;
}

uint64_t HealthListener::error_count() const {
  base::MutexLock lock(&mu_);
  return error_count_;
}

void HealthListener::MarkHealed(uint64_t error_count) {
  base::MutexLock lock(&mu_);
  if (error_count != error_count_ || health_.ok()) {
    return;
  }
  health_ = absl::OkStatus();
  if (logger_ != nullptr) {
    logger_->Info("the store takes writes again");
  }
}

void HealthListener::AwaitFlush(int64_t timeout_ms) {
  base::MutexLock lock(&mu_);
  flush_ended_.WaitFor(&mu_, timeout_ms);
}

void HealthListener::OnFlushCompleted(rocksdb::DB* /*db*/, const rocksdb::FlushJobInfo& /*info*/) {
  base::MutexLock lock(&mu_);
  flush_ended_.SignalAll();
}

void HealthListener::OnTableFileCreated(const rocksdb::TableFileCreationInfo& info) {
  info.status.PermitUncheckedError();
  const bool compaction = info.reason == rocksdb::TableFileCreationReason::kCompaction;
  if (base::Counter* written = compaction ? compacted_bytes_ : flushed_bytes_; written != nullptr) {
    written->Add(info.file_size);
  }
}

void HealthListener::OnBackgroundError(rocksdb::BackgroundErrorReason reason,
                                       rocksdb::Status* error) {
  const absl::Status status = FromRocks(*error, ReasonText(reason));
  if (errors_ != nullptr) {
    errors_->Add();
  }
  if (logger_ != nullptr) {
    logger_->Error("the store takes no writes until it is healed; make room or check the disk",
                   {{"err", status}});
  }
  if (error->severity() >= rocksdb::Status::Severity::kHardError) {
    stopped_.store(true, std::memory_order_relaxed);
  }
  base::MutexLock lock(&mu_);
  health_ = status;
  ++error_count_;
  flush_ended_.SignalAll();
}

void HealthListener::OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/,
                                          rocksdb::Status error, bool* auto_recovery) {
  error.PermitUncheckedError();
  *auto_recovery = false;
}

void HealthListener::OnStallConditionsChanged(const rocksdb::WriteStallInfo& info) {
  const bool stalls = info.condition.cur != rocksdb::WriteStallCondition::kNormal;
  if (stalls && stalls_ != nullptr) {
    stalls_->Add();
  }
  if (stalls && logger_ != nullptr) {
    logger_->Warn("compaction is behind, writes to the store are slowed",
                  {{"column_family", info.cf_name}});
  }
}

}  // namespace tidemark::storage::internal
