#include "storage/head/series_directory.h"

#include <map>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark::storage {
namespace {

class SeriesDirectoryTest : public ::testing::Test {
 protected:
  HeadSeries* Put(SeriesRef ref) {
    auto& series = series_[ref];
    series.reset(HeadSeries::Create(ref, 1, ""));
    directory_.Put(series.get());
    return series.get();
  }
  void Erase(SeriesRef ref) {
    directory_.Erase(ref);
    series_.erase(ref);
  }

  base::EpochDomain epochs_;
  std::map<SeriesRef, HeadSeries::Owner> series_;
  SeriesDirectory directory_{&epochs_};
};

TEST_F(SeriesDirectoryTest, WalksSeriesFarApartInOrder) {
  const std::vector<SeriesRef> refs = {1, 255, 256, 70'000, 1u << 20, 3'000'000'000, UINT32_MAX};
  for (const SeriesRef ref : refs) {
    Put(ref);
  }
  std::vector<SeriesRef> walked;
  for (const HeadSeries* s = directory_.Next(0); s != nullptr; s = directory_.Next(s->ref())) {
    walked.push_back(s->ref());
  }
  EXPECT_EQ(walked, refs);
  EXPECT_EQ(directory_.Find(2), nullptr);
  EXPECT_EQ(directory_.Find(2'000'000'000), nullptr);
  EXPECT_EQ(directory_.Find(UINT32_MAX)->ref(), UINT32_MAX);
}

TEST_F(SeriesDirectoryTest, GivesEmptyLeavesBack) {
  const size_t before = directory_.bytes();
  for (SeriesRef ref = 1; ref <= 10'000; ++ref) {
    Put(ref);
  }
  const size_t full = directory_.bytes();
  for (SeriesRef ref = 1; ref <= 10'000; ++ref) {
    Erase(ref);
  }
  EXPECT_GE(full - directory_.bytes(), 10'000 * sizeof(void*));
  EXPECT_LT(directory_.bytes() - before, 64u << 10);
  EXPECT_GE(epochs_.Collect(), 10'000u / 256);
  EXPECT_EQ(directory_.Next(0), nullptr);
  EXPECT_EQ(Put(500), directory_.Find(500));
}

}  // namespace
}  // namespace tidemark::storage
