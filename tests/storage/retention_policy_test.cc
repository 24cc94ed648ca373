#include "storage/retention/retention_policy.h"

#include <gtest/gtest.h>

namespace tidemark::storage {
namespace {

using model::Labels;
using model::Matcher;
using model::MatchType;

RetentionRule Rule(std::string value, int64_t keep_ms) {
  return {{*Matcher::Create(MatchType::kRegexp, "cluster", std::move(value))}, keep_ms};
}

TEST(RetentionPolicy, TakesTheFirstRuleThatFits) {
  const RetentionPolicy policy(100, {Rule("a|b", 10), Rule("b|c", 1000)});
  const auto oldest = [&policy](const char* cluster) {
    return policy.Oldest(Labels::Of({{"cluster", cluster}}), 5000);
  };
  EXPECT_EQ(oldest("a"), 4990);
  EXPECT_EQ(oldest("b"), 4990);
  EXPECT_EQ(oldest("c"), 4000);
  EXPECT_EQ(oldest("d"), 4900);
  EXPECT_EQ(policy.longest_ms(), 1000);
  EXPECT_EQ(policy.OldestByRule(1, 5000), 4000);
  EXPECT_EQ(policy.OldestByRule(2, 5000), 4900);
}

TEST(RetentionPolicy, KeepsForEverWithZero) {
  const RetentionPolicy policy(100, {Rule("a", kKeepForever)});
  EXPECT_EQ(policy.OldestByRule(0, 5000), model::kMinTimestamp);
  EXPECT_EQ(RetentionPolicy(kKeepForever, {Rule("a", 7)}).longest_ms(), kKeepForever);
}

TEST(RetentionPolicy, CountsTheTimesThatHavePassed) {
  const RetentionPolicy policy(100, {Rule("a", 10), Rule("b", 10), Rule("c", 1000)});
  EXPECT_EQ(policy.PassedFor(4995, 5000), 0u);
  EXPECT_EQ(policy.PassedFor(4989, 5000), 1u);
  EXPECT_EQ(policy.PassedFor(4899, 5000), 2u);
  EXPECT_EQ(policy.PassedFor(3999, 5000), 3u);
}

}  // namespace
}  // namespace tidemark::storage
