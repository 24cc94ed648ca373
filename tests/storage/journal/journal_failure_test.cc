// The journal on a disk that is full, fails or loses its power.
#include <algorithm>
#include <random>
#include <set>

#include <gmock/gmock.h>

#include "base/status_macros.h"
#include "tests/storage/journal/journal_fixture.h"

namespace tidemark::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class JournalFailureTest : public JournalFixture {};

TEST_F(JournalFailureTest, RefusesWhileTheDiskIsFullAndGoesOnWhenThereIsSpace) {
  options_.segment_bytes = 4096;
  options_.max_group_bytes = 1024;
  fs_.SetCapacity(8192);
  auto journal = Open();
  std::vector<std::string> acknowledged;
  absl::Status status;
  for (int i = 0; status.ok(); ++i) {
    const std::string payload = fmt::format("entry {}", i);
    status = Append(journal.get(), payload);
    if (status.ok()) {
      acknowledged.push_back(payload);
    }
  }
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_EQ(base::Message(status), "journal: reserve: injected lack of space");
  EXPECT_TRUE(journal->failing());
  EXPECT_THAT(metrics_.Expose(), HasSubstr("tidemark_journal_failing 1\n"));
  EXPECT_TRUE(absl::IsUnavailable(Append(journal.get(), "refused")));

  fs_.SetCapacity(std::nullopt);
  EXPECT_TRUE(Append(journal.get(), "again").ok());
  EXPECT_FALSE(journal->failing());
  acknowledged.emplace_back("again");
  ASSERT_TRUE(journal->Close().ok());

  const Replayed replayed = Replay(&fs_);
  EXPECT_EQ(replayed.payloads, acknowledged);
  EXPECT_EQ(DamageText(replayed.report), "");
}

TEST_F(JournalFailureTest, WritesWhatWasAskedForAheadOfTheGroupThatFollowsAFailure) {
  options_.rejournal = [] { return std::string("definitions"); };
  options_.segment_bytes = 4096;
  options_.max_group_bytes = 1024;
  auto journal = Open();
  ASSERT_TRUE(Append(journal.get(), "one").ok());
  fs_.SetCapacity(0);
  while (Append(journal.get(), std::string(2000, 'x')).ok()) {
  }
  fs_.SetCapacity(std::nullopt);
  EXPECT_TRUE(Append(journal.get(), "two").ok());
  EXPECT_TRUE(Append(journal.get(), "three").ok());
  ASSERT_TRUE(journal->Close().ok());
  const std::vector<std::string> payloads = Replay(&fs_).payloads;
  ASSERT_GE(payloads.size(), 4u);
  EXPECT_EQ(payloads.front(), "one");
  EXPECT_THAT(std::vector<std::string>(payloads.end() - 3, payloads.end()),
              ElementsAre("definitions", "two", "three"));
}

TEST_F(JournalFailureTest, CutsAndDeletesWhileTheDiskIsFullSoThatSpaceCanBeFreed) {
  options_.segment_bytes = 4096;
  options_.max_group_bytes = 1024;
  fs_.SetCapacity(4096);
  auto journal = Open();
  ASSERT_TRUE(Append(journal.get(), "one").ok());
  fs_.SetCapacity(1000);
  EXPECT_EQ(*journal->Cut(), 1u);
  EXPECT_TRUE(absl::IsUnavailable(Append(journal.get(), "refused")));
  EXPECT_EQ(*journal->Cut(), 1u);
  EXPECT_TRUE(journal->DeleteThrough(1).ok());
  fs_.SetCapacity(4096);
  EXPECT_TRUE(Append(journal.get(), "two").ok());
  EXPECT_THAT(Replay(&fs_).payloads, ElementsAre("two"));
}

TEST_F(JournalFailureTest, AbandonsTheSegmentBehindTheLastGoodRecordWhenAWriteFails) {
  auto journal = Open();
  ASSERT_TRUE(Append(journal.get(), "one").ok());
  fs_.FailWrites(1);
  const absl::Status status = Append(journal.get(), "torn");
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_EQ(base::Message(status), "journal: write: injected input/output error");
  EXPECT_TRUE(Append(journal.get(), "two").ok());
  ASSERT_TRUE(journal->Close().ok());

  const Replayed replayed = Replay(&fs_);
  EXPECT_THAT(replayed.payloads, ElementsAre("one", "two"));
  EXPECT_EQ(replayed.positions[1].segment, 2u);
  EXPECT_EQ(replayed.positions[1].sequence, 2u);
  EXPECT_EQ(DamageText(replayed.report), "");
}

