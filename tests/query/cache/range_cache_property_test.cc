// What the cache answers is what evaluating all steps gives, whatever is written and deleted
// between the queries.
#include <random>

#include <gtest/gtest.h>

#include "query/cache/range_cache.h"
#include "tests/query/cache/answer_samples.h"
#include "tests/storage/db_fixture.h"

namespace tidemark::query {
namespace {

using model::Timestamp;

class RangeCacheProperty : public storage::DbFixture {
 protected:
  static constexpr Timestamp kBegin = kNow - 3'600'000;
  static constexpr int64_t kStep = 15'000;

  int64_t Pick(int64_t from, int64_t to) {
    return std::uniform_int_distribution<int64_t>(from, to)(random_);
  }
  model::Labels SomeSeries() {
    return model::Labels::Of(
        {{"__name__", Pick(0, 1) == 0 ? "m_total" : "g"}, {"i", std::to_string(Pick(0, 3))}});
  }

  // What happens to the store between two queries.
  void ChangeSomething() {
    switch (Pick(0, 9)) {
      case 0:
        Put(SomeSeries(), Pick(kBegin, now_), static_cast<double>(Pick(0, 100)));
        break;
      case 1:
        Delete();
        break;
      case 2:
        ASSERT_TRUE(db_->Sweep().ok());
        break;
      case 3:
        ASSERT_TRUE(db_->Flush().ok());
        break;
      case 4:
        break;
      default:
        Scrape();
    }
  }

  void Scrape() {
    now_ += kStep;
    std::vector<Write> writes;
    for (const char* const name : {"m_total", "g"}) {
      for (int i = 0; i < 4; ++i) {
        if (Pick(0, 9) > 0) {
          const double v = Pick(0, 30) == 0 ? model::StaleMarker() : ++counter_;
          writes.push_back({model::Labels::Of({{"__name__", name}, {"i", std::to_string(i)}}),
                            {now_ + Pick(0, 2000), v}});
        }
      }
    }
    ASSERT_TRUE(Commit(writes).first.ok());
  }

  void Delete() {
    auto matcher =
        model::Matcher::Create(model::MatchType::kEqual, "i", std::to_string(Pick(0, 3)));
    std::vector<std::vector<model::Matcher>> selectors(1);
    selectors[0].push_back(*std::move(matcher));
    const Timestamp from = Pick(kBegin, now_);
    ASSERT_TRUE(db_->DeleteSeries(selectors, from, from + Pick(0, 300'000)).ok());
  }

  std::mt19937_64 random_;
  Timestamp now_ = kBegin;
  double counter_ = 0;
};

TEST_F(RangeCacheProperty, AnswersAsIfNothingWereKept) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  random_.seed(seed);
  Open();
  const Engine engine(db_.get(), &clock_, {});
  RangeCache cache(&engine, db_.get(), 1u << 20, metrics_.get());
  const std::vector<std::string> expressions = {
      "g",          "sum by (i) (rate(m_total[1m]))",       "max_over_time(g[5m]) - on (i) m_total",
      "topk(2, g)", "count(g offset 2m) or vector(time())", "sum_over_time(g[2m:30s])"};
  for (int i = 0; i < 60; ++i) {
    Scrape();
  }
  for (int round = 0; round < 400; ++round) {
    for (int64_t changes = Pick(0, 2); changes > 0; --changes) {
      ChangeSomething();
    }
    const std::string& expr = expressions[static_cast<size_t>(Pick(0, 5))];
    const Timestamp end = (now_ + Pick(-20, 3) * kStep) / kStep * kStep;
    const RangeRequest request{expr, end - Pick(1, 150) * kStep, end, kStep};
    const auto answer = cache.Range(request, {});
    const auto expected = engine.Range(expr, request.start, request.end, kStep);
    ASSERT_TRUE(answer.ok() && expected.ok()) << answer.status() << expected.status();
    ASSERT_EQ(Describe(SamplesOf(*answer)), Describe(expected->matrix)) << round << ": " << expr;
  }
}

}  // namespace
}  // namespace tidemark::query
