#include "query/parser/functions.h"

#include <gtest/gtest.h>

namespace tidemark::query {
namespace {

TEST(Functions, AreFoundByTheirLowerCaseName) {
  const FunctionSignature* rate = FindFunction("rate");
  ASSERT_NE(rate, nullptr);
  EXPECT_EQ(rate->id, FunctionId::kRate);
  EXPECT_EQ(rate->name, "rate");
  EXPECT_EQ(rate->result, ValueType::kVector);
  EXPECT_EQ(rate->TypeOf(0), ValueType::kMatrix);
  EXPECT_FALSE(rate->experimental);
  EXPECT_EQ(FindFunction("Rate"), nullptr);
  EXPECT_EQ(FindFunction(""), nullptr);
  EXPECT_EQ(FindFunction("zzz"), nullptr);
}

TEST(Functions, RepeatTheirLastTypeWhenTheyTakeManyArguments) {
  const FunctionSignature* join = FindFunction("label_join");
  ASSERT_NE(join, nullptr);
  EXPECT_EQ(join->min_arguments, 3);
  EXPECT_EQ(join->max_arguments, FunctionSignature::kUnlimited);
  EXPECT_EQ(join->TypeOf(0), ValueType::kVector);
  EXPECT_EQ(join->TypeOf(17), ValueType::kString);
  const FunctionSignature* quantiles = FindFunction("histogram_quantiles");
  ASSERT_NE(quantiles, nullptr);
  EXPECT_TRUE(quantiles->experimental);
  EXPECT_EQ(quantiles->min_arguments, 3);
  EXPECT_EQ(quantiles->max_arguments, 12);
  EXPECT_EQ(quantiles->TypeOf(11), ValueType::kScalar);
}

TEST(Functions, GiveScalarsWhereTheLanguageSaysSo) {
  for (const std::string_view name : {"scalar", "time", "pi"}) {
    ASSERT_NE(FindFunction(name), nullptr) << name;
    EXPECT_EQ(FindFunction(name)->result, ValueType::kScalar) << name;
  }
  EXPECT_EQ(FindFunction("vector")->TypeOf(0), ValueType::kScalar);
}

}  // namespace
}  // namespace tidemark::query
