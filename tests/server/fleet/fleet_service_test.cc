#include "server/fleet/fleet_service.h"

#include <fstream>

#include "gtest/gtest.h"
#include "query/parser/parser.h"
#include "tests/testing/child_process.h"
#include "tests/testing/temp_dir.h"

namespace tidemark::server {
namespace {

using model::Labels;
using tidemark::testing::WaitUntil;

constexpr int64_t kPatienceMs = 60'000;

class FleetServiceTest : public ::testing::Test {
 protected:
  FleetServiceTest() {
    options_.facts_ms = 20;
    options_.evaluate_changed_ms = 5;
    Open();
  }
  ~FleetServiceTest() override { Close(); }

  void Open() {
    storage::DbOptions options;
    options.path = dir_.File("data");
    options.sync = storage::SyncMode::kOff;
    db_ = storage::Db::Open(options, {&clock_, &logger_, &metrics_, nullptr}).value();
    options_.folder = options.path;
    service_ = std::make_unique<FleetService>(
        options_, FleetService::Deps{db_.get(), &clock_, &logger_, &metrics_, nullptr, nullptr,
                                     [this](model::LabelsView cluster) {
                                       facts_when_forgotten_ =
                                           Values("tidemark_cluster_silent" + cluster.ToString());
                                       forgotten_.store(true, std::memory_order_release);
                                     }});
  }
  void Close() {
    service_->Stop();
    service_ = nullptr;
    EXPECT_TRUE(db_->Close().ok());
    db_ = nullptr;
  }

  // Writes one sample of a store's status, as a request would.
  void WriteStatus(const std::string& cluster, double status, int64_t age_ms = 0) {
    const Labels labels = Labels::Of({{"__name__", "tikv_log_backup_task_status"},
                                      {"cluster", cluster},
                                      {"instance", "tikv-0"},
                                      {"task", "pitr"}});
    storage::WriteSession session(db_.get());
    session.Begin();
    storage::Head::Wanted wanted{labels, session.table().Hash(labels.bytes()), nullptr};
    session.Register({&wanted, 1});
    EXPECT_EQ(session.Append(wanted.series, {clock_.NowMs() - age_ms, status}),
              storage::Refusal::kNone);
    session.Commit([](const absl::Status&) {});
  }

  // Waits until the task of `cluster` is in `state`.
  bool Reaches(const std::string& cluster, fleet::TaskState state) {
    return WaitUntil(
        [&] {
          const auto report = service_->snapshot()->Find(cluster);
          return report != nullptr && !report->tasks.empty() && report->tasks[0].state == state;
        },
        kPatienceMs);
  }

  // The newest values of the series of `metric`.
  std::vector<double> Values(const std::string& metric) {
    const auto matchers = query::ParseSelector(metric).value();
    storage::Selection selection;
    selection.matchers = matchers;
    auto set = db_->Select(selection).value();
    std::vector<double> values;
    while (set->Next()) {
      storage::SampleColumns columns;
      EXPECT_TRUE(set->Read(&columns).ok());
      if (columns.size() > 0) {
        values.push_back(columns.values.back());
      }
    }
    return values;
  }

