#include "query/api/result_json.h"

#include <cmath>

#include <gtest/gtest.h>

namespace tidemark::query {
namespace {

std::string ValueText(double v) {
  std::string json;
  AppendSampleValue(v, &json);
  return json;
}

std::string TimeText(model::Timestamp t) {
  std::string json;
  AppendTime(t, &json);
  return json;
}

std::string DataText(const QueryResult& result) {
  std::string json;
  AppendQueryData(result, &json);
  return json;
}

TEST(SampleValue, IsPlainExceptForExtremeMagnitudes) {
  EXPECT_EQ(ValueText(0), "0");
  EXPECT_EQ(ValueText(0.1), "0.1");
  EXPECT_EQ(ValueText(0.000001), "0.000001");
  EXPECT_EQ(ValueText(0.0000001), "1e-07");
  EXPECT_EQ(ValueText(123456789012345680000.0), "123456789012345680000");
  EXPECT_EQ(ValueText(-1e21), "-1e+21");
  EXPECT_EQ(ValueText(1.5e300), "1.5e+300");
}

TEST(SampleValue, SpellsWhatIsNotFinite) {
  EXPECT_EQ(ValueText(std::nan("")), "NaN");
  EXPECT_EQ(ValueText(HUGE_VAL), "+Inf");
  EXPECT_EQ(ValueText(-HUGE_VAL), "-Inf");
}

TEST(Time, HasThreeDecimalsOrNone) {
  EXPECT_EQ(TimeText(1'435'781'430'781), "1435781430.781");
  EXPECT_EQ(TimeText(5'050), "5.050");
  EXPECT_EQ(TimeText(5'000), "5");
  EXPECT_EQ(TimeText(0), "0");
  EXPECT_EQ(TimeText(-500), "-0.500");
  EXPECT_EQ(TimeText(-1'500), "-1.500");
}

TEST(QueryData, OfAVector) {
  QueryResult result;
  result.type = ValueType::kVector;
  result.time = 1'500;
  result.vector.push_back({model::Labels::Of({{"__name__", "up"}, {"job", "a\"b\n"}}), 1});
  result.vector.push_back({{}, 0.5});
  EXPECT_EQ(DataText(result),
            R"({"resultType":"vector","result":[{"metric":{"__name__":"up","job":"a\"b\n"},)"
            R"("value":[1.500,"1"]},{"metric":{},"value":[1.500,"0.5"]}]})");
}

TEST(QueryData, OfAMatrix) {
  QueryResult result;
  result.type = ValueType::kMatrix;
  result.matrix.push_back({model::Labels::Of({{"a", "1"}}), {{1'000, 1}, {2'000, 2}}});
  result.matrix.push_back({model::Labels::Of({{"a", "2"}}), {{1'000, 3}}});
  EXPECT_EQ(DataText(result),
            R"({"resultType":"matrix","result":[{"metric":{"a":"1"},"values":[[1,"1"],[2,"2"]]},)"
            R"({"metric":{"a":"2"},"values":[[1,"3"]]}]})");
}

TEST(QueryData, OfNothingIsAnEmptyList) {
  QueryResult result;
  result.type = ValueType::kMatrix;
  EXPECT_EQ(DataText(result), R"({"resultType":"matrix","result":[]})");
}

TEST(QueryData, OfAScalarHasNoExponent) {
  QueryResult result;
  result.type = ValueType::kScalar;
  result.scalar = 1e-7;
  EXPECT_EQ(DataText(result), R"({"resultType":"scalar","result":[0,"0.0000001"]})");
}

TEST(QueryData, OfAString) {
  QueryResult result;
  result.type = ValueType::kString;
  result.text = "a\\\x01";
  EXPECT_EQ(DataText(result), R"({"resultType":"string","result":[0,"a\\\u0001"]})");
}

TEST(JsonString, ReplacesWhatIsNotUtf8) {
  std::string json;
  AppendJsonString("\xc3\xa4\xff\xe2\x82", &json);
  EXPECT_EQ(json, "\"\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace tidemark::query
