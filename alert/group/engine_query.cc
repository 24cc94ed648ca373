#include "alert/group/engine_query.h"

#include "alert/group/rule_result.h"
#include "base/status_macros.h"

namespace tidemark::alert {

absl::StatusOr<std::vector<TemplateSample>> EngineQuery::Query(std::string_view expr,
                                                               model::Timestamp t) {
  ASSIGN_OR_RETURN(const query::PreparedQuery query, engine_.Prepare(expr));
  ASSIGN_OR_RETURN(query::QueryResult result, engine_.Instant(query, querier_, t));
  ASSIGN_OR_RETURN(std::vector<query::VectorSample> vector, AsVector(std::move(result)));
  std::vector<TemplateSample> samples;
  for (query::VectorSample& sample : vector) {
    samples.push_back({std::move(sample.labels), sample.value});
  }
  return samples;
}

}  // namespace tidemark::alert
