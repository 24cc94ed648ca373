#include "alert/history/history_selection.h"

#include <algorithm>
#include <utility>

namespace tidemark::alert {
namespace {

bool PassesAll(const std::vector<model::Matcher>& matchers, model::LabelsView labels) {
  return std::all_of(matchers.begin(), matchers.end(),
                     [labels](const model::Matcher& matcher) { return matcher.Matches(labels); });
}

}  // namespace

bool HistorySelection::IsWanted(const AlertRecord& record) const {
  const auto& rules = query_.rules;
  const auto& selectors = query_.selectors;
  return record.kind != RecordKind::kUpdate && record.t >= query_.min_time &&
         record.t <= query_.max_time &&
         (rules.empty() || std::find(rules.begin(), rules.end(), record.rule) != rules.end()) &&
         (selectors.empty() ||
          std::any_of(selectors.begin(), selectors.end(), [&record](const auto& matchers) {
            return PassesAll(matchers, record.alert.labels);
          }));
}

void HistorySelection::Add(std::string_view payload) {
  std::vector<AlertRecord> records;
  DecodeRecords(payload, &records).IgnoreError();
  for (AlertRecord& record : records) {
    if (IsWanted(record)) {
      answer_.transitions.push_back(std::move(record));
    }
  }
  if (query_.limit > 0 && answer_.transitions.size() > 2 * query_.limit) {
    Cut();
  }
}

// Keeps the newest; of two with equal times the one that came last.
void HistorySelection::Cut() {
  auto& transitions = answer_.transitions;
  std::stable_sort(transitions.begin(), transitions.end(),
                   [](const AlertRecord& a, const AlertRecord& b) { return a.t < b.t; });
  if (query_.limit > 0 && transitions.size() > query_.limit) {
    answer_.truncated = true;
    transitions.erase(transitions.begin(),
                      transitions.end() - static_cast<std::ptrdiff_t>(query_.limit));
  }
}

HistoryAnswer HistorySelection::Finish() && {
  Cut();
  std::reverse(answer_.transitions.begin(), answer_.transitions.end());
  return std::move(answer_);
}

}  // namespace tidemark::alert
