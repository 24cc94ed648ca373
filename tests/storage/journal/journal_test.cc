#include "storage/journal/journal.h"

#include <algorithm>
#include <map>
#include <thread>

#include <gmock/gmock.h>

#include "base/status_macros.h"
#include "tests/storage/journal/journal_fixture.h"

namespace tidemark::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class JournalTest : public JournalFixture {};

std::vector<std::string> Numbers(int count) {
  std::vector<std::string> numbers;
  for (int i = 0; i < count; ++i) {
    numbers.push_back(fmt::format("entry {}", i));
  }
  return numbers;
}

TEST_F(JournalTest, ReplaysWhatWasSubmittedInOrder) {
  auto journal = Open();
  for (const std::string& payload : Numbers(1000)) {
    journal->Submit(std::make_unique<JournalEntry>(payload));
  }
  ASSERT_TRUE(journal->Close().ok());

  const Replayed replayed = Replay(&fs_);
  EXPECT_EQ(replayed.payloads, Numbers(1000));
  EXPECT_EQ(replayed.report.records, 1000u);
  EXPECT_EQ(replayed.report.next.segment, 2u);
  EXPECT_EQ(replayed.report.next.sequence, 1001u);
  EXPECT_EQ(DamageText(replayed.report), "");
  EXPECT_EQ(replayed.report.torn_tail_bytes, 0u);
}

