#include "query/parser/printer.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "query/parser/parser.h"

namespace tidemark::query {
namespace {

ExprPtr Parse(std::string_view text) {
  absl::StatusOr<ExprPtr> expr = ParseExpr(text, {true, true, true});
  EXPECT_TRUE(expr.ok()) << text << ": " << expr.status();
  return expr.ok() ? *std::move(expr) : std::make_unique<NumberLiteral>(0);
}

struct Printed {
  std::string_view text;
  std::string_view canonical;
};

TEST(Printer, WritesOneCanonicalText) {
  constexpr Printed kCases[] = {
      {"1e3", "1000"},
      {"0x10", "16"},
      {"1e21", "1000000000000000000000"},
      {"1e-7", "0.0000001"},
      {"-0", "-0"},
      {"inf", "+Inf"},
      {"-inf", "-Inf"},
      {"nan", "NaN"},
      {"90m", "1h30m"},
      {"14d", "2w"},
      {"'a\"b'", "\"a\\\"b\""},
      {"`\\d\n`", "\"\\\\d\\n\""},
      {"\"\\xff\\u0001\xc3\xa4\\u00a0\"", "\"\\xff\\x01\xc3\xa4\\u00a0\""},
      {"sum by() (foo)", "sum(foo)"},
      {"sum(foo)without()", "sum without () (foo)"},
      {"sum(foo)by(a,b)", "sum by (a, b) (foo)"},
      {"sum by (\"a.b\", \"c\", \"without\", \"NaN\") (foo)",
       "sum by (\"a.b\", c, \"without\", \"NaN\") (foo)"},
      {"topk(5,foo)", "topk(5, foo)"},
      {"a-on()c", "a - on () c"},
      {"a-on(b)group_left(x,y)c", "a - on (b) group_left (x, y) c"},
      {"a-on(b)group_right c", "a - on (b) group_right () c"},
      {"a-ignoring()c", "a - c"},
      {"a-ignoring()group_left c", "a - ignoring () group_left () c"},
      {"up>bool 0", "up > bool 0"},
      {"a</1", "a </ 1"},
      {"a+fill(0)b", "a + fill (0) b"},
      {"a+fill_right(1)fill_left(2)b", "a + fill_left (2) fill_right (1) b"},
      {"a offset 0s", "a"},
      {"a offset-7m", "a offset -7m"},
      {"a{c='d'}[300]offset 60", "a{c=\"d\"}[5m] offset 1m"},
      {"a[1h:5m]", "a[1h:5m]"},
      {"{__name__='a'}", "{__name__=\"a\"}"},
      {"{'a.b',c='d'}", "{__name__=\"a.b\",c=\"d\"}"},
      {"a{z='1',b!='2','c d'=~'3'}", "a{\"c d\"=~\"3\",b!=\"2\",z=\"1\"}"},
      {"a{}", "a"},
      {"a @ -1.5", "a @ -1.500"},
      {"- ( a )", "-(a)"},
      {"+a", "+a"},
      {"hour( )", "hour()"},
      {"round(a,5)", "round(a, 5)"},
      {"a # comment\n+ b", "a + b"},
  };
  for (const Printed& printed : kCases) {
    const std::string canonical = ToString(*Parse(printed.text));
    EXPECT_EQ(canonical, printed.canonical);
    EXPECT_EQ(ToString(*Parse(canonical)), canonical);
  }
}

TEST(Printer, LeavesWhatFitsOnOneLine) {
  const std::string text = "sum by (job) (rate(http_requests_total{code=~\"5..\"}[5m])) > 0.5";
  EXPECT_EQ(Prettify(*Parse(text)), text);
  const std::string hundred(100, 'a');
  EXPECT_EQ(Prettify(*Parse(hundred)), hundred);
}

TEST(Printer, BreaksLongNodesOverLines) {
  const std::string long_name(60, 'm');
  const std::string other(60, 'n');
  EXPECT_EQ(Prettify(*Parse(long_name + " + on (a) " + other)),
            "  " + long_name + "\n+ on (a)\n  " + other);
  EXPECT_EQ(Prettify(*Parse("sum by (x) (" + long_name + "{a=\"" + other + "\"})")),
            "sum by (x) (\n  " + long_name + "{a=\"" + other + "\"}\n)");
  EXPECT_EQ(Prettify(*Parse("topk(3, " + long_name + " / " + other + ")")),
            "topk(\n  3,\n    " + long_name + "\n  /\n    " + other + "\n)");
  EXPECT_EQ(
      Prettify(*Parse("label_replace(" + long_name + ", \"a\", \"b\", \"" + other + "\", \"c\")")),
      "label_replace(\n  " + long_name + ",\n  \"a\",\n  \"b\",\n  \"" + other + "\",\n  \"c\"\n)");
  EXPECT_EQ(Prettify(*Parse("-(" + long_name + " - " + other + ")")),
            "-(\n    " + long_name + "\n  -\n    " + other + "\n)");
  EXPECT_EQ(
      Prettify(*Parse("avg_over_time((" + long_name + " - " + other + ")[5m:1m])")),
      "avg_over_time(\n  (\n      " + long_name + "\n    -\n      " + other + "\n  )[5m:1m]\n)");
}

TEST(Printer, PrettifiedTextParsesToTheSameTree) {
  const std::string a(70, 'a');
  const std::string b(70, 'b');
  for (const std::string& text :
       {a + " or " + b + " or sum(" + a + " and " + b + ")", "-" + a + " ^ " + b,
        "max_over_time(rate(" + a + "{x=\"" + b + "\"}[5m])[1h:] @ end())"}) {
    const ExprPtr expr = Parse(text);
    const std::string pretty = Prettify(*expr);
    EXPECT_NE(pretty.find('\n'), std::string::npos);
    EXPECT_EQ(ToString(*Parse(pretty)), ToString(*expr));
  }
}

}  // namespace
}  // namespace tidemark::query
