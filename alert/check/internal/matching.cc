#include "alert/check/internal/matching.h"

namespace tidemark::alert {
namespace {

LabelFamily These(const std::vector<std::string>& names, bool complement) {
  std::set<std::string> set(names.begin(), names.end());
  return complement ? LabelFamily::AllBut(std::move(set)) : LabelFamily::Of(std::move(set));
}

}  // namespace

LabelFamily ComparedLabels(const query::VectorMatching& matching) {
  return These(matching.labels, !matching.on);
}

LabelFamily GroupedLabels(const query::Aggregate& aggregate) {
  return These(aggregate.grouping, aggregate.without);
}

}  // namespace tidemark::alert
