#include "alert/live/cluster_querier.h"

#include <algorithm>
#include <map>

#include "alert/live/sample_union.h"
#include "base/status_macros.h"

namespace tidemark::alert {
namespace {

using storage::SampleColumns;
using storage::Selection;

// A set over a store of its own.
class OwningSeriesSet final : public storage::SeriesSet {
 public:
  OwningSeriesSet(std::unique_ptr<storage::MemoryQuerier> store,
                  std::unique_ptr<storage::SeriesSet> set)
      : store_(std::move(store)), set_(std::move(set)) {}

  bool Next() override { return set_->Next(); }
  model::LabelsView labels() const override { return set_->labels(); }
  absl::Status Read(SampleColumns* columns) override { return set_->Read(columns); }

 private:
  const std::unique_ptr<storage::MemoryQuerier> store_;
  const std::unique_ptr<storage::SeriesSet> set_;
};

}  // namespace

// All of the cluster's series that could be selected, under their bare labels.
absl::StatusOr<std::unique_ptr<storage::MemoryQuerier>> ClusterQuerier::Fetch(
    const Selection& selection) const {
  std::vector<model::Matcher> matchers;
  for (const model::Matcher& matcher : selection.matchers) {
    if (!identity_.Strips(matcher.name())) {
      matchers.push_back(matcher);
    }
  }
  for (const model::LabelView& label : cluster_) {
    ASSIGN_OR_RETURN(model::Matcher own,
                     model::Matcher::Create(model::MatchType::kEqual, std::string(label.name),
                                            std::string(label.value)));
    matchers.push_back(std::move(own));
  }
  ASSIGN_OR_RETURN(const auto set,
                   store_.Select({selection.min_time, selection.max_time, matchers}));
  std::map<std::string, SampleColumns> fetched;
  SampleColumns columns;
  while (set->Next()) {
    const ClusterIdentity::Split split = identity_.Of(set->labels());
    if (split.cluster.view() == cluster_) {
      RETURN_IF_ERROR(set->Read(&columns));
      UniteSamples(columns, &fetched[split.bare.bytes()]);
    }
  }
  auto store = std::make_unique<storage::MemoryQuerier>();
  for (const auto& [bare, samples] : fetched) {
    const model::Labels labels = model::Labels::FromCanonical(bare);
    for (size_t i = 0; i < samples.size(); ++i) {
      store->Append(labels, {samples.timestamps[i], samples.values[i]});
    }
  }
  return store;
}

absl::StatusOr<std::unique_ptr<storage::SeriesSet>> ClusterQuerier::Select(
    const Selection& selection) const {
  ASSIGN_OR_RETURN(auto store, Fetch(selection));
  ASSIGN_OR_RETURN(auto set, store->Select(selection));
  return std::make_unique<OwningSeriesSet>(std::move(store), std::move(set));
}

absl::StatusOr<std::vector<std::string>> ClusterQuerier::LabelNames(
    const Selection& selection) const {
  ASSIGN_OR_RETURN(const auto store, Fetch(selection));
  return store->LabelNames(selection);
}

absl::StatusOr<std::vector<std::string>> ClusterQuerier::LabelValues(
    std::string_view name, const Selection& selection) const {
  ASSIGN_OR_RETURN(const auto store, Fetch(selection));
  return store->LabelValues(name, selection);
}

}  // namespace tidemark::alert
