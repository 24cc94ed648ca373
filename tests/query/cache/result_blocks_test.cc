#include "query/cache/result_blocks.h"

#include <gtest/gtest.h>

#include "tests/query/cache/answer_samples.h"

namespace tidemark::query {
namespace {

MatrixSeries SeriesAt(const std::string& name, std::vector<model::Sample> samples) {
  return {model::Labels::Of({{"__name__", name}}), std::move(samples)};
}

std::string Steps(const std::shared_ptr<const ResultBlocks>& blocks, int64_t first, int64_t last) {
  return Describe(SamplesOf({blocks, first, last, {}}));
}

TEST(NumberedGrid, NumbersStepsOnBothSidesOfZero) {
  const auto grid = NumberedGrid::Through(-25, 10);
  EXPECT_EQ(grid.origin, 5);
  EXPECT_EQ(grid.NumberOf(-25), -3);
  EXPECT_EQ(grid.At(-3), -25);
  EXPECT_EQ(grid.NumberFrom(-25), -3);
  EXPECT_EQ(grid.NumberFrom(-24), -2);
  EXPECT_EQ(grid.NumberFrom(6), 1);
}

TEST(ResultBlocks, MasksTheStepsOfABlock) {
  EXPECT_EQ(ResultBlocks::MaskOf(0, 0, 63), ~uint64_t{0});
  EXPECT_EQ(ResultBlocks::MaskOf(0, 62, 70), uint64_t{3} << 62);
  EXPECT_EQ(ResultBlocks::MaskOf(1, 62, 64), 1u);
  EXPECT_EQ(ResultBlocks::MaskOf(-1, -1, 5), uint64_t{1} << 63);
  EXPECT_EQ(ResultBlocks::MaskOf(2, 0, 100), 0u);
}

TEST(ResultBlocks, JoinsWhatIsKeptWithWhatIsFresh) {
  const NumberedGrid grid{10, 0};
  QueryResult old;
  old.matrix = {SeriesAt("a", {{0, 1}, {630, 2}, {640, 3}, {1280, 4}}), SeriesAt("b", {{0, 5}})};
  const auto kept = ResultBlocks::Join(grid, nullptr, 0, 0, old, 128);
  EXPECT_EQ(kept->values(), 5u);

  QueryResult fresh;
  fresh.matrix = {SeriesAt("a", {{1270, 6}, {1300, 7}}), SeriesAt("c", {{1290, 8}})};
  const auto joined = ResultBlocks::Join(grid, kept.get(), 1, 127, fresh, 130);
  QueryResult expected;
  expected.matrix = {SeriesAt("a", {{630, 2}, {640, 3}, {1270, 6}, {1300, 7}}),
                     SeriesAt("c", {{1290, 8}})};
  EXPECT_EQ(Steps(joined, 1, 130), Describe(expected.matrix));
  EXPECT_EQ(joined->values(), 5u);
}

TEST(ResultBlocks, SharesTheBlocksThatStayAsTheyWere) {
  const NumberedGrid grid{10, 0};
  QueryResult old;
  old.matrix = {SeriesAt("a", {{0, 1}, {640, 2}})};
  const auto kept = ResultBlocks::Join(grid, nullptr, 0, 0, old, 100);
  QueryResult fresh;
  fresh.matrix = {SeriesAt("a", {{1010, 3}})};
  const auto joined = ResultBlocks::Join(grid, kept.get(), 0, 101, fresh, 101);
  EXPECT_EQ(joined->BlockOf(joined->series()[0], 0), kept->BlockOf(kept->series()[0], 0));
  EXPECT_NE(joined->BlockOf(joined->series()[0], 1), kept->BlockOf(kept->series()[0], 1));
}

TEST(ResultBlock, IsEncodedOnce) {
  const ResultBlock block(1, {1.5});
  int times = 0;
  const auto encode = [&] {
    ++times;
    return EncodedText{"x", 1, 1};
  };
  EXPECT_EQ(block.Encoded(encode).bytes, "x");
  EXPECT_EQ(block.Encoded(encode).bytes, "x");
  EXPECT_EQ(times, 1);
}

}  // namespace
}  // namespace tidemark::query