TEST_F(JournalTest, KeepsPayloadsOfEveryLength) {
  std::vector<std::string> payloads;
  for (const size_t length : {0, 1, 7, 8, 9, 31, 4096, 8191, 8192, 8193, 70'001}) {
    payloads.emplace_back(length, 'x');
  }
  auto journal = Open();
  for (const std::string& payload : payloads) {
    journal->Submit(std::make_unique<JournalEntry>(payload));
  }
  ASSERT_TRUE(journal->Close().ok());
  EXPECT_EQ(Replay(&fs_).payloads, payloads);
}

TEST_F(JournalTest, AnswersInTheOrderOfSubmission) {
  auto journal = Open();
  Answers last;
  std::vector<int> order;
  for (int i = 0; i < 500; ++i) {
    journal->Submit(std::make_unique<JournalEntry>(
        "x", [&order, i](const absl::Status& /*status*/) { order.push_back(i); }));
  }
  journal->Submit(std::make_unique<JournalEntry>("end", last.Callback()));
  last.Wait(1);
  EXPECT_THAT(order, SizeIs(500));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

// Inside each callback the power goes, and nothing that is not synced survives.
TEST_F(JournalTest, AnswersOnlyWhatIsOnTheDisk) {
  auto journal = Open();
  Answers answers;
  for (int i = 0; i < 100; ++i) {
    const std::string payload = fmt::format("entry {}", i);
    journal->Submit(std::make_unique<JournalEntry>(
        payload, [&, payload, callback = answers.Callback()](const absl::Status& status) mutable {
          const auto after = fs_.AfterLosingAllUnsynced();
          EXPECT_THAT(Replay(after.get()).payloads, ::testing::Contains(payload));
          callback(status);
        }));
  }
  for (const absl::Status& status : answers.Wait(100)) {
    EXPECT_TRUE(status.ok()) << status;
  }
}

TEST_F(JournalTest, CommitsTogetherWhatGathersDuringASync) {
  auto journal = Open();
  Answers answers;
  // While the first callback runs the journal's thread takes nothing, so the rest gathers.
  journal->Submit(std::make_unique<JournalEntry>("first", [&](const absl::Status& /*status*/) {
    for (int i = 0; i < 100; ++i) {
      journal->Submit(std::make_unique<JournalEntry>("x", answers.Callback()));
    }
  }));
  answers.Wait(100);
  // One for the header of the segment, two for the groups.
  EXPECT_EQ(fs_.syncs(), 3);
  EXPECT_EQ(fs_.writes(), 3);
}

TEST_F(JournalTest, CountsTheBytesSinceTheLastCut) {
  auto journal = Open();
  EXPECT_EQ(journal->bytes_since_cut(), 0u);
  ASSERT_TRUE(Append(journal.get(), std::string(100, 'x')).ok());
  ASSERT_TRUE(Append(journal.get(), std::string(50, 'x')).ok());
  EXPECT_EQ(journal->bytes_since_cut(), FrameBytes(100) + FrameBytes(50));
  ASSERT_TRUE(journal->Cut().ok());
  EXPECT_EQ(journal->bytes_since_cut(), 0u);
  ASSERT_TRUE(Append(journal.get(), std::string(70, 'x')).ok());
  ASSERT_TRUE(journal->Close().ok());

  // A restart has all of it to replay, cut or not.
  const JournalStart start = Replay(&fs_).report.next;
  EXPECT_EQ(start.bytes, FrameBytes(100) + FrameBytes(50) + FrameBytes(70));
  EXPECT_EQ(Open(start)->bytes_since_cut(), start.bytes);
}

TEST_F(JournalTest, BoundsAGroupByItsBytes) {
  options_.max_group_bytes = 1000;
  auto journal = Open();
  Answers answers;
  journal->Submit(std::make_unique<JournalEntry>("first", [&](const absl::Status& /*status*/) {
    for (int i = 0; i < 10; ++i) {
      journal->Submit(std::make_unique<JournalEntry>(std::string(300, 'x'), answers.Callback()));
    }
  }));
  answers.Wait(10);
  EXPECT_EQ(fs_.writes(), 2 + 5);  // three would not fit
}

TEST_F(JournalTest, WritesAnEntryLargerThanAGroupAndASegment) {
  options_.max_group_bytes = 1000;
  options_.segment_bytes = 4096;
  auto journal = Open();
  const std::string large(10'000, 'l');
  EXPECT_TRUE(Append(journal.get(), "before").ok());
  EXPECT_TRUE(Append(journal.get(), large).ok());
  EXPECT_TRUE(Append(journal.get(), "behind").ok());
  ASSERT_TRUE(journal->Close().ok());

  const Replayed replayed = Replay(&fs_);
  EXPECT_THAT(replayed.payloads, ElementsAre("before", large, "behind"));
  EXPECT_EQ(replayed.report.segments, 3u);
  EXPECT_EQ(DamageText(replayed.report), "");
}

TEST_F(JournalTest, KeepsTheOrderOfEachOfManySubmitters) {
  constexpr int kThreads = 4;
  constexpr int kEntries = 2000;
  options_.segment_bytes = 16 << 10;
  options_.max_group_bytes = 4 << 10;
  auto journal = Open();
  Answers answers;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEntries; ++i) {
        journal->Submit(
            std::make_unique<JournalEntry>(fmt::format("{} {}", thread, i), answers.Callback()));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  answers.Wait(kThreads * kEntries);
  ASSERT_TRUE(journal->Close().ok());

  const Replayed replayed = Replay(&fs_);
  EXPECT_EQ(DamageText(replayed.report), "");
  EXPECT_EQ(replayed.payloads.size(), static_cast<size_t>(kThreads) * kEntries);
  std::map<int, int> next;
  for (const std::string& payload : replayed.payloads) {
    const int thread = std::stoi(payload);
    ASSERT_EQ(payload, fmt::format("{} {}", thread, next[thread]++));
  }
}

TEST_F(JournalTest, RotatesWhenASegmentIsFull) {
  options_.segment_bytes = 4096;
  options_.max_group_bytes = 1024;
  auto journal = Open();
  for (const std::string& payload : Numbers(500)) {
    journal->Submit(std::make_unique<JournalEntry>(payload));
  }
  ASSERT_TRUE(journal->Close().ok());

  const auto segments = *ListSegments(&fs_, kDir);
  EXPECT_GT(segments.size(), 4u);
  for (const SegmentId id : segments) {
    EXPECT_LE(fs_.Content(Path(id)).size(), 4096u);
  }
  const Replayed replayed = Replay(&fs_);
  EXPECT_EQ(replayed.payloads, Numbers(500));
  EXPECT_EQ(DamageText(replayed.report), "");
}

TEST_F(JournalTest, CutClosesTheSegmentAndBeginsTheNext) {
  auto journal = Open();
  ASSERT_TRUE(Append(journal.get(), "one").ok());
  EXPECT_EQ(*journal->Cut(), 1u);
  ASSERT_TRUE(Append(journal.get(), "two").ok());
  ASSERT_TRUE(journal->Close().ok());

  const Replayed replayed = Replay(&fs_);
  EXPECT_THAT(replayed.payloads, ElementsAre("one", "two"));
  EXPECT_EQ(replayed.positions[0].segment, 1u);
  EXPECT_EQ(replayed.positions[1].segment, 2u);
}

TEST_F(JournalTest, CutOfASegmentWithoutRecordsGivesTheOneBefore) {
  auto journal = Open();
  EXPECT_EQ(*journal->Cut(), 0u);
  ASSERT_TRUE(Append(journal.get(), "one").ok());
  EXPECT_EQ(*journal->Cut(), 1u);
  EXPECT_EQ(*journal->Cut(), 1u);
  EXPECT_THAT(*ListSegments(&fs_, kDir), ElementsAre(1, 2));
}

// What a thread submitted before its Cut() is in the returned segment or an earlier one.
TEST_F(JournalTest, CutCoversWhatWasSubmittedBeforeItUnderConcurrentSubmitters) {
  constexpr int kThreads = 3;
  constexpr int kRounds = 40;
  constexpr int kEntries = 20;
  auto journal = Open();
  base::Mutex mu;
  std::map<std::string, SegmentId> covered_by;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int round = 0; round < kRounds; ++round) {
        std::vector<std::string> payloads;
        for (int i = 0; i < kEntries; ++i) {
          payloads.push_back(fmt::format("{} {} {}", thread, round, i));
          journal->Submit(std::make_unique<JournalEntry>(payloads.back()));
        }
        const auto cut = journal->Cut();
        ASSERT_TRUE(cut.ok()) << cut.status();
        base::MutexLock lock(&mu);
        for (const std::string& payload : payloads) {
          covered_by[payload] = *cut;
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  ASSERT_TRUE(journal->Close().ok());

  const Replayed replayed = Replay(&fs_);
  EXPECT_EQ(DamageText(replayed.report), "");
  ASSERT_EQ(replayed.payloads.size(), static_cast<size_t>(kThreads) * kRounds * kEntries);
  for (size_t i = 0; i < replayed.payloads.size(); ++i) {
    EXPECT_LE(replayed.positions[i].segment, covered_by.at(replayed.payloads[i]))
        << replayed.payloads[i];
  }
}

TEST_F(JournalTest, DeletesClosedSegmentsOnly) {
  auto journal = Open();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(Append(journal.get(), "x").ok());
    ASSERT_TRUE(journal->Cut().ok());
  }
  ASSERT_TRUE(Append(journal.get(), "last").ok());
  EXPECT_TRUE(absl::IsInvalidArgument(journal->DeleteThrough(4)));
  ASSERT_TRUE(journal->DeleteThrough(2).ok());
  EXPECT_THAT(*ListSegments(&fs_, kDir), ElementsAre(3, 4));
  ASSERT_TRUE(journal->DeleteThrough(2).ok());
  ASSERT_TRUE(journal->DeleteThrough(3).ok());

  const auto after = fs_.AfterLosingAllUnsynced();
  EXPECT_THAT(*ListSegments(after.get(), kDir), ElementsAre(4));
  const Replayed replayed = Replay(after.get());
  EXPECT_THAT(replayed.payloads, ElementsAre("last"));
  EXPECT_EQ(DamageText(replayed.report), "");
}

// Names in the journal's folder.
std::vector<std::string> Names(base::FileSystem* fs) { return *fs->List("/journal"); }

TEST_F(JournalTest, WritesTheFilesOfDeletedSegmentsAgain) {
  auto journal = Open();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(Append(journal.get(), fmt::format("old {} {}", i, std::string(50, 'x'))).ok());
  }
  const auto cut = journal->Cut();
  ASSERT_TRUE(cut.ok());
  ASSERT_TRUE(journal->DeleteThrough(*cut).ok());
  EXPECT_THAT(Names(&fs_), ElementsAre("00000001.spare", "00000002.journal"));
  ASSERT_TRUE(Append(journal.get(), "two").ok());
  ASSERT_TRUE(journal->Cut().ok());
  EXPECT_THAT(Names(&fs_), ElementsAre("00000002.journal", "00000003.journal"));
  ASSERT_TRUE(Append(journal.get(), "three").ok());

  // The old frames behind "three" are neither records nor damage nor a torn tail.
  for (const auto& disk : {fs_.AfterKill(), fs_.AfterLosingAllUnsynced()}) {
    EXPECT_GT(disk->Content(Path(3)).size(), 1000u);
    const Replayed replayed = Replay(disk.get());
    EXPECT_THAT(replayed.payloads, ElementsAre("two", "three"));
    EXPECT_EQ(DamageText(replayed.report), "");
    EXPECT_EQ(replayed.report.torn_tail_bytes, 0u);
  }
  // Closing cuts them off.
  ASSERT_TRUE(journal->Close().ok());
  EXPECT_LT(fs_.Content(Path(3)).size(), 200u);
}

TEST_F(JournalTest, ReportsDamageInAReusedFileAsInANewOne) {
  auto journal = Open();
  for (const char* payload : {"old", "older"}) {
    ASSERT_TRUE(Append(journal.get(), payload + std::string(1000, 'x')).ok());
  }
  ASSERT_TRUE(journal->DeleteThrough(*journal->Cut()).ok());
  ASSERT_TRUE(journal->Cut().ok());
  ASSERT_TRUE(Append(journal.get(), "one").ok());
  ASSERT_TRUE(journal->Cut().ok());
  for (const char* payload : {"two", "three"}) {
    ASSERT_TRUE(Append(journal.get(), payload).ok());
  }
  const auto disk = fs_.AfterKill();
  disk->Flip(Path(3), kSegmentHeaderBytes + kFrameHeaderBytes);
  const Replayed replayed = Replay(disk.get());
  EXPECT_THAT(replayed.payloads, ElementsAre("one", "three"));
  EXPECT_EQ(DamageText(replayed.report),
            "segment 3 at 48+40: checksum of record 4 differs, record 4 is missing\n");
}

TEST_F(JournalTest, KeepsAFewSpareFilesOnlyAndFindsThemAfterARestart) {
  {
    auto journal = Open();
    for (int i = 0; i < 5; ++i) {
      ASSERT_TRUE(Append(journal.get(), "x").ok());
      ASSERT_TRUE(journal->Cut().ok());
    }
    ASSERT_TRUE(journal->DeleteThrough(5).ok());
    EXPECT_THAT(Names(&fs_), ElementsAre("00000001.spare", "00000002.spare", "00000006.journal"));
  }
  auto journal = Open(Replay(&fs_).report.next);
  EXPECT_THAT(Names(&fs_), ElementsAre("00000001.spare", "00000006.journal", "00000007.journal"));
}

TEST_F(JournalTest, UsesEntriesAgain) {
  auto journal = Open();
  auto entry = journal->NewEntry();
  entry->payload.assign(10'000, 'x');
  const JournalEntry* const first = entry.get();
  Answers answers;
  entry->done = answers.Callback();
  journal->Submit(std::move(entry));
  ASSERT_TRUE(answers.Wait(1).front().ok());
  ASSERT_TRUE(journal->Cut().ok());  // the journal's thread is done with the group
  entry = journal->NewEntry();
  EXPECT_EQ(entry.get(), first);
  EXPECT_TRUE(entry->payload.empty());
  EXPECT_GE(entry->payload.capacity(), 10'000u);
  EXPECT_FALSE(entry->done);
}

TEST_F(JournalTest, GoesOnWhereTheLastRunEnded) {
  ASSERT_TRUE(Append(Open().get(), "one").ok());
  const JournalStart start = Replay(&fs_).report.next;
  EXPECT_EQ(start.segment, 2u);
  EXPECT_EQ(start.sequence, 2u);
  ASSERT_TRUE(Append(Open(start).get(), "two").ok());

  const Replayed replayed = Replay(&fs_);
  EXPECT_THAT(replayed.payloads, ElementsAre("one", "two"));
  EXPECT_EQ(DamageText(replayed.report), "");
}

TEST_F(JournalTest, RefusesToBeginASegmentThatExists) {
  ASSERT_TRUE(Append(Open().get(), "one").ok());
  const auto again = Journal::Open(options_, {}, Deps(&fs_));
  EXPECT_TRUE(absl::IsFailedPrecondition(again.status()));
  EXPECT_EQ(base::Message(again.status()),
            "open journal /journal: segment 1 exists, yet the journal is to begin with 1");
  EXPECT_THAT(Replay(&fs_).payloads, ElementsAre("one"));
}

// Killed before anything was acknowledged, then the power goes: what the second run replayed from
// the cache must not be missed by the third.
TEST_F(JournalTest, MakesDurableWhatItReplayed) {
  options_.sync = SyncMode::kOff;
  auto killed = Open();
  ASSERT_TRUE(Append(killed.get(), "one").ok());
  ASSERT_TRUE(fs_.SyncDir(kDir).ok());
  options_.sync = SyncMode::kAlways;
  auto journal = Open(Replay(&fs_).report.next);
  ASSERT_TRUE(Append(journal.get(), "two").ok());

  const auto after = fs_.AfterLosingAllUnsynced();
  const Replayed replayed = Replay(after.get());
  EXPECT_THAT(replayed.payloads, ElementsAre("one", "two"));
  EXPECT_EQ(DamageText(replayed.report), "");
}

TEST_F(JournalTest, RefusesEntriesAfterClose) {
  auto journal = Open();
  ASSERT_TRUE(journal->Close().ok());
  const absl::Status late = Append(journal.get(), "late");
  EXPECT_TRUE(absl::IsUnavailable(late));
  EXPECT_EQ(base::Message(late), "journal: closed");
  EXPECT_TRUE(absl::IsUnavailable(journal->Cut().status()));
  EXPECT_FALSE(journal->Overloaded());
  EXPECT_THAT(Replay(&fs_).payloads, IsEmpty());
}

TEST_F(JournalTest, AnswersEveryEntryThatRacesWithClose) {
  auto journal = Open();
  Answers answers;
  std::thread submitter([&] {
    for (int i = 0; i < 2000; ++i) {
      journal->Submit(std::make_unique<JournalEntry>("x", answers.Callback()));
    }
  });
  EXPECT_TRUE(journal->Close().ok());
  submitter.join();

  const std::vector<absl::Status> statuses = answers.Wait(2000);
  const auto written = std::count_if(statuses.begin(), statuses.end(),
                                     [](const absl::Status& status) { return status.ok(); });
  EXPECT_EQ(Replay(&fs_).payloads.size(), static_cast<size_t>(written));
}

TEST_F(JournalTest, IsOverloadedWhileTooManyBytesWait) {
  options_.max_pending_bytes = 1 << 20;
  auto journal = Open();
  Answers answers;
  EXPECT_FALSE(journal->Overloaded());
  journal->Submit(std::make_unique<JournalEntry>("first", [&](const absl::Status& /*status*/) {
    journal->Submit(std::make_unique<JournalEntry>(std::string(2 << 20, 'x'), answers.Callback()));
    EXPECT_TRUE(journal->Overloaded());
  }));
  answers.Wait(1);
  EXPECT_FALSE(journal->Overloaded());
}

TEST_F(JournalTest, SyncsByTheClockInIntervalMode) {
  options_.sync = SyncMode::kInterval;
  options_.interval_ms = 100'000;
  auto journal = Open();
  const int syncs_of_header = fs_.syncs();
  EXPECT_TRUE(Append(journal.get(), "one").ok());
  EXPECT_TRUE(Append(journal.get(), "two").ok());
  EXPECT_EQ(fs_.syncs(), syncs_of_header);
  clock_.AdvanceMs(100'000);
  EXPECT_TRUE(Append(journal.get(), "three").ok());
  EXPECT_EQ(fs_.syncs(), syncs_of_header + 1);
  EXPECT_THAT(Replay(fs_.AfterLosingAllUnsynced().get()).payloads,
              ElementsAre("one", "two", "three"));
}

// No entry wakes the journal here: it wakes by itself.
TEST_F(JournalTest, SyncsAnIdleJournalInIntervalMode) {
  options_.sync = SyncMode::kInterval;
  options_.interval_ms = 1;
  auto journal = Open();
  const int syncs_of_header = fs_.syncs();
  ASSERT_TRUE(Append(journal.get(), "one").ok());
  clock_.AdvanceMs(1);
  while (fs_.syncs() == syncs_of_header) {
    std::this_thread::yield();
  }
  EXPECT_THAT(Replay(fs_.AfterLosingAllUnsynced().get()).payloads, ElementsAre("one"));
}

TEST_F(JournalTest, DoesNotSyncWhenSyncIsOffUntilItIsClosed) {
  options_.sync = SyncMode::kOff;
  auto journal = Open();
  EXPECT_TRUE(Append(journal.get(), "one").ok());
  EXPECT_EQ(fs_.syncs(), 0);
  ASSERT_TRUE(journal->Close().ok());
  EXPECT_EQ(fs_.syncs(), 1);
}

TEST_F(JournalTest, CountsWhatItDoes) {
  auto journal = Open();
  ASSERT_TRUE(Append(journal.get(), "one").ok());
  ASSERT_TRUE(journal->Cut().ok());
  ASSERT_TRUE(Append(journal.get(), "two").ok());
  ASSERT_TRUE(journal->Close().ok());

  const std::string text = metrics_.Expose();
  EXPECT_THAT(text, ::testing::HasSubstr("tidemark_journal_entries_total 2\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("tidemark_disk_written_bytes_total{by=\"journal\"} 80\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("tidemark_journal_syncs_total 2\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("tidemark_journal_group_entries_count 2\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("tidemark_journal_segment 2\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("tidemark_journal_failing 0\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("tidemark_journal_pending_bytes 0\n"));
}

}  // namespace
}  // namespace tidemark::storage
