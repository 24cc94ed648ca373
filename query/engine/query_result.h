// QueryResult is the value of an expression, free of the store it came from. A plain value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "model/labels.h"
#include "model/sample.h"
#include "query/parser/value_type.h"

namespace tidemark::query {

// One series of an instant vector.
struct VectorSample {
  model::Labels labels;
  double value = 0;
};

// One series of a range vector or of a range query, times ascending, at least one sample.
struct MatrixSeries {
  model::Labels labels;
  std::vector<model::Sample> samples;
};

// What a query cost.
struct QueryStats {
  size_t samples_read = 0;  // from the store
  size_t peak_samples = 0;  // held in memory at once
  // Samples that the windows of each step hold, one that is in several counted in each. Empty
  // unless asked for.
  std::vector<uint64_t> per_step;
  model::Timestamp first_step = 0;
  int64_t step_ms = 0;
};

struct QueryResult {
  ValueType type = ValueType::kVector;
  model::Timestamp time = 0;  // evaluation time; of kScalar, kString, kVector
  double scalar = 0;
  std::string text;                   // of kString
  std::vector<VectorSample> vector;   // in order only where the expression gives one
  std::vector<MatrixSeries> matrix;   // sorted by labels
  std::vector<std::string> warnings;  // "PromQL warning: ... (1:5)", each once
  std::vector<std::string> infos;     // "PromQL info: ..."
  QueryStats stats;
};

}  // namespace tidemark::query
