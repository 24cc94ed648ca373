#include "server/grpc/message_text.h"

#include "gtest/gtest.h"

namespace tidemark::server {
namespace {

TEST(MessageText, LeavesTextAsItIs) {
  EXPECT_EQ(Utf8Text(""), "");
  EXPECT_EQ(Utf8Text("plain"), "plain");
  EXPECT_EQ(Utf8Text("\xc3\xa4\xf0\x9f\x8c\x8a"), "\xc3\xa4\xf0\x9f\x8c\x8a");
}

TEST(MessageText, ReplacesEachByteThatIsNoCharacter) {
  EXPECT_EQ(Utf8Text("\xff"), "\xef\xbf\xbd");
  EXPECT_EQ(Utf8Text("a\xc3"), "a\xef\xbf\xbd");
  EXPECT_EQ(Utf8Text("\xe2\x82!"), "\xef\xbf\xbd\xef\xbf\xbd!");
}

}  // namespace
}  // namespace tidemark::server
