#include "storage/journal/journal_reader.h"

#include <gmock/gmock.h>

#include "base/crc32c.h"
#include "base/status_macros.h"
#include "tests/storage/journal/journal_fixture.h"

namespace tidemark::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class JournalReaderTest : public JournalFixture {
 protected:
  // Three records, each a group of its own: 48, 104 and 160 are their offsets.
  static constexpr uint64_t kFirst = kSegmentHeaderBytes;
  static constexpr uint64_t kFrame = FrameBytes(20);
  static constexpr uint64_t kSecond = kFirst + kFrame;
  static constexpr uint64_t kThird = kSecond + kFrame;
  static constexpr uint64_t kEnd = kThird + kFrame;

  static std::string Payload(char c) { return std::string(20, c); }

  std::unique_ptr<Journal> OpenWithThree(const JournalStart& start = {}) {
    auto journal = Open(start);
    for (const char c : {'a', 'b', 'c'}) {
      EXPECT_TRUE(Append(journal.get(), Payload(c)).ok());
    }
    return journal;
  }

  // The files as a crash leaves them: no footer.
  std::unique_ptr<testing::FaultyFileSystem> Crashed() {
    const auto journal = OpenWithThree();
    return fs_.AfterKill();
  }
  // The files after an orderly end.
  std::unique_ptr<testing::FaultyFileSystem> Closed() {
    EXPECT_TRUE(OpenWithThree()->Close().ok());
    return fs_.AfterKill();
  }
  // Segments 1 to 3, closed in order by cuts, with records a, b and c.
  std::unique_ptr<testing::FaultyFileSystem> ThreeSegments() {
    auto journal = Open();
    for (const char c : {'a', 'b', 'c'}) {
      EXPECT_TRUE(Append(journal.get(), Payload(c)).ok());
      EXPECT_TRUE(journal->Cut().ok());
    }
    return fs_.AfterKill();
  }
};

TEST_F(JournalReaderTest, FindsNothingInAFolderThatIsNotThere) {
  const Replayed replayed = Replay(&fs_);
  EXPECT_THAT(replayed.payloads, IsEmpty());
  EXPECT_EQ(replayed.report.next.segment, 1u);
  EXPECT_EQ(replayed.report.next.sequence, 1u);
}

TEST_F(JournalReaderTest, TellsWhereEachRecordIs) {
  const Replayed replayed = Replay(Crashed().get());
  ASSERT_EQ(replayed.positions.size(), 3u);
  EXPECT_EQ(replayed.positions[1].segment, 1u);
  EXPECT_EQ(replayed.positions[1].offset, kSecond);
  EXPECT_EQ(replayed.positions[1].sequence, 2u);
}

TEST_F(JournalReaderTest, IsSilentAboutATailTornAtAnyByte) {
  const auto crashed = Crashed();
  const std::string whole = crashed->Content(Path(1));
  ASSERT_EQ(whole.size(), kEnd);
  for (uint64_t size = 0; size < kEnd; ++size) {
    crashed->SetContent(Path(1), whole.substr(0, size));
    const Replayed replayed = Replay(crashed.get());
    const uint64_t payload_of_last = kFrameHeaderBytes + 20;
    const size_t records = (size >= kFirst + payload_of_last ? 1u : 0u) +
                           (size >= kSecond + payload_of_last ? 1u : 0u) +
                           (size >= kThird + payload_of_last ? 1u : 0u);
    EXPECT_EQ(replayed.payloads.size(), records) << size;
    EXPECT_EQ(DamageText(replayed.report), "") << size;
    EXPECT_EQ(replayed.report.next.segment, 2u);
    EXPECT_EQ(replayed.report.next.sequence, records + 1) << size;
  }
}

TEST_F(JournalReaderTest, TakesAFlippedByteInTheLastUnsyncedRecordForATornTail) {
  const auto crashed = Crashed();
  for (uint64_t offset = kThird; offset < kThird + kFrameHeaderBytes + 20; ++offset) {
    crashed->Flip(Path(1), offset);
    const Replayed replayed = Replay(crashed.get());
    EXPECT_THAT(replayed.payloads, ElementsAre(Payload('a'), Payload('b'))) << offset;
    EXPECT_EQ(DamageText(replayed.report), "") << offset;
    EXPECT_GT(replayed.report.torn_tail_bytes, 0u);
    crashed->Flip(Path(1), offset);
  }
}

