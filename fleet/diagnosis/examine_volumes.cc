// What the volumes of log and writes tell: risks for a later restore rather than faults.
#include "fleet/diagnosis/internal/case.h"
#include "fmt/format.h"

namespace tidemark::fleet {
namespace {

using enum FindingKind;

constexpr double kGibibyte = 1024.0 * 1024 * 1024;
constexpr double kLargeRangeBytes = 10 * kGibibyte;
constexpr double kLargeRangeFactor = 3;
constexpr double kVolumeJumpFactor = 2;
constexpr double kHotEventsPerSecond = 50'000;
constexpr double kSecondsPerHour = 3600;

// What was added in the `count` hours that ended `ago` hours ago.
double HoursBefore(const FourDaySums& sums, model::Timestamp t, int64_t ago, int64_t count) {
  return sums.Sum(t, ago + count) - sums.Sum(t, ago);
}

void ExamineRange(Case* c) {
  const FourDaySums& bytes = c->cluster().volumes().flushed_bytes;
  const double now = bytes.Sum(c->time(), 48);
  const double before = HoursBefore(bytes, c->time(), 48, 47);
  if (now < kLargeRangeBytes || before <= 0 || now < kLargeRangeFactor * before) {
    return;
  }
  c->Add(kLargeLogRange, Severity::kInfo, Confidence::kLow,
         fmt::format("{:.1f} GiB in two days, {:.1f} GiB in the two before", now / kGibibyte,
                     before / kGibibyte))
      .CiteFact("sum(increase(tikv_log_backup_flush_file_size_sum[2d]))",
                fmt::format("{:.0f}", now))
      .CiteFact("sum(increase(tikv_log_backup_flush_file_size_count[2d]))",
                fmt::format("{:.0f}", c->cluster().volumes().flushed_files.Sum(c->time(), 48)));
}

void ExamineRatio(Case* c) {
  const ClusterVolumes& volumes = c->cluster().volumes();
  const double log_now = volumes.flushed_bytes.Sum(c->time(), 6);
  const double written_now = volumes.engine_bytes.Sum(c->time(), 6);
  const double log_before = HoursBefore(volumes.flushed_bytes, c->time(), 6, 24);
  const double written_before = HoursBefore(volumes.engine_bytes, c->time(), 6, 24);
  if (log_now < kGibibyte || written_now <= 0 || log_before <= 0 || written_before <= 0) {
    return;
  }
  const double ratio = log_now / written_now;
  const double ratio_before = log_before / written_before;
  if (ratio < kVolumeJumpFactor * ratio_before) {
    return;
  }
  c->Add(kLogVolumeJump, Severity::kInfo, Confidence::kLow,
         fmt::format("{:.2f} bytes of log for one written, {:.2f} the day before", ratio,
                     ratio_before))
      .CiteFact("sum(increase(tikv_log_backup_flush_file_size_sum[6h]))",
                fmt::format("{:.0f}", log_now))
      .CiteFact("sum(increase(tikv_engine_flow_bytes{db=\"kv\", type=\"bytes_written\"}[6h]))",
                fmt::format("{:.0f}", written_now));
}

void ExamineImport(Case* c) {
  if (!c->AnyRuns()) {
    return;
  }
  std::vector<const Instance*> importing;
  for (const Instance* store : c->stores()) {
    if (c->Increase(*store, Signal::kIngests, 5) > 0) {
      importing.push_back(store);
    }
  }
  if (importing.empty()) {
    return;
  }
  Note note = c->Add(kPhysicalImport, Severity::kInfo, Confidence::kLow,
                     fmt::format("{} stores ingest files while a task runs", importing.size()));
  for (const Instance* store : importing) {
    note.At(*store).CiteIncrease(*store, Signal::kIngests, 5);
  }
}

double EventsPerSecond(const Case& c, const Instance& store, int64_t hours) {
  return store.events == nullptr
             ? 0
             : store.events->Sum(c.time(), hours) / (static_cast<double>(hours) * kSecondsPerHour);
}

void ExamineHotWrites(Case* c) {
  for (const Instance* store : c->stores()) {
    const double day = EventsPerSecond(*c, *store, 24);
    const double hours = EventsPerSecond(*c, *store, 6);
    if (hours <= kHotEventsPerSecond) {
      continue;
    }
    const bool all_day = day > kHotEventsPerSecond;
    c->Add(kHotWrites, all_day ? Severity::kWarning : Severity::kInfo,
           all_day ? Confidence::kMedium : Confidence::kLow,
           fmt::format("{:.0f} changes a second over {} hours", all_day ? day : hours,
                       all_day ? 24 : 6))
        .At(*store)
        .Cite(*store, Signal::kEvents);
  }
}

}  // namespace

void ExamineVolumes(Case* c) {
  ExamineRange(c);
  ExamineRatio(c);
  ExamineImport(c);
  ExamineHotWrites(c);
}

}  // namespace tidemark::fleet
