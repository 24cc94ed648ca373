// The short way to write a series that tests of PromQL and of rules use: its labels as in a
// selector, and its values at regular steps, as in
//
//   up{job="db"}    1 0+10x5 _ _x3 2x4 stale
//
// One item a value, between blanks: `a` a number; `axN` N + 1 times a; `a+bxN` and `a-bxN` N + 1
// values from a on in steps of b; `_` none, `_xN` none N times; `stale` the staleness marker.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "model/labels.h"

namespace tidemark::query {

// Values that one description may stand for.
inline constexpr size_t kMaxNotedValues = 10'000'000;

// The value of each step, none where there is a gap. InvalidArgument names the item that is wrong.
absl::StatusOr<std::vector<std::optional<double>>> ParseNotedValues(std::string_view text);

// The labels of `name{a="b"}`, `{a="b"}` or `{}`. InvalidArgument if it is anything but equalities.
absl::StatusOr<model::Labels> ParseNotedLabels(std::string_view text);

}  // namespace tidemark::query
