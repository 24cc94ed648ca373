#include "tests/fleet/testing/scenario_diagnosis.h"

#include <algorithm>

#include "base/status_macros.h"

namespace tidemark::testing {
namespace {

constexpr int64_t kCloselyMs = 100;

}  // namespace

absl::Status ScenarioDiagnosis::Take(const std::string& body) {
  RETURN_IF_ERROR(VisitSamples(body, [this](const model::Labels& labels, model::Sample sample) {
    const auto& input = InputOf(labels);
    if (input.has_value()) {
      fleet_.Apply(*input, sample, now_);
    }
    return absl::OkStatus();
  }));
  if (Closely()) {
    Diagnose(/*all=*/false);
  }
  return absl::OkStatus();
}

absl::Status ScenarioDiagnosis::TimeIs(model::Timestamp now) {
  while (Closely() && now - now_ > kCloselyMs) {
    now_ += kCloselyMs;
    Diagnose(/*all=*/true);
  }
  now_ = now;
  return absl::OkStatus();
}

absl::Status ScenarioDiagnosis::RoundIsOver(int64_t) {
  if (!closely_from_.has_value()) {
    Diagnose(/*all=*/true);
  }
  return absl::OkStatus();
}

const std::optional<fleet::Fleet::Input>& ScenarioDiagnosis::InputOf(const model::Labels& labels) {
  if (generation_ != fleet_.generation()) {
    inputs_.clear();
    generation_ = fleet_.generation();
  }
  auto known = inputs_.find(labels.bytes());
  if (known == inputs_.end()) {
    known = inputs_.emplace(labels.bytes(), fleet_.Attach(labels)).first;
  }
  return known->second;
}

void ScenarioDiagnosis::Diagnose(bool all) {
  fleet_.Evaluate(now_, all);
  for (const auto& cluster : fleet_.snapshot()->clusters) {
    for (const fleet::Finding& finding : cluster->findings) {
      Note(cluster->identity.name, finding);
    }
  }
}

void ScenarioDiagnosis::Note(const std::string& cluster, const fleet::Finding& finding) {
  const std::string name(fleet::InfoOf(finding.kind).name);
  Span& span =
      found_.try_emplace({name, cluster}, Span{now_, now_, finding.severity}).first->second;
  span.end = now_;
  span.worst = std::max(span.worst, finding.severity);
}

}  // namespace tidemark::testing
