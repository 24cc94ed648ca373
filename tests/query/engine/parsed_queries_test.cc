#include "query/engine/parsed_queries.h"

#include <string>

#include "gtest/gtest.h"
#include "query/parser/parser.h"

namespace tidemark::query {
namespace {

std::shared_ptr<const PreparedQuery> Query(std::string text) {
  auto query = std::make_shared<PreparedQuery>();
  query->expr = *ParseExpr("1", {});
  query->text = std::move(text);
  return query;
}

TEST(ParsedQueries, FindsWhatItKeepsForTheSameTimes) {
  ParsedQueries queries;
  const auto query = Query("up");
  queries.Keep(query, {15'000, 60'000});
  EXPECT_EQ(queries.Find("up", {15'000, 60'000}), query);
  EXPECT_EQ(queries.Find("up", {15'000, 0}), nullptr);
  EXPECT_EQ(queries.Find("up", {}), nullptr);
  EXPECT_EQ(queries.Find("down", {15'000, 60'000}), nullptr);
  queries.Keep(Query("up"), {15'000, 60'000});
  EXPECT_EQ(queries.Find("up", {15'000, 60'000}), query) << "that which came first";
}

TEST(ParsedQueries, ForgetsWhatWasNotAskedForTheLongestTime) {
  ParsedQueries queries;
  for (size_t i = 0; i < ParsedQueries::kMostKept; ++i) {
    queries.Keep(Query(std::to_string(i)), {});
  }
  EXPECT_NE(queries.Find("0", {}), nullptr);
  queries.Keep(Query("another"), {});
  EXPECT_NE(queries.Find("0", {}), nullptr);
  EXPECT_EQ(queries.Find("1", {}), nullptr);
  EXPECT_NE(queries.Find("another", {}), nullptr);
}

TEST(ParsedQueries, KeepsNoLongTexts) {
  ParsedQueries queries;
  const std::string longest(ParsedQueries::kLongestText, 'x');
  queries.Keep(Query(longest), {});
  queries.Keep(Query(longest + "x"), {});
  EXPECT_NE(queries.Find(longest, {}), nullptr);
  EXPECT_EQ(queries.Find(longest + "x", {}), nullptr);
}

}  // namespace
}  // namespace tidemark::query
