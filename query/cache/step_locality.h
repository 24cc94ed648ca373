// Whether what an expression gives at a step depends on samples up to that step alone, and how far
// back. Such steps can be kept: later samples do not change them, nor does the rest of the query.
#pragma once

#include <cstdint>
#include <optional>

#include "query/parser/ast.h"

namespace tidemark::query {

// How far before a step the samples lie, in milliseconds, on which its value depends; none when it
// also depends on something else: later samples (negative offsets, smoothed ranges), the time range
// of the query (`@`, range(), start(), end()), or all steps together (info()).
// REQUIRES: durations are resolved.
std::optional<int64_t> ReachOfSteps(const Expr& expr, int64_t lookback_ms,
                                    int64_t subquery_step_ms);

}  // namespace tidemark::query
