// Kills the real binary again and again, under load, while it starts, while it sweeps, and while it
// is backed up, and checks after each restart that everything it had acknowledged is there. A
// backup that was finished holds everything that had been acknowledged when it began.
//
// TIDEMARK_CRASH_ROUNDS sets the number of kills, TIDEMARK_SEED repeats a run's choices.

#include <chrono>
#include <cstdlib>
#include <map>
#include <random>
#include <thread>

#include "base/clock.h"
#include "fmt/format.h"
#include "gtest/gtest.h"
#include "tests/crash/crash_writer.h"
#include "tests/testing/child_process.h"
#include "tests/testing/server_process.h"
#include "tests/testing/temp_dir.h"

namespace tidemark::testing {
namespace {

constexpr int kWriters = 3;
constexpr int kMaxRequestsPerRound = 300;
constexpr int64_t kDayMs = 24LL * 3600 * 1000;

uint64_t NumberFromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class Crash : public ::testing::Test {
 protected:
  Crash()
      : seed_(NumberFromEnvironment("TIDEMARK_SEED", std::random_device()())),
        rounds_(NumberFromEnvironment("TIDEMARK_CRASH_ROUNDS", 20)),
        random_(seed_) {
    fmt::print("TIDEMARK_SEED={}\n", seed_);
    const int64_t begin_ms = base::SystemClock().NowMs() - kDayMs;
    for (int i = 0; i < kWriters; ++i) {
      writers_.push_back(std::make_unique<CrashWriter>(std::to_string(i), random_(), begin_ms));
    }
  }

  ServerOptions Options() {
    // From all the time to not at all during a round.
    static constexpr const char* kSweepIntervals[] = {"50ms", "300ms", "1h"};
    return {.data_dir = data_dir_,
            .log_path = dir_.File("log"),
            .flags = {fmt::format("--storage.sweep.interval={}", kSweepIntervals[random_() % 3]),
                      "--web.enable-admin-api"}};
  }

  void PauseAtRandom(int64_t max_ms) {
    std::this_thread::sleep_for(
        std::chrono::milliseconds(random_() % static_cast<uint64_t>(max_ms)));
  }

  // Starts the server, and waits until it is ready; prints how long that took.
  void Start() {
    const base::SystemClock clock;
    const int64_t begin = clock.SteadyNanos();
    auto server = ServerProcess::Start(Options());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    const int64_t took_ms = (clock.SteadyNanos() - begin) / 1'000'000;
    slowest_start_ms_ = std::max(slowest_start_ms_, took_ms);
    fmt::print("ready after {} ms\n", took_ms);
  }

  // Kills a server that is still starting, a few times.
  void KillWhileStarting() {
    for (auto times = random_() % 3; times > 0; --times) {
      auto server = ServerProcess::Launch(Options());
      ASSERT_TRUE(server.ok()) << server.status();
      PauseAtRandom(120);
      (*server)->process().Kill();
    }
  }

  // What was acknowledged before this round, and so before a backup that it begins.
  void KeepLedgers() {
    for (const auto& writer : writers_) {
      before_round_[writer->name()] = writer->ledger();
    }
  }

  std::unique_ptr<ChildProcess> StartBackup() {
    auto backup = ChildProcess::Start({RequiredEnvironment("TIDEMARK_BINARY"), "backup", "create",
                                       BackupFolder(), "--storage.path=" + dir_.File("data"),
                                       fmt::format("--url=http://127.0.0.1:{}", server_->port())},
                                      dir_.File("backup_log"));
    EXPECT_TRUE(backup.ok()) << backup.status();
    return *std::move(backup);
  }
  std::string BackupFolder() const { return "--folder=" + dir_.File("backups"); }

  // The kill may have hit the server in the middle of the snapshot.
  void EndBackup(ChildProcess* backup) {
    EXPECT_TRUE(WaitUntil([backup] { return !backup->Running(); }, 60'000)) << backup->Log();
    if (backup->Terminate() == 0) {
      ++backups_;
      backed_up_ = before_round_;
    }
  }

  void CheckBackup() {
    if (backups_ == 0) {
      return;
    }
    server_.reset();
    auto restore = ChildProcess::Start({RequiredEnvironment("TIDEMARK_BINARY"), "backup", "restore",
                                        BackupFolder(), "--storage.path=" + dir_.File("restored")},
                                       dir_.File("backup_log"));
    ASSERT_TRUE(restore.ok()) << restore.status();
    EXPECT_TRUE(WaitUntil([&] { return !(*restore)->Running(); }, 60'000));
    ASSERT_EQ((*restore)->Terminate(), 0) << (*restore)->Log();
    data_dir_ = dir_.File("restored");
    ASSERT_NO_FATAL_FAILURE(Start());
    for (const auto& writer : writers_) {
      SampleLedger& ledger = backed_up_[writer->name()];
      ledger.TakeSent(writer->ledger());
      CheckWriter(*writer, ledger);
    }
  }

  void KillUnderLoad() {
    KeepLedgers();
    std::vector<std::thread> threads;
    std::vector<absl::Status> results(writers_.size());
    for (size_t i = 0; i < writers_.size(); ++i) {
      threads.emplace_back([this, i, &results] {
        results[i] = writers_[i]->Run(server_->port(), kMaxRequestsPerRound);
      });
    }
    PauseAtRandom(500);
    std::unique_ptr<ChildProcess> backup = random_() % 2 == 0 ? StartBackup() : nullptr;
    PauseAtRandom(500);
    server_->process().Kill();
    if (backup != nullptr) {
      EndBackup(backup.get());
    }
    for (size_t i = 0; i < writers_.size(); ++i) {
      threads[i].join();
      EXPECT_TRUE(results[i].ok()) << results[i];
    }
  }

  void CheckEverything() {
    for (const auto& writer : writers_) {
      CheckWriter(*writer, writer->ledger());
    }
  }

  void CheckWriter(const CrashWriter& writer, const SampleLedger& ledger) {
    QueryClient client(server_->port());
    const model::Timestamp end = base::SystemClock().NowMs() + kDayMs;
    const auto answer =
        client.Instant(fmt::format("crash_test{{writer=\"{}\"}}[10d]", writer.name()), end);
    ASSERT_TRUE(answer.ok()) << answer.status();
    for (const std::string& problem : ledger.Check(*answer)) {
      ADD_FAILURE() << problem;
    }
    CheckStaleMarkers(ledger, &client);
  }

  // At the time of a staleness marker the series has no value, although one came just before.
  static void CheckStaleMarkers(const SampleLedger& ledger, QueryClient* client) {
    for (const auto& marker : ledger.AcknowledgedStaleMarkers(5)) {
      const auto answer =
          client->Instant(fmt::format("crash_test{{series=\"{}\"}}", marker.series), marker.t);
      ASSERT_TRUE(answer.ok()) << answer.status();
      EXPECT_TRUE(answer->series.empty())
          << "staleness marker of " << marker.series << " at " << marker.t << " is lost";
    }
  }

  size_t Acknowledged() const {
    size_t sum = 0;
    for (const auto& writer : writers_) {
      sum += writer->ledger().acknowledged();
    }
    return sum;
  }

  const TempDir dir_;
  const uint64_t seed_;
  const uint64_t rounds_;
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<CrashWriter>> writers_;
  std::unique_ptr<ServerProcess> server_;
  std::string data_dir_ = dir_.File("data");
  // By writer: what had been acknowledged before this round, and before the last whole backup.
  std::map<std::string, SampleLedger> before_round_;
  std::map<std::string, SampleLedger> backed_up_;
  int backups_ = 0;
  int64_t slowest_start_ms_ = 0;
};

TEST_F(Crash, AcknowledgedSamplesSurviveEveryKill) {
  SCOPED_TRACE(fmt::format("seed {}", seed_));
  for (uint64_t round = 0; round < rounds_ && !HasFailure(); ++round) {
    KillWhileStarting();
    ASSERT_NO_FATAL_FAILURE(Start());
    CheckEverything();
    KillUnderLoad();
  }
  ASSERT_NO_FATAL_FAILURE(Start());
  CheckEverything();
  EXPECT_EQ(server_->process().Terminate(), 0) << server_->process().Log();
  ASSERT_NO_FATAL_FAILURE(Start());
  CheckEverything();
  CheckBackup();
  fmt::print("{} kills, {} samples acknowledged, {} backups, slowest start {} ms\n", rounds_,
             Acknowledged(), backups_, slowest_start_ms_);
  EXPECT_GT(Acknowledged(), rounds_ * 100);
}

}  // namespace
}  // namespace tidemark::testing
