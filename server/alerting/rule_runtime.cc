#include "server/alerting/rule_runtime.h"

#include <algorithm>
#include <set>
#include <utility>

#include "alert/rules/rule_file_set.h"
#include "alert/state/alert_series.h"
#include "base/status_macros.h"

namespace tidemark::server {
namespace {

model::Labels ExternalLabelsOf(const RulesConfig& config) {
  return model::Labels::Of({config.external_labels.begin(), config.external_labels.end()});
}

// All files that the patterns stand for, or all that is wrong with them.
absl::StatusOr<alert::RuleFileSet> ReadRuleFiles(const std::vector<std::string>& patterns,
                                                 base::Logger* logger) {
  std::vector<std::string> unmatched;
  ASSIGN_OR_RETURN(const std::vector<std::string> paths,
                   alert::ListRuleFiles(patterns, &unmatched));
  for (const std::string& pattern : unmatched) {
    logger->Warn("no rule file fits the pattern", {{"pattern", pattern}});
  }
  alert::RuleFileSet files;
  std::vector<alert::FileFinding> errors;
  for (const std::string& path : paths) {
    alert::ParsedRuleFile parsed = alert::ReadRuleFile(path);
    errors.insert(errors.end(), parsed.errors.begin(), parsed.errors.end());
    for (const alert::FileFinding& warning : parsed.warnings) {
      logger->Warn("rule file", {{"warning", warning.ToString()}});
    }
    files.push_back(std::move(parsed.file));
  }
  RETURN_IF_ERROR(alert::ToStatus(errors));
  return files;
}

alert::SavedAlert SavedOf(const alert::AlertRecord& record) {
  return {.file = record.file,
          .group = record.group,
          .rule = record.rule,
          .rule_labels = record.rule_labels,
          .cluster = record.cluster,
          .partition = record.partition,
          .inputs = record.inputs,
          .alert = record.alert};
}

// As KeyOf() of the record that it was saved in.
std::string KeyOf(const alert::SavedAlert& saved) {
  alert::AlertRecord record;
  record.file = saved.file;
  record.group = saved.group;
  record.rule = saved.rule;
  record.cluster = saved.cluster;
  record.alert.labels = saved.alert.labels;
  return alert::KeyOf(record);
}

// The end of an alert whose rule is gone.
alert::AlertRecord EndOf(alert::AlertRecord record, model::Timestamp now) {
  // The end of one that was resolved already is no news.
  record.kind = record.alert.state == alert::AlertState::kInactive ? alert::RecordKind::kUpdate
                                                                   : alert::RecordKind::kTransition;
  record.from = record.alert.state;
  record.alert.state = alert::AlertState::kInactive;
  record.alert.is_true = false;
  record.alert.resolved_at.reset();
  record.t = record.received_at = now;
  record.sample_time.reset();
  record.cause = alert::ToString(alert::LiveCause::kReload);
  return record;
}

// Everything but the rule files, which an engine takes without being made anew.
bool SameSettings(RulesConfig a, const RulesConfig& b) {
  a.files = b.files;
  return a == b;
}

void CollectRule(const alert::RuleGroup& group, const alert::LiveRuleStatus& rule,
                 base::MetricsRegistry* into) {
  const base::MetricsRegistry::LabelPairs labels = {
      {"file", group.file}, {"rule_group", group.name}, {"rule", rule.rule.name}};
  into->AddCounter("tidemark_rule_evaluations_total", "Evaluations of a rule, of any partition.",
                   labels)
      ->Add(rule.evaluations);
  into->AddCounter("tidemark_rule_evaluation_failures_total", "Evaluations that failed.", labels)
      ->Add(rule.failures);
  into->AddCounter("tidemark_rule_settle_expiries_total",
                   "Scrapes that were evaluated before all of them had come.", labels)
      ->Add(rule.settle_expiries);
  into->AddGauge("tidemark_rule_last_duration_seconds", "Time the last evaluation took.", labels)
      ->Set(static_cast<double>(rule.last_duration_ns) * 1e-9);
  // Rules of one name in one group, which differ by their labels, count together.
  const auto add = [&](std::string_view name, std::string_view help, size_t count) {
    base::Gauge* const gauge = into->AddGauge(name, help, labels);
    gauge->Set(gauge->value() + static_cast<double>(count));
  };
  size_t firing = 0;
  size_t silent = 0;
  for (const alert::LiveRuleStatus::ActiveAlert& active : rule.alerts) {
    firing += active.alert.state == alert::AlertState::kFiring ? 1 : 0;
    silent += active.alert.silent_since.has_value() ? 1 : 0;
  }
  add("tidemark_rule_partitions", "Parts the rule is evaluated by.", rule.partitions);
  add("tidemark_rule_alerts_pending", "Alerts that are pending.", rule.alerts.size() - firing);
  add("tidemark_rule_alerts_firing", "Alerts that fire.", firing);
  add("tidemark_rule_alerts_silent", "Alerts that are held though their inputs vanished.", silent);
}

void CollectTotals(const alert::LiveTotals& totals, base::MetricsRegistry* into) {
  into->AddCounter("tidemark_rules_arrivals_total", "Samples that rules were waiting for.")
      ->Add(totals.arrivals);
  into->AddCounter("tidemark_rules_evaluations_total", "Evaluations of all rules.")
      ->Add(totals.evaluations);
  into->AddCounter("tidemark_rules_late_evaluations_total",
                   "Evaluations for the history, of samples that came late.")
      ->Add(totals.late_evaluations);
  into->AddCounter("tidemark_rules_overflows_total",
                   "Times that arrivals were too many and everything was evaluated instead.")
      ->Add(totals.overflows);
  const auto gauge = [into](std::string_view name, std::string_view help, size_t value) {
    into->AddGauge(name, help)->Set(static_cast<double>(value));
  };
  gauge("tidemark_rules_partitions", "Parts that rules are evaluated by.", totals.partitions);
  gauge("tidemark_rules_series", "Series that rules read.", totals.series);
  gauge("tidemark_rules_clusters", "Clusters that rules are evaluated for.", totals.clusters);
  gauge("tidemark_rules_waiting", "Partitions that wait to be evaluated.", totals.waiting);
}

}  // namespace

absl::StatusOr<std::unique_ptr<RuleRuntime>> RuleRuntime::Open(const RuleRuntimeOptions& options,
                                                               const Config& config,
                                                               const Deps& deps) {
  std::unique_ptr<RuleRuntime> runtime(new RuleRuntime(options, deps));
  RETURN_IF_ERROR(runtime->Init(config));
  return runtime;
}

RuleRuntime::~RuleRuntime() {
  if (const absl::Status stopped = Stop(); !stopped.ok()) {
    deps_.logger->Error("alert states not written at the end", {{"error", stopped}});
  }
}

absl::Status RuleRuntime::Init(const Config& config) {
  ASSIGN_OR_RETURN(history_, alert::AlertHistory::Open(options_.history, {deps_.clock, deps_.logger,
                                                                          deps_.metrics, nullptr}));
  sink_ = std::make_unique<RuleSink>(RuleSink::Deps{deps_.db, history_.get(), deps_.clock,
                                                    deps_.logger, deps_.metrics, deps_.watcher},
                                     options_.external_url);
  RETURN_IF_ERROR(Apply(config));
  RestoreAlerts();
  return absl::OkStatus();
}

void RuleRuntime::Start() {
  base::MutexLock lock(&apply_mu_);
  started_ = true;
  engine()->Start();
}

absl::Status RuleRuntime::Apply(const Config& config) {
  base::MutexLock lock(&apply_mu_);
  ASSIGN_OR_RETURN(alert::RuleFileSet files, ReadRuleFiles(config.rules.files, deps_.logger));
  const bool has_notifier = sink_ != nullptr && engine() != nullptr;
  const bool same_receivers = has_notifier && config.alerting == alerting_ &&
                              config.rules.external_labels == rules_.external_labels;
  std::shared_ptr<alert::Notifier> notifier;
  if (!same_receivers) {
    ASSIGN_OR_RETURN(notifier, NotifierOf(config));
  }
  RETURN_IF_ERROR(ApplyRules(config.rules, std::move(files)));
  if (!same_receivers) {
    SetNotifier(std::move(notifier));
  }
  rules_ = config.rules;
  alerting_ = config.alerting;
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<alert::Notifier>> RuleRuntime::NotifierOf(
    const Config& config) const {
  alert::NotifierOptions options;
  options.queue_capacity = options_.notification_queue_capacity;
  options.external_labels = ExternalLabelsOf(config.rules);
  ASSIGN_OR_RETURN(
      std::unique_ptr<alert::Notifier> notifier,
      alert::Notifier::Create(config.alerting, std::move(options), {deps_.logger, deps_.metrics}));
  return std::shared_ptr<alert::Notifier>(std::move(notifier));
}

alert::LiveOptions RuleRuntime::LiveOptionsOf(const RulesConfig& config) const {
  alert::LiveOptions options;
  options.identity_labels = config.identity.names;
  options.sender_labels = config.identity.sender;
  options.replica_labels = config.identity.replica;
  options.is_fleet_wide = [config](const alert::RuleGroup& group) {
    return config.MarksOf(group.name).fleet_wide;
  };
  options.release_silent = [config](const alert::RuleGroup& group) {
    return config.MarksOf(group.name).release_silent;
  };
  options.external_labels = ExternalLabelsOf(config);
  options.external_url = options_.external_url;
  options.query_offset_ms = config.query_offset_ms;
  options.evaluation_interval_ms = config.evaluation_interval_ms;
  options.resend_delay_ms = options_.resend_delay_ms;
  options.settle_ms = config.settle_ms;
  options.catch_up_ms = config.catch_up_ms;
  options.tick_ms = config.tick_ms;
  options.late_after_ms = config.late_after_ms;
  return options;
}

// The same settings: the engine in force takes the files. Others: a new one goes on with the alerts
// of the old one.
absl::Status RuleRuntime::ApplyRules(const RulesConfig& config, alert::RuleFileSet files) {
  const std::shared_ptr<alert::LiveEngine> before = engine();
  if (before != nullptr && SameSettings(rules_, config)) {
    return before->Apply(std::move(files));
  }
  const auto next = std::make_shared<alert::LiveEngine>(
      LiveOptionsOf(config), alert::LiveDeps{deps_.engine, deps_.db, deps_.clock, sink_.get()});
  RETURN_IF_ERROR(next->Apply(std::move(files)));
  if (before != nullptr) {
    before->Stop();
    next->Restore(before->Save());
  }
  {
    base::MutexLock lock(&mu_);
    engine_ = next;
  }
  if (started_) {
    next->Start();
  }
  return absl::OkStatus();
}

void RuleRuntime::SetNotifier(std::shared_ptr<alert::Notifier> notifier) {
  sink_->SetReceivers(notifier);
  std::shared_ptr<alert::Notifier> before;
  {
    base::MutexLock lock(&mu_);
    before = std::exchange(notifier_, std::move(notifier));
  }
  if (before != nullptr) {
    before->Stop(options_.drain_ms);
  }
}

// Alerts of rules that are not in force any more have ended meanwhile.
void RuleRuntime::RestoreAlerts() {
  const std::vector<alert::AlertRecord> states = history_->States();
  std::vector<alert::SavedAlert> saved;
  saved.reserve(states.size());
  std::transform(states.begin(), states.end(), std::back_inserter(saved), SavedOf);
  engine()->Restore(std::move(saved));
  std::set<std::string> kept;
  for (const alert::SavedAlert& alert : engine()->Save()) {
    kept.insert(KeyOf(alert));
  }
  std::vector<alert::AlertRecord> gone;
  std::copy_if(states.begin(), states.end(), std::back_inserter(gone),
               [&](const auto& state) { return !kept.contains(alert::KeyOf(state)); });
  EndSeriesOf(gone);
  std::vector<alert::AlertRecord> ended;
  for (alert::AlertRecord& record : gone) {
    ended.push_back(EndOf(std::move(record), deps_.clock->NowMs()));
  }
  deps_.logger->Info("alerts restored", {{"alerts", kept.size()}, {"of_gone_rules", ended.size()}});
  history_->Record(std::move(ended));
}

// Before the engine starts, so the sink is ours.
void RuleRuntime::EndSeriesOf(const std::vector<alert::AlertRecord>& gone) {
  const model::Sample end{deps_.clock->NowMs(), model::StaleMarker()};
  for (const alert::AlertRecord& record : gone) {
    for (const auto& series : alert::AlertSeries(record.rule, {&record.alert, 1})) {
      sink_->Write(series.labels, end).IgnoreError();  // counted by the sink
    }
  }
  sink_->Commit().IgnoreError();  // logged by the sink
}

absl::Status RuleRuntime::Stop() {
  base::MutexLock lock(&apply_mu_);
  if (std::exchange(stopped_, true)) {
    return absl::OkStatus();
  }
  if (const auto live = engine(); live != nullptr) {
    live->Stop();
  }
  if (sink_ != nullptr) {
    SetNotifier(nullptr);
  }
  return history_ == nullptr ? absl::OkStatus() : history_->Close();
}

std::shared_ptr<alert::LiveEngine> RuleRuntime::engine() const {
  base::MutexLock lock(&mu_);
  return engine_;
}

// Not while another engine takes over the alerts.
void RuleRuntime::Forget(model::LabelsView cluster) {
  base::MutexLock lock(&apply_mu_);
  engine()->Forget(cluster);
}

std::vector<alert::LiveGroupStatus> RuleRuntime::Status() const { return engine()->Status(); }

std::vector<std::string> RuleRuntime::Alertmanagers() const {
  base::MutexLock lock(&mu_);
  return notifier_ == nullptr ? std::vector<std::string>() : notifier_->Alertmanagers();
}

std::string RuleRuntime::ExposeMetrics() const {
  base::MetricsRegistry metrics;
  const std::shared_ptr<alert::LiveEngine> live = engine();
  CollectTotals(live->totals(), &metrics);
  for (const alert::LiveGroupStatus& group : live->Status()) {
    for (const alert::LiveRuleStatus& rule : group.rules) {
      CollectRule(group.group, rule, &metrics);
    }
  }
  return metrics.Expose();
}

}  // namespace tidemark::server
