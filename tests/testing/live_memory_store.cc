#include "tests/testing/live_memory_store.h"

#include <algorithm>

namespace tidemark::testing {
namespace {

using storage::SampleColumns;
using storage::Selection;
using storage::SeriesRef;

class CopiedSeriesSet final : public storage::SeriesSet {
 public:
  struct Series {
    model::Labels labels;
    SampleColumns samples;
  };
  explicit CopiedSeriesSet(std::vector<Series> series) : series_(std::move(series)) {}

  bool Next() override { return next_++ < series_.size(); }
  model::LabelsView labels() const override { return series_[next_ - 1].labels; }
  absl::Status Read(SampleColumns* columns) override {
    *columns = series_[next_ - 1].samples;
    return absl::OkStatus();
  }

 private:
  const std::vector<Series> series_;
  size_t next_ = 0;
};

}  // namespace

LiveMemoryStore::Series* LiveMemoryStore::FindOrAdd(const model::Labels& labels, SeriesRef* ref) {
  const auto [known, added] =
      refs_.try_emplace(labels.bytes(), static_cast<SeriesRef>(series_.size() + 1));
  *ref = known->second;
  if (added) {
    auto series = std::make_unique<Series>();
    series->labels = labels;
    series->wanted = arrivals_.WantedBy(labels);
    series_.push_back(std::move(series));
  }
  return series_[*ref - 1].get();
}

void LiveMemoryStore::Put(const std::vector<Write>& writes) {
  storage::ArrivalCollector collector(&arrivals_);
  {
    base::MutexLock lock(&mu_);
    for (const Write& write : writes) {
      SeriesRef ref = 0;
      Series* const series = FindOrAdd(write.labels, &ref);
      const bool late =
          !series->samples.empty() && series->samples.rbegin()->first > write.sample.t;
      if (series->samples.emplace(write.sample.t, write.sample.v).second && series->wanted != 0) {
        collector.Note(series->wanted, {ref, late, write.sample});
      }
    }
  }
  collector.Tell(clock_->NowMs(), clock_->SteadyNanos());
}

void LiveMemoryStore::Evict(const model::Labels& labels) {
  SeriesRef ref = 0;
  {
    base::MutexLock lock(&mu_);
    FindOrAdd(labels, &ref);
  }
  arrivals_.TellEvicted({ref}, clock_->NowMs(), clock_->SteadyNanos());
}

void LiveMemoryStore::Reclassify(storage::ArrivalSubscriber* subscriber) {
  base::MutexLock lock(&mu_);
  const auto bit = storage::Arrivals::BitOf(*subscriber);
  for (const auto& series : series_) {
    const bool wants = subscriber->Wants(series->labels);
    series->wanted = static_cast<uint8_t>(wants ? series->wanted | bit : series->wanted & ~bit);
  }
}

std::vector<SeriesRef> LiveMemoryStore::Matching(const Selection& selection) const {
  std::vector<SeriesRef> refs;
  for (size_t i = 0; i < series_.size(); ++i) {
    const model::LabelsView labels = series_[i]->labels;
    if (std::all_of(selection.matchers.begin(), selection.matchers.end(),
                    [labels](const model::Matcher& m) { return m.Matches(labels); })) {
      refs.push_back(static_cast<SeriesRef>(i + 1));
    }
  }
  return refs;
}

absl::Status LiveMemoryStore::VisitSeries(
    const Selection& selection,
    absl::FunctionRef<void(storage::SeriesKey, model::LabelsView)> visit) const {
  base::MutexLock lock(&mu_);
  for (const SeriesRef ref : Matching(selection)) {
    visit({1, ref}, series_[ref - 1]->labels);
  }
  return absl::OkStatus();
}

std::optional<LiveMemoryStore::SeriesName> LiveMemoryStore::NameOf(SeriesRef ref) const {
  base::MutexLock lock(&mu_);
  return SeriesName{{1, ref}, series_[ref - 1]->labels};
}

void LiveMemoryStore::Copy(const Series& series, model::Timestamp min_time,
                           model::Timestamp max_time, SampleColumns* columns) {
  columns->clear();
  for (auto i = series.samples.lower_bound(min_time);
       i != series.samples.end() && i->first <= max_time; ++i) {
    columns->Append(i->first, i->second);
  }
}

absl::Status LiveMemoryStore::ReadSeries(storage::SeriesKey key, model::Timestamp min_time,
                                         model::Timestamp max_time, SampleColumns* columns) const {
  base::MutexLock lock(&mu_);
  Copy(*series_[key.series - 1], min_time, max_time, columns);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<storage::SeriesSet>> LiveMemoryStore::Select(
    const Selection& selection) const {
  base::MutexLock lock(&mu_);
  std::vector<CopiedSeriesSet::Series> selected;
  for (const SeriesRef ref : Matching(selection)) {
    selected.push_back({series_[ref - 1]->labels, {}});
    Copy(*series_[ref - 1], selection.min_time, selection.max_time, &selected.back().samples);
  }
  return std::make_unique<CopiedSeriesSet>(std::move(selected));
}

absl::StatusOr<std::vector<std::string>> LiveMemoryStore::LabelNames(const Selection&) const {
  return absl::UnimplementedError("this store does not list labels");
}

absl::StatusOr<std::vector<std::string>> LiveMemoryStore::LabelValues(std::string_view,
                                                                      const Selection&) const {
  return absl::UnimplementedError("this store does not list labels");
}

}  // namespace tidemark::testing
