#include "storage/cold/evictor.h"

#include <algorithm>

#include "base/status_macros.h"

namespace tidemark::storage {
namespace {

// Series that are moved together: rows of postings that they share are written once.
constexpr size_t kBatch = 16'384;

}  // namespace

Evictor::Evictor(const Parts& parts, int64_t inactive_after_ms)
    : parts_(parts),
      inactive_after_ms_(inactive_after_ms),
      evicted_(parts.metrics->AddCounter("tidemark_series_evicted_total",
                                         "Series that have left memory.")) {}

absl::Status Evictor::Run(Pace pace) {
  EndSuperseded();
  RETURN_IF_ERROR(MoveEnded());
  Rests rests(pace, parts_.clock);
  Head* const head = parts_.head;
  const model::Timestamp newest = parts_.clock->NowMs() - inactive_after_ms_;
  SeriesRef ref = kNoSeries;
  while (true) {
    {
      base::EpochDomain::Guard guard(head->epochs());
      HeadSeries* series = head->NextSeries(ref);
      for (; series != nullptr && ended_.size() < kBatch; series = head->NextSeries(ref)) {
        ref = series->ref();
        if (series->active_at() != 0 && int64_t{series->active_at()} * 1000 <= newest &&
            series->TryEvict(newest, head->epochs())) {
          ended_.push_back(series);
        }
      }
      if (series == nullptr && ended_.empty()) {
        return absl::OkStatus();
      }
    }
    RETURN_IF_ERROR(MoveEnded());
    rests.Rest();
  }
}

void Evictor::EndSuperseded() {
  Head* const head = parts_.head;
  for (const HeadSeries* series : head->TakeSuperseded()) {
    superseded_.push_back(series->ref());
  }
  base::EpochDomain::Guard guard(head->epochs());
  std::erase_if(superseded_, [&](SeriesRef ref) {
    HeadSeries* const series = head->series(ref);
    if (series == nullptr || series->gone()) {
      return true;
    }
    const bool ended =
        series->active_at() != 0 && series->TryEvict(model::kMaxTimestamp, head->epochs());
    if (ended) {
      ended_.push_back(series);
    }
    return ended;
  });
}

absl::Status Evictor::MoveEnded() {
  if (ended_.empty()) {
    return absl::OkStatus();
  }
  std::sort(ended_.begin(), ended_.end(),
            [](const HeadSeries* a, const HeadSeries* b) { return a->ref() < b->ref(); });
  std::vector<ColdSeriesRecord> records;
  std::vector<SeriesRef> forgotten;
  std::vector<SeriesRef> left;
  for (const HeadSeries* series : ended_) {
    left.push_back(series->ref());
    if (series->min_time() > series->max_time()) {
      forgotten.push_back(series->ref());
    } else {
      records.push_back({series->ref(), series->metric(), series->min_time(), series->max_time(),
                         series->labels()});
    }
  }
  RETURN_IF_ERROR(base::Annotate(parts_.cold->TakeOver(records, forgotten, parts_.head->last_ref()),
                                 "move inactive series"));
  parts_.head->Remove(ended_);
  parts_.arrivals->TellEvicted(left, parts_.clock->NowMs(), parts_.clock->SteadyNanos());
  evicted_->Add(ended_.size());
  ended_.clear();
  return absl::OkStatus();
}

}  // namespace tidemark::storage
