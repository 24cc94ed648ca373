#include "storage/memory_querier.h"

#include <algorithm>
#include <set>

namespace tidemark::storage {
namespace {

struct SelectedSeries {
  model::LabelsView labels;
  const SampleColumns* samples;
};

class MemorySeriesSet final : public SeriesSet {
 public:
  MemorySeriesSet(std::vector<SelectedSeries> series, const Selection& selection)
      : series_(std::make_shared<const std::vector<SelectedSeries>>(std::move(series))),
        min_time_(selection.min_time),
        max_time_(selection.max_time),
        end_(series_->size()) {}

  bool Next() override { return next_++ < end_; }
  model::LabelsView labels() const override { return present().labels; }

  absl::Status Read(SampleColumns* columns) override {
    columns->clear();
    const SampleColumns& all = *present().samples;
    const auto first = std::lower_bound(all.timestamps.begin(), all.timestamps.end(), min_time_);
    for (auto i = static_cast<size_t>(first - all.timestamps.begin());
         i < all.size() && all.timestamps[i] <= max_time_; ++i) {
      columns->Append(all.timestamps[i], all.values[i]);
    }
    return absl::OkStatus();
  }

  size_t places() const override { return series_->size(); }
  std::unique_ptr<SeriesSet> Another() const override {
    auto another = std::make_unique<MemorySeriesSet>(*this);
    another->GoTo(places(), places());
    return another;
  }
  void GoTo(size_t begin, size_t end) override {
    next_ = begin;
    end_ = end;
  }

 private:
  const SelectedSeries& present() const { return (*series_)[next_ - 1]; }

  std::shared_ptr<const std::vector<SelectedSeries>> series_;
  model::Timestamp min_time_;
  model::Timestamp max_time_;
  size_t next_ = 0;
  size_t end_;
};

bool MatchesAll(model::LabelsView labels, const Selection& selection) {
  return std::all_of(selection.matchers.begin(), selection.matchers.end(),
                     [&](const model::Matcher& matcher) { return matcher.Matches(labels); });
}

}  // namespace

void MemoryQuerier::Add(const model::Labels& labels, const std::vector<model::Sample>& samples) {
  SampleColumns& columns = series_[labels];
  for (const model::Sample& sample : samples) {
    columns.Append(sample.t, sample.v);
  }
}

bool MemoryQuerier::Append(const model::Labels& labels, model::Sample sample) {
  SampleColumns& columns = series_[labels];
  if (columns.size() == 0 || columns.timestamps.back() < sample.t) {
    columns.Append(sample.t, sample.v);
    return true;
  }
  return columns.timestamps.back() == sample.t && model::SameBits(columns.values.back(), sample.v);
}

absl::StatusOr<std::unique_ptr<SeriesSet>> MemoryQuerier::Select(const Selection& selection) const {
  if (!failure_.ok()) {
    return failure_;
  }
  std::vector<SelectedSeries> selected;
  for (const auto& [labels, samples] : series_) {
    if (MatchesAll(labels, selection)) {
      selected.push_back({labels, &samples});
    }
  }
  return std::make_unique<MemorySeriesSet>(std::move(selected), selection);
}

absl::StatusOr<std::vector<std::string>> MemoryQuerier::LabelNames(
    const Selection& selection) const {
  std::set<std::string> names;
  for (const auto& [labels, samples] : series_) {
    if (MatchesAll(labels, selection)) {
      for (const model::LabelView& label : labels.view()) {
        names.emplace(label.name);
      }
    }
  }
  return std::vector<std::string>(names.begin(), names.end());
}

absl::StatusOr<std::vector<std::string>> MemoryQuerier::LabelValues(
    std::string_view name, const Selection& selection) const {
  std::set<std::string> values;
  for (const auto& [labels, samples] : series_) {
    if (labels.view().Has(name) && MatchesAll(labels, selection)) {
      values.emplace(labels.Get(name));
    }
  }
  return std::vector<std::string>(values.begin(), values.end());
}

}  // namespace tidemark::storage
