// The store when the journal's disk misbehaves: what cannot be made durable is refused, what is
// there can be read, and nothing has to be restarted.
#include <filesystem>
#include <future>
#include <memory>

#include <gmock/gmock.h>

#include "base/status_macros.h"
#include "tests/storage/db_fixture.h"
#include "tests/testing/faulty_file_system.h"

namespace tidemark::storage {
namespace {

using model::Labels;

class DbFaultTest : public DbFixture {
 protected:
  DbFaultTest() {
    fs_ = &disk_;
    options_.sync = SyncMode::kAlways;
    std::filesystem::create_directories(options_.path);
  }
  ~DbFaultTest() override { Drop(); }

  absl::Status TryPut(model::Timestamp t, double v) { return Commit({{up_, {t, v}}}).first; }

  // A request whose answer is waited for later.
  std::future<absl::Status> BeginPut(model::Timestamp t, double v) {
    WriteSession session(db_.get());
    session.Begin();
    Head::Wanted wanted{up_, session.table().Hash(up_.bytes()), nullptr};
    session.Register({&wanted, 1});
    EXPECT_EQ(session.Append(wanted.series, {t, v}), Refusal::kNone);
    const auto durable = std::make_shared<std::promise<absl::Status>>();
    session.Commit([durable](const absl::Status& status) { durable->set_value(status); });
    return durable->get_future();
  }

  // The next open finds what a killed process leaves of the journal.
  void KillAndReopen() {
    Drop();
    after_kill_ = disk_.AfterKill();
    fs_ = after_kill_.get();
    Open();
  }

  testing::FaultyFileSystem disk_;
  std::unique_ptr<testing::FaultyFileSystem> after_kill_;
  const Labels up_ = Labels::Of({{"__name__", "up"}, {"job", "tikv"}});
};

TEST_F(DbFaultTest, RefusesWhatAFailedWriteOrSyncTookAlongAndGoesOn) {
  Open();
  ASSERT_TRUE(TryPut(1000, 1).ok());
  disk_.FailWrites(1);
  EXPECT_TRUE(absl::IsUnavailable(TryPut(2000, 2)));
  EXPECT_EQ(Of(up_).front(), Expect({{1000, 1}}).front());
  // The sender repeats it.
  EXPECT_TRUE(TryPut(2000, 2).ok());
  disk_.FailSyncs(1);
  EXPECT_TRUE(absl::IsUnavailable(TryPut(3000, 3)));
  EXPECT_TRUE(TryPut(3000, 3).ok());
  KillAndReopen();
  EXPECT_EQ(Of(up_), Expect({{1000, 1}, {2000, 2}, {3000, 3}}));
}

TEST_F(DbFaultTest, SweepsWhileTheJournalsDiskIsFullAndGoesOnWhenThereIsSpace) {
  Open();
  ASSERT_TRUE(TryPut(1000, 1).ok());
  disk_.SetCapacity(0);
  // The open segment is reserved already; a new one cannot begin.
  EXPECT_TRUE(db_->Sweep().ok());
  EXPECT_TRUE(absl::IsUnavailable(TryPut(2000, 2)));
  EXPECT_EQ(Of(up_).front(), Expect({{1000, 1}}).front());
  disk_.SetCapacity(std::nullopt);
  EXPECT_TRUE(TryPut(2000, 2).ok());
  KillAndReopen();
  EXPECT_EQ(Of(up_), Expect({{1000, 1}, {2000, 2}}));
}

TEST_F(DbFaultTest, SaysThatWritesMustWaitWhileADiskIsSlow) {
  std::promise<void> go_on;
  std::shared_future<void> gone_on = go_on.get_future().share();
  // Writer: the test, before it writes. Reader: the journal's thread.
  const auto slow = std::make_shared<std::atomic<bool>>(false);
  // Owns what it looks at: the journal's last sync comes after this body.
  disk_.SetBeforeSync([gone_on, slow] {
    if (slow->load()) {
      gone_on.wait();
    }
  });
  options_.max_pending_journal_bytes = 64 << 10;
  Open();
  slow->store(true);
  std::vector<std::future<absl::Status>> answers;
  for (int i = 0; db_->CheckWritable().ok(); ++i) {
    ASSERT_LT(i, 100'000);
    answers.push_back(BeginPut(1000 + i, i));
  }
  EXPECT_TRUE(absl::IsUnavailable(db_->CheckWritable()));
  EXPECT_EQ(Of(up_).size(), answers.size()) << "reads do not wait for the disk";
  go_on.set_value();
  for (auto& answer : answers) {
    EXPECT_TRUE(answer.get().ok());
  }
  EXPECT_TRUE(db_->CheckWritable().ok());
}

}  // namespace
}  // namespace tidemark::storage
