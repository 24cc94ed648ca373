// How matchers become a set of series.
//
// A series without a label counts as having the empty value, which has no postings. So a matcher
// that refuses the empty string keeps the series of the values it accepts, and one that accepts
// the empty string takes out the series of the values it refuses. Either way its postings are
// those of the values v with Matches(v) ≠ Matches(""):
//
//   job="a", job=~"a|b"        keep      a, b                    lookup
//   job!="a", job!~"a|b"       take out  a, b                    lookup
//   job=~"a.*"                 keep      what matches            walk over the values from a to b
//   job!~"a.*"                 take out  what matches            walk over the values from a to b
//   job!=""                    keep      what does not match ""  walk over all values
//   job=~"|a.*", job=""        take out  what does not match     walk over all values
//
// Lookups come first, the rarest first, under one hold of the lock. Walks follow, the shortest
// first; they look at the text of a value only when some series of it is still wanted, since
// comparing postings is cheaper than a regular expression. When few series are left, their labels
// are read instead. Between the steps the lock is free:
// series added meanwhile are in none of the later results, as the set only shrinks, and series
// removed meanwhile are taken out at the end.
#include <algorithm>
#include <tuple>
#include <utility>

#include "storage/index/label_index.h"

namespace tidemark::storage {

using internal::ValuePostings;

struct LabelIndex::Step {
  const model::Matcher* matcher = nullptr;
  bool takes_out = false;
  bool walks = false;
  // Series of a lookup, values of a walk.
  size_t cost = 0;
  model::Matcher::Bounds bounds = {};     // of the values of a walk
  const ValuePostings* values = nullptr;  // of the matcher's label; null if no series has it

  auto order() const { return std::tuple(walks, takes_out, cost); }
};

template <typename Visit>
void LabelIndex::VisitLiterals(const Step& step, Visit visit) const {
  if (step.values == nullptr) {
    return;
  }
  for (const std::string& literal : *step.matcher->literals()) {
    if (const Postings* postings = step.values->Find(literal); postings != nullptr) {
      visit(*postings);
    }
  }
}

LabelIndex::Step LabelIndex::PlanStep(const model::Matcher& matcher) const {
  Step step{
      .matcher = &matcher, .takes_out = matcher.MatchesEmpty(), .values = FindName(matcher.name())};
  step.walks = !matcher.literals().has_value() || matcher.negative() != step.takes_out;
  if (step.walks) {
    step.cost = step.values == nullptr ? 0 : step.values->value_count();
    if (matcher.negative() == step.takes_out) {
      step.bounds = matcher.bounds();  // it visits what the expression stands for
    }
    return step;
  }
  VisitLiterals(step, [&step](const Postings& postings) { step.cost += postings.cardinality(); });
  return step;
}

LabelIndex::Steps LabelIndex::Plan(std::span<const model::Matcher> matchers) const {
  Steps steps;
  steps.reserve(matchers.size());
  for (const model::Matcher& matcher : matchers) {
    steps.push_back(PlanStep(matcher));
  }
  std::stable_sort(steps.begin(), steps.end(),
                   [](const Step& a, const Step& b) { return a.order() < b.order(); });
  return steps;
}

SeriesBitmap LabelIndex::UnionOfLiterals(const Step& step) const {
  SeriesBitmap hits;
  VisitLiterals(step, [&hits](const Postings& postings) { postings.UnionInto(&hits); });
  return hits;
}

void LabelIndex::ApplyLookup(const Step& step, SeriesBitmap* result) const {
  if (step.takes_out) {
    VisitLiterals(step, [result](const Postings& postings) { postings.SubtractFrom(result); });
  } else if (step.cost > 0 && step.matcher->literals()->size() == 1) {
    VisitLiterals(step, [result](const Postings& postings) { postings.IntersectInto(result); });
  } else {
    *result &= UnionOfLiterals(step);
  }
}

SeriesBitmap LabelIndex::ApplyLookups(const Steps& steps) const {
  const bool starts_small = !steps.empty() && !steps[0].walks && !steps[0].takes_out;
  SeriesBitmap result = starts_small ? UnionOfLiterals(steps[0]) : all_;
  for (size_t i = starts_small ? 1 : 0; i < steps.size() && !steps[i].walks; ++i) {
    ApplyLookup(steps[i], &result);
  }
  return result;
}

void LabelIndex::ApplyWalk(const Step& step, SeriesBitmap* result) const {
  if (ReadsLabels(result->cardinality(), step.cost)) {
    ApplyToLabels(*step.matcher, result);
    return;
  }
  SeriesBitmap hits;
  if (step.values != nullptr) {
    WalkValues(*step.values, step.bounds.first, step.bounds.last,
               [&](const ValuePostings::Value& value) {
                 if (value.postings.Intersects(*result) &&
                     step.matcher->Matches(value.text()) != step.takes_out) {
                   value.postings.UnionInto(&hits);
                 }
                 return true;
               });
  }
  step.takes_out ? * result -= hits : * result &= hits;
}

void LabelIndex::ApplyToLabels(const model::Matcher& matcher, SeriesBitmap* result) const {
  SeriesBitmap passed;
  for (const SeriesRef ref : ToVector(*result)) {
    const model::LabelsView labels = labels_of_(ref);
    if (!labels.empty() && matcher.Matches(labels)) {
      passed.add(ref);
    }
  }
  *result = std::move(passed);
}

SeriesBitmap LabelIndex::Select(std::span<const model::Matcher> matchers) const {
  Steps steps;
  SeriesBitmap result;
  {
    base::ReaderMutexLock lock(&mu_);
    steps = Plan(matchers);
    result = ApplyLookups(steps);
  }
  const auto first_walk =
      std::find_if(steps.begin(), steps.end(), [](const Step& step) { return step.walks; });
  for (auto step = first_walk; step != steps.end() && !result.isEmpty(); ++step) {
    ApplyWalk(*step, &result);
  }
  if (first_walk != steps.end()) {
    base::ReaderMutexLock lock(&mu_);
    result &= all_;
  }
  return result;
}

}  // namespace tidemark::storage
