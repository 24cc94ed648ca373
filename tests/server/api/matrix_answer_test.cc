#include "server/api/matrix_answer.h"

#include <random>

#include <gtest/gtest.h>

#include "query/api/result_json.h"
#include "server/api/envelope.h"
#include "tests/query/cache/answer_samples.h"
#include "tests/server/testing/gunzip.h"

namespace tidemark::server {
namespace {

using query::NumberedGrid;
using query::RangeAnswer;
using query::ResultBlocks;
using testing::Gunzip;

// As the answer would be written without blocks.
std::string Expected(const RangeAnswer& answer) {
  query::QueryResult result;
  result.type = query::ValueType::kMatrix;
  result.matrix = query::SamplesOf(answer);
  return ApiSuccess([&](std::string* json) { query::AppendQueryData(result, json); }).body;
}

TEST(MatrixResponse, IsWhatWritingAllPointsGivesForAnyStretch) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const NumberedGrid grid{15'000, 7};
  query::QueryResult result;
  for (int s = 0; s < 5; ++s) {
    query::MatrixSeries series;
    series.labels = model::Labels::Of({{"i", std::to_string(s)}});
    const bool sparse = s == 1;
    for (int64_t step = 100 + s * 40; step < 700 - s * 40; ++step) {
      if (random() % 100 >= (sparse ? 98 : 5)) {
        series.samples.push_back({grid.At(step), static_cast<double>(random()) / 7});
      }
    }
    result.matrix.push_back(std::move(series));
  }
  const auto blocks = ResultBlocks::Join(grid, nullptr, 90, 90, result, 710);
  for (int round = 0; round < 200; ++round) {
    const auto first = static_cast<int64_t>(90 + random() % 500);
    const auto last = static_cast<int64_t>(first + random() % (711 - first));
    const RangeAnswer answer{blocks, first, last, {}};
    const std::string expected = Expected(answer);
    ASSERT_EQ(MatrixResponse(answer, false).body, expected);
    const HttpResponse compressed = MatrixResponse(answer, true);
    ASSERT_EQ(Gunzip(compressed.body), expected);
    ASSERT_EQ(compressed.headers[0].second, "gzip");
    ASSERT_EQ(compressed.content_type, "application/json");
  }
}

TEST(MatrixResponse, OfNothingIsAnEmptyMatrix) {
  const auto blocks = ResultBlocks::Join({1000, 0}, nullptr, 0, 0, {}, 10);
  EXPECT_EQ(MatrixResponse({blocks, 0, 10, {}}, true).body,
            R"({"status":"success","data":{"resultType":"matrix","result":[]}})");
}

}  // namespace
}  // namespace tidemark::server
