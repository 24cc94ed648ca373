// Series leave memory and come back: what is stored and what is found stay the same.
#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/storage/db_model_fixture.h"

namespace tidemark::storage {
namespace {

using model::Labels;
using model::Matcher;
using model::MatchType;
using model::Timestamp;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kHourMs = 3'600'000;

class DbChurnTest : public DbFixture {
 protected:
  DbChurnTest() { options_.inactive_after_ms = 6 * kHourMs; }

  // A sweep after everything in memory has been inactive for long enough.
  void EvictAll() {
    ASSERT_TRUE(db_->Sweep().ok());
    clock_.Advance(7 * kHourMs);
    ASSERT_TRUE(db_->Sweep().ok());
    ASSERT_EQ(db_->series_count(), 0u);
  }

  std::vector<std::string> Values(const std::string& name, const Selection& selection = {}) {
    auto values = db_->LabelValues(name, selection);
    EXPECT_TRUE(values.ok()) << values.status();
    return *values;
  }

  const Labels a_ = Labels::Of({{"__name__", "up"}, {"pod", "a"}});
  const Labels b_ = Labels::Of({{"__name__", "up"}, {"pod", "b"}});
};

TEST_F(DbChurnTest, FindsSeriesThatHaveLeftMemory) {
  Open();
  Put(a_, kNow, 1);
  Put(a_, kNow - 1000, 2);
  Put(b_, kNow, 3);
  EvictAll();
  EXPECT_EQ(Of(a_), Expect({{kNow - 1000, 2}, {kNow, 1}}));
  const Matcher b = *Matcher::Create(MatchType::kEqual, "pod", "b");
  EXPECT_EQ(Select({b}).size(), 1u);
  EXPECT_THAT(Values("pod"), ElementsAre("a", "b"));
  EXPECT_THAT(Values("pod", {.matchers = {&b, 1}}), ElementsAre("b"));
  EXPECT_THAT(*db_->LabelNames({}), ElementsAre("__name__", "pod"));
  const Selection memory{.matchers = {}, .memory_only = true};
  EXPECT_TRUE(absl::IsUnavailable(db_->LabelNames(memory).status()));
  EXPECT_TRUE(absl::IsUnavailable(db_->LabelValues("pod", memory).status()));
  EXPECT_TRUE(absl::IsUnavailable(db_->Select(memory).status()));
  EXPECT_THAT(Select({}, kNow + 1, kNow + 2), IsEmpty());
  EXPECT_EQ(db_->MatchingSeries({})->size(), 2u);
  ASSERT_TRUE(db_->Sweep().ok());  // flushes
  Reopen();
  EXPECT_EQ(db_->series_count(), 0u) << "a restart loads what is live";
  EXPECT_EQ(Of(b_), Expect({{kNow, 3}}));
}

TEST_F(DbChurnTest, KeepsWhatIsAppendedToWhateverTheTimesOfItsSamples) {
  Open();
  Put(a_, kNow - 100 * kHourMs, 1);
  Put(b_, kNow, 1);
  for (int hour = 1; hour <= 12; ++hour) {
    clock_.Advance(kHourMs);
    Put(a_, kNow - 100 * kHourMs + hour, 1);
    ASSERT_TRUE(db_->Sweep().ok());
  }
  EXPECT_EQ(db_->series_count(), 1u);
  EXPECT_EQ(Of(a_).size(), 13u);
  EXPECT_EQ(Of(b_).size(), 1u);
}

TEST_F(DbChurnTest, GivesOneSeriesForLabelsThatCameBack) {
  Open();
  Put(a_, kNow, 1);
  Put(a_, kNow + 1000, 2);
  EvictAll();
  Put(a_, kNow - 1, 10);
  Put(a_, kNow + 1000, 20);  // the older ref's wins
  Put(a_, kNow + 2000, 30);
  const Samples expected = Expect({{kNow - 1, 10}, {kNow, 1}, {kNow + 1000, 2}, {kNow + 2000, 30}});
  EXPECT_EQ(Of(a_), expected);
  EXPECT_EQ(Select().size(), 1u);
  EvictAll();
  EXPECT_EQ(Of(a_), expected) << "twice out of memory";
  EXPECT_EQ(Select().size(), 1u);
  Reopen();
  EXPECT_EQ(Of(a_), expected);
  EXPECT_EQ(db_->MatchingSeries({})->size(), 2u);
}

TEST_F(DbChurnTest, GivesOneSeriesForLabelsThatCameBackHoweverPlacesAreCut) {
  Open();
  const std::vector<Labels> series = {a_, b_, Labels::Of({{"__name__", "down"}, {"pod", "a"}})};
  for (const Labels& labels : series) {
    Put(labels, kNow, 1);
  }
  EvictAll();
  for (const Labels& labels : series) {
    Put(labels, kNow + 1, 2);
  }
  auto set = db_->Select({});
  ASSERT_TRUE(set.ok());
  ASSERT_EQ((*set)->places(), 6u);
  for (size_t cut = 0; cut <= (*set)->places(); ++cut) {
    auto joined = InPlaces(set->get(), 0, cut);
    const auto rest = InPlaces(set->get(), cut, (*set)->places());
    joined.insert(joined.end(), rest.begin(), rest.end());
    ASSERT_EQ(joined.size(), series.size()) << "cut at " << cut;
    for (const auto& [labels, samples] : joined) {
      EXPECT_EQ(samples, 2u) << labels << ", cut at " << cut;
    }
  }
}

TEST_F(DbChurnTest, LosesNothingWhenACrashTakesTheMoveBack) {
  Open();
  Put(a_, kNow, 1);
  EvictAll();
  Put(a_, kNow + 5000, 2);  // in the journal; the move was not flushed
  Reopen();
  const Samples expected = Expect({{kNow, 1}, {kNow + 5000, 2}});
  EXPECT_EQ(Of(a_), expected);
  Put(a_, kNow + 6000, 3);
  ASSERT_TRUE(db_->Sweep().ok());
  EXPECT_EQ(db_->series_count(), 1u);
  EXPECT_EQ(Select().size(), 1u);
  Reopen();
  EXPECT_EQ(Of(a_).size(), 3u);
}

TEST_F(DbChurnTest, NeverGivesARefAgain) {
  Open();
  Put(a_, kNow, 1);
  Put(b_, kNow, 1);
  EvictAll();
  ASSERT_TRUE(db_->Close().ok());
  Reopen();
  Put(a_, kNow, 7);
  const auto keys = db_->MatchingSeries({});
  ASSERT_EQ(keys->size(), 3u);
  EXPECT_EQ(keys->back().series, 3u);
  EXPECT_EQ(Of(a_), Expect({{kNow, 1}}));
}

TEST_F(DbChurnTest, ForgetsSeriesWhoseWeekIsOlderThanTheRetention) {
  options_.retention_ms = 10 * 24 * kHourMs;
  Open();
  Put(a_, kNow, 1);
  EvictAll();
  EXPECT_EQ(Select().size(), 1u);
  clock_.Advance(18 * 24 * kHourMs);
  ASSERT_TRUE(db_->Sweep().ok());
  EXPECT_THAT(Select(), IsEmpty());
  EXPECT_THAT(Values("pod"), IsEmpty());
}

class DbChurnModelTest : public DbModelFixture {
 protected:
  DbChurnModelTest() { options_.inactive_after_ms = 6 * kHourMs; }

