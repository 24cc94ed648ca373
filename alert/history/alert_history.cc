#include "alert/history/alert_history.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "alert/history/history_selection.h"
#include "alert/history/state_checkpoint.h"
#include "base/status_macros.h"

namespace tidemark::alert {
namespace {

// Bytes of refused records that are kept until the disk takes them.
constexpr size_t kMaxUnwrittenBytes = 64u << 20;

storage::JournalOptions JournalOptionsOf(const AlertHistoryOptions& options) {
  storage::JournalOptions journal;
  journal.dir = options.dir;
  journal.sync = options.sync;
  journal.interval_ms = options.sync_interval_ms;
  journal.segment_bytes = options.segment_bytes;
  return journal;
}

bool IsLongResolved(const AlertRecord& record, int64_t now_ms) {
  if (record.alert.state != AlertState::kInactive) {
    return false;
  }
  return !record.alert.resolved_at.has_value() ||
         now_ms - record.received_at > kResolvedRetentionMs;
}

// A dropped alert that never fired is nothing to come back to.
bool IsForgotten(const AlertRecord& record) {
  return record.alert.state == AlertState::kInactive && !record.alert.resolved_at.has_value();
}

}  // namespace

void AlertHistory::Part::Include(const AlertRecord& record, uint64_t record_bytes) {
  bytes += record_bytes;
  newest_received = std::max(newest_received, record.received_at);
  if (record.kind != RecordKind::kUpdate) {
    min_time = std::min(min_time, record.t);
    max_time = std::max(max_time, record.t);
  }
}

AlertHistory::AlertHistory(const AlertHistoryOptions& options, const AlertHistoryDeps& deps)
    : options_(options),
      deps_(deps),
      own_fs_(deps.fs == nullptr ? base::NewPosixFileSystem() : nullptr),
      fs_(deps.fs == nullptr ? own_fs_.get() : deps.fs),
      recorded_(deps.metrics->AddCounter("tidemark_alert_history_records_total",
                                         "Records added to the alert log.")),
      lost_(deps.metrics->AddCounter("tidemark_alert_history_lost_bytes_total",
                                     "Bytes of records that the disk refused for too long.")),
      damaged_(deps.metrics->AddCounter("tidemark_alert_history_damage_total",
                                        "Places in the alert log that could not be read.")),
      checkpoint_failures_(
          deps.metrics->AddCounter("tidemark_alert_history_checkpoint_failures_total",
                                   "Checkpoints of alert states that failed.")),
      log_bytes_(deps.metrics->AddGauge("tidemark_alert_history_bytes",
                                        "Size of the records in the alert log.")),
      failing_(deps.metrics->AddGauge("tidemark_alert_history_failing",
                                      "Whether the disk refuses records of alerts.")) {}

absl::StatusOr<std::unique_ptr<AlertHistory>> AlertHistory::Open(const AlertHistoryOptions& options,
                                                                 const AlertHistoryDeps& deps) {
  std::unique_ptr<AlertHistory> history(new AlertHistory(options, deps));
  RETURN_IF_ERROR(base::Annotate(history->Load(), "open the alert log"));
  if (options.upkeep_interval_ms > 0) {
    history->upkeep_ = std::thread([self = history.get()] { self->Upkeep(); });
  }
  return history;
}

AlertHistory::~AlertHistory() { StopUpkeep(); }

absl::Status AlertHistory::Load() {
  RETURN_IF_ERROR(fs_->CreateDir(options_.dir));
  auto checkpoint = ReadCheckpoint(fs_, options_.dir);
  if (absl::IsDataLoss(checkpoint.status())) {
    // All of the log that is there is read instead.
    damaged_->Add();
    deps_.logger->Error("alert states are damaged; they are made up from the log",
                        {{"error", checkpoint.status()}});
    checkpoint = StateCheckpoint();
  }
  RETURN_IF_ERROR(checkpoint.status());
  {
    base::MutexLock lock(&mu_);
    for (AlertRecord& record : checkpoint->states) {
      std::string key = KeyOf(record);
      states_.insert_or_assign(std::move(key), std::move(record));
    }
  }
  storage::JournalStart next;
  RETURN_IF_ERROR(LoadLog(checkpoint->through, &next));
  storage::JournalOptions options = JournalOptionsOf(options_);
  options.rejournal = [this] { return Unwritten(); };
  ASSIGN_OR_RETURN(
      journal_,
      storage::Journal::Open(options, next, {fs_, deps_.clock, deps_.logger, &journal_metrics_}));
  base::MutexLock lock(&mu_);
  current_.first = next.segment;
  checkpoint_at_ns_ = deps_.clock->SteadyNanos();
  ForgetResolved();
  return absl::OkStatus();
}

absl::Status AlertHistory::LoadLog(storage::SegmentId checkpointed, storage::JournalStart* next) {
  base::MutexLock lock(&mu_);
  const auto report = storage::ReplayJournal(
      fs_, options_.dir,
      [this, checkpointed](const storage::RecordPosition& at, std::string_view payload)
          ABSL_NO_THREAD_SAFETY_ANALYSIS {
            return Apply(at, payload, at.segment <= checkpointed);
          });
  RETURN_IF_ERROR(report.status());
  for (const storage::Damage& damage : report->damage) {
    Report({damage.segment, damage.offset, 0}, damage.length, damage.cause);
  }
  *next = report->next;
  next->segment = std::max(next->segment, checkpointed + 1);
  return absl::OkStatus();
}

absl::Status AlertHistory::Apply(const storage::RecordPosition& at, std::string_view payload,
                                 bool is_in_checkpoint) {
  if (parts_.empty() || parts_.back().last != at.segment) {
    Part& part = parts_.emplace_back();
    part.first = part.last = at.segment;
  }
  std::vector<AlertRecord> records;
  const absl::Status decoded = DecodeRecords(payload, &records);
  if (!decoded.ok()) {
    Report(at, payload.size(), base::Message(decoded));
  }
  for (AlertRecord& record : records) {
    parts_.back().Include(record, payload.size() / records.size());
    if (!is_in_checkpoint) {
      Fold(std::move(record));
    }
  }
  return absl::OkStatus();
}

void AlertHistory::Report(const storage::RecordPosition& at, uint64_t length,
                          std::string_view cause) {
  damaged_->Add();
  deps_.logger->Error("the alert log is damaged; what is readable behind it is used",
                      {{"file", storage::SegmentPath(options_.dir, at.segment)},
                       {"offset", at.offset},
                       {"length", length},
                       {"cause", cause}});
}

void AlertHistory::Record(std::vector<AlertRecord> records) {
  if (records.empty()) {
    return;
  }
  std::string payload;
  base::MutexLock lock(&mu_);
  for (AlertRecord& record : records) {
    if (record.kind == RecordKind::kUpdate) {
      TakeKnown(&record);
    }
    const size_t before = payload.size();
    AppendRecord(record, &payload);
    current_.Include(record, payload.size() - before);
    Fold(std::move(record));
  }
  recorded_->Add(records.size());
  Submit(std::move(payload));
}

void AlertHistory::TakeKnown(AlertRecord* update) const {
  const auto known = states_.find(KeyOf(*update));
  if (known != states_.end()) {
    update->partition = known->second.partition;
    update->inputs = known->second.inputs;
  }
}

void AlertHistory::Fold(AlertRecord record) {
  if (record.kind == RecordKind::kLate) {
    return;
  }
  std::string key = KeyOf(record);
  if (IsForgotten(record)) {
    states_.erase(key);
  } else {
    states_.insert_or_assign(std::move(key), std::move(record));
  }
}

// Under the lock, so that the order of the log is that of the calls.
void AlertHistory::Submit(std::string payload) {
  auto entry = journal_->NewEntry();
  entry->payload = payload;
  entry->done = [this](const absl::Status& status) { Settle(status); };
  in_flight_.push_back(std::move(payload));
  journal_->Submit(std::move(entry));
}

// On the journal's thread, in the order of the log.
void AlertHistory::Settle(const absl::Status& status) {
  base::MutexLock lock(&mu_);
  const std::string payload = std::move(in_flight_.front());
  in_flight_.pop_front();
  failing_->Set(status.ok() ? 0 : 1);
  if (status.ok()) {
    unwritten_.clear();  // it was written ahead of this
  } else if (unwritten_.size() + payload.size() <= kMaxUnwrittenBytes) {
    unwritten_ += payload;
  } else {
    lost_->Add(payload.size());
  }
}

bool AlertHistory::Written() const {
  base::MutexLock lock(&mu_);
  return in_flight_.empty() && unwritten_.empty();
}

std::string AlertHistory::Unwritten() {
  base::MutexLock lock(&mu_);
  return unwritten_;
}

std::vector<AlertRecord> AlertHistory::States() const {
  std::vector<std::pair<std::string, AlertRecord>> sorted;
  {
    base::MutexLock lock(&mu_);
    sorted.assign(states_.begin(), states_.end());
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<AlertRecord> records;
  records.reserve(sorted.size());
  for (auto& [key, record] : sorted) {
    records.push_back(std::move(record));
  }
  return records;
}

void AlertHistory::ForgetResolved() {
  const int64_t now_ms = deps_.clock->NowMs();
  absl::erase_if(states_,
                 [now_ms](const auto& entry) { return IsLongResolved(entry.second, now_ms); });
}

absl::Status AlertHistory::Checkpoint() {
  base::MutexLock files(&files_mu_);
  if (journal_->failing()) {
    base::MutexLock lock(&mu_);
    Submit({});  // only a new group finds out that the disk works again
  }
  StateCheckpoint checkpoint;
  // What is recorded from here on counts as part of the new segment. Of that, what still gets into
  // the old one is in the states below.
  Part closed;
  {
    base::MutexLock lock(&mu_);
    closed = std::exchange(current_, Part());
  }
  const auto cut = journal_->Cut();
  {
    base::MutexLock lock(&mu_);
    closed.last = cut.ok() ? *cut : closed.first;
    current_.first = cut.ok() ? *cut + 1 : closed.first;
    if (closed.last >= closed.first) {
      parts_.push_back(closed);
    }
    checkpoint.through = closed.last;
    ForgetResolved();
    checkpoint_at_ns_ = deps_.clock->SteadyNanos();
  }
  RETURN_IF_ERROR(cut.status());
  checkpoint.states = States();
  absl::Status written = WriteCheckpoint(fs_, options_.dir, checkpoint);
  if (!written.ok()) {
    checkpoint_failures_->Add();
    return base::Annotate(written, "write the alert states");
  }
  return DeleteOld();
}

absl::Status AlertHistory::DeleteOld() {
  storage::SegmentId through = 0;
  {
    base::MutexLock lock(&mu_);
    uint64_t bytes = current_.bytes;
    for (const Part& part : parts_) {
      bytes += part.bytes;
    }
    const int64_t oldest = options_.retention_ms == 0
                               ? model::kMinTimestamp
                               : deps_.clock->NowMs() - options_.retention_ms;
    auto keep = parts_.begin();
    while (keep != parts_.end() && (keep->newest_received < oldest || bytes > options_.max_bytes)) {
      bytes -= keep->bytes;
      through = keep->last;
      ++keep;
    }
    parts_.erase(parts_.begin(), keep);
    log_bytes_->Set(static_cast<double>(bytes));
  }
  return through == 0 ? absl::OkStatus() : journal_->DeleteThrough(through);
}

bool AlertHistory::CheckpointIsDue() const {
  base::MutexLock lock(&mu_);
  const int64_t age_ms = (deps_.clock->SteadyNanos() - checkpoint_at_ns_) / 1'000'000;
  return current_.bytes > options_.segment_bytes / 2 ||
         (current_.bytes > 0 && age_ms >= options_.checkpoint_interval_ms);
}

void AlertHistory::Upkeep() {
  pthread_setname_np(pthread_self(), "alert-history");
  while (true) {
    {
      base::MutexLock lock(&mu_);
      if (!stopping_) {
        wake_.WaitFor(&mu_, options_.upkeep_interval_ms);
      }
      if (stopping_) {
        return;
      }
    }
    if (!CheckpointIsDue() && !journal_->failing()) {
      continue;
    }
    if (const absl::Status status = Checkpoint(); !status.ok()) {
      deps_.logger->Error("alert states not written; trying again", {{"error", status}});
    }
  }
}

void AlertHistory::StopUpkeep() {
  {
    base::MutexLock lock(&mu_);
    stopping_ = true;
  }
  wake_.SignalAll();
  if (upkeep_.joinable()) {
    upkeep_.join();
  }
}

absl::Status AlertHistory::Close() {
  StopUpkeep();
  const absl::Status written = Checkpoint();
  const absl::Status closed = journal_->Close();
  return written.ok() ? closed : written;
}

// The parts that may hold what is asked for, oldest first, and what is not in files yet.
std::vector<AlertHistory::Part> AlertHistory::PartsOf(const HistoryQuery& query,
                                                      std::vector<std::string>* in_flight) const {
  const auto overlaps = [&query](const Part& part) {
    return part.min_time <= query.max_time && part.max_time >= query.min_time;
  };
  std::vector<Part> parts;
  base::MutexLock lock(&mu_);
  std::copy_if(parts_.begin(), parts_.end(), std::back_inserter(parts), overlaps);
  if (overlaps(current_)) {
    parts.push_back(current_);
    parts.back().last = UINT64_MAX;
  }
  in_flight->push_back(unwritten_);
  in_flight->insert(in_flight->end(), in_flight_.begin(), in_flight_.end());
  return parts;
}

absl::StatusOr<HistoryAnswer> AlertHistory::Query(const HistoryQuery& query) const {
  base::ReaderMutexLock files(&files_mu_);
  std::vector<std::string> in_flight;
  const std::vector<Part> parts = PartsOf(query, &in_flight);
  HistorySelection selection(query);
  for (const Part& part : parts) {
    // Damage was reported when the log was opened.
    RETURN_IF_ERROR(
        storage::ReplayJournal(fs_, options_.dir,
                               [&](const storage::RecordPosition&, std::string_view payload) {
                                 // What is on its way may have arrived meanwhile.
                                 if (std::find(in_flight.begin(), in_flight.end(), payload) ==
                                     in_flight.end()) {
                                   selection.Add(payload);
                                 }
                                 return absl::OkStatus();
                               },
                               {part.first, part.last})
            .status());
  }
  for (const std::string& payload : in_flight) {
    selection.Add(payload);
  }
  return std::move(selection).Finish();
}

}  // namespace tidemark::alert
