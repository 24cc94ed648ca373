// Notifier tells Alertmanagers of alerts, by API version 2.
//
// Send() relabels and queues, and returns at once. Each Alertmanager has a queue and a thread of
// its own, so one that is slow or gone does not keep another waiting. A batch that could not be
// delivered is tried again, with growing pauses, until it is or Stop() is called; a newer state of
// an alert takes the place of an older one meanwhile (notification_queue.h). What a server refuses
// as malformed is counted and not tried again: it has taken the rest of the batch. When an alert
// is repeated is the caller's business.
//
// Thread-safe. Stop() must have been called, or the destructor does it, before what the Deps point
// to goes away.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "alert/notify/alerting_config.h"
#include "alert/notify/notification.h"
#include "base/log.h"
#include "base/metrics.h"

namespace tidemark::alert {

// Where the evaluation of rules hands over what has happened.
class NotificationSink {
 public:
  virtual ~NotificationSink() = default;
  // `now` tells whether an alert counts as resolved: its end has come.
  virtual void Send(std::span<const Notification> notifications, model::Timestamp now) = 0;
};

struct NotifierOptions {
  size_t queue_capacity = 10'000;
  size_t batch_size = 256;
  int64_t min_pause_ms = 100;     // after the first failure
  int64_t max_pause_ms = 30'000;  // after many
  // Given to every alert that has no label of that name.
  model::Labels external_labels;
};

class Notifier final : public NotificationSink {
 public:
  struct Deps {
    base::Logger* logger;
    base::MetricsRegistry* metrics;
  };

  // Starts a thread for each Alertmanager. InvalidArgument for a configuration that is not valid.
  static absl::StatusOr<std::unique_ptr<Notifier>> Create(const AlertingConfig& config,
                                                          NotifierOptions options,
                                                          const Deps& deps);
  ~Notifier() override;

  void Send(std::span<const Notification> notifications, model::Timestamp now) override;

  // Waits up to `drain_ms` for the queues to empty, then ends the threads and what they are doing.
  void Stop(int64_t drain_ms);

  // The URLs that alerts are posted to.
  std::vector<std::string> Alertmanagers() const;

 private:
  class Sender;

  Notifier(NotifierOptions options, const Deps& deps);
  // With the external labels, relabelled; nullopt when the alert is dropped.
  std::optional<model::Labels> OutgoingLabels(const model::Labels& labels) const;

  const NotifierOptions options_;
  const Deps deps_;
  base::Counter* const dropped_by_relabelling_;
  std::vector<RelabelRule> relabel_rules_;
  std::vector<std::unique_ptr<Sender>> senders_;
};

}  // namespace tidemark::alert
