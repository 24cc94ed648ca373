#include "model/replacement.h"

#include <gtest/gtest.h>

namespace tidemark::model {
namespace {

std::string Expand(std::string_view text) {
  const re2::RE2 regex("(?P<host>[a-z]+):(\\d+)(x)?");
  std::vector<re2::StringPiece> groups(4);
  const re2::StringPiece input("node:9090");
  EXPECT_TRUE(regex.Match(input, 0, input.size(), re2::RE2::UNANCHORED, groups.data(), 4));
  std::string out = "<";
  Replacement(text, regex).Append(groups, &out);
  return out + ">";
}

TEST(Replacement, RefersToGroupsByNumberAndName) {
  EXPECT_EQ(Expand("$1-$2 ${host}/${2}0 $0"), "<node-9090 node/90900 node:9090>");
}

TEST(Replacement, GivesNothingForAGroupThatDoesNotExistOrDidNotMatch) {
  EXPECT_EQ(Expand("[$3][$7][$nobody][$1234567]"), "<[][][][]>");
}

TEST(Replacement, TakesTheLongestNameBehindADollarSign) { EXPECT_EQ(Expand("$1x"), "<>"); }

TEST(Replacement, KeepsDollarSignsThatReferToNothing) {
  EXPECT_EQ(Expand("$$1 $ $- ${ ${1"), "<$1 $ $- ${ ${1>");
}

}  // namespace
}  // namespace tidemark::model
