#include "alert/notify/notifier.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>
#include <utility>

#include "alert/notify/notification_queue.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "net/http_client.h"

namespace tidemark::alert {
namespace {

absl::StatusOr<std::vector<RelabelRule>> RulesOf(std::span<const RelabelConfig> configs) {
  std::vector<RelabelRule> rules;
  for (const RelabelConfig& config : configs) {
    ASSIGN_OR_RETURN(RelabelRule rule, RelabelRule::Create(config));
    rules.push_back(std::move(rule));
  }
  return rules;
}

bool IsSuccess(int status) { return status >= 200 && status < 300; }

// Whether the server has understood the batch and will not take it, now or later.
bool IsRefusal(int status) { return status == 400 || status == 413 || status == 422; }

// The beginning of what a server says, on one line.
std::string Excerpt(std::string_view body) {
  constexpr size_t kMaxShown = 300;
  std::string text(body.substr(0, kMaxShown));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

}  // namespace

// Sender delivers to one Alertmanager. Its thread is the only one that takes from the queue.
class Notifier::Sender {
 public:
  Sender(net::Url url, const net::HttpClientOptions& http, std::vector<RelabelRule> rules,
         const NotifierOptions& options, const Deps& deps)
      : name_(url.ToString()),
        options_(options),
        deps_(deps),
        rules_(std::move(rules)),
        metrics_(name_, deps.metrics),
        client_(std::move(url), http),
        queue_(options.queue_capacity),
        thread_([this] { Run(); }) {}

  ~Sender() { Stop(); }

  const std::string& name() const { return name_; }

  void Push(std::vector<QueuedNotification> states) ABSL_LOCKS_EXCLUDED(mu_) {
    std::erase_if(states, [this](QueuedNotification& queued) {
      auto labels = Relabel(rules_, std::move(queued.notification.labels));
      queued.notification.labels = labels.value_or(model::Labels());
      return !labels.has_value();
    });
    base::MutexLock lock(&mu_);
    const uint64_t before = queue_.superseded();
    for (QueuedNotification& queued : states) {
      queue_.Push(std::move(queued));
    }
    metrics_.superseded->Add(queue_.superseded() - before);
    metrics_.queue_length->Set(static_cast<double>(queue_.size()));
    changed_.SignalAll();
  }

  // Waits until everything is delivered, or until `deadline`.
  void Drain(std::chrono::steady_clock::time_point deadline) ABSL_LOCKS_EXCLUDED(mu_) {
    base::MutexLock lock(&mu_);
    while ((!queue_.empty() || sending_) && !stopping_) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) {
        return;
      }
      changed_.WaitFor(&mu_, left.count());
    }
  }

  void Stop() ABSL_LOCKS_EXCLUDED(mu_) {
    {
      base::MutexLock lock(&mu_);
      stopping_ = true;
      changed_.SignalAll();
    }
    client_.Cancel();
    if (thread_.joinable()) {
      thread_.join();
    }
  }

 private:
  struct Metrics {
    Metrics(const std::string& url, base::MetricsRegistry* registry)
        : sent(registry->AddCounter("tidemark_notifications_sent_total",
                                    "States of alerts delivered.", {{"alertmanager", url}})),
          errors(registry->AddCounter("tidemark_notifications_errors_total",
                                      "Requests that failed, to be tried again.",
                                      {{"alertmanager", url}})),
          refused(registry->AddCounter("tidemark_notifications_refused_total",
                                       "States in requests that were refused as malformed.",
                                       {{"alertmanager", url}})),
          superseded(registry->AddCounter(
              "tidemark_notifications_superseded_total",
              "States that were not delivered because a newer one of their alert was there.",
              {{"alertmanager", url}})),
          queue_length(registry->AddGauge("tidemark_notifications_queue_length",
                                          "States that wait to be delivered.",
                                          {{"alertmanager", url}})),
          latency(registry->AddHistogram(
              "tidemark_notifications_latency_seconds", "Time that a request took.",
              base::ExponentialBounds(0.001, 4, 8), {{"alertmanager", url}})) {}

    base::Counter* const sent;
    base::Counter* const errors;
    base::Counter* const refused;
    base::Counter* const superseded;
    base::Gauge* const queue_length;
    base::Histogram* const latency;
  };

  void Run() ABSL_LOCKS_EXCLUDED(mu_) {
    int64_t pause_ms = 0;  // zero unless the last attempt failed
    while (true) {
      std::vector<QueuedNotification> batch = NextBatch(pause_ms);
      if (batch.empty()) {
        return;
      }
      const bool delivered = Deliver(batch);
      pause_ms =
          delivered ? 0 : std::clamp(pause_ms * 2, options_.min_pause_ms, options_.max_pause_ms);
      Finish(delivered, std::move(batch));
    }
  }

