// EngineQuery answers what templates ask, by the query engine over a store.
//
// Engine and querier must outlive it. Thread-compatible.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "alert/template/template.h"
#include "model/sample.h"
#include "query/engine/engine.h"
#include "storage/querier.h"

namespace tidemark::alert {

class EngineQuery final : public TemplateQuery {
 public:
  EngineQuery(const query::Engine& engine, const storage::Querier& querier)
      : engine_(engine), querier_(querier) {}

  absl::StatusOr<std::vector<TemplateSample>> Query(std::string_view expr,
                                                    model::Timestamp t) override;

 private:
  const query::Engine& engine_;
  const storage::Querier& querier_;
};

}  // namespace tidemark::alert
