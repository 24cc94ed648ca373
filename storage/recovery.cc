#include "storage/recovery.h"

#include <algorithm>
#include <thread>

#include "base/status_macros.h"
#include "storage/journal_records.h"
#include "storage/sample_replay.h"
#include "storage/series_restorer.h"

namespace tidemark::storage {
namespace {

// Log lines for damage are bounded; the counter is not.
constexpr size_t kMaxDamageLines = 100;

// More replay threads than this have nothing to do: one reader feeds them.
constexpr size_t kMaxReplayThreads = 4;
constexpr int64_t kProgressNanos = 1'000'000'000;
// How many series or payloads pass between two looks at the clock.
constexpr uint64_t kProgressStep = 256;

// Logs once a second how far a long recovery is.
class Progress {
 public:
  explicit Progress(const RecoveryDeps& deps)
      : deps_(deps), next_ns_(deps.clock->SteadyNanos() + kProgressNanos) {}

  // One more of `what` is done.
  void Step(std::string_view what) {
    if (++done_ % kProgressStep == 0 && deps_.clock->SteadyNanos() >= next_ns_) {
      next_ns_ += kProgressNanos;
      deps_.logger->Info("recovering", {{"read", what}, {"count", done_}});
    }
  }
  void BeginNext() { done_ = 0; }

 private:
  const RecoveryDeps& deps_;
  int64_t next_ns_;
  uint64_t done_ = 0;
};

absl::Status LoadStore(const RocksStore& store, const ColdIndex& cold, const RecoveryTarget& target,
                       SeriesRestorer* restorer, Progress* progress) {
  ASSIGN_OR_RETURN(const SeriesRef last_ref, cold.last_ref());
  target.head->RestoreLastRef(last_ref);
  RETURN_IF_ERROR(store.LoadSeries([&](const SeriesRecord& record) {
    RETURN_IF_ERROR(restorer->Restore(record));
    // Persisted; when it was appended to last, only the times of its samples tell.
    target.head->series(record.ref)->set_active_at(1);
    progress->Step("series");
    return absl::OkStatus();
  }));
  progress->BeginNext();
  model::Timestamp newest = model::kMinTimestamp;
  RETURN_IF_ERROR(store.LoadStates([&](const SeriesState& state) {
    progress->Step("states of series");
    if (HeadSeries* series = target.head->series(state.ref); series != nullptr) {
      series->RestoreState(state);
      newest = std::max(newest, state.max_time);
    }
    return absl::OkStatus();
  }));
  // Which of them came late is not known any more.
  target.head->NoteSweptLate(newest);
  return store.LoadMetadata([&](std::string_view metric, const MetricMetadata& metadata) {
    target.metadata->Restore(metric, metadata);
    return absl::OkStatus();
  });
}

// Applies the journal's records to the head. Samples are appended on other threads: what is counted
// is complete after Finish().
class Replayer final : public JournalRecordVisitor {
 public:
  // Refs up to `last_cold` may belong to series that have left memory.
  Replayer(const RecoveryTarget& target, SeriesRestorer* restorer, const ColdIndex& cold,
           SeriesRef last_cold)
      : target_(target),
        restorer_(*restorer),
        cold_(cold),
        last_cold_(last_cold),
        samples_(target.head,
                 std::min<size_t>(std::thread::hardware_concurrency(), kMaxReplayThreads)) {}

  absl::Status OnSeries(const SeriesRecord& record) override {
    const bool known = target_.head->series(record.ref) != nullptr;
    ASSIGN_OR_RETURN(const bool is_cold, known ? false : IsCold(record.ref));
    if (is_cold) {
      return absl::OkStatus();
    }
    if (!known) {
      samples_.Drain();
    }
    RETURN_IF_ERROR(restorer_.Restore(record));
    if (!known) {
      HeadSeries* const series = target_.head->series(record.ref);
      target_.new_series->Add({&series, 1});
    }
    return absl::OkStatus();
  }

