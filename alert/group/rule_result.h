// From the value of a rule's expression to what the rule gives.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "alert/rules/rule_file.h"
#include "query/engine/query_result.h"

namespace tidemark::alert {

// The value as a vector; a scalar is a vector of one sample without labels. FailedPrecondition if
// it is neither.
absl::StatusOr<std::vector<query::VectorSample>> AsVector(query::QueryResult result);

// `vector` under the name and labels of a recording rule; a label without text is taken away.
// FailedPrecondition if two samples are then of one series, or if there are more than `limit`
// (0: no bound).
absl::StatusOr<std::vector<query::VectorSample>> Record(const std::string& name,
                                                        const TextPairs& labels, size_t limit,
                                                        std::vector<query::VectorSample> vector);

}  // namespace tidemark::alert
