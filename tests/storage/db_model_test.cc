// Random writes, sweeps, crashes and clean ends against a map that says what must be there.
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "tests/storage/db_fixture.h"

namespace tidemark::storage {
namespace {

using model::Labels;
using model::Timestamp;

class DbModelTest : public DbFixture, public ::testing::WithParamInterface<uint32_t> {
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
        return newest;
      default:
        return newest += 1 + static_cast<Timestamp>(rng() % 200'000);
    }
  }

  void WriteSome(std::mt19937& rng) {
    std::vector<Write> writes;
    for (size_t i = 0, n = 1 + rng() % 40; i < n; ++i) {
      const size_t series = rng() % kSeries;
      writes.push_back({SeriesLabels(series), {NextTime(series, rng), static_cast<double>(rng())}});
    }
    const auto [durable, refusals] = Commit(writes);
    ASSERT_TRUE(durable.ok());
    for (size_t i = 0; i < writes.size(); ++i) {
      auto& samples = expected_[writes[i].labels.ToString()];
      const uint64_t bits = model::ValueBits(writes[i].sample.v);
      const auto [it, added] = samples.emplace(writes[i].sample.t, bits);
      if (refusals[i] == Refusal::kConflict) {
        ASSERT_FALSE(added) << "refused, but nothing was there";
      }
    }
  }

  void Check() {
    const auto found = Select();
    for (const auto& [series, samples] : expected_) {
      const auto it = found.find(series);
      ASSERT_NE(it, found.end()) << series;
      ASSERT_EQ(it->second, Samples(samples.begin(), samples.end())) << series;
    }
  }

  std::map<size_t, Timestamp> newest_;
  std::map<std::string, std::map<Timestamp, uint64_t>> expected_;
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
      Check();
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
  Check();
  Reopen();
  Check();
}

INSTANTIATE_TEST_SUITE_P(Seeds, DbModelTest, ::testing::Range(1u, 13u));

}  // namespace
}  // namespace tidemark::storage
