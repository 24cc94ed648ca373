// The sink over a real store and a real history; what receivers are told is kept by the test.
#include "server/alerting/rule_sink.h"

#include <gtest/gtest.h>

#include "base/status_macros.h"
#include "tests/storage/db_fixture.h"

namespace tidemark::server {
namespace {

class KeptNotifications final : public alert::NotificationSink {
 public:
  void Send(std::span<const alert::Notification> notifications, model::Timestamp now) override {
    kept.insert(kept.end(), notifications.begin(), notifications.end());
    told_at = now;
  }

  std::vector<alert::Notification> kept;
  model::Timestamp told_at = 0;
};

class RuleSinkTest : public storage::DbFixture {
 protected:
  void SetUp() override {
    Open();
    alert::AlertHistoryOptions options;
    options.dir = dir_.File("alerts");
    options.sync = storage::SyncMode::kOff;
    options.upkeep_interval_ms = 0;
    auto history = alert::AlertHistory::Open(options, {&clock_, &logger_, metrics_.get(), nullptr});
    ASSERT_TRUE(history.ok()) << history.status();
    history_ = *std::move(history);
    sink_ = std::make_unique<RuleSink>(
        RuleSink::Deps{db_.get(), history_.get(), &clock_, &logger_, metrics_.get(),
                       [this](const alert::AlertRecord& record) {
                         watched_.push_back(record);
                         watch_();
                       }},
        "http://tidemark:9201");
    group_.file = "rules.yml";
    group_.name = "backup";
    group_.labels = {{"team", "storage"}};
    rule_.name = "Lag";
    rule_.expr = "lag > 600";
    rule_.labels = {{"severity", "critical"}};
  }

  alert::Alert AlertOf(alert::AlertState state) {
    alert::Alert alert;
    alert.labels = model::Labels::Of({{"alertname", "Lag"}, {"cluster", "a"}});
    alert.annotations = {{"summary", "late"}};
    alert.value = 700;
    alert.state = state;
    alert.active_at = kNow - 1000;
    if (state == alert::AlertState::kFiring) {
      alert.fired_at = kNow;
    }
    return alert;
  }

  void Change(const alert::Alert& alert, alert::AlertState from,
              alert::LiveCause cause = alert::LiveCause::kArrival) {
    const alert::Transition transition = {kNow, from, alert.state, alert};
    sink_->Changed({.group = group_,
                    .rule = rule_,
                    .cluster = cluster_,
                    .transition = transition,
                    .partition = partition_,
                    .inputs = 3,
                    .sample_time = kNow - 20,
                    .decided_at = kNow + 7,
                    .decided_nanos = 0,
                    .cause = cause});
  }

