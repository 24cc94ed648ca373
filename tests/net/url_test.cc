#include "net/url.h"

#include <gtest/gtest.h>

namespace tidemark::net {
namespace {

std::string Parsed(std::string_view text) {
  const auto url = ParseUrl(text);
  return url.ok() ? url->ToString() : "refused";
}

TEST(ParseUrl, TakesSchemeHostPortAndPath) {
  EXPECT_EQ(Parsed("http://a.example.org:9093/x/y"), "http://a.example.org:9093/x/y");
  EXPECT_EQ(Parsed("https://a"), "https://a:443/");
  EXPECT_EQ(Parsed("http://a/p"), "http://a:80/p");
  EXPECT_EQ(Parsed("http://[::1]:9093/"), "http://[::1]:9093/");
  EXPECT_EQ(Parsed("http://[::1]/"), "http://[::1]:80/");
}

TEST(ParseUrl, RefusesWhatIsNoAddressOfAServer) {
  for (const char* text : {"", "a:80", "ftp://a", "http://", "http://a:0/", "http://a:70000/",
                           "http://a:x/", "http://a b/", "http://u@a/"}) {
    EXPECT_EQ(Parsed(text), "refused") << text;
  }
}

TEST(Url, LeavesTheUsualPortOutOfTheHostHeader) {
  EXPECT_EQ(ParseUrl("http://a:80/")->HostHeader(), "a");
  EXPECT_EQ(ParseUrl("https://a:80/")->HostHeader(), "a:80");
  EXPECT_EQ(ParseUrl("https://[::1]:443/")->HostHeader(), "[::1]");
}

}  // namespace
}  // namespace tidemark::net
