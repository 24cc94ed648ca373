#include "server/api/label_name.h"

#include "gtest/gtest.h"

namespace tidemark::server {
namespace {

TEST(UnescapeLabelName, UndoesTheEscaping) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"job", "job"},
      {"http_status", "http_status"},
      {"U__http_2e_status", "http.status"},
      {"U__a__b", "a_b"},
      {"U__label_20_with_20_blanks", "label with blanks"},
      {"U___e4_", "\xc3\xa4"},
      {"U___4f60__597d_", "\xe4\xbd\xa0\xe5\xa5\xbd"},
      {"U___1F600_", "\xf0\x9f\x98\x80"},
      {"U__", ""},
  };
  for (const auto& [escaped, expected] : cases) {
    EXPECT_EQ(UnescapeLabelName(escaped), expected) << escaped;
  }
}

TEST(UnescapeLabelName, LeavesMalformedEscapesAsTheyAre) {
  for (const std::string_view name :
       {"U__a_2e", "U__a_", "U__a_zz_", "U__a_110000_", "U__a_d800_", "U__a_1234567_"}) {
    EXPECT_EQ(UnescapeLabelName(name), name);
  }
}

TEST(IsValidUtf8, KnowsWellFormedText) {
  for (const std::string_view text :
       {"", "plain", "\xc3\xa4", "\xe4\xbd\xa0", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(IsValidUtf8(text)) << text;
  }
  for (const std::string_view text :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xe4\xbd"}) {
    EXPECT_FALSE(IsValidUtf8(text));
  }
}

}  // namespace
}  // namespace tidemark::server