  absl::Status OnSamples(std::span<const JournalSample> samples) override {
    samples_.Add(samples);
    return absl::OkStatus();
  }

  absl::Status OnMetadata(std::string_view metric, MetricMetadata metadata) override {
    target_.metadata->Set(metric, metadata);
    return absl::OkStatus();
  }

  absl::Status Finish() {
    samples_.Drain();
    for (const auto& [ref, samples] : samples_.counts().unknown) {
      // All that a series which has left memory ever held is in the store.
      ASSIGN_OR_RETURN(const bool is_cold, IsCold(ref));
      orphans_ += is_cold ? 0 : samples;
    }
    return absl::OkStatus();
  }

  uint64_t samples() const { return samples_.counts().appended; }
  uint64_t orphans() const { return orphans_; }

 private:
  absl::StatusOr<bool> IsCold(SeriesRef ref) const {
    return ref <= last_cold_ ? cold_.Contains(ref) : false;
  }

  const RecoveryTarget target_;
  SeriesRestorer& restorer_;
  const ColdIndex& cold_;
  const SeriesRef last_cold_;
  SampleReplay samples_;
  uint64_t orphans_ = 0;  // samples whose series' definition was lost to damage
};

void ReportDamage(const std::vector<Damage>& damages, const RecoveryDeps& deps) {
  deps.metrics
      ->AddCounter("tidemark_journal_damage_total",
                   "Damaged places found in the journal when it was replayed.")
      ->Add(damages.size());
  for (size_t i = 0; i < std::min(damages.size(), kMaxDamageLines); ++i) {
    const Damage& damage = damages[i];
    deps.logger->Error("journal is damaged; everything readable behind it was recovered",
                       {{"segment", damage.segment},
                        {"offset", damage.offset},
                        {"length", damage.length},
                        {"cause", damage.cause}});
  }
}

}  // namespace

absl::StatusOr<JournalStart> Recover(const RocksStore& store, const ColdIndex& cold,
                                     const std::string& journal_dir, const RecoveryTarget& target,
                                     const RecoveryDeps& deps) {
  Progress progress(deps);
  SeriesRestorer restorer(target.head);
  RETURN_IF_ERROR(
      base::Annotate(LoadStore(store, cold, target, &restorer, &progress), "load series"));
  ASSIGN_OR_RETURN(const SeriesRef last_cold, cold.last_ref());
  Replayer replayer(target, &restorer, cold, last_cold);
  std::vector<Damage> unreadable;
  progress.BeginNext();
  const auto visit = [&](const RecordPosition& position, std::string_view payload) {
    progress.Step("journal records");
    base::EpochDomain::Guard guard(target.head->epochs());
    const absl::Status status = ReadJournalRecords(payload, &replayer);
    if (!status.ok()) {
      unreadable.push_back(
          {position.segment, position.offset, payload.size(), std::string(base::Message(status))});
    }
    return absl::OkStatus();
  };
  absl::StatusOr<ReplayReport> report = ReplayJournal(deps.fs, journal_dir, visit);
  if (!report.ok()) {
    return base::Annotate(report.status(), "replay journal");
  }
  RETURN_IF_ERROR(base::Annotate(replayer.Finish(), "replay journal"));
  restorer.Finish();
  unreadable.insert(unreadable.end(), report->damage.begin(), report->damage.end());
  ReportDamage(unreadable, deps);
  deps.metrics
      ->AddCounter("tidemark_journal_orphan_samples_total",
                   "Replayed samples whose series' definition was lost to damage.")
      ->Add(replayer.orphans());
  deps.logger->Info("recovered", {{"series", target.head->series_count()},
                                  {"journal_segments", report->segments},
                                  {"journal_records", report->records},
                                  {"journal_bytes", report->bytes},
                                  {"samples", replayer.samples()},
                                  {"orphan_samples", replayer.orphans()},
                                  {"torn_tail_bytes", report->torn_tail_bytes},
                                  {"damaged_places", unreadable.size()}});
  return report->next;
}

}  // namespace tidemark::storage
