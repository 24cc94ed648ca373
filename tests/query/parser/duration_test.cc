#include "query/parser/duration.h"

#include <limits>

#include <gtest/gtest.h>

#include "base/status_macros.h"
#include "query/parser/parser.h"

namespace tidemark::query {
namespace {

constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kHourMs = 60 * kMinuteMs;
constexpr int64_t kDayMs = 24 * kHourMs;

std::string ParseFailure(std::string_view text) {
  return std::string(base::Message(ParseDurationMs(text).status()));
}

TEST(Duration, ReadsUnitsInFallingOrder) {
  EXPECT_EQ(ParseDurationMs("7ms").value(), 7);
  EXPECT_EQ(ParseDurationMs("1h30m").value(), 90 * kMinuteMs);
  EXPECT_EQ(ParseDurationMs("1y2w3d4h5m6s7ms").value(),
            (365 + 14 + 3) * kDayMs + 4 * kHourMs + 5 * kMinuteMs + 6007);
  EXPECT_EQ(ParseDurationMs("0").value(), 0);
  EXPECT_EQ(ParseDurationMs("0s").value(), 0);
  EXPECT_EQ(ParseDurationMs("292y").value(), 292 * 365 * kDayMs);
}

TEST(Duration, SaysWhyATextIsNone) {
  EXPECT_EQ(ParseFailure(""), "empty duration string");
  EXPECT_EQ(ParseFailure("5"), "not a valid duration string: \"5\"");
  EXPECT_EQ(ParseFailure("m5"), "not a valid duration string: \"m5\"");
  EXPECT_EQ(ParseFailure("-5m"), "not a valid duration string: \"-5m\"");
  EXPECT_EQ(ParseFailure("5m1h"), "not a valid duration string: \"5m1h\"");
  EXPECT_EQ(ParseFailure("5m5m"), "not a valid duration string: \"5m5m\"");
  EXPECT_EQ(ParseFailure("99999999999999999999s"),
            "not a valid duration string: \"99999999999999999999s\"");
  EXPECT_EQ(ParseFailure("5x"), "unknown unit \"x\" in duration \"5x\"");
  EXPECT_EQ(ParseFailure("5 m"), "unknown unit \" m\" in duration \"5 m\"");
  EXPECT_EQ(ParseFailure("293y"), "duration out of range");
  EXPECT_EQ(ParseFailure("292y300d"), "duration out of range");
}

TEST(Duration, PrintsYearsAndWeeksOnlyWhenTheyDivide) {
  EXPECT_EQ(FormatDuration(0), "0s");
  EXPECT_EQ(FormatDuration(1), "1ms");
  EXPECT_EQ(FormatDuration(90 * kMinuteMs), "1h30m");
  EXPECT_EQ(FormatDuration(7 * kDayMs), "1w");
  EXPECT_EQ(FormatDuration(8 * kDayMs), "8d");
  EXPECT_EQ(FormatDuration(365 * kDayMs), "1y");
  EXPECT_EQ(FormatDuration(366 * kDayMs), "366d");
  EXPECT_EQ(FormatDuration(kDayMs + 1), "1d1ms");
  EXPECT_EQ(FormatDuration(-5 * kMinuteMs), "-5m");
}

TEST(Duration, PrintsTheSmallestNumber) {
  EXPECT_EQ(FormatDuration(std::numeric_limits<int64_t>::min()).front(), '-');
}

class ResolvedDuration : public ::testing::Test {
 protected:
  // What `text` between brackets comes to in ms, or the message.
  static std::string RangeOf(std::string_view text, const QueryTimes& times) {
    absl::StatusOr<ExprPtr> expr = ParseExpr("abs(rate(m[" + std::string(text) + "]))");
    if (!expr.ok()) {
      return "(unparsed)";
    }
    if (const absl::Status status = ResolveDurations(times, expr->get()); !status.ok()) {
      return std::string(base::Message(status));
    }
    const Expr& rate = *As<Call>(**expr).args[0];
    return std::to_string(As<MatrixSelector>(*As<Call>(rate).args[0]).range.ms);
  }
};

TEST_F(ResolvedDuration, FollowsArithmetic) {
  const QueryTimes times{15'000, 3'600'000};
  EXPECT_EQ(RangeOf("5m", times), "300000");
  EXPECT_EQ(RangeOf("300", times), "300000");
  EXPECT_EQ(RangeOf("1.5", times), "1500");
  EXPECT_EQ(RangeOf("step()", times), "15000");
  EXPECT_EQ(RangeOf("range()", times), "3600000");
  EXPECT_EQ(RangeOf("step() * 4 + 1s", times), "61000");
  EXPECT_EQ(RangeOf("1m + 2 * 3", times), "66000");
  EXPECT_EQ(RangeOf("(1m + 2) * 3", times), "186000");
  EXPECT_EQ(RangeOf("2 ^ 3 ^ 2", times), "512000");
  EXPECT_EQ(RangeOf("1h - -(5m)", times), "3900000");
  EXPECT_EQ(RangeOf("10 % 4", times), "2000");
  EXPECT_EQ(RangeOf("range() / 7", times), "514285");
  EXPECT_EQ(RangeOf("min_of(1m, step())", times), "15000");
  EXPECT_EQ(RangeOf("max_of(1m, step() + 1)", times), "60000");
  EXPECT_EQ(RangeOf("-2 ^ 2 + 10", times), "6000");
}

TEST_F(ResolvedDuration, RefusesValuesThatAreNoLength) {
  const QueryTimes instant;
  EXPECT_EQ(RangeOf("step()", instant), "duration must be greater than 0");
  EXPECT_EQ(RangeOf("1m - 1h", instant), "duration must be greater than 0");
  EXPECT_EQ(RangeOf("1m / step()", instant), "division by zero");
  EXPECT_EQ(RangeOf("1m % range()", instant), "modulo by zero");
  EXPECT_EQ(RangeOf("(0 - 1) ^ 0.5", instant), "duration is NaN or infinite");
  EXPECT_EQ(RangeOf("10 ^ 400", instant), "duration is NaN or infinite");
  EXPECT_EQ(RangeOf("10 ^ 10", instant), "duration is out of range");
}

TEST_F(ResolvedDuration, ReachesEveryPlaceInATree) {
  absl::StatusOr<ExprPtr> tree =
      ParseExpr("rate(b[step() * 2:step()] offset (step() + 1s)) + (-a offset -step())");
  ASSERT_TRUE(tree.ok());
  ASSERT_TRUE(ResolveDurations({10'000, 0}, tree->get()).ok());
  const auto& sum = As<Binary>(**tree);
  const auto& subquery = As<Subquery>(*As<Call>(*sum.lhs).args[0]);
  EXPECT_EQ(subquery.range.ms, 20'000);
  EXPECT_EQ(subquery.step->ms, 10'000);
  EXPECT_EQ(subquery.shift.offset.ms, 11'000);
  const Expr& negated = StripParens(*sum.rhs);
  EXPECT_EQ(As<VectorSelector>(*As<Unary>(negated).expr).shift.offset.ms, -10'000);
}

}  // namespace
}  // namespace tidemark::query
