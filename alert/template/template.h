// Template is a text of a label or an annotation of an alert, in the language of Go's
// text/template with the functions that Prometheus adds, ready to be expanded for any alert.
//
//   ASSIGN_OR_RETURN(Template t, Template::Parse("HighLag", "{{ $labels.task }} is {{ $value }}"));
//   std::string text = t.ExpandOrExplain({labels, external_labels, url, 12.5}, &query, now_ms);
//
// $labels, $value, $externalLabels and $externalURL are defined before the text begins, so columns
// in messages count them, as Prometheus' do. An expansion is bounded in depth, work and length,
// and fails rather than exceed them. Immutable; thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/labels.h"
#include "model/sample.h"

namespace tidemark::alert {

namespace templates {
struct SyntaxTree;
}

// What a template sees of the alert it belongs to.
struct TemplateData {
  model::Labels labels;
  model::Labels external_labels;
  std::string external_url;  // also what pathPrefix and externalURL give
  double value = 0;
};

// One series of a query's answer.
struct TemplateSample {
  model::Labels labels;
  double value = 0;
};

// Answers what a template asks with `query`. The answer of a scalar is one sample without labels.
class TemplateQuery {
 public:
  virtual ~TemplateQuery() = default;
  virtual absl::StatusOr<std::vector<TemplateSample>> Query(std::string_view expr,
                                                            model::Timestamp t) = 0;
};

class Template {
 public:
  // Parses the text of an alert called `alert`. InvalidArgument otherwise, with what Prometheus
  // would say: "template: __alert_NAME:LINE: CAUSE".
  static absl::StatusOr<Template> Parse(std::string_view alert, std::string_view text);

  // The text for `data` at time `t`. Without `query` the function `query` fails.
  absl::StatusOr<std::string> Expand(const TemplateData& data, TemplateQuery* query,
                                     model::Timestamp t) const;
  // The same, or the failure as Prometheus shows it in place of the text.
  std::string ExpandOrExplain(const TemplateData& data, TemplateQuery* query,
                              model::Timestamp t) const;

 private:
  explicit Template(std::shared_ptr<const templates::SyntaxTree> tree) : tree_(std::move(tree)) {}

  std::shared_ptr<const templates::SyntaxTree> tree_;
};

// Parses and expands once.
absl::StatusOr<std::string> ExpandTemplate(std::string_view alert, std::string_view text,
                                           const TemplateData& data, TemplateQuery* query,
                                           model::Timestamp t);
// The same, with a failure of either step shown as Prometheus shows it: "<error expanding …>".
std::string ExpandTemplateOrExplain(std::string_view alert, std::string_view text,
                                    const TemplateData& data, TemplateQuery* query,
                                    model::Timestamp t);

}  // namespace tidemark::alert