  const tidemark::testing::TempDir dir_;
  const base::SystemClock clock_;
  base::Logger logger_{stderr, base::LogLevel::kError};
  base::MetricsRegistry metrics_;
  FleetServiceOptions options_;
  std::unique_ptr<storage::Db> db_;
  std::unique_ptr<FleetService> service_;
  std::vector<double> facts_when_forgotten_;  // published by the next
  std::atomic<bool> forgotten_{false};        // writer: the service's thread
};

TEST_F(FleetServiceTest, FollowsSamplesAsTheyArrive) {
  service_->Start();
  WriteStatus("a", 0);
  EXPECT_TRUE(Reaches("a", fleet::TaskState::kRunning));
  WriteStatus("a", 1, -1);
  EXPECT_TRUE(Reaches("a", fleet::TaskState::kPaused));
}

TEST_F(FleetServiceTest, EvaluatesSoonWhatComesRightAfterAnEvaluation) {
  Close();
  options_.evaluate_changed_ms = 1'000;
  options_.evaluate_all_ms = 3'600'000;
  Open();
  service_->Start();
  WriteStatus("a", 0, 2);
  ASSERT_TRUE(Reaches("a", fleet::TaskState::kRunning));
  WriteStatus("a", 1);
  EXPECT_TRUE(Reaches("a", fleet::TaskState::kPaused));
}

TEST_F(FleetServiceTest, KnowsWhatCameBeforeItStarted) {
  WriteStatus("a", 2);
  service_->Start();
  EXPECT_TRUE(Reaches("a", fleet::TaskState::kFailed));
}

TEST_F(FleetServiceTest, KnowsClustersOfBeforeARestart) {
  service_->Start();
  WriteStatus("a", 0, 20'000);
  WriteStatus("a", 1, 10'000);
  ASSERT_TRUE(Reaches("a", fleet::TaskState::kPaused));
  const auto before = service_->snapshot()->Find("a")->tasks[0].paused_since;
  Close();
  Open();
  service_->Start();
  ASSERT_TRUE(Reaches("a", fleet::TaskState::kPaused));
  EXPECT_EQ(service_->snapshot()->Find("a")->tasks[0].paused_since, before);
}

TEST_F(FleetServiceTest, PutsADamagedRegistryAside) {
  std::ofstream(dir_.File("data") + "/fleet.json") << "no json";
  service_->Start();
  WriteStatus("a", 0);
  EXPECT_TRUE(Reaches("a", fleet::TaskState::kRunning));
  EXPECT_TRUE(std::filesystem::exists(dir_.File("data") + "/fleet.json.damaged"));
}

TEST_F(FleetServiceTest, WritesWhatItKnowsAsSeries) {
  service_->Start();
  WriteStatus("a", 2);
  EXPECT_TRUE(WaitUntil(
      [&] {
        return Values(R"(tidemark_task_state{cluster="a",task="pitr",state="failed"})") ==
               std::vector<double>{1};
      },
      kPatienceMs));
  EXPECT_EQ(Values(R"(tidemark_finding{cluster="a",finding="task-failed"})"),
            std::vector<double>{1});
}

TEST_F(FleetServiceTest, EndsTheSeriesOfAFindingThatIsOver) {
  service_->Start();
  WriteStatus("a", 2, 1000);
  const std::string finding = R"(tidemark_finding{cluster="a",finding="task-failed"})";
  ASSERT_TRUE(WaitUntil([&] { return Values(finding) == std::vector<double>{1}; }, kPatienceMs));
  WriteStatus("a", 0);
  EXPECT_TRUE(WaitUntil(
      [&] {
        const auto values = Values(finding);
        return values.size() == 1 && model::IsStale(values[0]);
      },
      kPatienceMs));
}

TEST_F(FleetServiceTest, ForgetsAClusterUntilItSendsAgain) {
  service_->Start();
  WriteStatus("a", 0, 1000);
  ASSERT_TRUE(Reaches("a", fleet::TaskState::kRunning));
  EXPECT_TRUE(service_->Forget("a").ok());
  EXPECT_EQ(service_->snapshot()->Find("a"), nullptr);
  WriteStatus("a", 1);
  EXPECT_TRUE(Reaches("a", fleet::TaskState::kPaused));
}

TEST_F(FleetServiceTest, TellsOfAForgottenClusterWhenItsSeriesHaveEnded) {
  service_->Start();
  WriteStatus("a", 0);
  const std::string fact = R"(tidemark_cluster_silent{cluster="a"})";
  ASSERT_TRUE(WaitUntil([&] { return Values(fact) == std::vector<double>{0}; }, kPatienceMs));
  EXPECT_TRUE(absl::IsNotFound(service_->Forget("b")));
  ASSERT_TRUE(service_->Forget("a").ok());
  ASSERT_TRUE(WaitUntil([&] { return forgotten_.load(std::memory_order_acquire); }, kPatienceMs));
  ASSERT_EQ(facts_when_forgotten_.size(), 1u);
  EXPECT_TRUE(model::IsStale(facts_when_forgotten_[0]));
}

}  // namespace
}  // namespace tidemark::server
