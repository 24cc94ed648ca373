// Kills the real binary again and again, under load, while it starts, while it sweeps, seals,
// moves series out of memory, deletes, lets old samples go, and while it is backed up. After each
// restart everything that it had acknowledged is there, unless it was deleted or has outlived its
// retention, and nothing of that comes back. A backup that was finished holds what had been
// acknowledged when it began.
//
// TIDEMARK_CRASH_ROUNDS sets the number of kills, TIDEMARK_SEED repeats a run's choices.

#include <chrono>
#include <cstdlib>
#include <fstream>
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
constexpr int64_t kHourMs = 3600LL * 1000;
constexpr int64_t kDayMs = 24 * kHourMs;
constexpr int64_t kBucketMs = 6 * kHourMs;     // buckets of the store go as a whole
constexpr int64_t kShortKeepMs = 2 * kHourMs;  // of one writer, by the configuration
constexpr int64_t kDropAfterMs = 8'000;        // from the beginning, until a bucket has expired

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
    const int64_t now = base::SystemClock().NowMs();
    const int64_t expiring_bucket_end = (now - kDayMs - kBucketMs) / kBucketMs * kBucketMs;
    keep_ms_ = now + kDropAfterMs - expiring_bucket_end;
    for (int i = 0; i < kWriters; ++i) {
      AddWriter({.name = std::to_string(i), .begin_ms = now - kDayMs, .deletes = true});
    }
    AddWriter({.name = "old", .keep_ms = keep_ms_});
    AddWriter({.name = "short", .keep_ms = kShortKeepMs});
    std::ofstream(dir_.File("tidemark.yml")) << R"(
storage:
  retention:
    - match: '{writer="short"}'
      keep: 2h
)";
  }

  void AddWriter(CrashWriterOptions options) {
    options.seed = random_();
    writers_.push_back(std::make_unique<CrashWriter>(std::move(options)));
  }

  ServerOptions Options() {
    // From all the time to not at all during a round.
    static constexpr const char* kSweepIntervals[] = {"50ms", "300ms", "1h"};
    static constexpr const char* kInactiveAfter[] = {"200ms", "6h"};
    static constexpr const char* kConsolidationIntervals[] = {"20ms", "200ms"};
    return {.data_dir = data_dir_,
            .log_path = dir_.File("log"),
            .flags = {fmt::format("--storage.sweep.interval={}", kSweepIntervals[random_() % 3]),
                      fmt::format("--storage.inactive-after={}", kInactiveAfter[random_() % 2]),
                      fmt::format("--storage.consolidation.interval={}",
                                  kConsolidationIntervals[random_() % 2]),
                      fmt::format("--storage.retention.time={}ms", keep_ms_),
                      "--config.file=" + dir_.File("tidemark.yml"), "--web.enable-admin-api"}};
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

  // Seals and rewrites what there is, again and again until the server is gone.
  static void Rewrite(uint16_t port, uint64_t seed) {
    std::mt19937_64 random(seed);
    HttpClient http(port);
    while (true) {
      const bool seals = random() % 2 == 0;
      const auto response = http.PostForm(
          seals ? "/api/v1/admin/tsdb/flush" : "/api/v1/admin/tsdb/clean_tombstones", {});
      if (!response.ok()) {
        return;
      }
      EXPECT_EQ(response->status, 204) << response->body;
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
    if (random_() % 2 == 0) {
      threads.emplace_back(Rewrite, server_->port(), random_());
    }
    PauseAtRandom(500);
    std::unique_ptr<ChildProcess> backup = random_() % 2 == 0 ? StartBackup() : nullptr;
    PauseAtRandom(500);
    server_->process().Kill();
    if (backup != nullptr) {
      EndBackup(backup.get());
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    for (const absl::Status& result : results) {
      EXPECT_TRUE(result.ok()) << result;
    }
  }

  void CheckEverything() {
    for (const auto& writer : writers_) {
      CheckWriter(*writer, writer->ledger());
    }
  }

  void CheckWriter(const CrashWriter& writer, const SampleLedger& ledger) {
    QueryClient client(server_->port());
    const base::SystemClock clock;
    const model::Timestamp before = clock.NowMs();
    const auto answer = client.Instant(
        fmt::format("crash_test{{writer=\"{}\"}}[10d]", writer.name()), before + kDayMs);
    ASSERT_TRUE(answer.ok()) << answer.status();
    SampleLedger::Retention retention;
    if (writer.keep_ms() > 0) {
      retention = {.expired = before - writer.keep_ms(), .kept = clock.NowMs() - writer.keep_ms()};
    }
    for (const std::string& problem : ledger.Check(*answer, retention)) {
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

  size_t Sum(size_t (SampleLedger::*count)() const) const {
    size_t sum = 0;
    for (const auto& writer : writers_) {
      sum += (writer->ledger().*count)();
    }
    return sum;
  }

  const TempDir dir_;
  const uint64_t seed_;
  const uint64_t rounds_;
  std::mt19937_64 random_;
  int64_t keep_ms_ = 0;
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
  const size_t acknowledged = Sum(&SampleLedger::acknowledged);
  fmt::print("{} kills, {} samples acknowledged, {} deleted, {} backups, slowest start {} ms\n",
             rounds_, acknowledged, Sum(&SampleLedger::deleted), backups_, slowest_start_ms_);
  EXPECT_GT(acknowledged, rounds_ * 100);
}

}  // namespace
}  // namespace tidemark::testing
