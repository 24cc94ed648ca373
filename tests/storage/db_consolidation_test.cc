// Consolidation, retention and deletion, through the Db.
#include <random>

#include <gmock/gmock.h>

#include "tests/storage/db_fixture.h"

namespace tidemark::storage {
namespace {

using model::Labels;
using model::Matcher;
using model::MatchType;
using model::Timestamp;

constexpr Timestamp kHour = 3'600'000;
constexpr Timestamp kDay = 24 * kHour;

class DbConsolidationTest : public DbFixture {
 protected:
  static std::vector<Matcher> Job(std::string value) {
    return {*Matcher::Create(MatchType::kEqual, "job", std::move(value))};
  }
  // A sample a minute in [from, to).
  std::vector<model::Sample> PutMinutes(const Labels& labels, Timestamp from, Timestamp to) {
    std::vector<model::Sample> samples;
    std::vector<Write> writes;
    for (Timestamp t = from; t < to; t += 60'000) {
      samples.push_back({t, static_cast<double>(t % 977)});
      writes.push_back({labels, samples.back()});
    }
    EXPECT_TRUE(Commit(writes).first.ok());
    return samples;
  }
  double Metric(const std::string& name) const {
    const std::string text = metrics_->Expose();
    const size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }
  absl::Status Delete(const std::string& job, Timestamp from, Timestamp to) {
    const std::vector<std::vector<Matcher>> selectors = {Job(job)};
    return db_->DeleteSeries(selectors, from, to);
  }

