#include "storage/arrivals.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "fmt/format.h"
#include "tests/storage/db_fixture.h"

namespace tidemark::storage {
namespace {

using model::Labels;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Wants the series of one job.
class JobSubscriber final : public ArrivalSubscriber {
 public:
  explicit JobSubscriber(std::string job, size_t max_waiting = 1000)
      : ArrivalSubscriber(max_waiting), job_(std::move(job)) {}

  bool Wants(model::LabelsView labels) const override { return labels.Get("job") == job_; }
  void set_job(std::string job) { job_ = std::move(job); }

  // What has come, as texts, batches apart.
  std::vector<std::string> TakeTexts(Arrivals* arrivals) {
    std::vector<std::string> texts;
    for (ArrivalBatch* batch = Take(); batch != nullptr;) {
      ArrivalBatch* const done = batch;
      batch = batch->next;
      std::string text;
      for (const Arrival& arrival : done->arrivals) {
        text += fmt::format("{}:{}={}{} ", arrival.series, arrival.sample.t, arrival.sample.v,
                            arrival.late ? " late" : "");
      }
      for (const SeriesRef ref : done->evicted) {
        text += fmt::format("{} left ", ref);
      }
      texts.push_back(text);
      arrivals->Recycle(done);
    }
    return texts;
  }

 private:
  std::string job_;
};

class ArrivalsTest : public DbFixture {
 protected:
  ArrivalsTest() { options_.inactive_after_ms = 60'000; }
  ~ArrivalsTest() override { Drop(); }

  std::vector<std::string> Taken(JobSubscriber* subscriber) {
    return subscriber->TakeTexts(db_->arrivals());
  }

  const Labels a_ = Labels::Of({{"__name__", "a"}, {"job", "x"}});
  const Labels b_ = Labels::Of({{"__name__", "b"}, {"job", "y"}});
};

TEST_F(ArrivalsTest, TellsWhatCameOfWantedSeries) {
  Open();
  JobSubscriber x("x");
  db_->arrivals()->Subscribe(&x);
  Commit({{a_, {1000, 1}}, {b_, {1000, 2}}, {a_, {2000, 3}}});
  EXPECT_THAT(Taken(&x), ElementsAre("1:1000=1 1:2000=3 "));
  Put(b_, 3000, 1);
  EXPECT_THAT(Taken(&x), IsEmpty()) << "nothing of it was wanted";
}

TEST_F(ArrivalsTest, SaysWhichSamplesAreLateAndLeavesOutDuplicatesAndRefusals) {
  Open();
  JobSubscriber x("x");
  db_->arrivals()->Subscribe(&x);
  Put(a_, 5000, 1);
  Put(a_, 5000, 1);
  Put(a_, 5000, 2);
  Put(a_, 4000, 7);
  EXPECT_THAT(Taken(&x), ElementsAre("1:5000=1 ", "1:4000=7 late "));
}

TEST_F(ArrivalsTest, AsksAnewWhatIsWanted) {
  Open();
  JobSubscriber x("nothing");
  db_->arrivals()->Subscribe(&x);
  Put(a_, 1000, 1);
  Put(b_, 1000, 1);
  x.set_job("y");
  db_->Reclassify(&x);
  Put(a_, 2000, 1);
  Put(b_, 2000, 1);
  EXPECT_THAT(Taken(&x), ElementsAre("2:2000=1 "));
}

TEST_F(ArrivalsTest, GivesEachSubscriberItsOwn) {
  Open();
  JobSubscriber x("x");
  JobSubscriber y("y");
  JobSubscriber also_x("x");
  for (JobSubscriber* one : {&x, &y, &also_x}) {
    db_->arrivals()->Subscribe(one);
  }
  Commit({{a_, {1000, 1}}, {b_, {1000, 2}}});
  EXPECT_THAT(Taken(&x), ElementsAre("1:1000=1 "));
  EXPECT_THAT(Taken(&y), ElementsAre("2:1000=2 "));
  EXPECT_THAT(Taken(&also_x), ElementsAre("1:1000=1 "));
  db_->arrivals()->Unsubscribe(&y);
  Put(b_, 2000, 1);
  EXPECT_THAT(Taken(&y), IsEmpty());
}

TEST_F(ArrivalsTest, GivesBackWhatWasNotTakenInTime) {
  Open();
  JobSubscriber x("x");
  db_->arrivals()->Subscribe(&x);
  Put(a_, 1000, 1);
  db_->arrivals()->Wake(&x);
  db_->arrivals()->Unsubscribe(&x);
  EXPECT_EQ(x.Take(), nullptr);
}

TEST_F(ArrivalsTest, DropsWhatIsTooMuchAndSaysSo) {
  Open();
  JobSubscriber x("x", 2);
  db_->arrivals()->Subscribe(&x);
  Put(a_, 1000, 1);
  Put(a_, 2000, 1);
  EXPECT_FALSE(x.TakeLoss());
  Put(a_, 3000, 1);
  EXPECT_TRUE(x.TakeLoss());
  EXPECT_FALSE(x.TakeLoss());
  EXPECT_EQ(Taken(&x).size(), 2u);
  Put(a_, 4000, 1);
  EXPECT_THAT(Taken(&x), ElementsAre("1:4000=1 "));
}

TEST_F(ArrivalsTest, TellsWhichSeriesLeftMemory) {
  Open();
  JobSubscriber x("x");
  db_->arrivals()->Subscribe(&x);
  Put(a_, kNow, 1);
  ASSERT_TRUE(db_->Sweep().ok());
  clock_.Advance(120'000);
  ASSERT_TRUE(db_->Sweep().ok());
  EXPECT_THAT(Taken(&x), ElementsAre(fmt::format("1:{}=1 ", kNow), "1 left "));
}

TEST_F(ArrivalsTest, TellsNothingThatCannotBeReadYet) {
  constexpr int kWriters = 3;
  constexpr int kSamples = 400;
  Open();
  JobSubscriber x("x", 1u << 20);
  db_->arrivals()->Subscribe(&x);
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([this, w] {
      const Labels own =
          Labels::Of({{"__name__", "a"}, {"job", "x"}, {"writer", std::to_string(w)}});
      for (int i = 1; i <= kSamples; ++i) {
        Commit({{own, {1000 * i, static_cast<double>(i)}}});
      }
    });
  }
  int taken = 0;
  while (taken < kWriters * kSamples) {
    x.Wait(100);
    for (ArrivalBatch* batch = x.Take(); batch != nullptr;) {
      ArrivalBatch* const done = batch;
      batch = batch->next;
      for (const Arrival& arrival : done->arrivals) {
        const auto name = db_->NameOf(arrival.series);
        ASSERT_TRUE(name.has_value());
        SampleColumns columns;
        ASSERT_TRUE(db_->ReadSeries(name->key, arrival.sample.t, arrival.sample.t, &columns).ok());
        ASSERT_EQ(columns.size(), 1u) << arrival.sample.t;
        EXPECT_EQ(columns.values[0], arrival.sample.v);
        ++taken;
      }
      db_->arrivals()->Recycle(done);
    }
  }
  for (std::thread& writer : writers) {
    writer.join();
  }
  EXPECT_EQ(taken, kWriters * kSamples);
}

class ReadSeriesTest : public DbFixture {
 protected:
  ~ReadSeriesTest() override { Drop(); }

