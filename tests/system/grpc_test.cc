// The gRPC interface of the real server, and `tidemark alerts`.
#include <chrono>
#include <fstream>
#include <iostream>

#include "base/check.h"
#include "base/clock.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "proto/tidemark/v1/alert.grpc.pb.h"
#include "proto/tidemark/v1/fleet.grpc.pb.h"
#include "proto/tidemark/v1/query.grpc.pb.h"
#include "tests/testing/child_process.h"
#include "tests/testing/free_port.h"
#include "tests/testing/http_client.h"
#include "tests/testing/server_process.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/write_request.h"

namespace tidemark::testing {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kPatienceMs = 60'000;
constexpr char kRules[] =
    "groups: [{name: lag, rules: [{alert: Lag, expr: 'lag_seconds > 600', "
    "labels: {severity: critical}, annotations: {summary: 'the backup of {{ $labels.cluster }} "
    "is late'}}]}]\n";

class GrpcSystemTest : public ::testing::Test {
 protected:
  GrpcSystemTest() {
    std::ofstream(dir_.File("rules.yml")) << kRules;
    std::ofstream(dir_.File("tidemark.yml")) << "rule_files: [rules.yml]\n";
    const std::string address = fmt::format("127.0.0.1:{}", FreePort());
    auto server = ServerProcess::Start({.data_dir = dir_.File("data"),
                                        .log_path = dir_.File("tidemark.log"),
                                        .flags = {"--config.file=" + dir_.File("tidemark.yml"),
                                                  "--grpc.listen-address=" + address}});
    TIDEMARK_CHECK(server.ok(), "{}", server.status().ToString());
    server_ = *std::move(server);
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);  // the server is on this machine
    channel_ = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  }

  static std::chrono::system_clock::time_point Patience() {
    return std::chrono::system_clock::now() + std::chrono::milliseconds(kPatienceMs);
  }

  void Send(const SentSeries& series) {
    HttpClient http(server_->port());
    const auto answer = PostWrite(&http, SnappyCompress(EncodeWriteRequest({&series, 1})));
    ASSERT_TRUE(answer.ok()) << answer.status();
    ASSERT_EQ(answer->status, 204) << answer->body;
  }
  void SendLag(const std::string& cluster, double seconds) {
    Send({{{"__name__", "lag_seconds"}, {"cluster", cluster}}, {{clock_.NowMs(), seconds}}});
  }