TEST_F(JournalFailureTest, NeverReportsSuccessForWhatAFailedSyncCovered) {
  auto journal = Open();
  ASSERT_TRUE(Append(journal.get(), "one").ok());
  fs_.FailSyncs(1);
  const absl::Status status = Append(journal.get(), "lost");
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_EQ(base::Message(status), "journal: sync: injected input/output error");
  EXPECT_TRUE(Append(journal.get(), "two").ok());

  // Neither with everything in the cache nor with any of it lost does the refused entry count.
  EXPECT_THAT(Replay(fs_.AfterKill().get()).payloads, ElementsAre("one", "two"));
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const Replayed replayed = Replay(fs_.AfterPowerLoss(seed).get());
    EXPECT_THAT(replayed.payloads, ElementsAre("one", "two")) << "seed " << seed;
    EXPECT_EQ(DamageText(replayed.report), "") << "seed " << seed;
  }
  EXPECT_THAT(metrics_.Expose(), HasSubstr("tidemark_journal_errors_total{call=\"sync\"} 1\n"));
}

TEST_F(JournalFailureTest, RefusesTheGroupWhenTheNextSegmentCannotBegin) {
  options_.segment_bytes = 200;
  auto journal = Open();
  ASSERT_TRUE(Append(journal.get(), std::string(80, 'a')).ok());
  fs_.FailDirSyncs(1);
  EXPECT_TRUE(absl::IsUnavailable(Append(journal.get(), std::string(80, 'b'))));
  EXPECT_TRUE(Append(journal.get(), std::string(80, 'c')).ok());
  const Replayed replayed = Replay(fs_.AfterLosingAllUnsynced().get());
  EXPECT_THAT(replayed.payloads, ElementsAre(std::string(80, 'a'), std::string(80, 'c')));
  EXPECT_EQ(DamageText(replayed.report), "");
}

// Between two syncs by interval the error of a closing segment may take acknowledged records along:
// nothing follows them before they are written again.
TEST_F(JournalFailureTest, WritesAgainBeforeTheFirstGroupOfASegmentThatFollowsAFailedOne) {
  options_.sync = SyncMode::kInterval;
  options_.interval_ms = 1000;
  options_.segment_bytes = 200;
  options_.rejournal = [] { return std::string("definitions"); };
  auto journal = Open();
  ASSERT_TRUE(Append(journal.get(), std::string(80, 'a')).ok());
  fs_.FailSyncs(1);
  EXPECT_TRUE(absl::IsUnavailable(Append(journal.get(), std::string(80, 'b'))));
  EXPECT_TRUE(Append(journal.get(), std::string(80, 'c')).ok());
  EXPECT_THAT(Replay(&fs_).payloads,
              ElementsAre(std::string(80, 'a'), "definitions", std::string(80, 'c')));
}

TEST_F(JournalFailureTest, ReportsWhatAFailedIntervalSyncLost) {
  options_.sync = SyncMode::kInterval;
  options_.interval_ms = 1000;
  auto journal = Open();
  ASSERT_TRUE(Append(journal.get(), std::string(2000, 'a')).ok());
  clock_.AdvanceMs(1000);
  fs_.FailSyncs(1);
  EXPECT_TRUE(absl::IsUnavailable(Append(journal.get(), std::string(2000, 'b'))));
  ASSERT_TRUE(Append(journal.get(), "c").ok());
  ASSERT_TRUE(journal->Close().ok());

  const Replayed replayed = Replay(fs_.AfterLosingAllUnsynced().get());
  EXPECT_EQ(replayed.payloads.back(), "c");
  EXPECT_THAT(DamageText(replayed.report), HasSubstr("missing"));
}

TEST_F(JournalFailureTest, CannotOpenOnADiskThatIsFull) {
  fs_.SetCapacity(100);
  const absl::Status status = Journal::Open(options_, {}, Deps(&fs_)).status();
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_EQ(base::Message(status),
            "open journal /journal: journal: reserve: injected lack of space");
  EXPECT_TRUE(ListSegments(&fs_, kDir)->empty());
}