  // Waits for something to send, and at least `pause_ms`; empty when it is time to stop.
  std::vector<QueuedNotification> NextBatch(int64_t pause_ms) ABSL_LOCKS_EXCLUDED(mu_) {
    const auto earliest = std::chrono::steady_clock::now() + std::chrono::milliseconds(pause_ms);
    base::MutexLock lock(&mu_);
    while (!stopping_) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          earliest - std::chrono::steady_clock::now());
      if (left.count() > 0) {
        changed_.WaitFor(&mu_, left.count());
      } else if (queue_.empty()) {
        changed_.Wait(&mu_);
      } else {
        sending_ = true;
        return queue_.Take(options_.batch_size);
      }
    }
    return {};
  }

  void Finish(bool delivered, std::vector<QueuedNotification> batch) ABSL_LOCKS_EXCLUDED(mu_) {
    base::MutexLock lock(&mu_);
    const uint64_t before = queue_.superseded();
    if (!delivered) {
      queue_.PutBack(std::move(batch));
    }
    metrics_.superseded->Add(queue_.superseded() - before);
    metrics_.queue_length->Set(static_cast<double>(queue_.size()));
    sending_ = false;
    changed_.SignalAll();
  }

  // True when the batch need not be sent again.
  bool Deliver(const std::vector<QueuedNotification>& batch) {
    std::vector<const Notification*> notifications;
    notifications.reserve(batch.size());
    for (const QueuedNotification& queued : batch) {
      notifications.push_back(&queued.notification);
    }
    const auto begin = std::chrono::steady_clock::now();
    const auto answer = client_.Post("application/json", NotificationsJson(notifications));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    metrics_.latency->Observe(took.count());
    return answer.ok() ? Judge(*answer, batch.size()) : Failed(base::Message(answer.status()));
  }

  bool Judge(const net::HttpAnswer& answer, size_t count) {
    if (IsSuccess(answer.status)) {
      if (failing_) {
        deps_.logger->Info("alertmanager takes alerts again", {{"alertmanager", name_}});
      }
      failing_ = false;
      metrics_.sent->Add(count);
      return true;
    }
    const std::string cause =
        fmt::format("HTTP status {}: {}", answer.status, Excerpt(answer.body));
    if (!IsRefusal(answer.status)) {
      return Failed(cause);
    }
    metrics_.refused->Add(count);
    deps_.logger->Error("alertmanager refuses alerts; they are not sent again",
                        {{"alertmanager", name_}, {"alerts", count}, {"error", cause}});
    return true;
  }

  // Logged once until a request succeeds; the counter tells the rest.
  bool Failed(std::string_view cause) {
    metrics_.errors->Add();
    if (!failing_) {
      deps_.logger->Warn("alertmanager cannot be told of alerts; trying again",
                         {{"alertmanager", name_}, {"error", cause}});
    }
    failing_ = true;
    return false;
  }

  const std::string name_;
  const NotifierOptions& options_;
  const Deps& deps_;
  const std::vector<RelabelRule> rules_;
  const Metrics metrics_;
  net::HttpClient client_;  // used by the thread alone, but for Cancel()
  bool failing_ = false;    // of the thread alone

  base::Mutex mu_;
  base::CondVar changed_;
  NotificationQueue queue_ ABSL_GUARDED_BY(mu_);
  bool sending_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;  // the last member: it uses the others
};

Notifier::Notifier(NotifierOptions options, const Deps& deps)
    : options_(std::move(options)),
      deps_(deps),
      dropped_by_relabelling_(deps_.metrics->AddCounter(
          "tidemark_notifications_relabel_dropped_total",
          "States of alerts that alert_relabel_configs dropped before any Alertmanager.")) {}

absl::StatusOr<std::unique_ptr<Notifier>> Notifier::Create(const AlertingConfig& config,
                                                           NotifierOptions options,
                                                           const Deps& deps) {
  std::unique_ptr<Notifier> notifier(new Notifier(std::move(options), deps));
  ASSIGN_OR_RETURN(notifier->relabel_rules_, RulesOf(config.alert_relabel_configs));
  for (const AlertmanagerGroup& group : config.alertmanagers) {
    ASSIGN_OR_RETURN(const std::vector<net::Url> urls, AlertmanagerUrls(group));
    ASSIGN_OR_RETURN(const std::vector<RelabelRule> rules, RulesOf(group.alert_relabel_configs));
    for (const net::Url& url : urls) {
      notifier->senders_.push_back(
          std::make_unique<Sender>(url, group.http, rules, notifier->options_, notifier->deps_));
    }
  }
  return notifier;
}

Notifier::~Notifier() { Stop(0); }

std::optional<model::Labels> Notifier::OutgoingLabels(const model::Labels& labels) const {
  model::LabelsBuilder builder(labels);
  for (const model::LabelView& label : options_.external_labels.view()) {
    if (!labels.view().Has(label.name)) {
      builder.Set(label.name, label.value);
    }
  }
  return Relabel(relabel_rules_, builder.Build());
}

void Notifier::Send(std::span<const Notification> notifications, model::Timestamp now) {
  std::vector<QueuedNotification> states;
  states.reserve(notifications.size());
  for (const Notification& notification : notifications) {
    std::optional<model::Labels> labels = OutgoingLabels(notification.labels);
    if (!labels.has_value()) {
      dropped_by_relabelling_->Add();
      continue;
    }
    states.push_back({notification, notification.ends_at <= now});
    states.back().notification.labels = *std::move(labels);
  }
  for (const std::unique_ptr<Sender>& sender : senders_) {
    sender->Push(states);
  }
}

void Notifier::Stop(int64_t drain_ms) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(drain_ms);
  for (const std::unique_ptr<Sender>& sender : senders_) {
    sender->Drain(deadline);
  }
  for (const std::unique_ptr<Sender>& sender : senders_) {
    sender->Stop();
  }
}

std::vector<std::string> Notifier::Alertmanagers() const {
  std::vector<std::string> names;
  for (const std::unique_ptr<Sender>& sender : senders_) {
    names.push_back(sender->name());
  }
  return names;
}

}  // namespace tidemark::alert