  Samples ReadAll(model::Timestamp min_time, model::Timestamp max_time) const {
    SampleColumns columns;
    const absl::Status read = db_->ReadSeries({1, 1}, min_time, max_time, &columns);
    EXPECT_TRUE(read.ok()) << read;
    Samples samples;
    for (size_t i = 0; i < columns.size(); ++i) {
      samples.emplace_back(columns.timestamps[i], model::ValueBits(columns.values[i]));
    }
    return samples;
  }

  const Labels a_ = Labels::Of({{"__name__", "a"}});
};

TEST_F(ReadSeriesTest, GivesWhatASelectionGivesWhereverTheSamplesAre) {
  Open();
  for (int i = 0; i < 500; ++i) {
    Put(a_, kNow + 15'000 * i, i);
    if (i % 7 == 3) {
      Put(a_, kNow + 15'000 * i - 40'000, -i);
    }
    if (i % 100 == 70) {
      ASSERT_TRUE(db_->Sweep().ok());
    }
    if (i == 250) {
      const auto matcher = *model::Matcher::Create(model::MatchType::kEqual, "__name__", "a");
      const std::vector<std::vector<model::Matcher>> selectors = {{matcher}};
      ASSERT_TRUE(db_->DeleteSeries(selectors, kNow + 15'000 * 240, kNow + 15'000 * 245).ok());
    }
    if (i % 11 == 0) {
      const model::Timestamp end = kNow + 15'000 * i;
      for (const int64_t window : {0, 300'000, 3'600'000, 86'400'000}) {
        ASSERT_EQ(ReadAll(end - window, end), Of(a_, end - window, end)) << i << " " << window;
      }
    }
  }
}

TEST_F(ReadSeriesTest, ReadsASeriesThatHasLeftMemory) {
  options_.inactive_after_ms = 60'000;
  Open();
  Put(a_, kNow, 1);
  ASSERT_TRUE(db_->Sweep().ok());
  clock_.Advance(120'000);
  ASSERT_TRUE(db_->Sweep().ok());
  EXPECT_FALSE(db_->NameOf(1).has_value());
  EXPECT_EQ(ReadAll(kNow - 1000, kNow + 1000), Expect({{kNow, 1}}));
  size_t visited = 0;
  ASSERT_TRUE(db_->VisitSeries({},
                               [&visited](SeriesKey key, model::LabelsView labels) {
                                 EXPECT_EQ(key, (SeriesKey{1, 1}));
                                 EXPECT_EQ(labels.metric_name(), "a");
                                 ++visited;
                               })
                  .ok());
  EXPECT_EQ(visited, 1u);
}

}  // namespace
}  // namespace tidemark::storage
