#include "storage/recovery.h"

#include <algorithm>

#include "base/status_macros.h"
#include "storage/journal_records.h"

namespace tidemark::storage {
namespace {

// Log lines for damage are bounded; the counter is not.
constexpr size_t kMaxDamageLines = 100;

absl::Status LoadStore(const RocksStore& store, const RecoveryTarget& target) {
  RETURN_IF_ERROR(
      store.LoadSeries([&](const SeriesRecord& record) { return target.head->Restore(record); }));
  RETURN_IF_ERROR(store.LoadStates([&](const SeriesState& state) {
    if (HeadSeries* series = target.head->series(state.ref); series != nullptr) {
      series->RestoreState(state);
    }
    return absl::OkStatus();
  }));
  return store.LoadMetadata([&](std::string_view metric, const MetricMetadata& metadata) {
    target.metadata->Restore(metric, metadata);
    return absl::OkStatus();
  });
}

// Applies the journal's records to the head.
class Replayer final : public JournalRecordVisitor {
 public:
  explicit Replayer(const RecoveryTarget& target) : target_(target) {}

  absl::Status OnSeries(const SeriesRecord& record) override {
    const bool known = target_.head->series(record.ref) != nullptr;
    RETURN_IF_ERROR(target_.head->Restore(record));
    if (!known) {
      HeadSeries* const series = target_.head->series(record.ref);
      target_.new_series->Add({&series, 1});
    }
    return absl::OkStatus();
  }

  absl::Status OnSamples(std::span<const JournalSample> samples) override {
    for (const JournalSample& entry : samples) {
      HeadSeries* const series = target_.head->series(entry.ref);
      if (series == nullptr) {
        ++orphans_;
        continue;
      }
      series->Replay(entry.sample, entry.in_order, target_.head->epochs());
      ++samples_;
    }
    return absl::OkStatus();
  }

  absl::Status OnMetadata(std::string_view metric, MetricMetadata metadata) override {
    target_.metadata->Set(metric, metadata);
    return absl::OkStatus();
  }

  uint64_t samples() const { return samples_; }
  uint64_t orphans() const { return orphans_; }

 private:
  const RecoveryTarget target_;
  uint64_t samples_ = 0;
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

absl::StatusOr<JournalStart> Recover(const RocksStore& store, const std::string& journal_dir,
                                     const RecoveryTarget& target, const RecoveryDeps& deps) {
  RETURN_IF_ERROR(base::Annotate(LoadStore(store, target), "load series"));
  Replayer replayer(target);
  std::vector<Damage> unreadable;
  const auto visit = [&](const RecordPosition& position, std::string_view payload) {
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
