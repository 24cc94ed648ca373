#include "alert/group/rule_result.h"

#include "base/string_map.h"
#include "fmt/format.h"
#include "model/labels.h"

namespace tidemark::alert {
namespace {

using query::VectorSample;

absl::Status CheckDistinct(const std::vector<VectorSample>& samples) {
  base::StringSet seen;
  for (const VectorSample& sample : samples) {
    if (!seen.insert(sample.labels.bytes()).second) {
      return absl::FailedPreconditionError(fmt::format(
          "vector contains metrics with the same labelset after applying rule labels: {}",
          sample.labels.ToString()));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<VectorSample>> AsVector(query::QueryResult result) {
  switch (result.type) {
    case query::ValueType::kVector:
      return std::move(result.vector);
    case query::ValueType::kScalar:
      return std::vector<VectorSample>{{model::Labels(), result.scalar}};
    default:
      return absl::FailedPreconditionError("rule result is not a vector or scalar");
  }
}

absl::StatusOr<std::vector<VectorSample>> Record(const std::string& name, const TextPairs& labels,
                                                 size_t limit, std::vector<VectorSample> vector) {
  for (VectorSample& sample : vector) {
    model::LabelsBuilder builder(sample.labels);
    builder.Set(model::kMetricName, name);
    for (const auto& [label, text] : labels) {
      builder.Set(label, text);
    }
    sample.labels = builder.Build();
  }
  if (absl::Status distinct = CheckDistinct(vector); !distinct.ok()) {
    return distinct;
  }
  if (limit > 0 && vector.size() > limit) {
    return absl::FailedPreconditionError(
        fmt::format("exceeded limit of {} with {} series", limit, vector.size()));
  }
  return vector;
}

}  // namespace tidemark::alert
