#include "alert/unittest/internal/test_group_run.h"

#include <algorithm>

#include "alert/group/rule_result.h"
#include "alert/state/alert_series.h"
#include "alert/unittest/internal/differences.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/notation/series_notation.h"
#include "query/parser/duration.h"

namespace tidemark::alert {
namespace {

using model::Timestamp;

// Puts what rules write into the store.
class StoreSink final : public GroupSink {
 public:
  explicit StoreSink(storage::MemoryQuerier* store) : store_(store) {}

  absl::Status Write(model::LabelsView labels, model::Sample sample) override {
    if (store_->Append(model::Labels(labels), sample)) {
      return absl::OkStatus();
    }
    return absl::FailedPreconditionError(
        fmt::format("{} has a later sample, or another value at the same time", labels.ToString()));
  }
  absl::Status Commit() override { return absl::OkStatus(); }
  void Changed(const Rule&, std::span<const Transition>) override {}

 private:
  storage::MemoryQuerier* const store_;
};

query::EngineOptions OptionsFor(const UnitTestFile& file, query::EngineOptions options) {
  options.default_subquery_step_ms = file.evaluation_interval_ms;
  return options;
}

absl::Status InvalidAt(const std::string& path, const FilePosition& at, const absl::Status& cause) {
  return absl::InvalidArgumentError(
      fmt::format("{}:{}:{}: {}", path, at.line, at.column, base::Message(cause)));
}

TextPairs PairsOf(model::LabelsView labels) {
  TextPairs pairs;
  for (const model::LabelView& label : labels) {
    pairs.emplace_back(label.name, label.value);
  }
  return pairs;
}

// As the rules write it: with alertname, in order of name.
ExpectedAlert WithName(ExpectedAlert alert, const std::string& alertname) {
  std::erase_if(alert.labels, [](const auto& pair) { return pair.first == kAlertName; });
  alert.labels.emplace_back(kAlertName, alertname);
  std::sort(alert.labels.begin(), alert.labels.end());
  return alert;
}

}  // namespace

TestGroupRun::TestGroupRun(const UnitTestFile& file, const TestGroup& test,
                           const std::vector<RuleFile>& rules, const query::EngineOptions& options,
                           UnitTestReport* report)
    : file_(file),
      test_(test),
      rules_(rules),
      report_(report),
      engine_(&store_, &clock_, OptionsFor(file, options)) {}

void TestGroupRun::Run() {
  absl::Status status = ReadInput();
  status.Update(MakeGroups());
  const int64_t last_ms = LastEvalMs();
  for (int64_t ms = 0; status.ok() && ms <= last_ms; ms += file_.evaluation_interval_ms) {
    status = Step(test_.start + ms);
  }
  if (!status.ok()) {
    return Fail(test_.position, base::Message(status), {});
  }
  for (const ExprTest& test : test_.expr_tests) {
    CheckExpr(test);
  }
}

absl::Status TestGroupRun::ReadInput() {
  for (const InputSeries& series : test_.input) {
    const auto labels = query::ParseNotedLabels(series.series);
    const auto values = query::ParseNotedValues(series.values);
    if (!labels.ok() || !values.ok()) {
      return InvalidAt(file_.path, series.position,
                       labels.ok() ? values.status() : labels.status());
    }
    Input& input = input_[*labels];
    input.samples.clear();  // of two with the same labels the last counts
    for (size_t i = 0; i < values->size(); ++i) {
      if ((*values)[i].has_value()) {
        const Timestamp t = test_.start + static_cast<int64_t>(i) * test_.interval_ms;
        input.samples.push_back({t, *(*values)[i]});
      }
    }
  }
  return absl::OkStatus();
}

absl::Status TestGroupRun::MakeGroups() {
  const GroupContext context{.engine = &engine_,
                             .external_labels = model::Labels::Of(test_.external_labels),
                             .external_url = test_.external_url};
  for (const RuleFile& rules : rules_) {
    for (const RuleGroup& group : rules.groups) {
      ASSIGN_OR_RETURN(groups_.emplace_back(), GroupEvaluator::Create(&group, context));
    }
  }
  const auto& order = file_.group_eval_order;
  // A group that is not listed ranks with the first.
  const auto rank = [&](const std::unique_ptr<GroupEvaluator>& evaluator) {
    const auto found = std::find(order.begin(), order.end(), evaluator->group().name);
    return found == order.end() ? 0 : found - order.begin();
  };
  std::stable_sort(groups_.begin(), groups_.end(),
                   [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return absl::OkStatus();
}

// Alert tests between this step and the next are answered by this step.
absl::Status TestGroupRun::Step(Timestamp t) {
  RETURN_IF_ERROR(LoadUntil(t));
  RETURN_IF_ERROR(Evaluate(t));
  const int64_t ms = t - test_.start;
  for (const AlertTest& test : test_.alert_tests) {
    if (test.eval_ms >= ms && test.eval_ms < ms + file_.evaluation_interval_ms) {
      CheckAlerts(test);
    }
  }
  return absl::OkStatus();
}

absl::Status TestGroupRun::LoadUntil(Timestamp t) {
  for (auto& [labels, input] : input_) {
    for (; input.next < input.samples.size() && input.samples[input.next].t <= t; ++input.next) {
      if (!store_.Append(labels, input.samples[input.next])) {
        return absl::FailedPreconditionError(
            fmt::format("input series {}: a rule has written another sample at that time or later",
                        labels.ToString()));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status TestGroupRun::Evaluate(Timestamp t) {
  StoreSink sink(&store_);
  absl::Status first;
  for (const auto& group : groups_) {
    group->Evaluate(t, store_, &sink);
    for (const RuleProgress& rule : std::as_const(*group).rules()) {
      if (!rule.error().ok()) {
        first.Update(absl::FailedPreconditionError(
            fmt::format("rule {} at {}: {}", rule.rule().name,
                        query::FormatDuration(t - test_.start), base::Message(rule.error()))));
      }
    }
  }
  return first;
}

std::vector<ExpectedAlert> TestGroupRun::Firing(const std::string& alertname) const {
  std::vector<ExpectedAlert> firing;
  for (const auto& group : groups_) {
    for (const RuleProgress& rule : std::as_const(*group).rules()) {
      if (rule.rule().kind != RuleKind::kAlert || rule.rule().name != alertname) {
        continue;
      }
      for (const Alert& alert : rule.alerts().alerts()) {
        if (alert.state == AlertState::kFiring) {
          firing.push_back({PairsOf(alert.labels), alert.annotations});
        }
      }
    }
  }
  return firing;
}

void TestGroupRun::CheckAlerts(const AlertTest& test) {
  ++report_->checks;
  std::vector<ExpectedAlert> expected;
  for (const ExpectedAlert& alert : test.expected) {
    expected.push_back(WithName(alert, test.alertname));
  }
  const auto lines = CompareAlerts(std::move(expected), Firing(test.alertname));
  if (!lines.empty()) {
    Fail(test.position,
         fmt::format("alert {} at {}", test.alertname, query::FormatDuration(test.eval_ms)), lines);
  }
}

absl::StatusOr<std::vector<std::string>> TestGroupRun::ExprDifferences(const ExprTest& test) const {
  ASSIGN_OR_RETURN(query::QueryResult result,
                   engine_.Instant(test.expr, test_.start + test.eval_ms));
  ASSIGN_OR_RETURN(std::vector<query::VectorSample> actual, AsVector(std::move(result)));
  std::vector<NotedSample> expected;
  for (const ExpectedSample& sample : test.expected) {
    if (!sample.histogram.empty()) {
      return absl::UnimplementedError("native histograms are not supported");
    }
    NotedSample& noted = expected.emplace_back(NotedSample{{}, sample.value});
    if (!sample.labels.empty()) {
      ASSIGN_OR_RETURN(noted.labels, query::ParseNotedLabels(sample.labels));
    }
  }
  return CompareSamples(std::move(expected), std::move(actual), file_.fuzzy_compare);
}

void TestGroupRun::CheckExpr(const ExprTest& test) {
  ++report_->checks;
  const auto lines = ExprDifferences(test);
  const std::string headline =
      fmt::format("{} at {}", test.expr, query::FormatDuration(test.eval_ms));
  if (!lines.ok()) {
    Fail(test.position, fmt::format("{}: {}", headline, base::Message(lines.status())), {});
  } else if (!lines->empty()) {
    Fail(test.position, headline, *lines);
  }
}

int64_t TestGroupRun::LastEvalMs() const {
  int64_t last = 0;
  for (const AlertTest& test : test_.alert_tests) {
    last = std::max(last, test.eval_ms);
  }
  for (const ExprTest& test : test_.expr_tests) {
    last = std::max(last, test.eval_ms);
  }
  return last;
}

void TestGroupRun::Fail(const FilePosition& position, std::string_view headline,
                        const std::vector<std::string>& lines) {
  std::string text = fmt::format("{}:{}:", file_.path, position.line);
  if (!test_.name.empty()) {
    text += fmt::format(" test {}:", test_.name);
  }
  text += fmt::format(" {}", headline);
  for (const std::string& line : lines) {
    text += "\n    " + line;
  }
  report_->failures.push_back(std::move(text));
}

}  // namespace tidemark::alert
