// RuleSink carries out what the evaluation of rules gives: samples go to the store, transitions to
// the alert history, and alerts that are due to the notifier.
//
// Measures the detection delay of each rule: from the deciding sample or deadline until what it
// decided was handed to the notifier.
//
// The live engine calls it on its thread; none of the calls waits for a disk or a receiver. The
// other methods are thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "alert/history/alert_history.h"
#include "alert/history/alert_record.h"
#include "alert/live/live_sink.h"
#include "alert/notify/notifier.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "storage/db.h"
#include "storage/write_session.h"

namespace tidemark::server {

// File, group and name of a rule.
using RuleName = std::tuple<std::string, std::string, std::string>;

class RuleSink final : public alert::LiveSink {
 public:
  // All must outlive the sink.
  struct Deps {
    storage::Db* db = nullptr;
    alert::AlertHistory* history = nullptr;
    const base::Clock* clock = nullptr;
    base::Logger* logger = nullptr;
    base::MetricsRegistry* metrics = nullptr;
    // Told of each transition on the engine's thread when the history has it; must not wait. May be
    // empty.
    std::function<void(const alert::AlertRecord&)> watcher = nullptr;
  };

  // Alerts link to the graph of their expression below `external_url`.
  RuleSink(const Deps& deps, std::string external_url);

  absl::Status Write(model::LabelsView labels, model::Sample sample) override;
  absl::Status Commit() override;
  void Changed(const alert::LiveTransition& transition) override;
  void Send(std::span<const alert::DueAlert> alerts) override ABSL_LOCKS_EXCLUDED(mu_);

  // Whom alerts go to from now on; null: nobody. Gives the one before.
  std::shared_ptr<alert::NotificationSink> SetReceivers(
      std::shared_ptr<alert::NotificationSink> receivers) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  storage::HeadSeries* SeriesOf(model::LabelsView labels);
  void ObserveDelay(const alert::DueAlert& due, int64_t now_nanos);

  const Deps deps_;
  const std::string external_url_;
  base::Counter* const written_;
  base::Counter* const refused_;

  // Of the engine's thread.
  storage::WriteSession session_;
  bool session_is_open_ = false;
  std::map<RuleName, base::Histogram*> delays_;

  base::Mutex mu_;
  std::shared_ptr<alert::NotificationSink> receivers_ ABSL_GUARDED_BY(mu_);
};

}  // namespace tidemark::server
