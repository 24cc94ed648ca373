// What is to be told when alerts or samples are not those expected. Each line begins with "- " for
// what is missing, "+ " for what is too much, or "  " and a reason.
#pragma once

#include <string>
#include <vector>

#include "alert/unittest/unit_test_file.h"
#include "query/engine/query_result.h"

namespace tidemark::alert {

// Empty when both hold the same, in any order.
std::vector<std::string> CompareAlerts(std::vector<ExpectedAlert> expected,
                                       std::vector<ExpectedAlert> actual);

// An expected sample whose labels have been read.
struct NotedSample {
  model::Labels labels;
  double value = 0;
};

// Empty when both hold the same, in any order. NaN equals nothing. With `fuzzy` two numbers next
// to each other are equal.
std::vector<std::string> CompareSamples(std::vector<NotedSample> expected,
                                        std::vector<query::VectorSample> actual, bool fuzzy);

}  // namespace tidemark::alert
