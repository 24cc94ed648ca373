// AlertTexts makes an alert of each sample of an alerting rule's expression: labels and
// annotations are templates, expanded with the sample's labels and value.
//
// A template that fails shows its error as the text. Immutable; thread-safe.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "alert/rules/rule_file.h"
#include "alert/state/alert_rule_state.h"
#include "alert/template/template.h"
#include "query/engine/query_result.h"

namespace tidemark::alert {

class AlertTexts {
 public:
  // `labels` are the group's and the rule's. InvalidArgument when a template does not parse.
  static absl::StatusOr<AlertTexts> Create(const Rule& rule, const TextPairs& labels);

  // The sample's labels without its name, then those of the rule (an empty text takes one away),
  // then alertname. `data` tells what all alerts have in common; its labels and value are filled
  // in. Queries in templates are evaluated at `t`.
  TrueAlert Expand(const query::VectorSample& sample, TemplateData data, TemplateQuery* query,
                   model::Timestamp t) const;

 private:
  using Templates = std::vector<std::pair<std::string, Template>>;

  AlertTexts(std::string alert, Templates labels, Templates annotations)
      : alert_(std::move(alert)),
        labels_(std::move(labels)),
        annotations_(std::move(annotations)) {}

  static absl::StatusOr<Templates> Parse(const std::string& alert, const TextPairs& texts);

  std::string alert_;
  Templates labels_;
  Templates annotations_;
};

}  // namespace tidemark::alert
