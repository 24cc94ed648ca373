// Matcher is one test of a label: =, !=, =~ or !~ against a value.
//
// A label that a series does not have counts as the empty string. Regular expressions are RE2's,
// anchored at both ends, and `.` matches a line break. Immutable once made; copies share the
// compiled expression. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "model/labels.h"

namespace re2 {
class RE2;
}

namespace tidemark::model {

enum class MatchType { kEqual, kNotEqual, kRegexp, kNotRegexp };

// "=", "!=", "=~" or "!~".
std::string_view OperatorText(MatchType type);

class Matcher {
 public:
  // An error when `value` is not a regular expression and `type` wants one.
  static absl::StatusOr<Matcher> Create(MatchType type, std::string name, std::string value);

  MatchType type() const { return type_; }
  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }

  bool Matches(std::string_view label_value) const;
  bool Matches(LabelsView labels) const { return Matches(labels.Get(name_)); }
  // Whether a series without the label passes.
  bool MatchesEmpty() const { return Matches(std::string_view()); }
  bool negative() const { return type_ == MatchType::kNotEqual || type_ == MatchType::kNotRegexp; }

  // The finite set of values the expression itself stands for ("a|b|c", or the value of an
  // equality), negated or not; nullopt when it is not a plain alternation of literals.
  const std::optional<std::vector<std::string>>& literals() const { return literals_; }

  // All values that the expression itself stands for, negated or not, lie in [first, last]; an
  // empty `last` is no bound. Only of expressions without literals().
  struct Bounds {
    std::string first;
    std::string last;
  };
  const Bounds& bounds() const { return bounds_; }

  // name="value", as in a selector.
  std::string ToString() const;

 private:
  Matcher() = default;

  MatchType type_ = MatchType::kEqual;
  std::string name_;
  std::string value_;
  std::optional<std::vector<std::string>> literals_;
  Bounds bounds_;
  std::shared_ptr<const re2::RE2> regex_;
};

}  // namespace tidemark::model
