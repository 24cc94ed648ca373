#include "tests/testing/answer_comparison.h"

#include "gtest/gtest.h"

namespace tidemark::testing {
namespace {

QueryAnswer Vector(const std::string& value, const std::string& job = "a", int64_t t = 1000) {
  return {.type = "vector",
          .series = {{.labels = {{"job", job}}, .points = {{.t = t, .value = value}}}}};
}

TEST(AnswerDifference, IsEmptyForSeriesInAnotherOrder) {
  QueryAnswer a = Vector("1");
  QueryAnswer b = Vector("2", "b");
  a.series.push_back(b.series[0]);
  b.series.push_back(Vector("1").series[0]);
  EXPECT_EQ(AnswerDifference(a, b), "");
}

TEST(AnswerDifference, ToleratesRoundingOnly) {
  EXPECT_EQ(AnswerDifference(Vector("3"), Vector("3.000000001")), "");
  EXPECT_NE(AnswerDifference(Vector("3"), Vector("3.00000001")), "");
  EXPECT_EQ(AnswerDifference(Vector("NaN"), Vector("NaN")), "");
  EXPECT_NE(AnswerDifference(Vector("NaN"), Vector("1")), "");
  EXPECT_EQ(AnswerDifference(Vector("+Inf"), Vector("+Inf")), "");
  EXPECT_NE(AnswerDifference(Vector("+Inf"), Vector("-Inf")), "");
  EXPECT_NE(AnswerDifference(Vector("0"), Vector("1e-300")), "");
}

TEST(AnswerDifference, SeesOtherTypesLabelsTimesAndCounts) {
  QueryAnswer matrix = Vector("1");
  matrix.type = "matrix";
  EXPECT_NE(AnswerDifference(Vector("1"), matrix), "");
  EXPECT_NE(AnswerDifference(Vector("1"), Vector("1", "b")), "");
  EXPECT_NE(AnswerDifference(Vector("1"), Vector("1", "a", 1001)), "");
  QueryAnswer longer = matrix;
  longer.series[0].points.push_back({.t = 2000, .value = "1"});
  EXPECT_NE(AnswerDifference(matrix, longer), "");
  EXPECT_NE(AnswerDifference(matrix, {.type = "matrix", .series = {}}), "");
}

}  // namespace
}  // namespace tidemark::testing
