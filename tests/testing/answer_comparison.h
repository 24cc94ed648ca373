// Compares what two servers answered to the same query.
#pragma once

#include <string>

#include "tests/testing/query_client.h"

namespace tidemark::testing {

// How far two values may be from each other: by a part of the expected one, or by so much at all.
struct AnswerTolerance {
  double relative = 1e-9;
  double absolute = 0;
};

// What differs first, in words; empty when the answers are the same: type, label sets in any
// order, timestamps, and values within the tolerance (NaN equals NaN).
std::string AnswerDifference(const QueryAnswer& expected, const QueryAnswer& actual,
                             const AnswerTolerance& tolerance = {});

}  // namespace tidemark::testing
