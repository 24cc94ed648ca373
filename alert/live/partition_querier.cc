#include "alert/live/partition_querier.h"

#include <algorithm>
#include <set>

#include "alert/live/sample_union.h"
#include "base/status_macros.h"

namespace tidemark::alert {
namespace {

using model::Timestamp;
using storage::SampleColumns;
using storage::Selection;

bool Same(std::span<const model::Matcher> a, std::span<const model::Matcher> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const model::Matcher& one, const model::Matcher& other) {
                      return one.type() == other.type() && one.value() == other.value() &&
                             one.name() == other.name();
                    });
}

bool PassesAll(std::span<const model::Matcher> matchers, model::LabelsView labels) {
  return std::all_of(matchers.begin(), matchers.end(),
                     [labels](const model::Matcher& matcher) { return matcher.Matches(labels); });
}

// The bit of the rule's input that is selected by; 0 when it is none of them, or one that shares
// its bit with others.
uint64_t InputOf(const LiveRule& rule, std::span<const model::Matcher> matchers) {
  const auto& inputs = rule.inputs();
  for (size_t i = 0; i < inputs.size() && i < kMaxLiveInputs - 1; ++i) {
    if (Same(inputs[i].matchers, matchers)) {
      return uint64_t{1} << i;
    }
  }
  return 0;
}

// Appends those of `from` in [min_time, max_time].
void Slice(const SampleColumns& from, Timestamp min_time, Timestamp max_time, SampleColumns* to) {
  const auto first = std::lower_bound(from.timestamps.begin(), from.timestamps.end(), min_time);
  const auto last = std::upper_bound(first, from.timestamps.end(), max_time);
  const auto begin = first - from.timestamps.begin();
  const auto end = last - from.timestamps.begin();
  to->timestamps.assign(first, last);
  to->values.assign(from.values.begin() + begin, from.values.begin() + end);
}

}  // namespace

class PartitionSeriesSet final : public storage::SeriesSet {
 public:
  // Series of equal labels come one behind the other.
  PartitionSeriesSet(const PartitionQuerier* querier, const Selection& selection, uint64_t input,
                     std::vector<const LiveSeries*> series)
      : querier_(querier), selection_(selection), input_(input), series_(std::move(series)) {}

  bool Next() override {
    present_ = end_;
    if (present_ == series_.size()) {
      return false;
    }
    ++end_;
    while (querier_->partition_.has_twins && end_ < series_.size() &&
           querier_->LabelsOf(*series_[end_]) == labels()) {
      ++end_;
    }
    return true;
  }

  model::LabelsView labels() const override { return querier_->LabelsOf(*series_[present_]); }

  absl::Status Read(SampleColumns* columns) override {
    RETURN_IF_ERROR(querier_->Read(*series_[present_], selection_, columns));
    for (size_t i = present_ + 1; i < end_; ++i) {
      SampleColumns more;
      RETURN_IF_ERROR(querier_->Read(*series_[i], selection_, &more));
      UniteSamples(more, columns);
    }
    querier_->NotePresence(input_, selection_, *columns);
    return absl::OkStatus();
  }

 private:
  const PartitionQuerier* const querier_;
  const Selection selection_;
  const uint64_t input_;
  const std::vector<const LiveSeries*> series_;
  size_t present_ = 0;
  size_t end_ = 0;  // behind the present one and its twins
};

model::LabelsView PartitionQuerier::LabelsOf(const LiveSeries& series) const {
  return partition_.scope->rule->settings().fleet_wide ? series.labels.view() : series.bare.view();
}

absl::StatusOr<std::unique_ptr<storage::SeriesSet>> PartitionQuerier::Select(
    const Selection& selection) const {
  const uint64_t input = InputOf(*partition_.scope->rule, selection.matchers);
  std::vector<const LiveSeries*> series;
  for (const LiveMember& member : partition_.members) {
    if (input != 0 ? (member.inputs & input) != 0
                   : PassesAll(selection.matchers, LabelsOf(*member.series))) {
      series.push_back(member.series);
    }
  }
  if (partition_.has_twins) {
    std::sort(series.begin(), series.end(), [this](const LiveSeries* a, const LiveSeries* b) {
      const auto order = LabelsOf(*a).bytes().compare(LabelsOf(*b).bytes());
      return order != 0 ? order < 0 : a->key.series < b->key.series;
    });
  }
  return std::make_unique<PartitionSeriesSet>(this, selection, input, std::move(series));
}

// Reads a series once, as far back as any selector asks: one may ask for days of one series where
// the others look at the newest samples alone.
absl::StatusOr<const SampleColumns*> PartitionQuerier::Load(const LiveSeries& series,
                                                            Timestamp from) const {
  Loaded& loaded = loaded_[&series];
  if (from < loaded.from) {
    RETURN_IF_ERROR(store_.ReadSeries(series.key, from, model::kMaxTimestamp, &loaded.columns));
    loaded.from = from;
  }
  return &loaded.columns;
}

absl::Status PartitionQuerier::Read(const LiveSeries& series, const Selection& selection,
                                    SampleColumns* columns) const {
  ASSIGN_OR_RETURN(const SampleColumns* const all, Load(series, selection.min_time));
  Slice(*all, selection.min_time, selection.max_time, columns);
  return absl::OkStatus();
}

void PartitionQuerier::NotePresence(uint64_t input, const Selection& selection,
                                    const SampleColumns& columns) const {
  any_samples_ = any_samples_ || columns.size() > 0;
  if (columns.size() > 0 && !model::IsStale(columns.values.back()) &&
      columns.timestamps.back() > selection.max_time - lookback_ms_) {
    present_ |= input;
  }
}

absl::StatusOr<std::vector<Timestamp>> PartitionQuerier::SampleTimes(Timestamp min_time,
                                                                     Timestamp max_time) const {
  std::vector<Timestamp> times;
  SampleColumns columns;
  for (const LiveMember& member : partition_.members) {
    RETURN_IF_ERROR(store_.ReadSeries(member.series->key, min_time, max_time, &columns));
    times.insert(times.end(), columns.timestamps.begin(), columns.timestamps.end());
  }
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

absl::StatusOr<std::vector<std::string>> PartitionQuerier::LabelNames(
    const Selection& selection) const {
  std::set<std::string> names;
  for (const LiveMember& member : partition_.members) {
    if (PassesAll(selection.matchers, LabelsOf(*member.series))) {
      for (const model::LabelView& label : LabelsOf(*member.series)) {
        names.emplace(label.name);
      }
    }
  }
  return std::vector<std::string>(names.begin(), names.end());
}

absl::StatusOr<std::vector<std::string>> PartitionQuerier::LabelValues(
    std::string_view name, const Selection& selection) const {
  std::set<std::string> values;
  for (const LiveMember& member : partition_.members) {
    const model::LabelsView labels = LabelsOf(*member.series);
    if (PassesAll(selection.matchers, labels) && labels.Has(name)) {
      values.emplace(labels.Get(name));
    }
  }
  return std::vector<std::string>(values.begin(), values.end());
}

}  // namespace tidemark::alert
