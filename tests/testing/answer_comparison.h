// Compares what two servers answered to the same query.
#pragma once

#include <string>

#include "tests/testing/query_client.h"

namespace tidemark::testing {

// What differs first, in words; empty when the answers are the same: type, label sets in any
// order, timestamps, and values within `relative_error` of each other (NaN equals NaN).
std::string AnswerDifference(const QueryAnswer& expected, const QueryAnswer& actual,
                             double relative_error = 1e-9);

}  // namespace tidemark::testing
