#include "ingest/series_predictor.h"

#include "fmt/format.h"
#include "tests/storage/db_fixture.h"

namespace tidemark::ingest {
namespace {

class SeriesPredictorTest : public storage::DbFixture {
 protected:
  SeriesPredictorTest() {
    Open();
    std::vector<Write> writes;
    for (int i = 0; i < 100; ++i) {
      labels_.push_back(model::Labels::Of({{"__name__", "up"}, {"i", fmt::format("{:03}", i)}}));
      writes.push_back({labels_.back(), {1, 1}});
    }
    Commit(writes);
    session_ = std::make_unique<storage::WriteSession>(db_.get());
    session_->Begin();
    predictor_ = std::make_unique<SeriesPredictor>(session_.get());
  }
  ~SeriesPredictorTest() override { session_->Abandon(); }

  // Whether the guess was the series `i`; if not, the predictor has been corrected.
  bool Guesses(size_t i) {
    const SeriesGuesser::Guess guess = predictor_->Next();
    if (guess.label_bytes == labels_[i].bytes()) {
      EXPECT_EQ(static_cast<storage::HeadSeries*>(guess.series)->label_bytes(), guess.label_bytes);
      return true;
    }
    const auto* found = static_cast<storage::HeadSeries*>(predictor_->Correct(labels_[i].bytes()));
    EXPECT_TRUE(found == nullptr || found->label_bytes() == labels_[i].bytes());
    return false;
  }

  std::vector<model::Labels> labels_;
  std::unique_ptr<storage::WriteSession> session_;
  std::unique_ptr<SeriesPredictor> predictor_;
};

TEST_F(SeriesPredictorTest, GuessesTheOrderOfRegistration) {
  EXPECT_FALSE(Guesses(40)) << "where a request begins cannot be known";
  for (size_t i = 41; i < 100; ++i) {
    EXPECT_TRUE(Guesses(i)) << i;
  }
  EXPECT_TRUE(predictor_->Next().label_bytes.empty()) << "there is none behind the last";
}

TEST_F(SeriesPredictorTest, IsWrongOnceWhereTheOrderBreaks) {
  Guesses(10);
  EXPECT_TRUE(Guesses(11));
  EXPECT_FALSE(Guesses(50));
  EXPECT_TRUE(Guesses(51));
  EXPECT_FALSE(Guesses(5));
  EXPECT_TRUE(Guesses(6));
}

TEST_F(SeriesPredictorTest, KeepsItsGuessOverANewSeries) {
  Guesses(10);
  const model::Labels fresh = model::Labels::Of({{"__name__", "new"}});
  EXPECT_EQ(predictor_->Next().label_bytes, labels_[11].bytes());
  EXPECT_EQ(predictor_->Correct(fresh.bytes()), nullptr);
  EXPECT_TRUE(Guesses(11));
}

TEST_F(SeriesPredictorTest, GivesUpOnDisorderAndFindsBackIntoOrder) {
  size_t looked_up = 0;
  for (size_t i = 0; i < 300; ++i) {
    predictor_->Next();
    looked_up += predictor_->Correct(labels_[i * 37 % 100].bytes()) == nullptr ? 0 : 1;
  }
  EXPECT_LT(looked_up, 30u);
  size_t right = 0;
  for (size_t i = 0; i < 100; ++i) {
    right += Guesses(i) ? 1 : 0;
  }
  EXPECT_GT(right, 60u);
}

}  // namespace
}  // namespace tidemark::ingest
