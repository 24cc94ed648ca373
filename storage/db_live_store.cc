// What Db offers to those who follow its samples as they arrive.
#include "base/status_macros.h"
#include "storage/db.h"
#include "storage/db_series_set.h"

namespace tidemark::storage {
namespace {

// Whether memory has everything that came in order from `min_time` on.
bool HasInOrderFrom(const SeriesView& view, model::Timestamp min_time) {
  return view.persisted_time < min_time ||
         (!view.chunks.empty() && view.chunks.back().chunk->start() <= min_time);
}

absl::Status ReadMemory(const SeriesView& view, model::Timestamp min_time,
                        model::Timestamp max_time, SampleColumns* columns) {
  SampleMerge merge;
  for (size_t i = view.chunks.size(); i-- > 0;) {
    const auto& [chunk, count] = view.chunks[i];
    if (chunk->start() <= max_time && (i == 0 || view.chunks[i - 1].chunk->start() > min_time)) {
      RETURN_IF_ERROR(
          DecodeStream(chunk->readable_bytes(), count, min_time, max_time, merge.stream()));
    }
  }
  for (uint32_t i = 0; i < view.late_count; ++i) {
    const model::Sample& sample = view.late->samples()[i];
    if (sample.t >= min_time && sample.t <= max_time) {
      merge.AddLate(sample);
    }
  }
  *columns = merge.Finish();
  return absl::OkStatus();
}

}  // namespace

void Db::Reclassify(ArrivalSubscriber* subscriber) {
  // A registration that asked the subscriber before can be looked up afterwards.
  head_.AwaitRegistrations();
  const uint8_t bit = Arrivals::BitOf(*subscriber);
  SeriesRef ref = kNoSeries;
  constexpr size_t kUnderOneGuard = 4096;
  while (true) {
    const base::EpochDomain::Guard guard(head_.epochs());
    for (size_t i = 0; i < kUnderOneGuard; ++i) {
      HeadSeries* const series = head_.NextSeries(ref);
      if (series == nullptr) {
        return;
      }
      ref = series->ref();
      series->Want(bit, subscriber->Wants(series->labels()));
    }
  }
}

absl::Status Db::VisitSeries(
    const Selection& selection,
    absl::FunctionRef<void(SeriesKey key, model::LabelsView labels)> visit) const {
  const base::EpochDomain::Guard guard(head_.epochs());
  SeriesBitmap live = SelectRefs(selection);
  for (const SeriesRef ref : ToVector(live)) {
    if (const HeadSeries* const series = head_.series(ref); series != nullptr) {
      visit(series->key(), series->labels());
    } else {
      live.remove(ref);  // it has left memory just now
    }
  }
  ASSIGN_OR_RETURN(const std::vector<ColdSeries> cold, SelectCold(selection, live));
  for (const ColdSeries& series : cold) {
    visit(series.key, series.labels);
  }
  return absl::OkStatus();
}

std::optional<Db::SeriesName> Db::NameOf(SeriesRef ref) const {
  const base::EpochDomain::Guard guard(head_.epochs());
  const HeadSeries* const series = ref > head_.last_ref() ? nullptr : head_.series(ref);
  if (series == nullptr) {
    return std::nullopt;
  }
  return SeriesName{series->key(), model::Labels(series->labels())};
}

absl::Status Db::ReadSeries(SeriesKey key, model::Timestamp min_time, model::Timestamp max_time,
                            SampleColumns* columns) const {
  auto guard = std::make_unique<base::EpochDomain::Guard>(head_.epochs());
  DbSeriesSet::Entry entry{key, {}, {}};
  if (const HeadSeries* const series = head_.series(key.series); series != nullptr) {
    entry.labels = series->labels();
    entry.view = series->View();
    const bool nothing_late_in_store = head_.newest_swept_late() < min_time;
    const bool nothing_deleted = newest_deleted_.load(std::memory_order_acquire) < min_time;
    if (nothing_late_in_store && nothing_deleted && HasInOrderFrom(entry.view, min_time)) {
      return ReadMemory(entry.view, min_time, max_time, columns);
    }
  }
  DbSeriesSet::Sources sources;
  sources.guard = std::move(guard);
  sources.live.push_back(std::move(entry));
  sources.has_twins = false;
  Consolidator::View view = consolidator_->NewView();
  sources.chunks = std::move(view.chunks);
  sources.tombstones = std::move(view.tombstones);
  sources.retention = consolidator_->retention();
  sources.now = deps_.clock->NowMs();
  DbSeriesSet set(std::move(sources), {.min_time = min_time, .max_time = max_time, .matchers = {}});
  set.Next();
  return set.Read(columns);
}

}  // namespace tidemark::storage
