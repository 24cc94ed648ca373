#include "tests/testing/scenario_run.h"

#include "alert/check/rule_check.h"
#include "base/status_macros.h"

namespace tidemark::testing {
namespace {

using model::Timestamp;

// What rules write is seen at once.
class StoreSink final : public alert::GroupSink {
 public:
  explicit StoreSink(storage::MemoryQuerier* store) : store_(store) {}

  absl::Status Write(model::LabelsView labels, model::Sample sample) override {
    store_->Append(model::Labels(labels), sample);
    return absl::OkStatus();
  }
  absl::Status Commit() override { return absl::OkStatus(); }
  void Changed(const alert::Rule&, std::span<const alert::Transition>) override {}

 private:
  storage::MemoryQuerier* const store_;
};

absl::Status CollectMetrics(const alert::RuleGroup& group, const alert::Rule& rule,
                            std::set<std::string>* metrics) {
  ASSIGN_OR_RETURN(const alert::RuleCheck check, alert::CheckRule(group, rule, {}));
  for (const alert::CheckedInput& input : check.inputs) {
    metrics->insert(input.selector.substr(0, input.selector.find('{')));
  }
  return absl::OkStatus();
}

}  // namespace

ScenarioRun::ScenarioRun(const fleetsim::Scenario& scenario,
                         const std::vector<alert::RuleFile>& files,
                         const ScenarioRunOptions& options)
    : scenario_(scenario), options_(options), engine_(&store_, &clock_, {}) {
  status_ = MakeGroups(files);
}

absl::Status ScenarioRun::MakeGroups(const std::vector<alert::RuleFile>& files) {
  const alert::GroupContext context{.engine = &engine_, .external_labels = {}, .external_url = ""};
  for (const alert::RuleFile& file : files) {
    for (const alert::RuleGroup& group : file.groups) {
      ASSIGN_OR_RETURN(groups_.emplace_back(), alert::GroupEvaluator::Create(&group, context));
      for (const alert::Rule& rule : group.rules) {
        RETURN_IF_ERROR(CollectMetrics(group, rule, &metrics_));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status ScenarioRun::Run() {
  RETURN_IF_ERROR(status_);
  const ScenarioPlayOptions play{
      .start = options_.start,
      .interval_ms = options_.interval_ms,
      .seed = options_.seed,
      .keep = [this](std::string_view metric) { return metrics_.contains(std::string(metric)); }};
  return PlayScenario(scenario_, play, this);
}

absl::Status ScenarioRun::Take(const std::string& body) {
  return VisitSamples(body, [this](const model::Labels& labels, model::Sample sample) {
    heard_.insert(std::string(labels.Get("cluster")));
    return store_.Append(labels, sample)
               ? absl::OkStatus()
               : absl::FailedPreconditionError("out of order: " + labels.ToString());
  });
}

absl::Status ScenarioRun::TimeIs(Timestamp now) {
  now_ = now;
  return absl::OkStatus();
}

absl::Status ScenarioRun::RoundIsOver(int64_t n) {
  TellLastSamples(now_);
  return (n + 1) % options_.evaluate_every == 0 ? Evaluate(now_) : absl::OkStatus();
}

void ScenarioRun::TellLastSamples(Timestamp t) {
  for (const std::string& cluster : heard_) {
    last_heard_[cluster] = t;
  }
  heard_.clear();
  for (const auto& [cluster, last] : last_heard_) {
    const model::Labels labels = model::Labels::Of(
        {{"__name__", "tidemark_cluster_last_received_timestamp_seconds"}, {"cluster", cluster}});
    store_.Append(labels, {t, static_cast<double>(last) / 1000});
  }
}

absl::Status ScenarioRun::Evaluate(Timestamp t) {
  StoreSink sink(&store_);
  for (const auto& group : groups_) {
    group->Evaluate(t, store_, &sink);
    for (const alert::RuleProgress& rule : std::as_const(*group).rules()) {
      RETURN_IF_ERROR(rule.error());
    }
  }
  Note(t);
  return absl::OkStatus();
}

void ScenarioRun::Note(Timestamp t) {
  std::set<std::pair<std::string, std::string>> firing;
  for (const auto& group : groups_) {
    for (const alert::RuleProgress& rule : std::as_const(*group).rules()) {
      for (const alert::Alert& alert : rule.alerts().alerts()) {
        if (alert.state == alert::AlertState::kFiring) {
          firing.emplace(rule.rule().name, std::string(alert.labels.Get("cluster")));
        }
      }
    }
  }
  for (const auto& alert : firing) {
    if (!firing_.contains(alert)) {
      firings_[alert].push_back({t - options_.start, 0});
    }
    firings_[alert].back().end_ms = t - options_.start;
  }
  firing_ = std::move(firing);
}

}  // namespace tidemark::testing
