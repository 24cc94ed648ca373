#include <string>

#include "proto/tidemark/v1/alert.grpc.pb.h"
#include "tests/server/grpc/grpc_fixture.h"

namespace tidemark::server {
namespace {

using alert::AlertState;
using grpc::StatusCode;
using testing::kNowMs;
using testing::LagAlert;
using testing::LagRecord;

class AlertRpcsTest : public testing::GrpcTest {
 protected:
  using Reader = std::unique_ptr<grpc::ClientReader<v1::AlertTransition>>;

  // A watcher that has been told of what was active when it came.
  Reader Watch(grpc::ClientContext* context, const v1::WatchAlertsRequest& request = {}) {
    alerts_.SetActive({LagAlert("active", AlertState::kFiring)});
    client_ = Client<v1::AlertService>();
    Reader reader = client_->WatchAlerts(context, request);
    v1::AlertTransition initial;
    EXPECT_TRUE(reader->Read(&initial));
    EXPECT_TRUE(initial.initial());
    EXPECT_EQ(initial.alert().labels().at("cluster"), "active");
    return reader;
  }

  void Change(const std::string& cluster, AlertState from, AlertState to) {
    server_->AlertChanged(LagRecord(cluster, from, to));
  }

  std::unique_ptr<v1::AlertService::Stub> client_;
};

TEST_F(AlertRpcsTest, ListsTheAlertsThatAreSelected) {
  alerts_.SetActive({LagAlert("b", AlertState::kFiring), LagAlert("a", AlertState::kPending),
                     LagAlert("c", AlertState::kFiring)});
  Start();
  const auto list = [&](const v1::ListAlertsRequest& request) {
    grpc::ClientContext context;
    v1::ListAlertsResponse response;
    const grpc::Status status =
        Client<v1::AlertService>()->ListAlerts(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  };
  const v1::ListAlertsResponse all = list({});
  ASSERT_EQ(all.alerts_size(), 3);
  EXPECT_EQ(all.alerts(0).labels().at("cluster"), "a");
  EXPECT_EQ(all.alerts(0).state(), v1::ALERT_STATE_PENDING);
  EXPECT_FALSE(all.alerts(0).has_fired_at_ms());
  EXPECT_EQ(all.alerts(1).fired_at_ms(), kNowMs - 1000);
  EXPECT_EQ(all.alerts(1).annotations().at("summary"), "the backup is late");
  EXPECT_EQ(all.alerts(1).rule(), "Lag");
  EXPECT_EQ(all.alerts(1).group(), "backup");

  v1::ListAlertsRequest request;
  request.mutable_filter()->add_matchers("cluster=~\"a|b\"");
  request.mutable_filter()->add_matchers("severity=\"critical\"");
  request.mutable_filter()->add_states(v1::ALERT_STATE_FIRING);
  const v1::ListAlertsResponse some = list(request);
  ASSERT_EQ(some.alerts_size(), 1);
  EXPECT_EQ(some.alerts(0).labels().at("cluster"), "b");
  request.mutable_filter()->add_rules("Other");
  EXPECT_EQ(list(request).alerts_size(), 0);
}

TEST_F(AlertRpcsTest, SaysWhatIsWrongWithAMatcher) {
  Start();
  v1::WatchAlertsRequest request;
  request.mutable_filter()->add_matchers("cluster=");
  grpc::ClientContext context;
  const auto client = Client<v1::AlertService>();
  const auto reader = client->WatchAlerts(&context, request);
  v1::AlertTransition transition;
  EXPECT_FALSE(reader->Read(&transition));
  const grpc::Status refused = reader->Finish();
  EXPECT_EQ(refused.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(refused.error_message().rfind("matcher \"cluster=\": ", 0), 0u)
      << refused.error_message();
}

TEST_F(AlertRpcsTest, TellsWatchersOfEachTransitionInOrder) {
  Start();
  grpc::ClientContext context;
  const Reader reader = Watch(&context);
  Change("a", AlertState::kInactive, AlertState::kPending);
  Change("a", AlertState::kPending, AlertState::kFiring);
  Change("a", AlertState::kFiring, AlertState::kInactive);
  v1::AlertTransition transition;
  ASSERT_TRUE(reader->Read(&transition));
  EXPECT_EQ(transition.from(), v1::ALERT_STATE_INACTIVE);
  EXPECT_EQ(transition.to(), v1::ALERT_STATE_PENDING);
  EXPECT_EQ(transition.cause(), v1::ALERT_CAUSE_ARRIVAL);
  EXPECT_EQ(transition.decided_at_ms(), kNowMs + 5);
  EXPECT_EQ(transition.sample_time_ms(), kNowMs - 20);
  EXPECT_FALSE(transition.initial());
  ASSERT_TRUE(reader->Read(&transition));
  EXPECT_EQ(transition.to(), v1::ALERT_STATE_FIRING);
  ASSERT_TRUE(reader->Read(&transition));
  EXPECT_EQ(transition.from(), v1::ALERT_STATE_FIRING);
  EXPECT_EQ(transition.alert().state(), v1::ALERT_STATE_INACTIVE);
  EXPECT_EQ(Open("AlertService/WatchAlerts"), 1);
  context.TryCancel();
  EXPECT_EQ(reader->Finish().error_code(), StatusCode::CANCELLED);
  EXPECT_TRUE(WaitEnded("AlertService/WatchAlerts", "CANCELLED"));
  EXPECT_EQ(Open("AlertService/WatchAlerts"), 0);
}

TEST_F(AlertRpcsTest, TellsWatchersOnlyOfWhatTheySelect) {
  Start();
  v1::WatchAlertsRequest request;
  request.mutable_filter()->add_matchers("cluster!=\"noise\"");
  request.mutable_filter()->add_states(v1::ALERT_STATE_FIRING);
  grpc::ClientContext context;
  const Reader reader = Watch(&context, request);
  Change("noise", AlertState::kPending, AlertState::kFiring);
  Change("a", AlertState::kInactive, AlertState::kPending);
  Change("a", AlertState::kPending, AlertState::kFiring);
  Change("a", AlertState::kFiring, AlertState::kInactive);
  v1::AlertTransition transition;
  ASSERT_TRUE(reader->Read(&transition));
  EXPECT_EQ(transition.to(), v1::ALERT_STATE_FIRING);
  EXPECT_EQ(transition.alert().labels().at("cluster"), "a");
  ASSERT_TRUE(reader->Read(&transition));
  EXPECT_EQ(transition.to(), v1::ALERT_STATE_INACTIVE);
  context.TryCancel();
  reader->Finish();
}

TEST_F(AlertRpcsTest, EndsTheStreamOfAReaderThatIsTooSlowAndOfNoOther) {
  Start({.max_waiting = 8});
  grpc::ClientContext slow_context;
  const Reader slow = Watch(&slow_context);
  grpc::ClientContext quick_context;
  const Reader quick = Watch(&quick_context);
  constexpr int kTransitions = 400;
  v1::AlertTransition transition;
  for (int i = 0; i < kTransitions; ++i) {
    alert::AlertRecord record =
        LagRecord(fmt::format("c{}", i), AlertState::kPending, AlertState::kFiring);
    record.alert.annotations = {{"large", std::string(200'000, 'x')}};
    server_->AlertChanged(record);
    ASSERT_TRUE(quick->Read(&transition)) << i;
    EXPECT_EQ(transition.alert().labels().at("cluster"), fmt::format("c{}", i));
  }
  int read = 0;
  while (slow->Read(&transition)) {
    EXPECT_EQ(transition.alert().labels().at("cluster"), fmt::format("c{}", read));
    ++read;
  }
  EXPECT_LT(read, kTransitions);
  const grpc::Status ended = slow->Finish();
  EXPECT_EQ(ended.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_NE(ended.error_message().find(fmt::format("start_ms = {}", kNowMs + 5)), std::string::npos)
      << ended.error_message();
  EXPECT_EQ(Open("AlertService/WatchAlerts"), 1);
  quick_context.TryCancel();
  quick->Finish();
}

TEST_F(AlertRpcsTest, StreamsTheHistoryOldestFirst) {
  alert::HistoryAnswer answer;
  answer.transitions = {LagRecord("a", AlertState::kFiring, AlertState::kInactive),
                        LagRecord("a", AlertState::kPending, AlertState::kFiring),
                        LagRecord("a", AlertState::kInactive, AlertState::kPending)};
  alerts_.SetHistory(answer);
  Start();
  v1::AlertHistoryRequest request;
  request.set_start_ms(kNowMs - 1000);
  request.set_end_ms(kNowMs);
  request.mutable_filter()->add_rules("Lag");
  request.mutable_filter()->add_matchers("cluster=\"a\"");
  grpc::ClientContext context;
  const auto client = Client<v1::AlertService>();
  const auto reader = client->AlertHistory(&context, request);
  std::vector<v1::AlertState> states;
  for (v1::AlertTransition transition; reader->Read(&transition);) {
    states.push_back(transition.to());
  }
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(states, (std::vector<v1::AlertState>{v1::ALERT_STATE_PENDING, v1::ALERT_STATE_FIRING,
                                                 v1::ALERT_STATE_INACTIVE}));
  const alert::HistoryQuery asked = alerts_.asked();
  EXPECT_EQ(asked.min_time, kNowMs - 1000);
  EXPECT_EQ(asked.max_time, kNowMs);
  EXPECT_EQ(asked.rules, std::vector<std::string>{"Lag"});
  ASSERT_EQ(asked.selectors.size(), 1u);
  EXPECT_EQ(asked.selectors[0].size(), 1u);
}

TEST_F(AlertRpcsTest, RefusesAHistoryThatIsTooLong) {
  alert::HistoryAnswer answer;
  answer.truncated = true;
  alerts_.SetHistory(answer);
  Start();
  grpc::ClientContext context;
  const auto client = Client<v1::AlertService>();
  const auto reader = client->AlertHistory(&context, {});
  v1::AlertTransition transition;
  EXPECT_FALSE(reader->Read(&transition));
  EXPECT_EQ(reader->Finish().error_code(), StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(AlertRpcsTest, EndsStreamsWhenTheServerStops) {
  Start();
  grpc::ClientContext context;
  const Reader reader = Watch(&context);
  server_->Stop(0);
  v1::AlertTransition transition;
  EXPECT_FALSE(reader->Read(&transition));
  EXPECT_EQ(reader->Finish().error_code(), StatusCode::UNAVAILABLE);
  // Nobody is told any more, and nothing breaks.
  Change("a", AlertState::kPending, AlertState::kFiring);
}

}  // namespace
}  // namespace tidemark::server