  Labels SeriesLabels(size_t i) {
    return Labels::Of({{"__name__", "m" + std::to_string(i % 3)}, {"pod", std::to_string(i)}});
  }

  void WriteSome(std::mt19937& rng) {
    std::vector<Write> writes;
    const size_t first = rng() % 40;
    for (size_t i = 0, n = 1 + rng() % 30; i < n; ++i) {
      const Labels labels = SeriesLabels(first + rng() % 10);
      const auto back = static_cast<Timestamp>(rng() % 5 == 0 ? rng() % (40 * kHourMs) : 0);
      writes.push_back(
          {labels,
           {clock_.NowMs() - back + static_cast<Timestamp>(i), static_cast<double>(rng())}});
    }
    CommitAndKeep(writes);
  }

  void Check(std::mt19937& rng) {
    const Timestamp min = clock_.NowMs() - static_cast<Timestamp>(rng() % (200 * kHourMs));
    CheckBetween(min, min + static_cast<Timestamp>(rng() % (100 * kHourMs)));
    CheckAll();
    std::set<std::string> pods;
    for (const auto& [series, samples] : expected_) {
      pods.insert(series.substr(series.find("pod")));
    }
    ASSERT_EQ(db_->LabelValues("pod", {})->size(), pods.size());
  }
};

TEST_P(DbChurnModelTest, HoldsExactlyWhatWasAcknowledged) {
  SCOPED_TRACE(GetParam());
  std::mt19937 rng(GetParam());
  options_.journal_segment_bytes = 64 << 10;
  Open();
  for (int step = 0; step < 150; ++step) {
    const auto dice = rng() % 20;
    if (dice < 9) {
      WriteSome(rng);
    } else if (dice < 12) {
      ASSERT_TRUE(db_->Sweep().ok());
    } else if (dice < 15) {
      clock_.Advance(static_cast<int64_t>(rng() % (5 * kHourMs)));
    } else if (dice < 18) {
      Check(rng);
    } else if (dice < 19) {
      Reopen();
    } else {
      ASSERT_TRUE(db_->Close().ok());
      Reopen();
    }
    if (HasFatalFailure()) {
      return;
    }
  }
  Check(rng);
}

INSTANTIATE_TEST_SUITE_P(Seeds, DbChurnModelTest, ::testing::Range(1u, 9u));

// Series that are evicted as soon as nobody appends to them for the moment: no acknowledged sample
// is lost, and every query sees one series for each label set with all that was acknowledged.
TEST_F(DbChurnTest, LosesNoSampleWhileSeriesAreEvictedUnderTheirWriters) {
  constexpr int kWriters = 2;
  constexpr int kSeries = 200;  // of each writer, in turn
  constexpr int kRounds = 20 * kSeries;
  options_.inactive_after_ms = 1;
  clock_.Advance(500);  // behind the full second in which a sweep notes what it writes
  Open();
  std::atomic<int> running{kWriters};
  std::atomic<int> sweeps{0};  // ended; writers rest by it
  // Written by its writer after the acknowledgement, read by queries before they select.
  std::atomic<int> acknowledged[kWriters] = {};
  const auto labels = [](int writer, int i) {
    return Labels::Of({{"__name__", "m"}, {"i", std::to_string(i)}, {"w", std::to_string(writer)}});
  };
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      for (int round = 0; round < kRounds; ++round) {
        if (round == kRounds / 2) {
          // At rest for a whole sweep, so that some eviction is sure.
          for (const int before = sweeps; sweeps < before + 2;) {
            std::this_thread::yield();
          }
        }
        EXPECT_EQ(Put(labels(writer, round % kSeries), kNow - 1'000'000'000 + round, 1.0 * round),
                  Refusal::kNone);
        acknowledged[writer].store(round + 1, std::memory_order_release);
      }
      --running;
    });
  }
  threads.emplace_back([&] {
    while (running > 0) {
      int before[kWriters];
      for (int writer = 0; writer < kWriters; ++writer) {
        before[writer] = acknowledged[writer].load(std::memory_order_acquire);
      }
      auto set = db_->Select({});
      ASSERT_TRUE(set.ok());
      std::map<std::string, int> found;
      while ((*set)->Next()) {
        SampleColumns columns;
        ASSERT_TRUE((*set)->Read(&columns).ok());
        const std::string series((*set)->labels().ToString());
        ASSERT_TRUE(found.emplace(series, columns.size()).second) << "twice: " << series;
      }
      for (int writer = 0; writer < kWriters; ++writer) {
        for (int i = 0; i < kSeries; ++i) {
          ASSERT_GE(found[labels(writer, i).ToString()],
                    (before[writer] + kSeries - 1 - i) / kSeries);
        }
      }
    }
  });
  while (running > 0) {
    clock_.Advance(2000);
    EXPECT_TRUE(db_->Sweep().ok());
    ++sweeps;
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_GT(db_->MatchingSeries({})->size(), size_t{kWriters} * kSeries) << "nothing was evicted";
  Reopen();
  const auto found = Select();
  EXPECT_EQ(found.size(), size_t{kWriters} * kSeries);
  for (const auto& [series, samples] : found) {
    EXPECT_EQ(samples.size(), size_t{kRounds / kSeries}) << series;
  }
}

}  // namespace
}  // namespace tidemark::storage
