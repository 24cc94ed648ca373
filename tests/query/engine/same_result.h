// Whether a range query and an instant query agree about one step, to the last bit.
#pragma once

#include "absl/status/status.h"
#include "query/engine/query_result.h"

namespace tidemark::query {

// InvalidArgument, saying where they differ, unless `range` has at `t` the very value of
// `instant`, a scalar or a vector.
absl::Status SameAtStep(const QueryResult& range, model::Timestamp t, const QueryResult& instant);

}  // namespace tidemark::query