  const Timestamp bucket_ = BucketOf(kNow) * kBucketMs;  // start of the open one
  const Labels up_ = Labels::Of({{"__name__", "up"}, {"job", "tikv"}});
  const Labels down_ = Labels::Of({{"__name__", "down"}, {"job", "tidb"}});
};

TEST_F(DbConsolidationTest, SealsABucketOnceItHasClosed) {
  Open();
  const auto samples = PutMinutes(up_, bucket_, bucket_ + kBucketMs + kHour);
  ASSERT_TRUE(db_->Sweep().ok());
  ASSERT_TRUE(db_->ConsolidateDue().ok());
  EXPECT_EQ(Metric("tidemark_consolidations_total"), 0);
  clock_.Advance(kBucketMs + kHour);
  ASSERT_TRUE(db_->ConsolidateDue().ok());
  EXPECT_EQ(Metric("tidemark_consolidations_total"), 1);
  EXPECT_EQ(Of(up_), Expect(samples));
  ASSERT_TRUE(db_->ConsolidateDue().ok());
  EXPECT_EQ(Metric("tidemark_consolidations_total"), 1) << "nothing is due twice";
  Reopen();
  EXPECT_EQ(Of(up_), Expect(samples));
}

TEST_F(DbConsolidationTest, GathersLateSamplesBeforeItSealsABucketAgain) {
  Open();
  auto samples = PutMinutes(up_, bucket_, bucket_ + kBucketMs);
  clock_.Advance(2 * kBucketMs);
  Put(up_, bucket_ + 2 * kBucketMs, 1);
  ASSERT_TRUE(db_->Sweep().ok());
  ASSERT_TRUE(db_->ConsolidateDue().ok());
  Put(up_, bucket_ + 30'000, 5);
  ASSERT_TRUE(db_->Sweep().ok());
  samples.insert(samples.begin() + 1, {bucket_ + 30'000, 5});
  const double before = Metric("tidemark_consolidations_total");
  ASSERT_TRUE(db_->ConsolidateDue().ok());
  EXPECT_EQ(Metric("tidemark_consolidations_total"), before);
  clock_.Advance(kHour);
  ASSERT_TRUE(db_->ConsolidateDue().ok());
  EXPECT_EQ(Metric("tidemark_consolidations_total"), before + 1);
  EXPECT_EQ(Of(up_, bucket_, bucket_ + kBucketMs - 1), Expect(samples));
}

TEST_F(DbConsolidationTest, FlushesTheOpenBucketAndGoesOn) {
  Open();
  auto samples = PutMinutes(up_, bucket_, bucket_ + kHour);
  ASSERT_TRUE(db_->Flush().ok());
  EXPECT_EQ(Of(up_), Expect(samples));
  const auto more = PutMinutes(up_, bucket_ + kHour, bucket_ + 2 * kHour);
  samples.insert(samples.end(), more.begin(), more.end());
  EXPECT_EQ(Of(up_), Expect(samples));
  ASSERT_TRUE(db_->Flush().ok());
  EXPECT_EQ(Of(up_), Expect(samples));
}

TEST_F(DbConsolidationTest, DeletesWhatIsThereAndNotWhatComesLater) {
  Open();
  const auto kept = PutMinutes(down_, bucket_, bucket_ + kHour);
  PutMinutes(up_, bucket_, bucket_ + kHour);
  ASSERT_TRUE(Delete("tikv", model::kMinTimestamp, model::kMaxTimestamp).ok());
  EXPECT_THAT(Of(up_), ::testing::IsEmpty());
  EXPECT_EQ(Of(down_), Expect(kept));
  Put(up_, bucket_ + kHour, 1);
  Put(up_, bucket_ + 30'000, 2);
  const auto left = Expect({{bucket_ + 30'000, 2}, {bucket_ + kHour, 1}});
  EXPECT_EQ(Of(up_), left);
  ASSERT_TRUE(db_->Sweep().ok());
  EXPECT_EQ(Of(up_), left);
  ASSERT_TRUE(db_->CleanTombstones().ok());
  EXPECT_EQ(Metric("tidemark_store_tombstones"), 0);
  EXPECT_EQ(Of(up_), left);
  Reopen();
  EXPECT_EQ(Of(up_), left);
}

TEST_F(DbConsolidationTest, DoesNotHideWhatComesBehindARestart) {
  Open();
  PutMinutes(up_, bucket_, bucket_ + kHour);
  ASSERT_TRUE(db_->Sweep().ok());
  ASSERT_TRUE(Delete("tikv", model::kMinTimestamp, model::kMaxTimestamp).ok());
  ASSERT_TRUE(Delete("tikv", model::kMinTimestamp, model::kMaxTimestamp).ok());
  Reopen();
  Put(up_, bucket_ + kHour, 1);
  ASSERT_TRUE(db_->Sweep().ok());
  EXPECT_EQ(Of(up_), Expect({{bucket_ + kHour, 1}}));
}

TEST_F(DbConsolidationTest, DeletesAStretchOfTimeAcrossSealedBucketsAndARestart) {
  Open();
  const auto samples = PutMinutes(up_, bucket_ - kDay, bucket_ + kHour);
  ASSERT_TRUE(db_->Flush().ok());
  const Timestamp from = bucket_ - 7 * kHour;
  const Timestamp to = bucket_ - kHour;
  ASSERT_TRUE(Delete("tikv", from, to).ok());
  std::vector<model::Sample> left;
  std::copy_if(samples.begin(), samples.end(), std::back_inserter(left),
               [&](const model::Sample& s) { return s.t < from || s.t > to; });
  EXPECT_EQ(Of(up_), Expect(left));
  Reopen();
  EXPECT_EQ(Of(up_), Expect(left));
  EXPECT_EQ(Metric("tidemark_store_tombstones"), 1);
  ASSERT_TRUE(db_->CleanTombstones().ok());
  EXPECT_EQ(Metric("tidemark_store_tombstones"), 0);
  EXPECT_EQ(Of(up_), Expect(left));
}

TEST_F(DbConsolidationTest, KeepsSeriesForTheTimeOfTheirRule) {
  options_.retention_ms = 3 * kDay;
  options_.retention_rules = {{Job("tikv"), kDay}, {Job("tidb"), 9 * kDay}};
  Open();
  PutMinutes(up_, bucket_ - 2 * kDay, bucket_);
  const auto long_kept = PutMinutes(down_, bucket_ - 2 * kDay, bucket_);
  ASSERT_TRUE(db_->Flush().ok());
  EXPECT_EQ(Of(up_).front().first, (kNow - kDay + 59'999) / 60'000 * 60'000) << "on read at once";
  EXPECT_EQ(Of(down_), Expect(long_kept));
  clock_.Advance(5 * kDay);
  ASSERT_TRUE(db_->Sweep().ok());
  ASSERT_TRUE(db_->ConsolidateDue().ok());
  EXPECT_EQ(Of(down_), Expect(long_kept)) << "longer than the default";
  db_->SetRetentionRules({});
  EXPECT_THAT(Of(up_), ::testing::IsEmpty()) << "gone from the disk";
  EXPECT_EQ(Of(down_), Expect(long_kept));
  ASSERT_TRUE(db_->Sweep().ok());
  EXPECT_THAT(Of(down_), ::testing::IsEmpty());
}

TEST_F(DbConsolidationTest, RewritesOnceForRetentionRulesWhateverRestartsBetween) {
  options_.retention_rules = {{Job("tikv"), kDay}};
  Open();
  PutMinutes(up_, bucket_ - 2 * kDay, bucket_);
  ASSERT_TRUE(db_->Flush().ok());
  ASSERT_TRUE(db_->ConsolidateDue().ok());
  ASSERT_TRUE(db_->Close().ok());
  Reopen();
  ASSERT_TRUE(db_->ConsolidateDue().ok());
  EXPECT_EQ(Metric("tidemark_consolidations_total"), 0);
  db_->SetRetentionRules({{Job("tikv"), kHour}});
  ASSERT_TRUE(db_->ConsolidateDue().ok());
  EXPECT_GT(Metric("tidemark_consolidations_total"), 0) << "other rules";
}

TEST_F(DbConsolidationTest, CountsSeriesToTheSizeAllowed) {
  Open();
  std::vector<Write> writes;
  std::mt19937_64 rng(1);
  for (int i = 0; i < 2000; ++i) {
    std::string pod;
    while (pod.size() < 200) {
      pod += std::to_string(rng());
    }
    writes.push_back({Labels::Of({{"__name__", "up"}, {"pod", pod}}), {kNow, 1}});
  }
  ASSERT_TRUE(Commit(writes).first.ok());
  PutMinutes(up_, bucket_ - kBucketMs, bucket_ - kBucketMs + kHour);
  ASSERT_TRUE(db_->Flush().ok());
  const double bytes = Metric("tidemark_store_disk_bytes");
  ASSERT_GT(bytes, 0);
  ASSERT_TRUE(db_->Close().ok());
  options_.retention_bytes = static_cast<uint64_t>(bytes * 2);
  Reopen();
  ASSERT_TRUE(db_->Sweep().ok());
  EXPECT_THAT(Of(up_), ::testing::SizeIs(60));
  ASSERT_TRUE(db_->Close().ok());
  options_.retention_bytes = static_cast<uint64_t>(bytes / 2);
  Reopen();
  ASSERT_TRUE(db_->Sweep().ok());
  EXPECT_THAT(Of(up_), ::testing::IsEmpty());
}

TEST_F(DbConsolidationTest, DropsTheOldestBucketsAboveTheSizeAllowed) {
  options_.retention_bytes = 1;
  Open();
  PutMinutes(up_, bucket_ - 4 * kBucketMs, bucket_ + 60'000);
  ASSERT_TRUE(db_->Flush().ok());
  ASSERT_TRUE(db_->Sweep().ok());
  EXPECT_EQ(Of(up_).front().first, bucket_) << "only the open bucket is left";
}

// A store that was cut off for a day sends that day again, behind what came meanwhile.
TEST_F(DbConsolidationTest, TakesAWholeDayLateAndSealsIt) {
  Open();
  const auto now = PutMinutes(up_, bucket_, bucket_ + kHour);
  ASSERT_TRUE(db_->Sweep().ok());
  auto day = PutMinutes(up_, bucket_ - kDay, bucket_);
  day.insert(day.end(), now.begin(), now.end());
  EXPECT_EQ(Of(up_), Expect(day));
  ASSERT_TRUE(db_->Sweep().ok());
  EXPECT_EQ(Of(up_), Expect(day));
  ASSERT_TRUE(db_->ConsolidateDue().ok());
  EXPECT_EQ(Metric("tidemark_consolidations_total"), 4);
  EXPECT_EQ(Of(up_), Expect(day));
}

TEST_F(DbConsolidationTest, CountsWhatItWritesToTheDisk) {
  Open();
  PutMinutes(up_, bucket_, bucket_ + kHour);
  ASSERT_TRUE(db_->Flush().ok());
  for (const char* by : {"flush", "consolidation", "journal"}) {
    EXPECT_GT(Metric("tidemark_disk_written_bytes_total{by=\"" + std::string(by) + "\"}"), 0) << by;
  }
}

}  // namespace
}  // namespace tidemark::storage
