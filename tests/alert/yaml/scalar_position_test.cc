#include "alert/yaml/scalar_position.h"

#include <gtest/gtest.h>

#include "yaml-cpp/yaml.h"

namespace tidemark::alert {
namespace {

// Where the first `word` of the value under `expr` stands.
FilePosition Find(const std::string& file, std::string_view word) {
  const YAML::Node node = YAML::Load(file)["expr"];
  const FilePosition start = {node.Mark().line + 1, node.Mark().column + 1};
  const std::string value = node.Scalar();
  const size_t offset = value.find(word);
  EXPECT_NE(offset, std::string::npos) << value;
  return ScalarPositions(file, start, value).Of(offset);
}

TEST(ScalarPositions, FindWordsOfPlainAndQuotedTexts) {
  EXPECT_EQ(Find("a: 1\nexpr: sum(x) > 1\n", "x"), (FilePosition{2, 11}));
  EXPECT_EQ(Find("expr: 'a == ''b'' and c'\n", "c"), (FilePosition{1, 23}));
  EXPECT_EQ(Find("expr: \"a{b=\\\"c\\\"} > d\"\n", "d"), (FilePosition{1, 21}));
  EXPECT_EQ(Find("expr: \"\\u00e9 + d\"\n", "d"), (FilePosition{1, 17}));
}

TEST(ScalarPositions, FindWordsOfLiteralBlocks) {
  EXPECT_EQ(Find("expr: |\n    sum(\n      x\n    ) > y\n", "x"), (FilePosition{3, 7}));
  EXPECT_EQ(Find("expr: |-  # why\n    sum(\n      x\n    ) > y\n", "y"), (FilePosition{4, 9}));
}

TEST(ScalarPositions, FindWordsOfFoldedTexts) {
  EXPECT_EQ(Find("expr: >\n  a and\n  b\n\n  or c\n", "b"), (FilePosition{3, 3}));
  EXPECT_EQ(Find("expr: >\n  a and\n  b\n\n  or c\n", "c"), (FilePosition{5, 6}));
  EXPECT_EQ(Find("expr: a and\n  b\n", "b"), (FilePosition{2, 3}));
  EXPECT_EQ(Find("expr: \"a and \\\n    b\"\n", "b"), (FilePosition{2, 5}));
}

TEST(ScalarPositions, SkipAnchorsAndTags) {
  EXPECT_EQ(Find("expr: &x a + b\n", "b"), (FilePosition{1, 14}));
  EXPECT_EQ(Find("expr: !!str 'a + b'\n", "b"), (FilePosition{1, 18}));
}

TEST(ScalarPositions, TakeWhatLiesBehindTheEndForTheEnd) {
  const std::string file = "expr: |\n  a +\n";
  EXPECT_EQ(ScalarPositions(file, {1, 7}, "a +\n").Of(100), (FilePosition{2, 6}));
}

}  // namespace
}  // namespace tidemark::alert
