#include "storage/retention/retention_policy.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/crc32c.h"
#include "fmt/format.h"

namespace tidemark::storage {

RetentionPolicy::RetentionPolicy(int64_t default_keep_ms, std::vector<RetentionRule> rules)
    : default_ms_(default_keep_ms), rules_(std::move(rules)), longest_ms_(default_keep_ms) {
  std::string text = fmt::format("{}", default_ms_);
  for (const RetentionRule& rule : rules_) {
    for (const model::Matcher& matcher : rule.matchers) {
      text += fmt::format(",{}", matcher.ToString());
    }
    text += fmt::format(":{}", rule.keep_ms);
    const bool forever = longest_ms_ == kKeepForever || rule.keep_ms == kKeepForever;
    longest_ms_ = forever ? kKeepForever : std::max(longest_ms_, rule.keep_ms);
  }
  name_ = fmt::format("{:08x}", base::Crc32c(text));
}

int64_t RetentionPolicy::shortest_ms() const {
  int64_t shortest = default_ms_;
  for (const RetentionRule& rule : rules_) {
    const bool shorter = shortest == kKeepForever || rule.keep_ms < shortest;
    shortest = rule.keep_ms != kKeepForever && shorter ? rule.keep_ms : shortest;
  }
  return shortest;
}

model::Timestamp RetentionPolicy::Oldest(model::LabelsView labels, model::Timestamp now) const {
  const auto fits = [labels](const RetentionRule& rule) {
    return std::all_of(rule.matchers.begin(), rule.matchers.end(),
                       [labels](const model::Matcher& matcher) { return matcher.Matches(labels); });
  };
  const auto rule = std::find_if(rules_.begin(), rules_.end(), fits);
  return OldestByRule(static_cast<size_t>(rule - rules_.begin()), now);
}

size_t RetentionPolicy::PassedFor(model::Timestamp newest, model::Timestamp now) const {
  std::set<int64_t> keeps = {default_ms_};
  for (const RetentionRule& rule : rules_) {
    keeps.insert(rule.keep_ms);
  }
  return static_cast<size_t>(std::count_if(
      keeps.begin(), keeps.end(), [&](int64_t keep_ms) { return BeginOf(keep_ms, now) > newest; }));
}

}  // namespace tidemark::storage
