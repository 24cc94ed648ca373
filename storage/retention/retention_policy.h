// RetentionPolicy says how long the samples of a series are kept: by the first rule whose matchers
// all pass, or else by the default. Immutable; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/labels.h"
#include "model/matcher.h"
#include "model/sample.h"

namespace tidemark::storage {

inline constexpr int64_t kKeepForever = 0;

struct RetentionRule {
  std::vector<model::Matcher> matchers;
  int64_t keep_ms = kKeepForever;
};

class RetentionPolicy {
 public:
  explicit RetentionPolicy(int64_t default_keep_ms, std::vector<RetentionRule> rules = {});

  const std::vector<RetentionRule>& rules() const { return rules_; }
  // Whether series differ in how long they are kept.
  bool has_rules() const { return !rules_.empty(); }
  int64_t longest_ms() const { return longest_ms_; }
  // The shortest time that the samples of some series are kept, if not all for ever.
  int64_t shortest_ms() const;
  // The time of the oldest sample of the series that is kept at `now`.
  model::Timestamp Oldest(model::LabelsView labels, model::Timestamp now) const;
  // The like for series that rule number `rule` is for, or no rule if it is rules().size().
  model::Timestamp OldestByRule(size_t rule, model::Timestamp now) const {
    return BeginOf(rule < rules_.size() ? rules_[rule].keep_ms : default_ms_, now);
  }
  // A short text that tells policies apart.
  const std::string& name() const { return name_; }
  // How many different times of keeping have passed at `now` for all samples up to `newest`: more
  // than before means that there is something to remove.
  size_t PassedFor(model::Timestamp newest, model::Timestamp now) const;

 private:
  static model::Timestamp BeginOf(int64_t keep_ms, model::Timestamp now) {
    return keep_ms == kKeepForever ? model::kMinTimestamp : now - keep_ms;
  }

  const int64_t default_ms_;
  const std::vector<RetentionRule> rules_;
  int64_t longest_ms_;
  std::string name_;
};

}  // namespace tidemark::storage
