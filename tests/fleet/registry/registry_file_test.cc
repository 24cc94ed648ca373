#include "fleet/registry/registry_file.h"

#include <filesystem>
#include <fstream>

#include "base/status_macros.h"
#include "gtest/gtest.h"
#include "tests/testing/temp_dir.h"

namespace tidemark::fleet {
namespace {

constexpr model::Timestamp kT = 1'790'000'000'000;

Fleet::Saved TwoClusters() {
  ClusterState::Saved saved;
  saved.first_sample = kT - kDayMs;
  saved.time = kT;
  saved.first_received_ms = kT - kDayMs + 5;
  saved.last_received_ms = kT + 5;
  saved.delivery_lag_ms = 5;
  saved.senders = {{"prometheus_replica=\"a\"", kT}, {"", kT - 1}};
  saved.ids = {{"7001", kT - kDayMs, kT}};
  saved.owner = {"tidb-0", kT - 1, "tidb-1"};
  saved.safe_point = kT - kHourMs;
  saved.safe_point_changed_at = kT - 9;
  saved.group_labels = {{"region", "eu \"west\""}};
  TaskFacts task;
  task.name = "pitr";
  task.first_seen = kT - kDayMs;
  task.checkpoint = {kT - kMinuteMs, kT};
  task.advanced_at = kT - 7;
  task.step_before = kT - 8;
  task.paused_since = kT - 6;
  task.pause_seen = true;
  task.failed_since = kT - 5;
  task.renewed_at = kT - 4;
  saved.tasks = {task};
  Instance& store = saved.instances.emplace_back();
  store.name = "tikv-0";
  store.component = Component::kTikv;
  store.version = "8.5.1";
  store.first_seen = kT - kDayMs;
  store.last_seen = kT;
  store.restarted_at = kT - 99;
  store.events = std::make_unique<DaySums>();
  store.events->Add(kT, 12.5);
  saved.volumes.flushed_bytes.Add(kT, 1e12);
  Fleet::Saved fleet;
  fleet.clusters.emplace_back(
      ClusterIdentity{model::Labels::Of({{"cluster", "prod"}, {"tenant", "a"}}), "a/prod"},
      std::move(saved));
  fleet.clusters.emplace_back(ClusterIdentity{model::Labels::Of({{"cluster", "test"}}), "test"},
                              ClusterState::Saved{});
  fleet.forgotten = {{model::Labels::Of({{"cluster", "old"}}), kT - kHourMs, kT}};
  return fleet;
}

TEST(RegistryFile, GivesBackWhatWasWritten) {
  const auto written = TwoClusters();
  const std::string text = EncodeRegistry(written);
  const auto read = DecodeRegistry(text);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->clusters.size(), 2u);
  EXPECT_EQ(read->forgotten, written.forgotten);
  const auto& [identity, saved] = read->clusters[0];
  const ClusterState::Saved& expected = written.clusters[0].second;
  EXPECT_EQ(identity, written.clusters[0].first);
  EXPECT_EQ(identity.name, "a/prod");
  EXPECT_EQ(saved.tasks, expected.tasks);
  EXPECT_EQ(saved.ids, expected.ids);
  EXPECT_EQ(saved.instances[0].version, "8.5.1");
  EXPECT_EQ(saved.instances[0].events->Sum(kT, 1), 12.5);
  EXPECT_EQ(saved.volumes.flushed_bytes.Sum(kT, 1), 1e12);
  EXPECT_EQ(EncodeRegistry(*read), text);
}

TEST(RegistryFile, SaysWhereItIsDamaged) {
  const auto error = [](std::string_view text) {
    const auto read = DecodeRegistry(text);
    return read.ok() ? std::string("ok") : std::string(base::Message(read.status()));
  };
  EXPECT_EQ(error("{"), "Missing a name for object member. at byte 1");
  EXPECT_EQ(error("[]"), "the file is no object");
  EXPECT_EQ(error("{}"), "format \"\" version 0 is not known");
  EXPECT_EQ(error(R"({"format":"tidemark-fleet","version":9})"),
            "format \"tidemark-fleet\" version 9 is not known");
  EXPECT_EQ(error(R"({"format":"tidemark-fleet","version":1,"clusters":[{"tasks":[7]}]})"),
            "the file.clusters[0].tasks[0] is no object");
  EXPECT_EQ(error(R"({"format":"tidemark-fleet","version":1,"clusters":[{"last_sample":"x"}]})"),
            "the file.clusters[0] has a last_sample that is not an integer");
  EXPECT_EQ(error(R"({"format":"tidemark-fleet","version":1,"forgotten":[{"until":"x"}]})"),
            "the file.forgotten[0] has a until that is not an integer");
  EXPECT_EQ(
      error(R"({"format":"tidemark-fleet","version":1,"clusters":[{"labels":{"a":"1","a":"2"}}]})"),
      "the file.clusters[0] has the label a twice in labels");
}

TEST(RegistryFile, IsReadAfterItWasSaved) {
  const testing::TempDir dir;
  const auto fs = base::NewPosixFileSystem();
  EXPECT_TRUE(LoadRegistry(fs.get(), dir.path()).value().clusters.empty());
  ASSERT_TRUE(SaveRegistry(fs.get(), dir.path(), TwoClusters()).ok());
  EXPECT_EQ(LoadRegistry(fs.get(), dir.path()).value().clusters.size(), 2u);
  EXPECT_FALSE(std::filesystem::exists(dir.File("fleet.json.tmp")));
}

TEST(RegistryFile, SurvivesASaveThatDidNotFinish) {
  const testing::TempDir dir;
  const auto fs = base::NewPosixFileSystem();
  ASSERT_TRUE(SaveRegistry(fs.get(), dir.path(), TwoClusters()).ok());
  std::ofstream(dir.File("fleet.json.tmp")) << "{\"format\":";
  EXPECT_EQ(LoadRegistry(fs.get(), dir.path()).value().clusters.size(), 2u);
  ASSERT_TRUE(SaveRegistry(fs.get(), dir.path(), {}).ok());
  EXPECT_TRUE(LoadRegistry(fs.get(), dir.path()).value().clusters.empty());
}

TEST(RegistryFile, NamesTheFileThatCannotBeRead) {
  const testing::TempDir dir;
  const auto fs = base::NewPosixFileSystem();
  std::ofstream(dir.File("fleet.json")) << "{";
  const auto read = LoadRegistry(fs.get(), dir.path());
  EXPECT_TRUE(absl::IsDataLoss(read.status()));
  EXPECT_NE(base::Message(read.status()).find("fleet.json"), std::string_view::npos);
}

}  // namespace
}  // namespace tidemark::fleet
