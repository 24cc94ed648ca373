// DbModelFixture keeps beside the Db a map of what must be there, and compares.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/storage/db_fixture.h"

namespace tidemark::storage {

// The parameter is the seed.
class DbModelFixture : public DbFixture, public ::testing::WithParamInterface<uint32_t> {
 protected:
  // One request, acknowledged: of two samples of one series and time the first stays.
  void CommitAndKeep(const std::vector<Write>& writes) {
    const auto [durable, refusals] = Commit(writes);
    ASSERT_TRUE(durable.ok()) << durable;
    for (size_t i = 0; i < writes.size(); ++i) {
      const auto [sample, added] = expected_[writes[i].labels.ToString()].emplace(
          writes[i].sample.t, model::ValueBits(writes[i].sample.v));
      if (refusals[i] == Refusal::kConflict) {
        ASSERT_FALSE(added) << "refused, but nothing was there";
      }
    }
  }

  // A query from `min` to `max` finds exactly what must be there.
  void CheckBetween(model::Timestamp min, model::Timestamp max) {
    const auto found = Select({}, min, max);
    for (const auto& [series, samples] : expected_) {
      const Samples wanted(samples.lower_bound(min), samples.upper_bound(max));
      const auto it = found.find(series);
      ASSERT_EQ(it == found.end() ? Samples() : it->second, wanted)
          << series << " from " << min << " to " << max;
    }
    for (const auto& [series, samples] : found) {
      ASSERT_TRUE(expected_.contains(series)) << series;
    }
  }
  void CheckAll() { CheckBetween(model::kMinTimestamp, model::kMaxTimestamp); }

  std::map<std::string, std::map<model::Timestamp, uint64_t>> expected_;  // by the series' text
};

}  // namespace tidemark::storage
