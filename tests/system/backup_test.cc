// Backups of the real server under load: what was acknowledged before a backup began is in it.

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/clock.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/crash/crash_writer.h"
#include "tests/testing/child_process.h"
#include "tests/testing/server_process.h"
#include "tests/testing/temp_dir.h"

namespace tidemark::testing {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kDayMs = 24LL * 3600 * 1000;
constexpr int64_t kCommandMs = 120'000;

class Backup : public ::testing::Test {
 protected:
  void Start(const std::string& data) {
    auto server = ServerProcess::Start(
        {.data_dir = dir_.File(data),
         .log_path = dir_.File("log"),
         .flags = {"--storage.sweep.interval=200ms", "--web.enable-admin-api"}});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  // Runs `tidemark backup`; its exit code.
  int Run(std::vector<std::string> arguments) {
    std::filesystem::remove(dir_.File("output"));
    arguments.insert(arguments.begin(), {RequiredEnvironment("TIDEMARK_BINARY"), "backup"});
    auto command = ChildProcess::Start(arguments, dir_.File("output"));
    EXPECT_TRUE(command.ok()) << command.status();
    EXPECT_TRUE(WaitUntil([&] { return !(*command)->Running(); }, kCommandMs));
    output_ = (*command)->Log();
    return (*command)->Terminate().value_or(-1);
  }
  int Create() {
    return Run({"create", Folder(), "--storage.path=" + dir_.File("data"),
                fmt::format("--url=http://127.0.0.1:{}", server_->port())});
  }
  std::string Folder() const { return "--folder=" + dir_.File("backups"); }

  void Check(const CrashWriter& writer) {
    QueryClient client(server_->port());
    const auto answer =
        client.Instant(fmt::format("crash_test{{writer=\"{}\"}}[10d]", writer.name()),
                       base::SystemClock().NowMs() + kDayMs);
    ASSERT_TRUE(answer.ok()) << answer.status();
    for (const std::string& problem : writer.ledger().Check(*answer)) {
      ADD_FAILURE() << problem;
    }
  }

  const TempDir dir_;
  const int64_t begin_ms_ = base::SystemClock().NowMs() - kDayMs;
  std::unique_ptr<ServerProcess> server_;
  std::string output_;
};

TEST_F(Backup, HoldsEverythingAcknowledgedBeforeItBegan) {
  ASSERT_NO_FATAL_FAILURE(Start("data"));
  CrashWriter load({.name = "load", .seed = 1, .begin_ms = begin_ms_});
  std::atomic<bool> stop{false};
  std::thread loading([&] {
    while (!stop.load()) {
      EXPECT_TRUE(load.Run(server_->port(), 10).ok());
    }
  });
  CrashWriter first({.name = "first", .seed = 2, .begin_ms = begin_ms_});
  CrashWriter second({.name = "second", .seed = 3, .begin_ms = begin_ms_});
  EXPECT_TRUE(first.Run(server_->port(), 30).ok());
  EXPECT_EQ(Create(), 0) << output_;
  EXPECT_TRUE(second.Run(server_->port(), 30).ok());
  EXPECT_EQ(Create(), 0) << output_;
  server_->process().Kill();
  stop.store(true);
  loading.join();
  EXPECT_TRUE(std::filesystem::is_empty(dir_.File("data/snapshots")));

  ASSERT_EQ(Run({"list", Folder()}), 0) << output_;
  EXPECT_THAT(output_, HasSubstr("backup 2  "));
  ASSERT_EQ(Run({"verify", Folder(), "--backup=1"}), 0) << output_;
  ASSERT_EQ(Run({"restore", Folder(), "--backup=1", "--storage.path=" + dir_.File("one")}), 0)
      << output_;
  ASSERT_EQ(Run({"restore", Folder(), "--storage.path=" + dir_.File("two")}), 0) << output_;
  ASSERT_NO_FATAL_FAILURE(Start("one"));
  Check(first);
  ASSERT_NO_FATAL_FAILURE(Start("two"));
  Check(first);
  Check(second);
}

TEST_F(Backup, TellsWhatToDoWhenItCannotBegin) {
  ASSERT_NO_FATAL_FAILURE(Start("data"));
  EXPECT_NE(Run({"create", Folder(), "--storage.path=" + dir_.File("data")}), 0);
  EXPECT_THAT(output_, HasSubstr("is in use by process"));
  EXPECT_THAT(output_, HasSubstr("--url"));
  EXPECT_NE(Run({"create", Folder(), "--storage.path=" + dir_.File("nothing")}), 0);
  EXPECT_THAT(output_, HasSubstr("is no data folder of Tidemark"));
  EXPECT_NE(Run({"list", Folder()}), 0);
  EXPECT_THAT(output_, HasSubstr("holds no backups"));
  EXPECT_EQ(Create(), 0) << output_;
  EXPECT_NE(Run({"restore", Folder(), "--storage.path=" + dir_.File("data")}), 0);
  EXPECT_THAT(output_, HasSubstr("is not empty"));
}

TEST_F(Backup, AnswersASnapshotAsPrometheusDoesAndOnlyIfItIsEnabled) {
  ASSERT_NO_FATAL_FAILURE(Start("data"));
  HttpClient http(server_->port());
  const auto answer = http.Post("/api/v1/admin/tsdb/snapshot", "", {});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 200);
  EXPECT_THAT(answer->body,
              ::testing::MatchesRegex(
                  "\\{\"status\":\"success\",\"data\":\\{\"name\":\"[0-9TZa-f-]+\"\\}\\}"));
  EXPECT_EQ(server_->process().Terminate(), 0);
  auto closed = ServerProcess::Start(
      {.data_dir = dir_.File("data"), .log_path = dir_.File("log"), .flags = {}});
  ASSERT_TRUE(closed.ok()) << closed.status();
  const auto refused = HttpClient((*closed)->port()).Post("/api/v1/admin/tsdb/snapshot", "", {});
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_EQ(refused->status, 403);
}

}  // namespace
}  // namespace tidemark::testing
