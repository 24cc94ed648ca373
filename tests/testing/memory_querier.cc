#include "tests/testing/memory_querier.h"

#include <algorithm>
#include <set>

namespace tidemark::testing {
namespace {

using storage::SampleColumns;
using storage::Selection;

struct SelectedSeries {
  model::LabelsView labels;
  const SampleColumns* samples;
};

class MemorySeriesSet final : public storage::SeriesSet {
 public:
  MemorySeriesSet(std::vector<SelectedSeries> series, const Selection& selection)
      : series_(std::move(series)), min_time_(selection.min_time), max_time_(selection.max_time) {}

  bool Next() override { return next_++ < series_.size(); }
  model::LabelsView labels() const override { return series_[next_ - 1].labels; }

  absl::Status Read(SampleColumns* columns) override {
    columns->clear();
    const SampleColumns& all = *series_[next_ - 1].samples;
    for (size_t i = 0; i < all.size(); ++i) {
      if (all.timestamps[i] >= min_time_ && all.timestamps[i] <= max_time_) {
        columns->Append(all.timestamps[i], all.values[i]);
      }
    }
    return absl::OkStatus();
  }

 private:
  const std::vector<SelectedSeries> series_;
  const model::Timestamp min_time_;
  const model::Timestamp max_time_;
  size_t next_ = 0;
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

absl::StatusOr<std::unique_ptr<storage::SeriesSet>> MemoryQuerier::Select(
    const Selection& selection) const {
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

}  // namespace tidemark::testing
