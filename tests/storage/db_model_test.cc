// Random writes, sweeps, consolidations, deletions, crashes and clean ends against a map that says
// what must be there.
#include <iterator>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "tests/storage/db_model_fixture.h"

namespace tidemark::storage {
namespace {

using model::Labels;
using model::Timestamp;

class DbModelTest : public DbModelFixture {
 protected:
  static constexpr int kSeries = 12;

  Labels SeriesLabels(size_t i) {
    return Labels::Of({{"__name__", "m" + std::to_string(i % 3)}, {"i", std::to_string(i)}});
  }

  // In order mostly, sometimes late, sometimes again, over a few buckets.
  Timestamp NextTime(size_t series, std::mt19937& rng) {
    Timestamp& newest = newest_[series];
    switch (rng() % 10) {
      case 0:
        return std::max<Timestamp>(0, newest - static_cast<Timestamp>(rng() % 20'000'000));
      case 1:
        if (!newest_deleted_.contains(series)) {
          return newest;
        }
        [[fallthrough]];
      default:
        newest_deleted_.erase(series);
        return newest += 1 + static_cast<Timestamp>(rng() % 200'000);
    }
  }

  void WriteSome(std::mt19937& rng) {
    std::vector<Write> writes;
    for (size_t i = 0, n = 1 + rng() % 40; i < n; ++i) {
      const size_t series = rng() % kSeries;
      writes.push_back({SeriesLabels(series), {NextTime(series, rng), static_cast<double>(rng())}});
    }
    CommitAndKeep(writes);
  }

  // A stretch of time somewhere in what was written, or all of it.
  std::pair<Timestamp, Timestamp> RandomRange(std::mt19937& rng) {
    if (rng() % 4 == 0) {
      return {0, model::kMaxTimestamp};
    }
    const auto end = static_cast<uint32_t>(newest_[rng() % kSeries] + 1'000'000);
    const auto a = static_cast<Timestamp>(rng() % end);
    const auto b = static_cast<Timestamp>(rng() % end);
    return {std::min(a, b), std::max(a, b)};
  }

  // The last of what was written to some series, where the head may have all there is.
  std::pair<Timestamp, Timestamp> RecentRange(std::mt19937& rng) {
    const Timestamp newest = newest_[rng() % kSeries];
    const Timestamp to = newest + static_cast<Timestamp>(rng() % 400'000) - 200'000;
    return {to - static_cast<Timestamp>(rng() % 2'000'000), to};
  }

  // Of each series the newest sample in a stretch of time, when only that is asked for.
  void CheckNewest(std::mt19937& rng) {
    const auto [from, to] = RecentRange(rng);
    auto set = db_->Select({.min_time = from, .max_time = to, .matchers = {}, .newest_only = true});
    ASSERT_TRUE(set.ok()) << set.status();
    std::map<std::string, Samples> found;
    while ((*set)->Next()) {
      SampleColumns columns;
      ASSERT_TRUE((*set)->Read(&columns).ok());
      if (columns.size() > 0) {
        found[(*set)->labels().ToString()] = {
            {columns.timestamps.back(), model::ValueBits(columns.values.back())}};
      }
    }
    for (const auto& [series, samples] : expected_) {
      const auto behind = samples.upper_bound(to);
      const bool any = behind != samples.begin() && std::prev(behind)->first >= from;
      ASSERT_EQ(found[series], any ? Samples{*std::prev(behind)} : Samples())
          << series << " from " << from << " to " << to;
    }
  }

  void CheckRange(std::mt19937& rng) {
    const auto [from, to] = rng() % 2 == 0 ? RecentRange(rng) : RandomRange(rng);
    CheckBetween(from, to);
  }

  // Deletes from two of the series, chosen by two selectors.
  void DeleteSome(std::mt19937& rng) {
    const auto [from, to] = RandomRange(rng);
    const size_t first = rng() % kSeries;
    const size_t second = rng() % kSeries;
    std::vector<std::vector<model::Matcher>> selectors;
    for (const size_t series : {first, second}) {
      selectors.push_back(
          {*model::Matcher::Create(model::MatchType::kEqual, "i", std::to_string(series))});
    }
    ASSERT_TRUE(db_->DeleteSeries(selectors, from, to).ok());
    for (const size_t series : {first, second}) {
      auto& samples = expected_[SeriesLabels(series).ToString()];
      samples.erase(samples.lower_bound(from), samples.upper_bound(to));
      if (newest_[series] >= from && newest_[series] <= to) {
        // The same sample again would count as a duplicate of the one that was deleted.
        newest_deleted_.insert(series);
      }
    }
  }

  void Upkeep(std::mt19937& rng) {
    switch (rng() % 4) {
      case 0:
        ASSERT_TRUE(db_->ConsolidateDue().ok());
        break;
      case 1:
        ASSERT_TRUE(db_->Flush().ok());
        break;
      case 2:
        ASSERT_TRUE(db_->CleanTombstones().ok());
        break;
      default:
        // Closed buckets lie behind the clock; late chunks are due after an hour.
        clock_.Advance(3'600'000);
    }
  }

  std::map<size_t, Timestamp> newest_;
  std::set<size_t> newest_deleted_;
};

TEST_P(DbModelTest, HoldsExactlyWhatWasAcknowledged) {
  SCOPED_TRACE(GetParam());
  std::mt19937 rng(GetParam());
  options_.journal_segment_bytes = 32 << 10;
  Open();
  for (int step = 0; step < 150; ++step) {
    const auto dice = rng() % 20;
    if (dice < 15) {
      WriteSome(rng);
    } else if (dice < 17) {
      ASSERT_TRUE(db_->Sweep().ok());
    } else if (dice < 18) {
      CheckRange(rng);
      CheckNewest(rng);
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
  CheckAll();
  Reopen();
  CheckAll();
}

TEST_P(DbModelTest, HoldsItThroughConsolidationsAndDeletions) {
  SCOPED_TRACE(GetParam());
  std::mt19937 rng(GetParam());
  options_.journal_segment_bytes = 32 << 10;
  Open();
  for (int step = 0; step < 200; ++step) {
    const auto dice = rng() % 40;
    if (dice < 18) {
      WriteSome(rng);
    } else if (dice < 22) {
      ASSERT_TRUE(db_->Sweep().ok());
    } else if (dice < 28) {
      Upkeep(rng);
    } else if (dice < 30) {
      DeleteSome(rng);
    } else if (dice < 37) {
      CheckRange(rng);
      CheckNewest(rng);
    } else if (dice < 39) {
      Reopen();
    } else {
      ASSERT_TRUE(db_->Close().ok());
      Reopen();
    }
    if (HasFatalFailure()) {
      return;
    }
  }
  CheckRange(rng);
  ASSERT_TRUE(db_->Flush().ok());
  ASSERT_TRUE(db_->CleanTombstones().ok());
  CheckRange(rng);
  Reopen();
  CheckAll();
}

INSTANTIATE_TEST_SUITE_P(Seeds, DbModelTest, ::testing::Range(1u, 6u));

}  // namespace
}  // namespace tidemark::storage
