#include "alert/template/template.h"

#include <utility>

#include "alert/template/internal/executor.h"
#include "alert/template/internal/functions.h"
#include "alert/template/internal/parser.h"
#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::alert {
namespace {

constexpr std::string_view kDefinitions =
    "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}"
    "{{$externalURL := .ExternalURL}}{{$value := .Value}}";

std::string Explanation(const absl::Status& status) {
  return fmt::format("<error expanding template: {}>", base::Message(status));
}

}  // namespace

absl::StatusOr<Template> Template::Parse(std::string_view alert, std::string_view text) {
  auto tree = templates::ParseTemplate(
      fmt::format("__alert_{}", alert), fmt::format("{}{}", kDefinitions, text),
      [](std::string_view name) { return templates::FindFunction(name) != nullptr; });
  if (!tree.ok()) {
    return std::move(tree).status();
  }
  return Template(std::make_shared<const templates::SyntaxTree>(*std::move(tree)));
}

absl::StatusOr<std::string> Template::Expand(const TemplateData& data, TemplateQuery* query,
                                             model::Timestamp t) const {
  auto text = templates::Execute(*tree_, data, query, t);
  if (!text.ok()) {
    return base::Annotate(text.status(), fmt::format("error executing template {}", tree_->name));
  }
  return text;
}

std::string Template::ExpandOrExplain(const TemplateData& data, TemplateQuery* query,
                                      model::Timestamp t) const {
  auto text = Expand(data, query, t);
  return text.ok() ? *std::move(text) : Explanation(text.status());
}

absl::StatusOr<std::string> ExpandTemplate(std::string_view alert, std::string_view text,
                                           const TemplateData& data, TemplateQuery* query,
                                           model::Timestamp t) {
  auto parsed = Template::Parse(alert, text);
  if (!parsed.ok()) {
    return base::Annotate(parsed.status(), fmt::format("error parsing template __alert_{}", alert));
  }
  return parsed->Expand(data, query, t);
}

std::string ExpandTemplateOrExplain(std::string_view alert, std::string_view text,
                                    const TemplateData& data, TemplateQuery* query,
                                    model::Timestamp t) {
  auto expanded = ExpandTemplate(alert, text, data, query, t);
  return expanded.ok() ? *std::move(expanded) : Explanation(expanded.status());
}

}  // namespace tidemark::alert
