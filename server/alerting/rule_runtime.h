// RuleRuntime evaluates the rules that the configuration names, as long as the server runs: it
// reads their files, and holds the live engine, the alert history and the notifier together.
//
// A new configuration is put into force as a whole: when anything of it cannot be used, the rules
// and receivers in force stay as they are. Alerts go on over reloads and restarts.
//
// Thread-safe, except Open, Start and Stop, which one thread calls.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "alert/history/alert_history.h"
#include "alert/live/live_engine.h"
#include "alert/notify/notifier.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "query/engine/engine.h"
#include "server/alerting/rule_sink.h"
#include "server/config/config.h"
#include "storage/db.h"

namespace tidemark::server {

struct RuleRuntimeOptions {
  alert::AlertHistoryOptions history;
  std::string external_url;
  int64_t resend_delay_ms = 60'000;
  size_t notification_queue_capacity = 10'000;
  int64_t drain_ms = 1000;  // for what receivers have not been told when a notifier ends
};

class RuleRuntime {
 public:
  // All must outlive the runtime.
  struct Deps {
    storage::Db* db = nullptr;
    const query::Engine* engine = nullptr;
    const base::Clock* clock = nullptr;
    base::Logger* logger = nullptr;
    base::MetricsRegistry* metrics = nullptr;
    // Told of each transition on the engine's thread; must not wait. May be empty.
    std::function<void(const alert::AlertRecord&)> watcher = nullptr;
  };

  // Reads the rules and what is known of their alerts.
  static absl::StatusOr<std::unique_ptr<RuleRuntime>> Open(const RuleRuntimeOptions& options,
                                                           const Config& config, const Deps& deps);
  ~RuleRuntime();
  RuleRuntime(const RuleRuntime&) = delete;
  RuleRuntime& operator=(const RuleRuntime&) = delete;

  void Start() ABSL_LOCKS_EXCLUDED(mu_);
  // Puts the rules and receivers of `config` into force, or, with an error that names file, line
  // and cause, changes nothing.
  absl::Status Apply(const Config& config) ABSL_LOCKS_EXCLUDED(apply_mu_, mu_);
  // Evaluates nothing any more and keeps what is known. Idempotent.
  absl::Status Stop() ABSL_LOCKS_EXCLUDED(apply_mu_, mu_);

  // Ends the alerts of the cluster with these identity labels.
  void Forget(model::LabelsView cluster) ABSL_LOCKS_EXCLUDED(apply_mu_, mu_);

  std::vector<alert::LiveGroupStatus> Status() const ABSL_LOCKS_EXCLUDED(mu_);
  std::vector<std::string> Alertmanagers() const ABSL_LOCKS_EXCLUDED(mu_);
  // Of the rules that are in force now, as Prometheus text.
  std::string ExposeMetrics() const ABSL_LOCKS_EXCLUDED(mu_);
  const alert::AlertHistory& history() const { return *history_; }

 private:
  RuleRuntime(const RuleRuntimeOptions& options, const Deps& deps)
      : options_(options), deps_(deps) {}

  absl::Status Init(const Config& config) ABSL_LOCKS_EXCLUDED(apply_mu_, mu_);
  absl::StatusOr<std::shared_ptr<alert::Notifier>> NotifierOf(const Config& config) const;
  alert::LiveOptions LiveOptionsOf(const RulesConfig& config) const;
  absl::Status ApplyRules(const RulesConfig& config, alert::RuleFileSet files)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(apply_mu_) ABSL_LOCKS_EXCLUDED(mu_);
  void SetNotifier(std::shared_ptr<alert::Notifier> notifier)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(apply_mu_) ABSL_LOCKS_EXCLUDED(mu_);
  void RestoreAlerts();
  void EndSeriesOf(const std::vector<alert::AlertRecord>& gone);
  std::shared_ptr<alert::LiveEngine> engine() const ABSL_LOCKS_EXCLUDED(mu_);

  const RuleRuntimeOptions options_;
  const Deps deps_;
  std::unique_ptr<alert::AlertHistory> history_;
  std::unique_ptr<RuleSink> sink_;

  base::Mutex apply_mu_ ABSL_ACQUIRED_BEFORE(mu_);  // configurations take turns
  RulesConfig rules_ ABSL_GUARDED_BY(apply_mu_);    // in force
  alert::AlertingConfig alerting_ ABSL_GUARDED_BY(apply_mu_);
  bool started_ ABSL_GUARDED_BY(apply_mu_) = false;
  bool stopped_ ABSL_GUARDED_BY(apply_mu_) = false;

  mutable base::Mutex mu_;
  std::shared_ptr<alert::LiveEngine> engine_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<alert::Notifier> notifier_ ABSL_GUARDED_BY(mu_);
};

}  // namespace tidemark::server
