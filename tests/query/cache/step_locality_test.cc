#include "query/cache/step_locality.h"

#include <gtest/gtest.h>

#include "query/parser/parser.h"

namespace tidemark::query {
namespace {

constexpr int64_t kMinute = 60'000;

std::optional<int64_t> ReachOf(std::string_view text) {
  auto expr = ParseExpr(text, {.experimental_functions = true,
                               .binop_fill_modifiers = true,
                               .extended_range_selectors = true});
  EXPECT_TRUE(expr.ok()) << text << ": " << expr.status();
  EXPECT_TRUE(ResolveDurations({15'000, 3'600'000}, expr->get()).ok());
  return ReachOfSteps(**expr, 5 * kMinute, kMinute);
}

TEST(ReachOfSteps, IsAsFarAsTheFarthestSelectorLooks) {
  EXPECT_EQ(ReachOf("1 + time()"), 0);
  EXPECT_EQ(ReachOf("m"), 5 * kMinute);
  EXPECT_EQ(ReachOf("m offset 10m"), 15 * kMinute);
  EXPECT_EQ(ReachOf("rate(m[20m])"), 20 * kMinute);
  EXPECT_EQ(ReachOf("m + on (a) sum by (a) (rate(m[1h] offset 1h))"), 120 * kMinute);
  EXPECT_EQ(ReachOf("topk(scalar(k offset 1h), -(m))"), 65 * kMinute);
  EXPECT_EQ(ReachOf("max_over_time(m[10m:2m] offset 1m)"), (5 + 10 + 2 + 1) * kMinute);
}

TEST(ReachOfSteps, IsUnknownForWhatAlsoDependsOnOtherThings) {
  for (const std::string_view text :
       {"m offset -1m", "m @ 1", "m @ start()", "sum(rate(m[5m] @ end()))", "m[5m:1m] offset -1m",
        "rate(m[range()])", "m offset step()", "rate(m[5m] smoothed)", "rate(m[5m] anchored)",
        "info(m)", "vector(range())", "1 + end()", "topk(scalar(m @ 1), m)"}) {
    EXPECT_EQ(ReachOf(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace tidemark::query
