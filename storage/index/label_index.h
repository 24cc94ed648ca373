// LabelIndex finds the series that pass a set of matchers.
//
// For each label name and value it keeps the postings: the refs of the series that have the pair.
// Everything is in memory; it is rebuilt from the series records at start.
//
// Thread-safe. One reader-writer lock guards the index. Add and Remove hold it exclusively for a
// batch; readers hold it shared, for one lookup or for a bounded slice of a name's values at a
// time, so that registering a series waits for microseconds even while a slow regular expression
// walks many values. Lock-free publication of postings was not chosen: registration is rare next
// to appends, and appends never come here. A selection still sees every series whose Add returned
// before Select was called.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/mutex.h"
#include "base/string_map.h"
#include "model/labels.h"
#include "model/matcher.h"
#include "storage/index/internal/value_postings.h"
#include "storage/index/postings.h"
#include "storage/types.h"

namespace tidemark::storage {

class LabelIndex {
 public:
  // Gives the labels of a series in the index; empty if it has just left.
  using LabelsOf = std::function<model::LabelsView(SeriesRef)>;

  // With `labels_of` what few series have is read from their labels, instead of asking each value
  // of a label for them; it is called by Select, LabelNames and LabelValues without the lock.
  explicit LabelIndex(LabelsOf labels_of = nullptr);
  ~LabelIndex();
  LabelIndex(const LabelIndex&) = delete;
  LabelIndex& operator=(const LabelIndex&) = delete;

  struct Entry {
    SeriesRef ref = kNoSeries;
    model::LabelsView labels;
  };

  // Makes the series findable. Ascending refs are fastest. The label bytes are not kept.
  // REQUIRES: the ref is not in the index.
  void Add(SeriesRef ref, model::LabelsView labels) ABSL_LOCKS_EXCLUDED(mu_);
  void Add(std::span<const Entry> entries) ABSL_LOCKS_EXCLUDED(mu_);
  // Forgets the series. REQUIRES: `labels` are those it was added with.
  void Remove(SeriesRef ref, model::LabelsView labels) ABSL_LOCKS_EXCLUDED(mu_);
  void Remove(std::span<const Entry> entries) ABSL_LOCKS_EXCLUDED(mu_);

  // The series that pass all matchers; no matchers select every series.
  SeriesBitmap Select(std::span<const model::Matcher> matchers) const ABSL_LOCKS_EXCLUDED(mu_);

  // Sorted names of the labels that series in `filter` have; null stands for all series.
  std::vector<std::string> LabelNames(const SeriesBitmap* filter = nullptr) const
      ABSL_LOCKS_EXCLUDED(mu_);
  // Sorted values of label `name` among the series in `filter`.
  std::vector<std::string> LabelValues(std::string_view name,
                                       const SeriesBitmap* filter = nullptr) const
      ABSL_LOCKS_EXCLUDED(mu_);

  size_t series_count() const ABSL_LOCKS_EXCLUDED(mu_);
  size_t name_count() const ABSL_LOCKS_EXCLUDED(mu_);
  size_t pair_count() const ABSL_LOCKS_EXCLUDED(mu_);  // name-value pairs in use
  // Memory, as good as it can be estimated. Visits every value: for tests and benchmarks.
  size_t bytes() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Step;
  using Steps = std::vector<Step>;
  // Gives false to end the walk.
  using VisitValue = absl::FunctionRef<bool(const internal::ValuePostings::Value&)>;
  // Consecutive series that have the same label at the same position.
  struct Run {
    internal::ValuePostings* values = nullptr;
    internal::ValuePostings::Value* value = nullptr;
    SeriesRef first = kNoSeries;
    SeriesRef last = kNoSeries;
  };

  void AddLabel(const model::LabelView& label, SeriesRef ref, size_t position)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void RemoveLocked(const Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  internal::ValuePostings* FindOrAddName(std::string_view name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  const internal::ValuePostings* FindName(std::string_view name) const
      ABSL_SHARED_LOCKS_REQUIRED(mu_);

  Step PlanStep(const model::Matcher& matcher) const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  Steps Plan(std::span<const model::Matcher> matchers) const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  SeriesBitmap ApplyLookups(const Steps& steps) const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  void ApplyLookup(const Step& step, SeriesBitmap* result) const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  // Visits the postings of the step's literals that there are.
  template <typename Visit>
  void VisitLiterals(const Step& step, Visit visit) const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  SeriesBitmap UnionOfLiterals(const Step& step) const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  void ApplyWalk(const Step& step, SeriesBitmap* result) const ABSL_LOCKS_EXCLUDED(mu_);
  // Keeps the series whose labels the matcher accepts.
  void ApplyToLabels(const model::Matcher& matcher, SeriesBitmap* result) const;
  // Whether it is cheaper to read the labels of `count` series than to ask `values` values.
  bool ReadsLabels(uint64_t count, size_t values) const {
    return labels_of_ != nullptr && count <= kReadLabels && count <= values;
  }
  static constexpr uint64_t kReadLabels = 10'000;

  // The sorted names, and values of label `name`, of series, from their labels.
  std::vector<std::string> NamesOf(const SeriesBitmap& refs) const;
  std::vector<std::string> ValuesOf(const SeriesBitmap& refs, std::string_view name) const;

  // Visits the values in use in [first, last], in order; takes the lock for a slice of them at a
  // time. An empty `last` is no bound.
  void WalkValues(const internal::ValuePostings& values, std::string_view first,
                  std::string_view last, VisitValue visit) const ABSL_LOCKS_EXCLUDED(mu_);
  bool HasAnyOf(const internal::ValuePostings& values, const SeriesBitmap& filter) const
      ABSL_LOCKS_EXCLUDED(mu_);

  const LabelsOf labels_of_;
  mutable base::Mutex mu_;
  // Names are never removed, so a pointer to one stays valid; what is behind it is guarded, too.
  base::StringMap<std::unique_ptr<internal::ValuePostings>> names_ ABSL_GUARDED_BY(mu_);
  // By position, of the batch that is being added.
  std::vector<Run> runs_ ABSL_GUARDED_BY(mu_);
  SeriesBitmap all_ ABSL_GUARDED_BY(mu_);
};

}  // namespace tidemark::storage
