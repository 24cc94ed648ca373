#include "server/http/form.h"

#include "gtest/gtest.h"

namespace tidemark::server {
namespace {

using Values = std::vector<std::string_view>;

HttpRequest FormPost(std::string_view body, std::string_view query = {}) {
  HttpRequest request;
  request.method = Method::kPost;
  request.headers = {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"}};
  request.body = body;
  request.query = query;
  return request;
}

TEST(PercentDecode, ReplacesEscapes) {
  EXPECT_EQ(*PercentDecode("a%20b%2Bc+d", true), "a b+c d");
  EXPECT_EQ(*PercentDecode("a+b%e4%BD%a0", false), "a+b\xe4\xbd\xa0");
  EXPECT_EQ(*PercentDecode("%00", false), std::string(1, '\0'));
}

TEST(PercentDecode, RefusesMalformedEscapes) {
  for (const std::string_view text : {"%", "%1", "%zz", "a%2", "%-1"}) {
    EXPECT_EQ(PercentDecode(text, true).status().code(), absl::StatusCode::kInvalidArgument)
        << text;
  }
  EXPECT_EQ(PercentDecode("x%zz", true).status().message(), "invalid URL escape \"%zz\"");
}

TEST(FormValues, ReadsTheQueryString) {
  HttpRequest request;
  request.query = "query=up%7Ba%3D%22b%22%7D&match[]=a&match%5B%5D=b&&flag&empty=";
  const auto form = FormValues::Parse(request);
  ASSERT_TRUE(form.ok());
  EXPECT_EQ(form->Get("query"), "up{a=\"b\"}");
  EXPECT_EQ(form->All("match[]"), (Values{"a", "b"}));
  EXPECT_EQ(form->All("flag"), Values{""});
  EXPECT_EQ(form->Get("missing"), "");
}

TEST(FormValues, PutsTheBodyOfAPostFirst) {
  const auto form = FormValues::Parse(FormPost("a=body&b=1", "a=query&c=2"));
  ASSERT_TRUE(form.ok());
  EXPECT_EQ(form->Get("a"), "body");
  EXPECT_EQ(form->All("a"), (Values{"body", "query"}));
  EXPECT_EQ(form->Get("c"), "2");
}

TEST(FormValues, LeavesOtherBodiesAlone) {
  HttpRequest request = FormPost("a=body");
  request.headers = {{"Content-Type", "application/json"}};
  EXPECT_EQ(FormValues::Parse(request)->Get("a"), "");
}

TEST(FormValues, RefusesMalformedEscapesAnywhere) {
  EXPECT_FALSE(FormValues::Parse(FormPost("a=%x")).ok());
  EXPECT_FALSE(FormValues::Parse(FormPost("", "%x=a")).ok());
}

}  // namespace
}  // namespace tidemark::server
