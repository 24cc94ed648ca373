#include <set>
#include <string>

#include "proto/tidemark/v1/fleet.grpc.pb.h"
#include "tests/server/grpc/grpc_fixture.h"

namespace tidemark::server {
namespace {

using grpc::StatusCode;
using testing::kNowMs;

fleet::FleetOptions ExpectingAMissingCluster() {
  fleet::FleetOptions options;
  options.expected = {"a", "missing"};
  return options;
}

class FleetRpcsTest : public testing::GrpcTest {
 protected:
  FleetRpcsTest() : GrpcTest(ExpectingAMissingCluster()) {
    fleet_.Send("a", 2);
    fleet_.Send("b", 0);
    fleet_.Send("c", 1);
    fleet_.Evaluate();
  }

  void Change() {
    fleet_.Evaluate();
    server_->FleetChanged();
  }

  // Reads the initial changes; the reader is behind them then.
  static std::vector<v1::FleetChange> ReadInitial(grpc::ClientReader<v1::FleetChange>* reader,
                                                  size_t count) {
    std::vector<v1::FleetChange> changes(count);
    for (v1::FleetChange& change : changes) {
      EXPECT_TRUE(reader->Read(&change));
      EXPECT_TRUE(change.initial()) << change.DebugString();
    }
    return changes;
  }
};

TEST_F(FleetRpcsTest, ListsClustersInOrderOfNameWithWhatTheyHave) {
  Start();
  grpc::ClientContext context;
  v1::ListClustersResponse response;
  ASSERT_TRUE(Client<v1::FleetService>()->ListClusters(&context, {}, &response).ok());
  ASSERT_EQ(response.clusters_size(), 3);
  const v1::Cluster& first = response.clusters(0);
  EXPECT_EQ(first.name(), "a");
  EXPECT_EQ(first.labels().at("cluster"), "a");
  EXPECT_TRUE(first.expected());
  EXPECT_FALSE(response.clusters(1).expected());
  EXPECT_EQ(first.newest_sample_ms(), kNowMs);
  ASSERT_EQ(first.tasks_size(), 1);
  EXPECT_EQ(first.tasks(0).state(), v1::TASK_STATE_FAILED);
  EXPECT_EQ(first.tasks(0).stores(0).status(), 2);
  ASSERT_GE(first.findings_size(), 1);
  EXPECT_EQ(first.findings(0).name(), "task-failed");
  EXPECT_FALSE(first.findings(0).action().empty());
  EXPECT_TRUE(response.next_page_token().empty());
}

TEST_F(FleetRpcsTest, LeavesOutClustersOfWhichNothingIsSelected) {
  Start();
  v1::ListClustersRequest request;
  request.mutable_filter()->add_states(v1::TASK_STATE_PAUSED);
  request.mutable_filter()->set_at_least(v1::SEVERITY_CRITICAL);
  grpc::ClientContext context;
  v1::ListClustersResponse response;
  ASSERT_TRUE(Client<v1::FleetService>()->ListClusters(&context, request, &response).ok());
  ASSERT_EQ(response.clusters_size(), 2);
  EXPECT_EQ(response.clusters(0).tasks_size(), 0);
  EXPECT_EQ(response.clusters(1).name(), "c");
  EXPECT_EQ(response.clusters(1).tasks_size(), 1);
}

TEST_F(FleetRpcsTest, GoesThroughAListPageByPage) {
  Start();
  std::vector<std::string> names;
  v1::ListTasksRequest request;
  request.set_page_size(2);
  do {
    grpc::ClientContext context;
    v1::ListTasksResponse response;
    ASSERT_TRUE(Client<v1::FleetService>()->ListTasks(&context, request, &response).ok());
    for (const v1::Task& task : response.tasks()) {
      names.push_back(task.cluster());
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty() && names.size() < 10);
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b", "c"}));
  request.set_page_size(-1);
  grpc::ClientContext context;
  v1::ListTasksResponse response;
  EXPECT_EQ(Client<v1::FleetService>()->ListTasks(&context, request, &response).error_code(),
            StatusCode::INVALID_ARGUMENT);
}

TEST_F(FleetRpcsTest, GivesOneClusterOrSaysThatItIsNotKnown) {
  Start();
  v1::GetClusterRequest request;
  request.set_name("c");
  v1::Cluster cluster;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(Client<v1::FleetService>()->GetCluster(&context, request, &cluster).ok());
  }
  EXPECT_EQ(cluster.tasks(0).state(), v1::TASK_STATE_PAUSED);
  request.set_name("z");
  grpc::ClientContext context;
  const grpc::Status refused = Client<v1::FleetService>()->GetCluster(&context, request, &cluster);
  EXPECT_EQ(refused.error_code(), StatusCode::NOT_FOUND);
  EXPECT_EQ(refused.error_message(), "no cluster \"z\" is known");
}

TEST_F(FleetRpcsTest, ListsFindingsTheGravestFirstAndThoseOfMissingClusters) {
  Start();
  grpc::ClientContext context;
  v1::ListFindingsResponse response;
  ASSERT_TRUE(Client<v1::FleetService>()->ListFindings(&context, {}, &response).ok());
  std::set<std::string> names;
  int before = v1::SEVERITY_CRITICAL;
  for (const v1::Finding& finding : response.findings()) {
    EXPECT_LE(finding.severity(), before);
    before = finding.severity();
    names.insert(finding.cluster() + " " + finding.name());
  }
  EXPECT_TRUE(names.contains("a task-failed"));
  EXPECT_TRUE(names.contains("missing expected-cluster-missing"));
}

TEST_F(FleetRpcsTest, TellsWatchersWhatIsThereAndThenWhatChanges) {
  Start();
  v1::WatchFleetRequest request;
  request.mutable_filter()->add_clusters("b");
  grpc::ClientContext context;
  const auto client = Client<v1::FleetService>();
  const auto reader = client->WatchFleet(&context, request);
  const auto initial = ReadInitial(reader.get(), 2);
  EXPECT_EQ(initial[0].cluster().name(), "b");
  EXPECT_EQ(initial[1].task().state(), v1::TASK_STATE_RUNNING);

  fleet_.Send("b", 1, kNowMs + 1000);
  fleet_.Send("a", 0, kNowMs + 1000);
  Change();
  v1::FleetChange change;
  ASSERT_TRUE(reader->Read(&change));
  EXPECT_FALSE(change.initial());
  EXPECT_EQ(change.task().cluster(), "b");
  EXPECT_EQ(change.task().state(), v1::TASK_STATE_PAUSED);

  ASSERT_TRUE(fleet_.Forget("b").ok());
  Change();
  do {
    ASSERT_TRUE(reader->Read(&change));
  } while (change.has_finding_begins());
  EXPECT_EQ(change.cluster_removed(), "b");
  context.TryCancel();
  EXPECT_EQ(reader->Finish().error_code(), StatusCode::CANCELLED);
  EXPECT_TRUE(WaitEnded("FleetService/WatchFleet", "CANCELLED"));
}

TEST_F(FleetRpcsTest, TellsWatchersOfAStateWhenATaskLeavesIt) {
  Start();
  v1::WatchFleetRequest request;
  request.mutable_filter()->add_states(v1::TASK_STATE_PAUSED);
  request.mutable_filter()->set_at_least(v1::SEVERITY_CRITICAL);
  request.mutable_filter()->add_clusters("c");
  grpc::ClientContext context;
  const auto client = Client<v1::FleetService>();
  const auto reader = client->WatchFleet(&context, request);
  ReadInitial(reader.get(), 2);
  fleet_.Send("c", 0, kNowMs + 1000);
  Change();
  v1::FleetChange change;
  ASSERT_TRUE(reader->Read(&change));
  EXPECT_EQ(change.task().state(), v1::TASK_STATE_RUNNING);
  context.TryCancel();
  reader->Finish();
}

TEST_F(FleetRpcsTest, EndsTheStreamOfAReaderThatIsTooSlow) {
  Start({.max_waiting = 4});
  grpc::ClientContext context;
  const auto client = Client<v1::FleetService>();
  const auto reader = client->WatchFleet(&context, {});
  v1::FleetChange change;
  ASSERT_TRUE(reader->Read(&change));  // it is watched from here on
  for (int i = 0; i < 20'000 && Open("FleetService/WatchFleet") == 1; i += 1000) {
    for (int j = 0; j < 1000; ++j) {
      fleet_.Send(fmt::format("new-{}", i + j), 0);
    }
    Change();
  }
  int read = 1;
  while (reader->Read(&change)) {
    ++read;
  }
  const grpc::Status ended = reader->Finish();
  EXPECT_EQ(ended.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_NE(ended.error_message().find("watch again"), std::string::npos);
  EXPECT_LT(read, 20'000);
  EXPECT_TRUE(WaitEnded("FleetService/WatchFleet", "RESOURCE_EXHAUSTED"));
}

TEST_F(FleetRpcsTest, AnswersUnavailableUntilTheServerIsReady) {
  Start({}, /*ready=*/false);
  v1::ListClustersResponse response;
  {
    grpc::ClientContext context;
    EXPECT_EQ(Client<v1::FleetService>()->ListClusters(&context, {}, &response).error_code(),
              StatusCode::UNAVAILABLE);
  }
  SetReady();
  grpc::ClientContext context;
  EXPECT_TRUE(Client<v1::FleetService>()->ListClusters(&context, {}, &response).ok());
}

}  // namespace
}  // namespace tidemark::server
