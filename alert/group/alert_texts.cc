#include "alert/group/alert_texts.h"

#include "alert/state/alert_series.h"
#include "base/status_macros.h"

namespace tidemark::alert {

absl::StatusOr<AlertTexts::Templates> AlertTexts::Parse(const std::string& alert,
                                                        const TextPairs& texts) {
  Templates templates;
  for (const auto& [name, text] : texts) {
    ASSIGN_OR_RETURN(Template parsed, Template::Parse(alert, text));
    templates.emplace_back(name, std::move(parsed));
  }
  return templates;
}

absl::StatusOr<AlertTexts> AlertTexts::Create(const Rule& rule, const TextPairs& labels) {
  ASSIGN_OR_RETURN(Templates label_templates, Parse(rule.name, labels));
  ASSIGN_OR_RETURN(Templates annotations, Parse(rule.name, rule.annotations));
  return AlertTexts(rule.name, std::move(label_templates), std::move(annotations));
}

TrueAlert AlertTexts::Expand(const query::VectorSample& sample, TemplateData data,
                             TemplateQuery* query, model::Timestamp t) const {
  data.labels = sample.labels;
  data.value = sample.value;
  TextPairs labels;
  for (const auto& [name, text] : labels_) {
    labels.emplace_back(name, text.ExpandOrExplain(data, query, t));
  }
  model::LabelsBuilder builder(sample.labels);
  builder.Delete(model::kMetricName);
  for (const auto& [name, text] : labels) {
    builder.Set(name, text);
  }
  builder.Set(kAlertName, alert_);
  TrueAlert alert{.labels = builder.Build(), .value = sample.value, .annotations = {}};
  for (const auto& [name, text] : annotations_) {
    alert.annotations.emplace_back(name, text.ExpandOrExplain(data, query, t));
  }
  return alert;
}

}  // namespace tidemark::alert
