// Selectors: matchers, ranges, subqueries, offset and @.

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/status_macros.h"
#include "query/parser/parser.h"
#include "query/parser/printer.h"

namespace tidemark::query {
namespace {

ExprPtr Parse(std::string_view text) {
  absl::StatusOr<ExprPtr> expr = ParseExpr(text, {true, true, true});
  EXPECT_TRUE(expr.ok()) << text << ": " << expr.status();
  return expr.ok() ? *std::move(expr) : std::make_unique<NumberLiteral>(0);
}

std::string Matchers(const std::vector<model::Matcher>& matchers) {
  std::string out;
  for (const model::Matcher& matcher : matchers) {
    out.append(out.empty() ? "" : ",").append(matcher.ToString());
  }
  return out;
}

std::string MatchersIn(std::string_view text) {
  return Matchers(As<VectorSelector>(*Parse(text)).matchers);
}

TimeShift ShiftIn(std::string_view text) {
  return std::move(As<VectorSelector>(*Parse(text)).shift);
}

TEST(Selector, PutsTheNameAmongItsMatchers) {
  EXPECT_EQ(MatchersIn("foo"), "__name__=\"foo\"");
  EXPECT_EQ(MatchersIn("foo{}"), "__name__=\"foo\"");
  EXPECT_EQ(MatchersIn("foo{a=\"b\", c!=\"d\", e=~\"f.\", g!~\"h.\",}"),
            "__name__=\"foo\",a=\"b\",c!=\"d\",e=~\"f.\",g!~\"h.\"");
  EXPECT_EQ(MatchersIn("{__name__=~\"a|b\"}"), "__name__=~\"a|b\"");
}

TEST(Selector, TakesNamesInQuotes) {
  EXPECT_EQ(MatchersIn("{\"my.metric\", \"a.label\"=\"x\", 'b'=`y`}"),
            "__name__=\"my.metric\",a.label=\"x\",b=\"y\"");
  EXPECT_EQ(As<VectorSelector>(*Parse("{\"my.metric\"}")).name, "");
  EXPECT_EQ(MatchersIn("foo{\"\\u00e4\"=\"1\"}"), "__name__=\"foo\",\xc3\xa4=\"1\"");
}

TEST(Selector, ShiftsInTime) {
  EXPECT_EQ(ShiftIn("a offset 5m").offset.ms, 300'000);
  EXPECT_EQ(ShiftIn("a offset -1h30m").offset.ms, -5'400'000);
  EXPECT_EQ(ShiftIn("a offset 60").offset.ms, 60'000);
  EXPECT_EQ(ShiftIn("a offset +1.5").offset.ms, 1'500);
  EXPECT_EQ(ShiftIn("a offset 0x10").offset.ms, 16'000);
  EXPECT_FALSE(ShiftIn("a offset (5m)").offset.constant());
}

TEST(Selector, IsPinnedInTime) {
  const auto at_ms = [](std::string_view text) {
    const TimeShift shift = ShiftIn(text);
    EXPECT_EQ(shift.at, TimeShift::At::kTime) << text;
    return shift.at_ms;
  };
  EXPECT_EQ(at_ms("a @ 5"), 5'000);
  EXPECT_EQ(at_ms("a @ -5"), -5'000);
  EXPECT_EQ(at_ms("a @ +1.2345"), 1'235);
  EXPECT_EQ(at_ms("a @ 1603774568.123"), 1'603'774'568'123);
  EXPECT_EQ(at_ms("a @ 1e9"), 1'000'000'000'000);
  EXPECT_EQ(at_ms("a @ 5m"), 300'000);
  EXPECT_EQ(at_ms("a @ 017"), 15'000);
  EXPECT_EQ(at_ms("a @ 9223372036854775.807"), 9'223'372'036'854'775'807);
  EXPECT_EQ(ShiftIn("a @ start()").at, TimeShift::At::kStart);
  EXPECT_EQ(ShiftIn("a @ end ( )").at, TimeShift::At::kEnd);
  EXPECT_EQ(ShiftIn("a").at, TimeShift::At::kNone);
}

TEST(Selector, TakesOffsetAndAtInEitherOrder) {
  EXPECT_EQ(ToString(*Parse("a offset 5m @ 10")), "a @ 10.000 offset 5m");
  EXPECT_EQ(ToString(*Parse("a[1m] @ start() offset 5m")), "a[1m] @ start() offset 5m");
  EXPECT_EQ(ToString(*Parse("a[1m:] offset -5m @ end()")), "a[1m:] @ end() offset -5m");
}

TEST(Selector, TakesRanges) {
  const ExprPtr expr = Parse("foo[1h30m] offset 1m @ 7");
  const auto& matrix = As<MatrixSelector>(*expr);
  EXPECT_EQ(matrix.range.ms, 5'400'000);
  EXPECT_EQ(matrix.selector->shift.offset.ms, 60'000);
  EXPECT_EQ(matrix.selector->shift.at_ms, 7'000);
  EXPECT_EQ(As<MatrixSelector>(*Parse("foo[300]")).range.ms, 300'000);
  EXPECT_EQ(As<MatrixSelector>(*Parse("foo[ 0.5 ]")).range.ms, 500);
  EXPECT_EQ(As<MatrixSelector>(*Parse("foo[1_0]")).range.ms, 10'000);
}

TEST(Selector, TakesSubqueries) {
  const ExprPtr expr = Parse("rate(foo[5m])[1h:30] offset 1m");
  const auto& subquery = As<Subquery>(*expr);
  EXPECT_EQ(subquery.expr->kind(), ExprKind::kCall);
  EXPECT_EQ(subquery.range.ms, 3'600'000);
  EXPECT_EQ(subquery.step->ms, 30'000);
  EXPECT_EQ(subquery.shift.offset.ms, 60'000);
  EXPECT_FALSE(As<Subquery>(*Parse("(a + b)[5m:]")).step.has_value());
  EXPECT_EQ(As<Subquery>(*Parse("a offset 1m [5m:] ")).shift.offset.ms, 0);
}

TEST(Selector, TakesDurationsThatAreExpressions) {
  EXPECT_EQ(ToString(*Parse("a[step() * 2 : max_of(5, range() / 3)] offset -(1m + step())")),
            "a[step() * 2:max_of(5, range() / 3)] offset -(1m + step())");
  EXPECT_EQ(ToString(*Parse("a[ +(5m) ]")), "a[(5m)]");
  EXPECT_EQ(ToString(*Parse("a[0 + -2 ^ 2]")), "a[0 + -2 ^ 2]");
  EXPECT_EQ(ToString(*Parse("a[- - step()]")), "a[--step()]");
  EXPECT_EQ(ToString(*Parse("a offset min_of(5s, step() + 8s)")),
            "a offset min_of(5s, step() + 8s)");
  EXPECT_EQ(ToString(*Parse("a offset -range()")), "a offset -range()");
}

TEST(Selector, TakesAnchoredAndSmoothedWhenAsked) {
  EXPECT_TRUE(As<MatrixSelector>(*Parse("a[5m] anchored offset 1m")).selector->anchored);
  EXPECT_TRUE(As<VectorSelector>(*Parse("a smoothed")).smoothed);
  EXPECT_EQ(ToString(*Parse("rate(a[5m] anchored @ 5)")), "rate(a[5m] anchored @ 5.000)");
}

TEST(ParseSelector, GivesTheMatchers) {
  const auto matchers = ParseSelector(" foo{a=~\"b.\"} # comment");
  ASSERT_TRUE(matchers.ok());
  EXPECT_EQ(Matchers(*matchers), "__name__=\"foo\",a=~\"b.\"");
  EXPECT_TRUE(ParseSelector("{}").ok());
  EXPECT_TRUE(ParseSelector("sum").ok());
}

TEST(ParseSelector, RefusesEverythingElse) {
  const auto message = [](std::string_view text) {
    return std::string(base::Message(ParseSelector(text).status()));
  };
  EXPECT_EQ(message(""), "1:1: parse error: unexpected end of input");
  EXPECT_EQ(message("foo offset 5m"), "1:5: parse error: unexpected <offset>");
  EXPECT_EQ(message("foo[5m]"), "1:4: parse error: unexpected \"[\"");
  EXPECT_EQ(message("1"), "1:1: parse error: unexpected number \"1\"");
  EXPECT_EQ(message("foo bar"), "1:5: parse error: unexpected identifier \"bar\"");
  EXPECT_EQ(message("foo{"), "1:5: parse error: unexpected end of input inside braces");
}

}  // namespace
}  // namespace tidemark::query
