#include "ingest/refusals.h"

#include <gtest/gtest.h>

#include "base/status_macros.h"

namespace tidemark::ingest {
namespace {

const model::Labels kUp = model::Labels::Of({{"__name__", "up"}});

TEST(Refusals, IsOkWithoutAny) { EXPECT_TRUE(Refusals().ToStatus(5).ok()); }

TEST(Refusals, NamesTheFirstFewAndCountsAll) {
  Refusals refusals;
  for (int i = 0; i < 10; ++i) {
    refusals.AddSample(RefusalCause::kTooNew, kUp, {i, 1});
  }
  EXPECT_EQ(refusals.total(), 10u);
  EXPECT_EQ(base::Message(refusals.ToStatus(20)),
            "refused 10 of 20 samples, the others are stored: out of bounds: too far in the future "
            "0 of up; out of bounds: too far in the future 1 of up; out of bounds: too far in the "
            "future 2 of up; …");
}

TEST(Refusals, ShortensLongSeries) {
  Refusals refusals;
  const model::Labels labels =
      model::Labels::Of({{"__name__", "up"}, {"x", std::string(5000, 'x')}});
  refusals.AddSample(RefusalCause::kTooOld, labels, {1, 1});
  EXPECT_LT(base::Message(refusals.ToStatus(1)).size(), 400u);
}

TEST(Refusals, CountsASeriesBySamples) {
  Refusals refusals;
  refusals.AddSeries(absl::InvalidArgumentError("no name"), 3);
  EXPECT_EQ(refusals.count(RefusalCause::kLabels), 3u);
}

}  // namespace
}  // namespace tidemark::ingest
