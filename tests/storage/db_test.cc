#include "storage/db.h"

#include <filesystem>

#include <gmock/gmock.h>

#include "tests/storage/db_fixture.h"

namespace tidemark::storage {
namespace {

using model::Labels;
using model::Matcher;
using model::MatchType;
using model::Timestamp;

class DbTest : public DbFixture {
 protected:
  size_t JournalSegments() const {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(options_.path + "/journal")) {
      count += entry.path().extension() == ".journal" ? 1 : 0;
    }
    return count;
  }

  const Labels up_ = Labels::Of({{"__name__", "up"}, {"job", "tikv"}});
  const Labels down_ = Labels::Of({{"__name__", "down"}, {"job", "tidb"}});
};

TEST_F(DbTest, GivesBackWhatWasWritten) {
  Open();
  Put(up_, 1000, 1);
  Put(up_, 2000, model::StaleMarker());
  Put(down_, 1500, -0.0);
  EXPECT_EQ(Of(up_), Expect({{1000, 1}, {2000, model::StaleMarker()}}));
  EXPECT_EQ(Of(down_), Expect({{1500, -0.0}}));
  EXPECT_EQ(Of(up_, 1001, 2000), Expect({{2000, model::StaleMarker()}}));
}

TEST_F(DbTest, SelectsByMatchersAndTime) {
  Open();
  Put(up_, 1000, 1);
  Put(down_, 5000, 1);
  const auto tikv = *Matcher::Create(MatchType::kRegexp, "job", "ti.v");
  EXPECT_EQ(Select({tikv}).size(), 1u);
  EXPECT_EQ(Select({}, 1001, 6000).size(), 2u) << "what is not swept may still grow";
  ASSERT_TRUE(db_->Sweep().ok());
  EXPECT_EQ(Select({}, 1001, 6000).size(), 1u);
  EXPECT_THAT(*db_->LabelNames({}), ::testing::ElementsAre("__name__", "job"));
  EXPECT_THAT(*db_->LabelValues("job", {}), ::testing::ElementsAre("tidb", "tikv"));
  const Selection late{2000, 6000, {}};
  EXPECT_THAT(*db_->LabelValues("job", late), ::testing::ElementsAre("tidb"));
}

TEST_F(DbTest, KeepsAcknowledgedSamplesWithoutACleanEnd) {
  Open();
  for (int i = 0; i < 300; ++i) {
    Put(up_, 1000 * i, i);
  }
  Reopen();
  EXPECT_EQ(Of(up_).size(), 300u);
  Reopen();
  EXPECT_EQ(Of(up_).size(), 300u) << "a second crash after one recovery";
  EXPECT_EQ(Put(up_, 299'000, 299), Refusal::kNone) << "the same sample again";
  EXPECT_EQ(Put(up_, 299'000, 298), Refusal::kConflict);
  EXPECT_EQ(Put(up_, 300'000, 300), Refusal::kNone);
  EXPECT_EQ(Of(up_).size(), 301u);
}

TEST_F(DbTest, ReadsAcrossStoreAndHead) {
  Open();
  std::vector<model::Sample> expected;
  for (int i = 0; i < 1000; ++i) {
    Put(up_, 60'000 * i, i * 0.1);  // several chunks, three buckets
    expected.push_back({60'000 * i, i * 0.1});
    if (i % 300 == 299) {
      ASSERT_TRUE(db_->Sweep().ok());
      EXPECT_EQ(Of(up_), Expect(expected));
    }
  }
  EXPECT_EQ(Of(up_), Expect(expected));
  Reopen();
  EXPECT_EQ(Of(up_), Expect(expected));
  EXPECT_EQ(Of(up_, 60'000 * 295, 60'000 * 305).size(), 11u);
}

TEST_F(DbTest, MergesLateSamplesOnRead) {
  Open();
  Put(up_, 10'000, 10);
  Put(up_, 20'000, 20);
  Put(up_, 15'000, 15);
  Put(up_, 5000, 5);
  EXPECT_EQ(Put(up_, 5000, 6), Refusal::kConflict);
  EXPECT_EQ(Put(up_, 10'000, 99), Refusal::kNone) << "late: the sample in order wins on read";
  const Samples expected = Expect({{5000, 5}, {10'000, 10}, {15'000, 15}, {20'000, 20}});
  EXPECT_EQ(Of(up_), expected);
  ASSERT_TRUE(db_->Sweep().ok());
  EXPECT_EQ(Of(up_), expected);
  Put(up_, 15'000, 77);
  ASSERT_TRUE(db_->Sweep().ok());
  EXPECT_EQ(Of(up_), expected) << "the late sample that came first wins";
  Reopen();
  EXPECT_EQ(Of(up_), expected);
  EXPECT_EQ(Of(up_, 0, 9999), Expect({{5000, 5}}));
}

TEST_F(DbTest, DeletesTheJournalBehindASweep) {
  options_.journal_segment_bytes = 64 << 10;
  Open();
  for (int i = 0; i < 10'000; ++i) {
    Put(up_, i, i);
  }
  EXPECT_GT(JournalSegments(), 1u);
  ASSERT_TRUE(db_->Sweep().ok());
  EXPECT_EQ(JournalSegments(), 1u);
  Reopen();
  EXPECT_EQ(Of(up_).size(), 10'000u);
}

TEST_F(DbTest, ClosesAndOpensCleanly) {
  Open();
  Put(up_, 1, 1);
  ASSERT_TRUE(db_->Close().ok());
  Reopen();
  EXPECT_EQ(Of(up_), Expect({{1, 1}}));
}

TEST_F(DbTest, KeepsMetadataAcrossCrashAndSweep) {
  const MetricMetadata metadata{MetricType::kCounter, "help", "s"};
  Open();
  WriteSession session(db_.get());
  session.Begin();
  session.SetMetadata("up", metadata);
  std::promise<absl::Status> durable;
  session.Commit([&durable](const absl::Status& status) { durable.set_value(status); });
  ASSERT_TRUE(durable.get_future().get().ok());
  Reopen();
  ASSERT_EQ(db_->Metadata("up").size(), 1u);
  ASSERT_TRUE(db_->Sweep().ok());
  Reopen();
  EXPECT_EQ(db_->Metadata("up")[0].second, metadata);
}

TEST_F(DbTest, HoldsSamplesAgainstRetentionAndFuture) {
  options_.retention_ms = 3'600'000;
  Open();
  EXPECT_EQ(Put(up_, kNow - 3'600'001, 1), Refusal::kTooOld);
  EXPECT_EQ(Put(up_, kNow + 600'001, 1), Refusal::kTooNew);
  EXPECT_EQ(Put(up_, kNow - 3'600'000, 1), Refusal::kNone);
  EXPECT_EQ(Put(up_, kNow + 600'000, 1), Refusal::kNone);
}

TEST_F(DbTest, TakesAnyTimeFromTheEpochOnWithoutRetention) {
  Open();
  EXPECT_EQ(Put(up_, -1, 1), Refusal::kTooOld);
  EXPECT_EQ(Put(up_, 0, 1), Refusal::kNone);
  EXPECT_EQ(Put(up_, model::kMaxTimestamp, 1), Refusal::kNone);
}

TEST_F(DbTest, DropsBucketsThatExpired) {
  options_.retention_ms = 24LL * 3'600'000;
  Open();
  Put(up_, kNow, 1);
  ASSERT_TRUE(db_->Sweep().ok());
  clock_.Advance(options_.retention_ms + 2 * kBucketMs);
  Put(up_, clock_.NowMs(), 2);
  ASSERT_TRUE(db_->Sweep().ok());
  EXPECT_EQ(Of(up_), Expect({{clock_.NowMs(), 2}}));
}

TEST_F(DbTest, SeesOneSeriesSetFromOneMoment) {
  Open();
  Put(up_, 1, 1);
  auto set = db_->Select({});
  ASSERT_TRUE(set.ok());
  Put(up_, 2, 2);
  ASSERT_TRUE(db_->Sweep().ok());
  ASSERT_TRUE((*set)->Next());
  SampleColumns columns;
  ASSERT_TRUE((*set)->Read(&columns).ok());
  EXPECT_EQ(columns.timestamps, std::vector<Timestamp>{1});
}

TEST_F(DbTest, ReadsMemoryAloneWhereThatIsAsked) {
  Open();
  Put(up_, kNow, 1);
  ASSERT_TRUE(db_->Sweep().ok());
  Put(up_, kNow + 1000, 2);
  const auto read = [&](Timestamp min_time) -> absl::StatusOr<SampleColumns> {
    auto set = db_->Select(
        {.min_time = min_time, .max_time = kNow + 5000, .matchers = {}, .memory_only = true});
    SampleColumns columns;
    if (!set.ok() || !(*set)->Next()) {
      return set.status();
    }
    const absl::Status status = (*set)->Read(&columns);
    return status.ok() ? absl::StatusOr<SampleColumns>(columns) : status;
  };
  EXPECT_EQ(read(kNow)->size(), 2u);
  EXPECT_TRUE(absl::IsUnavailable(read(kNow - 1).status())) << "before what is in memory";
  Reopen();
  EXPECT_TRUE(absl::IsUnavailable(read(kNow).status())) << "in the journal only what is newer";
  Put(up_, kNow + 2000, 3);
  EXPECT_EQ(read(kNow + 2000)->size(), 1u);
}

TEST_F(DbTest, SharesASelectionByPlaces) {
  Open();
  for (int i = 0; i < 700; ++i) {
    Put(model::Labels::Of({{"__name__", "m"}, {"i", std::to_string(i)}}), kNow + i % 3, i);
    Put(model::Labels::Of({{"__name__", "m"}, {"i", std::to_string(i)}}), kNow + 10, i);
  }
  ASSERT_TRUE(db_->Sweep().ok());
  auto set = db_->Select({});
  ASSERT_TRUE(set.ok());
  const auto other = (*set)->Another();
  EXPECT_FALSE(other->Next());
  const auto whole = InPlaces(set->get(), 0, (*set)->places());
  EXPECT_EQ(whole.size(), 700u);
  std::vector<std::pair<std::string, size_t>> joined;
  for (size_t begin = 0; begin < (*set)->places(); begin += 90) {
    const size_t end = std::min(begin + 90, (*set)->places());
    const auto part = InPlaces(begin % 180 == 0 ? other.get() : set->get(), begin, end);
    joined.insert(joined.end(), part.begin(), part.end());
  }
  EXPECT_EQ(joined, whole);
}

}  // namespace
}  // namespace tidemark::storage