  std::vector<v1::Alert> Alerts() {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(Patience());
    v1::ListAlertsResponse response;
    const grpc::Status status =
        v1::AlertService::NewStub(channel_)->ListAlerts(&context, {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return {response.alerts().begin(), response.alerts().end()};
  }

  // Starts `tidemark alerts` with more arguments.
  std::unique_ptr<ChildProcess> ShowAlerts(const std::vector<std::string>& arguments) {
    std::vector<std::string> argv = {RequiredEnvironment("TIDEMARK_BINARY"), "alerts",
                                     fmt::format("--url=http://127.0.0.1:{}", server_->port())};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return ChildProcess::Start(argv, dir_.File(fmt::format("alerts-{}.log", ++shown_))).value();
  }
  // What it says when it has ended.
  std::string ShownAlerts(const std::vector<std::string>& arguments) {
    const auto process = ShowAlerts(arguments);
    EXPECT_TRUE(WaitUntil([&] { return !process->Running(); }, kPatienceMs));
    return process->Log();
  }

  const TempDir dir_;
  const base::SystemClock clock_;
  std::unique_ptr<ServerProcess> server_;
  std::shared_ptr<grpc::Channel> channel_;
  int shown_ = 0;
};

TEST_F(GrpcSystemTest, TellsOfAnAlertWhenItsSampleArrives) {
  SendLag("first", 700);
  ASSERT_TRUE(WaitUntil([&] { return Alerts().size() == 1; }, kPatienceMs));
  grpc::ClientContext context;
  context.set_deadline(Patience());
  const auto client = v1::AlertService::NewStub(channel_);
  const auto reader = client->WatchAlerts(&context, {});
  v1::AlertTransition transition;
  ASSERT_TRUE(reader->Read(&transition));
  EXPECT_TRUE(transition.initial());
  EXPECT_EQ(transition.alert().annotations().at("summary"), "the backup of first is late");

  SendLag("second", 800);
  do {
    ASSERT_TRUE(reader->Read(&transition)) << "the last: " << transition.ShortDebugString();
  } while (transition.to() != v1::ALERT_STATE_FIRING || transition.initial());
  std::cout << fmt::format("told {} ms after the sample was received\n",
                           clock_.NowMs() - transition.decided_at_ms());
  EXPECT_EQ(transition.alert().labels().at("cluster"), "second");
  EXPECT_EQ(transition.alert().value(), 800);
  EXPECT_EQ(transition.cause(), v1::ALERT_CAUSE_ARRIVAL);

  SendLag("second", 5);
  do {
    ASSERT_TRUE(reader->Read(&transition)) << "the last: " << transition.ShortDebugString();
  } while (transition.to() != v1::ALERT_STATE_INACTIVE);
  grpc::ClientContext history_context;
  const auto history = client->AlertHistory(&history_context, {});
  int of_second = 0;
  while (history->Read(&transition)) {
    of_second += transition.alert().labels().at("cluster") == "second" ? 1 : 0;
  }
  EXPECT_TRUE(history->Finish().ok());
  EXPECT_GE(of_second, 2);

  EXPECT_EQ(server_->process().Terminate(), 0) << server_->process().Log();
  EXPECT_FALSE(reader->Read(&transition));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(GrpcSystemTest, AnswersQueriesAndKnowsTheFleet) {
  Send({{{"__name__", "tikv_log_backup_task_status"},
         {"cluster", "prod"},
         {"instance", "tikv-0"},
         {"task", "pitr"}},
        {{clock_.NowMs(), 2}}});
  v1::QueryRequest request;
  request.set_query("tikv_log_backup_task_status + 1");
  v1::QueryResponse response;
  grpc::ClientContext query_context;
  ASSERT_TRUE(v1::QueryService::NewStub(channel_)->Query(&query_context, request, &response).ok());
  ASSERT_EQ(response.vector().samples_size(), 1);
  EXPECT_EQ(response.vector().samples(0).sample().value(), 3);

  // From nothing on, or with the cluster as it is: either way it is told of.
  grpc::ClientContext context;
  context.set_deadline(Patience());
  const auto client = v1::FleetService::NewStub(channel_);
  const auto reader = client->WatchFleet(&context, {});
  v1::FleetChange change;
  do {
    ASSERT_TRUE(reader->Read(&change)) << "the last change: " << change.ShortDebugString();
  } while (!change.has_task() || change.task().state() != v1::TASK_STATE_FAILED);
  EXPECT_EQ(change.task().cluster(), "prod");
  context.TryCancel();
  reader->Finish();
  EXPECT_EQ(server_->Metric("tidemark_grpc_rpcs_total", "QueryService/Query").value(), 1);
}

TEST_F(GrpcSystemTest, ShowsAlertsOnTheCommandLine) {
  EXPECT_EQ(ShownAlerts({}), "no alert is pending or fires\n");
  SendLag("first", 700);
  ASSERT_TRUE(WaitUntil([&] { return Alerts().size() == 1; }, kPatienceMs));
  const std::string table = ShownAlerts({});
  EXPECT_THAT(table, HasSubstr("STATE   ALERT  CLUSTER  SINCE"));
  EXPECT_THAT(table, HasSubstr("firing  Lag    first"));
  EXPECT_THAT(table, HasSubstr("700    the backup of first is late\n"));
  EXPECT_THAT(ShownAlerts({"--output=json"}), HasSubstr(R"("state":"firing")"));

  const auto watching = ShowAlerts({"--watch", "--interval=50ms"});
  EXPECT_TRUE(
      WaitUntil([&] { return watching->Log().find("first") != std::string::npos; }, kPatienceMs));
  SendLag("second", 900);
  EXPECT_TRUE(
      WaitUntil([&] { return watching->Log().find("second") != std::string::npos; }, kPatienceMs));
  server_->process().Kill();
  EXPECT_TRUE(WaitUntil([&] { return watching->Log().find("trying again") != std::string::npos; },
                        kPatienceMs));
  EXPECT_TRUE(watching->Running());
}

}  // namespace
}  // namespace tidemark::testing