  alert::RuleGroup group_;
  alert::Rule rule_;
  const model::Labels cluster_ = model::Labels::Of({{"cluster", "a"}});
  const model::Labels partition_ = model::Labels::Of({{"cluster", "a"}, {"task", "t"}});
  std::unique_ptr<alert::AlertHistory> history_;
  std::vector<alert::AlertRecord> watched_;  // what the sink's watcher was told
  std::function<void()> watch_ = [] {};      // called when it was
  std::unique_ptr<RuleSink> sink_;
};

TEST_F(RuleSinkTest, WritesSamplesThatQueriesSeeOnceCommitted) {
  const model::Labels labels = model::Labels::Of({{"__name__", "lag:max"}, {"cluster", "a"}});
  ASSERT_TRUE(sink_->Write(labels, {kNow, 5}).ok());
  ASSERT_TRUE(sink_->Write(labels, {kNow + 1000, 6}).ok());
  ASSERT_TRUE(sink_->Commit().ok());
  EXPECT_EQ(Of(labels), Expect({{kNow, 5}, {kNow + 1000, 6}}));
  ASSERT_TRUE(sink_->Commit().ok());
  ASSERT_TRUE(sink_->Write(labels, {kNow + 2000, 7}).ok());
  ASSERT_TRUE(sink_->Commit().ok());
  EXPECT_EQ(Of(labels).size(), 3u);
}

TEST_F(RuleSinkTest, KeepsWrittenSamplesOverARestart) {
  const model::Labels labels = model::Labels::Of({{"__name__", "ALERTS"}, {"cluster", "a"}});
  ASSERT_TRUE(sink_->Write(labels, {kNow, 1}).ok());
  ASSERT_TRUE(sink_->Commit().ok());
  ASSERT_TRUE(db_->Close().ok());
  sink_.reset();
  history_.reset();
  Reopen();
  EXPECT_EQ(Of(labels), Expect({{kNow, 1}}));
}

TEST_F(RuleSinkTest, TellsWhyASampleIsRefused) {
  const model::Labels labels = model::Labels::Of({{"__name__", "lag:max"}, {"cluster", "a"}});
  ASSERT_TRUE(sink_->Write(labels, {kNow, 5}).ok());
  const absl::Status refused = sink_->Write(labels, {kNow, 6});
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(base::Message(refused),
            "sample of lag:max{cluster=\"a\"} refused: the series has another value at this time");
  ASSERT_TRUE(sink_->Commit().ok());
  EXPECT_EQ(Of(labels), Expect({{kNow, 5}}));
}

TEST_F(RuleSinkTest, NotesTransitionsWithAllThatRestoringNeeds) {
  const alert::Alert alert = AlertOf(alert::AlertState::kPending);
  Change(alert, alert::AlertState::kInactive);
  const auto states = history_->States();
  ASSERT_EQ(states.size(), 1u);
  const alert::AlertRecord& record = states[0];
  EXPECT_EQ(record.file, "rules.yml");
  EXPECT_EQ(record.group, "backup");
  EXPECT_EQ(record.rule, "Lag");
  EXPECT_EQ(record.rule_labels, (alert::TextPairs{{"severity", "critical"}, {"team", "storage"}}));
  EXPECT_EQ(record.cluster, cluster_);
  EXPECT_EQ(record.partition, partition_);
  EXPECT_EQ(record.inputs, 3u);
  EXPECT_EQ(record.t, kNow);
  EXPECT_EQ(record.received_at, kNow + 7);
  EXPECT_EQ(record.sample_time, kNow - 20);
  EXPECT_EQ(record.cause, "arrival");
  EXPECT_EQ(record.alert, alert);
}

TEST_F(RuleSinkTest, KeepsLateTransitionsOutOfTheStates) {
  const alert::Alert pending = AlertOf(alert::AlertState::kPending);
  Change(pending, alert::AlertState::kInactive);
  Change(AlertOf(alert::AlertState::kFiring), alert::AlertState::kPending, alert::LiveCause::kLate);
  ASSERT_EQ(history_->States().size(), 1u);
  EXPECT_EQ(history_->States()[0].alert, pending);
  EXPECT_EQ(history_->Query({})->transitions.size(), 2u);
}

TEST_F(RuleSinkTest, TellsWatchersOfWhatTheHistoryHas) {
  size_t known = 0;
  watch_ = [&] { known = history_->Query({})->transitions.size(); };
  Change(AlertOf(alert::AlertState::kFiring), alert::AlertState::kInactive);
  ASSERT_EQ(watched_.size(), 1u);
  EXPECT_EQ(watched_[0].alert.state, alert::AlertState::kFiring);
  EXPECT_EQ(known, 1u) << "told of a transition that the history does not know yet";
}

TEST_F(RuleSinkTest, TellsReceiversAndRemembersThatTheyWereTold) {
  const auto receivers = std::make_shared<KeptNotifications>();
  EXPECT_EQ(sink_->SetReceivers(receivers), nullptr);
  alert::Alert alert = AlertOf(alert::AlertState::kFiring);
  Change(alert, alert::AlertState::kPending);
  alert.last_sent_at = kNow;
  alert.valid_until = kNow + 240'000;
  const alert::DueAlert due = {.group = &group_,
                               .rule = &rule_,
                               .cluster = cluster_,
                               .alert = alert,
                               .decided_nanos = clock_.SteadyNanos() - 3'000'000};
  sink_->Send({&due, 1});
  ASSERT_EQ(receivers->kept.size(), 1u);
  const alert::Notification& told = receivers->kept[0];
  EXPECT_EQ(told.labels, alert.labels);
  EXPECT_EQ(told.annotations, alert.annotations);
  EXPECT_EQ(told.starts_at, kNow);
  EXPECT_EQ(told.ends_at, kNow + 240'000);
  EXPECT_EQ(told.generator_url, "http://tidemark:9201/graph?g0.expr=lag+%3E+600&g0.tab=1");
  EXPECT_EQ(receivers->told_at, kNow);
  const auto states = history_->States();
  ASSERT_EQ(states.size(), 1u);
  EXPECT_EQ(states[0].alert, alert);
  EXPECT_EQ(states[0].partition, partition_) << "the update forgot what the transition told";
  EXPECT_EQ(history_->Query({})->transitions.size(), 1u);

  const std::string text = metrics_->Expose();
  EXPECT_NE(text.find("tidemark_rule_detection_delay_seconds_count{file=\"rules.yml\","
                      "rule_group=\"backup\",rule=\"Lag\"} 1\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("_sum{file=\"rules.yml\",rule_group=\"backup\",rule=\"Lag\"} 0.003\n"),
            std::string::npos)
      << text;
}

TEST_F(RuleSinkTest, WritesNoRecordOfWhatIsOnlyRepeated) {
  alert::Alert alert = AlertOf(alert::AlertState::kFiring);
  Change(alert, alert::AlertState::kPending);
  alert.last_sent_at = kNow + 60'000;
  const alert::DueAlert due = {.group = &group_,
                               .rule = &rule_,
                               .cluster = cluster_,
                               .alert = alert,
                               .decided_nanos = std::nullopt};
  sink_->Send({&due, 1});
  EXPECT_EQ(history_->States()[0].alert.last_sent_at, std::nullopt);
}

TEST_F(RuleSinkTest, EndsAResolvedAlertWhenItWasResolved) {
  const auto receivers = std::make_shared<KeptNotifications>();
  sink_->SetReceivers(receivers);
  alert::Alert alert = AlertOf(alert::AlertState::kFiring);
  alert.state = alert::AlertState::kInactive;
  alert.resolved_at = kNow + 500;
  alert.valid_until = kNow + 240'000;
  const alert::DueAlert due = {.group = &group_,
                               .rule = &rule_,
                               .cluster = cluster_,
                               .alert = alert,
                               .decided_nanos = clock_.SteadyNanos()};
  sink_->Send({&due, 1});
  ASSERT_EQ(receivers->kept.size(), 1u);
  EXPECT_EQ(receivers->kept[0].ends_at, kNow + 500);
}

}  // namespace
}  // namespace tidemark::server
