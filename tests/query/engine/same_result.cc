#include "tests/query/engine/same_result.h"

#include <cmath>
#include <map>
#include <string>

#include "fmt/format.h"
#include "query/engine/number_text.h"

namespace tidemark::query {
namespace {

using Column = std::map<std::string, double>;  // by label text

Column AtStep(const QueryResult& range, model::Timestamp t) {
  Column column;
  for (const MatrixSeries& series : range.matrix) {
    for (const model::Sample& sample : series.samples) {
      if (sample.t == t) {
        column[series.labels.ToString()] = sample.v;
      }
    }
  }
  return column;
}

Column OfInstant(const QueryResult& instant) {
  Column column;
  if (instant.type == ValueType::kScalar) {
    column["{}"] = instant.scalar;
  }
  for (const VectorSample& sample : instant.vector) {
    column[sample.labels.ToString()] = sample.value;
  }
  return column;
}

bool Same(double a, double b) { return model::SameBits(a, b) || (std::isnan(a) && std::isnan(b)); }

}  // namespace

absl::Status SameAtStep(const QueryResult& range, model::Timestamp t, const QueryResult& instant) {
  const Column steps = AtStep(range, t);
  const Column single = OfInstant(instant);
  for (const auto& [labels, v] : single) {
    const auto it = steps.find(labels);
    if (it == steps.end()) {
      return absl::InvalidArgumentError(
          fmt::format("at {} ms {} is in the instant query only", t, labels));
    }
    if (!Same(it->second, v)) {
      return absl::InvalidArgumentError(
          fmt::format("at {} ms {} is {} in the range, {} in the instant query", t, labels,
                      GeneralText(it->second), GeneralText(v)));
    }
  }
  if (steps.size() != single.size()) {
    return absl::InvalidArgumentError(
        fmt::format("at {} ms the range has {} series, not {}", t, steps.size(), single.size()));
  }
  return absl::OkStatus();
}

}  // namespace tidemark::query
