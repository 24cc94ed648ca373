// The real server on a disk that is full: writes are refused with 503, reads go on, and when there
// is space again everything goes on without a restart.
//
// The disk is a small tmpfs; mounting one takes a privilege, without which the test is skipped.

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <sys/mount.h>

#include "base/clock.h"
#include "fmt/format.h"
#include "gtest/gtest.h"
#include "tests/crash/crash_writer.h"
#include "tests/testing/child_process.h"
#include "tests/testing/server_process.h"
#include "tests/testing/temp_dir.h"

namespace tidemark::testing {
namespace {

constexpr int64_t kDayMs = 24LL * 3600 * 1000;
// Until the journal's reserve is used up, on a busy machine.
constexpr int64_t kPatienceMs = 300'000;

class DiskFull : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(disk_);
    if (mount("tmpfs", disk_.c_str(), "tmpfs", 0, "size=400m") != 0) {
      GTEST_SKIP() << "cannot mount a tmpfs: " << std::strerror(errno);
    }
    mounted_ = true;
    Start();
  }
  void TearDown() override {
    server_.reset();
    if (mounted_) {
      EXPECT_EQ(umount2(disk_.c_str(), MNT_DETACH), 0) << std::strerror(errno);
    }
  }

  void Start() {
    auto server = ServerProcess::Start({.data_dir = disk_ + "/data",
                                        .log_path = dir_.File("log"),
                                        .flags = {"--storage.sweep.interval=100ms"}});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  void Fill() const {
    std::ofstream filler(Filler(), std::ios::binary);
    const std::string piece(1u << 16, 'x');
    while (filler.write(piece.data(), static_cast<std::streamsize>(piece.size())).flush()) {
    }
  }
  std::string Filler() const { return disk_ + "/filler"; }

  // Sends one request, new or not answered yet; whether it was acknowledged.
  bool Write() {
    const size_t before = writer_.ledger().acknowledged();
    EXPECT_TRUE(writer_.Run(server_->port(), 1).ok());
    EXPECT_TRUE(server_->process().Running());
    return writer_.ledger().acknowledged() > before;
  }

  void Check() {
    QueryClient client(server_->port());
    const auto answer = client.Instant("crash_test[10d]", base::SystemClock().NowMs() + kDayMs);
    ASSERT_TRUE(answer.ok()) << answer.status();
    for (const std::string& problem : writer_.ledger().Check(*answer)) {
      ADD_FAILURE() << problem;
    }
  }

  const TempDir dir_;
  const std::string disk_ = dir_.File("disk");
  bool mounted_ = false;
  CrashWriter writer_{{.name = "w", .seed = 1, .begin_ms = base::SystemClock().NowMs() - kDayMs}};
  std::unique_ptr<ServerProcess> server_;
};

TEST_F(DiskFull, RefusesWritesAnswersQueriesAndGoesOnWhenThereIsSpace) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(Write());
  }
  for (int round = 0; round < 2; ++round) {
    Fill();
    EXPECT_TRUE(WaitUntil(
        [&] {
          Fill();  // what a sweep gives back, too
          return !Write();
        },
        kPatienceMs));
    Check();
    std::filesystem::remove(Filler());
    EXPECT_TRUE(WaitUntil([&] { return Write(); }, kPatienceMs));
    for (int i = 0; i < 20; ++i) {
      Write();
    }
    Check();
  }
  server_->process().Kill();
  ASSERT_NO_FATAL_FAILURE(Start());
  Check();
  EXPECT_TRUE(Write());
}

}  // namespace
}  // namespace tidemark::testing