TEST_F(JournalFailureTest, TellsThatItCouldNotCloseInOrder) {
  auto journal = Open();
  ASSERT_TRUE(Append(journal.get(), "one").ok());
  fs_.FailSyncs(1);
  EXPECT_TRUE(absl::IsUnavailable(journal->Close()));
  EXPECT_THAT(Replay(fs_.AfterLosingAllUnsynced().get()).payloads, ElementsAre("one"));
}

// One run of the test below: a journal on `disk` until the power goes.
struct RunUntilPowerLoss {
  std::unique_ptr<testing::FaultyFileSystem> after;
  std::set<std::string> acknowledged;  // when the power went, and not deleted
  bool deleted_earlier = false;        // what earlier runs had written
};

class JournalPowerLossTest : public JournalFixture {
 protected:
  JournalPowerLossTest() {
    options_.segment_bytes = 16 << 10;
    options_.max_group_bytes = 8 << 10;
  }

  // Submits entries with cuts, failing writes and failing syncs in between. The power goes in the
  // middle of a sync, or at the end.
  RunUntilPowerLoss Run(testing::FaultyFileSystem* disk, const JournalStart& start,
                        std::mt19937_64* random);

  int number_ = 0;  // of the entry submitted last
};

RunUntilPowerLoss JournalPowerLossTest::Run(testing::FaultyFileSystem* disk,
                                            const JournalStart& start, std::mt19937_64* random) {
  base::Mutex mu;
  std::set<std::string> answered;
  RunUntilPowerLoss run;
  const auto lose_power = [&, seed = (*random)()] {
    base::MutexLock lock(&mu);
    run.acknowledged = answered;
    run.after = disk->AfterPowerLoss(seed);
  };
  disk->SetBeforeSync([&, syncs_left = (*random)() % 12]() mutable {
    if (syncs_left-- == 0) {
      lose_power();
    }
  });
  auto journal = Open(disk, start);
  for (uint64_t left = (*random)() % 60; left > 0; --left) {
    std::string payload = fmt::format("{} {}", ++number_, std::string((*random)() % 3000, 'x'));
    journal->Submit(std::make_unique<JournalEntry>(
        payload, [&mu, &answered, payload](const absl::Status& status) {
          base::MutexLock lock(&mu);
          if (status.ok()) {
            answered.insert(payload);
          }
        }));
    switch ((*random)() % 12) {
      case 0:
        EXPECT_TRUE(journal->Cut().ok());
        break;
      case 1:
        disk->FailSyncs(1);
        break;
      case 2:
        disk->FailWrites(1);
        break;
      case 3: {
        const auto cut = journal->Cut();
        EXPECT_TRUE(cut.ok());
        {
          base::MutexLock lock(&mu);
          answered.clear();
          run.deleted_earlier = true;
        }
        EXPECT_TRUE(journal->DeleteThrough(*cut).ok());
        break;
      }
      default:
        break;
    }
  }
  journal.reset();
  if (run.after == nullptr) {
    lose_power();
  }
  return run;
}

// Whatever the power took, everything acknowledged is there, once and in order, and nothing is
// called damage.
TEST_F(JournalPowerLossTest, KeepsEveryAcknowledgedEntry) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937_64 random(seed);
    auto disk = std::make_unique<testing::FaultyFileSystem>();
    std::set<std::string> acknowledged;
    JournalStart start;
    for (int round = 0; round < 4; ++round) {
      RunUntilPowerLoss run = Run(disk.get(), start, &random);
      if (run.deleted_earlier) {
        acknowledged.clear();
      }
      acknowledged.merge(run.acknowledged);
      disk = std::move(run.after);
      const Replayed replayed = Replay(disk.get());
      start = replayed.report.next;
      const std::set<std::string> there(replayed.payloads.begin(), replayed.payloads.end());
      EXPECT_TRUE(
          std::includes(there.begin(), there.end(), acknowledged.begin(), acknowledged.end()));
      EXPECT_EQ(there.size(), replayed.payloads.size());
      EXPECT_TRUE(
          std::is_sorted(replayed.payloads.begin(), replayed.payloads.end(),
                         [](const auto& a, const auto& b) { return std::stoi(a) < std::stoi(b); }));
      EXPECT_EQ(DamageText(replayed.report), "");
    }
  }
}

}  // namespace
}  // namespace tidemark::storage