// The power may take the first pages of a group and leave the others.
TEST_F(JournalReaderTest, TakesAHoleInTheLastGroupForATornTailAndDeliversTheRest) {
  auto journal = Open();
  ASSERT_TRUE(Append(journal.get(), Payload('a')).ok());
  Answers answers;
  journal->Submit(std::make_unique<JournalEntry>(Payload('b'), [&](const absl::Status&) {
    for (const char c : {'c', 'd', 'e'}) {
      journal->Submit(std::make_unique<JournalEntry>(Payload(c), answers.Callback()));
    }
  }));
  answers.Wait(3);
  const auto files = fs_.AfterKill();
  files->Flip(Path(1), kThird);
  const Replayed replayed = Replay(files.get());
  EXPECT_THAT(replayed.payloads,
              ElementsAre(Payload('a'), Payload('b'), Payload('d'), Payload('e')));
  EXPECT_EQ(DamageText(replayed.report), "");
  EXPECT_EQ(replayed.report.torn_tail_bytes, kFrame);

  files->Flip(Path(1), kSecond);
  EXPECT_EQ(DamageText(Replay(files.get()).report),
            "segment 1 at 104+112: no record here, records 2 to 3 are missing\n");
}

TEST_F(JournalReaderTest, CountsTheBytesOfATornTailWithoutTheZerosBehindIt) {
  const auto crashed = Crashed();
  std::string content = crashed->Content(Path(1)).substr(0, kThird + 24);
  content.resize(100'000);
  crashed->SetContent(Path(1), content);
  const Replayed replayed = Replay(crashed.get());
  EXPECT_EQ(replayed.payloads.size(), 2u);
  EXPECT_GT(replayed.report.torn_tail_bytes, 16u);
  EXPECT_LE(replayed.report.torn_tail_bytes, 24u);
  EXPECT_EQ(DamageText(replayed.report), "");
}

// Each byte of the middle record, and the masks of one bit and of all.
TEST_F(JournalReaderTest, ReportsAFlippedByteAnywhereInAMiddleRecordAndDeliversTheRest) {
  const auto crashed = Crashed();
  ASSERT_TRUE(fs_.Delete(Path(1)).ok());
  const auto closed = Closed();
  for (testing::FaultyFileSystem* files : {crashed.get(), closed.get()}) {
    for (uint64_t offset = kSecond; offset < kThird; ++offset) {
      for (const char mask : {'\x01', '\x80', '\xff'}) {
        files->Flip(Path(1), offset, mask);
        const Replayed replayed = Replay(files);
        const bool in_padding = offset >= kSecond + kFrameHeaderBytes + 20;
        EXPECT_EQ(replayed.payloads.size(), in_padding ? 3u : 2u) << offset;
        EXPECT_EQ(replayed.payloads.front(), Payload('a'));
        EXPECT_EQ(replayed.payloads.back(), Payload('c'));
        ASSERT_EQ(replayed.report.damage.size(), 1u) << offset;
        const Damage& damage = replayed.report.damage[0];
        EXPECT_EQ(damage.segment, 1u);
        EXPECT_LE(damage.offset, offset);
        EXPECT_GT(damage.offset + damage.length, offset);
        EXPECT_EQ(replayed.report.next.sequence, 4u);
        files->Flip(Path(1), offset, mask);
      }
    }
  }
}

TEST_F(JournalReaderTest, ReportsDamageInASegmentThatWasSyncedOnlyWhenClosed) {
  options_.sync = SyncMode::kOff;
  const auto files = Closed();
  files->Flip(Path(1), kSecond);
  EXPECT_EQ(DamageText(Replay(files.get()).report),
            "segment 1 at 104+56: no record here, record 2 is missing\n");
}

TEST_F(JournalReaderTest, NamesTheDamageAndTheRecordsInIt) {
  const auto files = Closed();
  files->Flip(Path(1), kSecond + kFrameHeaderBytes + 3);
  EXPECT_EQ(DamageText(Replay(files.get()).report),
            "segment 1 at 104+56: checksum of record 2 differs, record 2 is missing\n");
}

TEST_F(JournalReaderTest, ReportsAHoleAndDeliversWhatIsBehindIt) {
  const auto files = Closed();
  std::string content = files->Content(Path(1));
  content.replace(kFirst, 2 * kFrame, std::string(2 * kFrame, '\0'));
  files->SetContent(Path(1), content);
  const Replayed replayed = Replay(files.get());
  EXPECT_THAT(replayed.payloads, ElementsAre(Payload('c')));
  EXPECT_EQ(DamageText(replayed.report),
            "segment 1 at 48+112: no record here, records 1 to 2 are missing\n");
}

TEST_F(JournalReaderTest, ReportsADamagedSegmentHeaderAndDeliversTheRecords) {
  const auto files = Closed();
  for (uint64_t offset = 0; offset < 8; ++offset) {
    files->Flip(Path(1), offset);
    const Replayed replayed = Replay(files.get());
    EXPECT_EQ(replayed.payloads.size(), 3u) << offset;
    EXPECT_EQ(DamageText(replayed.report), "segment 1 at 0+48: segment header: not a journal's\n");
    files->Flip(Path(1), offset);
  }
  for (uint64_t offset = 8; offset < kSegmentHeaderBytes; ++offset) {
    files->Flip(Path(1), offset);
    EXPECT_EQ(Replay(files.get()).payloads.size(), 3u) << offset;
    EXPECT_EQ(DamageText(Replay(files.get()).report),
              "segment 1 at 0+48: segment header: checksum differs\n");
    files->Flip(Path(1), offset);
  }
}

TEST_F(JournalReaderTest, ReportsAMissingSegmentAndItsRecords) {
  const auto files = ThreeSegments();
  ASSERT_TRUE(files->Delete(Path(2)).ok());
  const Replayed replayed = Replay(files.get());
  EXPECT_THAT(replayed.payloads, ElementsAre(Payload('a'), Payload('c')));
  EXPECT_EQ(DamageText(replayed.report),
            "segment 2 at 0+0: segment is missing, record 2 is missing\n");
}

TEST_F(JournalReaderTest, ReportsASegmentThatIsCutShortThoughItWasClosed) {
  const auto files = ThreeSegments();
  const std::string whole = files->Content(Path(2));
  for (uint64_t size = 0; size < whole.size(); ++size) {
    files->SetContent(Path(2), whole.substr(0, size));
    const Replayed replayed = Replay(files.get());
    EXPECT_EQ(replayed.payloads.front(), Payload('a'));
    EXPECT_EQ(replayed.payloads.back(), Payload('c'));
    EXPECT_EQ(replayed.payloads.size(), size >= kFirst + kFrameHeaderBytes + 20 ? 3u : 2u);
    EXPECT_EQ(replayed.report.damage.size(), 1u) << size << "\n" << DamageText(replayed.report);
  }
}

TEST_F(JournalReaderTest, ReportsRecordsThatVanishedFromATornSegment) {
  const auto journal = OpenWithThree();
  const auto next = OpenWithThree({2, 4});
  fs_.SetContent(Path(1), fs_.Content(Path(1)).substr(0, kThird));
  const Replayed replayed = Replay(&fs_);
  EXPECT_EQ(replayed.payloads.size(), 5u);
  EXPECT_EQ(DamageText(replayed.report), "segment 2 at 0+0: record 3 is missing\n");
}

TEST_F(JournalReaderTest, IgnoresRecordsThatTheNextSegmentBeginsAnew) {
  const auto journal = OpenWithThree();
  const auto next = OpenWithThree({2, 3});
  const Replayed replayed = Replay(&fs_);
  EXPECT_THAT(replayed.payloads,
              ElementsAre(Payload('a'), Payload('b'), Payload('a'), Payload('b'), Payload('c')));
  EXPECT_EQ(DamageText(replayed.report), "");
  EXPECT_EQ(replayed.report.next.sequence, 6u);
}

TEST_F(JournalReaderTest, DoesNotTakeARecordOfAnotherSegmentForOneOfThis) {
  const auto files = ThreeSegments();
  // A recycled block: what segment 1 holds appears in segment 2.
  const std::string foreign = files->Content(Path(1)).substr(kFirst, kFrame);
  std::string content = files->Content(Path(2));
  content.replace(kFirst, kFrame, foreign);
  files->SetContent(Path(2), content);
  const Replayed replayed = Replay(files.get());
  EXPECT_THAT(replayed.payloads, ElementsAre(Payload('a'), Payload('c')));
  EXPECT_EQ(DamageText(replayed.report),
            "segment 2 at 48+56: no record here, record 2 is missing\n");
}

TEST_F(JournalReaderTest, ReportsARecordThatComesAgain) {
  const auto files = Crashed();
  std::string content = files->Content(Path(1));
  content += content.substr(kSecond, kFrame);
  files->SetContent(Path(1), content);
  const Replayed replayed = Replay(files.get());
  EXPECT_EQ(replayed.payloads.size(), 3u);
  EXPECT_EQ(DamageText(replayed.report), "segment 1 at 216+56: record 2 comes again\n");
}

TEST_F(JournalReaderTest, ReadsPastASectorThatTheDiskCannotRead) {
  auto journal = Open();
  const std::string large(10'000, 'x');
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(Append(journal.get(), large).ok());
  }
  ASSERT_TRUE(journal->Close().ok());
  fs_.FailReads(Path(1), 35'000, 512);
  const Replayed replayed = Replay(&fs_);
  EXPECT_EQ(replayed.payloads.size(), 9u);
  EXPECT_EQ(DamageText(replayed.report),
            "segment 1 at 30144+10032: checksum of record 4 differs (read: injected input/output "
            "error), record 4 is missing\n");
}

TEST_F(JournalReaderTest, RefusesASegmentOfAnotherFormatVersion) {
  const auto files = Closed();
  std::string content = files->Content(Path(1));
  content[8] = 1;
  const uint32_t crc = base::Crc32c(std::string_view(content).substr(0, 44));
  std::copy_n(reinterpret_cast<const char*>(&crc), sizeof(crc), content.begin() + 44);
  files->SetContent(Path(1), content);
  const absl::Status status = TryReplay(files.get(), kDir).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_EQ(base::Message(status),
            "replay journal /journal: /journal/00000001.journal: segment header: format version 1, "
            "this program reads 2");
}

TEST_F(JournalReaderTest, EndsWithTheErrorOfTheVisitor) {
  const auto files = Crashed();
  int visits = 0;
  const auto report =
      ReplayJournal(files.get(), kDir, [&](const RecordPosition&, std::string_view) {
        ++visits;
        return absl::InternalError("no memory");
      });
  EXPECT_EQ(base::Message(report.status()), "replay journal /journal: no memory");
  EXPECT_EQ(visits, 1);
}

TEST_F(JournalReaderTest, PassesOverFilesThatAreNoSegments) {
  const auto files = Crashed();
  files->SetContent("/journal/LOCK", "");
  files->SetContent("/journal/00000002.journal.tmp", "x");
  files->SetContent("/journal/0000000x.journal", "x");
  EXPECT_EQ(Replay(files.get()).report.segments, 1u);
}

// A payload that holds a whole journal is a payload.
TEST_F(JournalReaderTest, DoesNotLookInsideAnIntactRecord) {
  const std::string segment = Closed()->Content(Path(1));
  testing::FaultyFileSystem fs;
  auto journal = Open(&fs);
  ASSERT_TRUE(Append(journal.get(), segment).ok());
  ASSERT_TRUE(Append(journal.get(), "behind").ok());
  EXPECT_THAT(Replay(&fs).payloads, ElementsAre(segment, "behind"));
}

}  // namespace
}  // namespace tidemark::storage
