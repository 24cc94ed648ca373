// What is refused, with which words, and where.

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/status_macros.h"
#include "query/parser/parser.h"

namespace tidemark::query {
namespace {

struct Refused {
  std::string_view text;
  std::string_view message;
};

// The message without the "parse error: " all have.
std::string MessageOf(std::string_view text, const ParserOptions& options) {
  const absl::StatusOr<ExprPtr> expr = ParseExpr(text, options);
  if (expr.ok()) {
    return "(parsed)";
  }
  EXPECT_EQ(expr.status().code(), absl::StatusCode::kInvalidArgument);
  std::string message(base::Message(expr.status()));
  constexpr std::string_view kWords = " parse error:";
  if (const size_t at = message.find(kWords); at != std::string::npos) {
    return message.erase(at, kWords.size());
  }
  return "(no parse error) " + message;
}

template <size_t N>
void ExpectRefused(const Refused (&cases)[N], const ParserOptions& options = {}) {
  for (const Refused& refused : cases) {
    EXPECT_EQ(MessageOf(refused.text, options), refused.message) << refused.text;
  }
}

TEST(ParseError, SaysWhatIsMissingAtTheEnd) {
  ExpectRefused({
      {"", "1:1: no expression found in input"},
      {"# only words\n\n", "1:1: no expression found in input"},
      {"1 +", "1:4: unexpected end of input"},
      {"(", "1:2: unclosed left parenthesis"},
      {"((1)", "1:5: unclosed left parenthesis"},
      {"sum(foo", "1:8: unclosed left parenthesis"},
      {"foo[5m", "1:7: unclosed left bracket"},
      {"foo[", "1:5: unexpected end of input in duration expression"},
      {"foo{", "1:5: unexpected end of input inside braces"},
      {"foo{a=\"b\"", "1:10: unexpected end of input inside braces"},
      {"\"abc", "1:1: unterminated quoted string"},
      {"\"a\nb\"", "1:1: unterminated quoted string"},
      {"`abc", "1:1: unterminated raw string"},
  });
}

TEST(ParseError, CountsLinesAndColumnsInBytesFromOne) {
  ExpectRefused({
      {"\n\n  +", "3:4: unexpected end of input"},
      {"foo # comment\n  bar", "2:3: unexpected identifier \"bar\""},
      {"\"\xc3\xa4\" +\n\n*", "3:1: unexpected <op:*>"},
      {"\"\xc3\xa4\xc3\xa4\" $", "1:8: unexpected character: '$'"},
  });
}

TEST(ParseError, NamesTheWordThatWasNotExpected) {
  ExpectRefused({
      {"*1", "1:1: unexpected <op:*>"},
      {"1 2", "1:3: unexpected number \"2\""},
      {"1 5m", "1:3: unexpected duration \"5m\""},
      {"foo bar", "1:5: unexpected identifier \"bar\""},
      {"foo a:b", "1:5: unexpected metric identifier \"a:b\""},
      {"foo \"a long text here\"", "1:5: unexpected string \"\\\"a long te\"..."},
      {"foo \"ab\"", "1:5: unexpected string \"\\\"ab\\\"\""},
      {"foo by", "1:5: unexpected <by>"},
      {"foo sum", "1:5: unexpected <aggr:sum>"},
      {"foo start", "1:5: unexpected \"start\""},
      {"foo = 1", "1:5: unexpected \"=\""},
      {"foo }", "1:5: unexpected character: '}'"},
      {"()", "1:2: unexpected \")\""},
      {",", "1:1: unexpected \",\""},
      {"bool", "1:1: unexpected <bool>"},
      {"foo + group_left (a) bar", "1:7: unexpected <group_left>"},
      {"rate(a b)", "1:8: unexpected identifier \"b\""},
      {"sum(a b)", "1:7: unexpected identifier \"b\" in aggregation"},
      {"sum(rate(a b))", "1:12: unexpected identifier \"b\" in aggregation"},
      {"sum by (a) b", "1:12: unexpected identifier \"b\" in aggregation"},
      {"sum(a) by (b) by (c)", "1:15: unexpected <by>"},
      {"sum 5", "1:5: unexpected number \"5\""},
  });
}

TEST(ParseError, RefusesStrayCharacters) {
  ExpectRefused({
      {".", "1:1: unexpected character: '.'"},
      {"$", "1:1: unexpected character: '$'"},
      {"\xc3\xa4", "1:1: unexpected character: '\xc3\xa4'"},
      {std::string_view("\0", 1), "1:1: unexpected character: '\\x00'"},
      {"(1))", "1:5: unexpected right parenthesis ')'"},
      {"]", "1:1: unexpected right bracket ']'"},
      {"foo[5m[", "1:7: unexpected left bracket '['"},
      {"1 !~ 1", "1:3: unexpected character after '!': '~'"},
      {"1 =~ 1", "1:3: unexpected character after '=': '~'"},
      {"foo{a!>\"b\"}", "1:6: unexpected character after '!' inside braces: '>'"},
      {"foo{{", "1:5: unexpected left brace '{'"},
      {"foo{a;b}", "1:6: unexpected character inside braces: ';'"},
  });
}

TEST(ParseError, RefusesNumbersAndDurationsThatAreNone) {
  ExpectRefused({
      {"2.5.", "1:1: bad number or duration syntax: \"2.5.\""},
      {"100..4", "1:1: bad number or duration syntax: \"100..\""},
      {"0deadbeef", "1:1: bad number or duration syntax: \"0de\""},
      {"5mm", "1:1: bad number or duration syntax: \"5mm\""},
      {"1__0", "1:1: bad number or duration syntax: \"1__\""},
      {"1 + 5x", "1:5: bad number or duration syntax: \"5\""},
      {"0x", "1:1: error parsing number: strconv.ParseFloat: parsing \"0x\": invalid syntax"},
      {"1e999",
       "1:1: error parsing number: strconv.ParseFloat: parsing \"1e999\": value out of range"},
      {"5m5m", "1:1: not a valid duration string: \"5m5m\""},
      {"5d1w", "1:1: not a valid duration string: \"5d1w\""},
      {"1.5m", "1:1: unknown unit \".\" in duration \"1.5m\""},
      {"5hs", "1:1: unknown unit \"hs\" in duration \"5hs\""},
      {"300y", "1:1: duration out of range"},
  });
}

TEST(ParseError, RefusesBadEscapes) {
  ExpectRefused({
      {R"("\q")", "1:1: unknown escape sequence U+0071 'q'"},
      {R"("\q)", "1:1: unknown escape sequence U+0071 'q'"},
      {R"("a\)", "1:1: escape sequence not terminated"},
      {R"("\'")", "1:1: unknown escape sequence U+0027 '''"},
      {R"("\x")", "1:1: illegal character U+0022 '\"' in escape sequence"},
      {R"("\xZZ")", "1:1: illegal character U+005A 'Z' in escape sequence"},
      {R"("\400")", "1:1: escape sequence is an invalid Unicode code point"},
      {R"("\ud800")", "1:1: escape sequence is an invalid Unicode code point"},
      {R"("\U00110000")", "1:1: escape sequence is an invalid Unicode code point"},
      {"\"\xff\"", "1:1: invalid UTF-8 rune"},
  });
}

TEST(ParseError, RefusesMalformedBraces) {
  ExpectRefused({
      {"foo{1}", "1:5: unexpected character inside braces: '1'"},
      {"foo{x}", "1:6: unexpected \"}\" in label matching, expected label matching operator"},
      {"foo{x=}", "1:7: unexpected \"}\" in label matching, expected string"},
      {"foo{x=y}", "1:7: unexpected identifier \"y\" in label matching, expected string"},
      {"foo{,}", "1:5: unexpected \",\" in label matching, expected identifier or \"}\""},
      {"foo{a=\"b\",,}", "1:11: unexpected \",\" in label matching, expected identifier or \"}\""},
      {"foo{a=\"b\" c=\"d\"}",
       "1:11: unexpected identifier \"c\" in label matching, expected \",\" or \"}\""},
      {"{\"a\" \"b\"}",
       "1:6: unexpected string \"\\\"b\\\"\" in label matching, expected \",\" or \"}\""},
  });
  EXPECT_NE(MessageOf("foo{a=~\"(\"}", {}).find("1:5: invalid regular expression"),
            std::string::npos);
}

TEST(ParseError, RefusesSelectorsThatCouldSelectEverything) {
  ExpectRefused({
      {"{}", "1:1: vector selector must contain at least one non-empty matcher"},
      {"1 + {x=\"\"}", "1:5: vector selector must contain at least one non-empty matcher"},
      {"{x=~\".*\"}", "1:1: vector selector must contain at least one non-empty matcher"},
      {"{x!=\"a\"}[5m]", "1:1: vector selector must contain at least one non-empty matcher"},
      {"{\"\"}", "1:1: vector selector must contain at least one non-empty matcher"},
  });
}

TEST(ParseError, RefusesTwoNames) {
  ExpectRefused({
      {"foo{__name__=\"bar\"}", "1:1: metric name must not be set twice: \"foo\" or \"bar\""},
      {"1 + foo{\"bar\"}", "1:5: metric name must not be set twice: \"foo\" or \"bar\""},
      {"{\"foo\",\"bar\"}", "1:8: metric name must not be set twice: \"foo\" or \"bar\""},
  });
}

TEST(ParseError, RefusesMalformedRangesAndSubqueries) {
  ExpectRefused({
      {"foo[]",
       "1:5: unexpected \"]\" in subquery or range selector, expected number, duration, "
       "step(), or range()"},
      {"foo[5m +]",
       "1:9: unexpected \"]\" in subquery or range selector, expected number, "
       "duration, step(), or range()"},
      {"foo[5m 5m]",
       "1:8: unexpected duration \"5m\" in subquery or range, expected \":\" or \"]\""},
      {"foo[5m:+]",
       "1:9: unexpected \"]\" in subquery selector, expected number, duration, "
       "step(), range(), or \"]\""},
      {"foo[5m:5s 5]", "1:11: unexpected number \"5\" in subquery selector, expected \"]\""},
      {"foo[5m:5s:1s]", "1:10: unexpected colon ':'"},
      {"foo[:5m]", "1:5: unexpected colon before duration in duration expression"},
      {"foo[x]", "1:5: unexpected character in duration expression: 'x'"},
      {"foo[\"5m\"]", "1:5: unexpected character in duration expression: '\"'"},
      {"foo[5m x]", "1:8: unexpected character: 'x', expected ':'"},
      {"foo[0m]", "1:5: duration must be greater than 0"},
      {"foo[-5m]", "1:5: duration must be greater than 0"},
      {"foo[5m:0]", "1:8: duration must be greater than 0"},
      {"foo[99999999999]", "1:5: duration out of range"},
      {"foo[5m / 0]", "1:8: division by zero"},
      {"foo[5m % 0s]", "1:8: modulo by zero"},
      {"foo[5m][5m]", "1:8: ranges only allowed for vector selectors"},
      {"(foo)[5m]", "1:6: ranges only allowed for vector selectors"},
      {"sum(foo)[5m]", "1:9: ranges only allowed for vector selectors"},
      {"foo offset 5m[5m]", "1:14: no offset modifiers allowed before range"},
      {"foo @ 5[5m]", "1:8: no @ modifiers allowed before range"},
      {"1[5m:]", "1:1: subquery is only allowed on instant vector, got scalar instead"},
      {"\"a\"[5m:]", "1:1: subquery is only allowed on instant vector, got string instead"},
      {"foo[5m][5m:]", "1:1: subquery is only allowed on instant vector, got matrix instead"},
  });
}

TEST(ParseError, RefusesMisplacedOffsetAndAt) {
  ExpectRefused({
      {"1 offset 1d",
       "1:1: offset modifier must be preceded by an instant vector selector or range "
       "vector selector or a subquery"},
      {"rate(foo[5m]) offset 5m",
       "1:1: offset modifier must be preceded by an instant vector "
       "selector or range vector selector or a subquery"},
      {"foo offset 1s offset 2s", "1:1: offset may not be set multiple times"},
      {"foo offset step() offset 2s", "1:1: offset may not be set multiple times"},
      {"foo offset",
       "1:11: unexpected end of input in offset, expected number, duration, step(), "
       "or range()"},
      {"foo offset (5m", "1:15: unclosed left parenthesis"},
      {"foo offset inf", "1:12: duration out of range"},
      {"sum(foo) @ 5",
       "1:1: @ modifier must be preceded by an instant vector selector or range "
       "vector selector or a subquery"},
      {"foo @", "1:6: unexpected end of input in @, expected timestamp"},
      {"foo @ bar", "1:7: unexpected identifier \"bar\" in @, expected timestamp"},
      {"foo @ start", "1:12: unexpected end of input in @, expected timestamp"},
      {"foo @ 1 @ 2", "1:1: @ <timestamp> may not be set multiple times"},
      {"foo @ start() @ 2", "1:1: @ <timestamp> may not be set multiple times"},
      {"foo @ nan", "1:1: timestamp out of bounds for @ modifier: NaN"},
      {"foo @ -inf", "1:1: timestamp out of bounds for @ modifier: -Inf"},
      {"foo @ 1e16", "1:1: timestamp out of bounds for @ modifier: 10000000000000000.000000"},
  });
}

TEST(ParseError, RefusesMalformedGrouping) {
  ExpectRefused({
      {"sum by a (b)", "1:8: unexpected identifier \"a\" in grouping opts, expected \"(\""},
      {"sum by (1) (b)", "1:9: unexpected number \"1\" in grouping opts, expected label"},
      {"sum by (a b) (c)",
       "1:11: unexpected identifier \"b\" in grouping opts, expected \",\" or \")\""},
      {"sum by (a,,) (c)", "1:11: unexpected \",\" in grouping opts, expected label"},
      {"sum by (\"\") (c)", "1:9: invalid label name for grouping: \"\""},
      {"sum by (\"\\xff\") (c)", "1:9: invalid label name for grouping: \"\\xff\""},
      {"foo + on bar", "1:10: unexpected identifier \"bar\" in grouping opts, expected \"(\""},
      {"foo + on (a) group_left on (b) bar",
       "1:25: unexpected <on> in grouping opts, expected \"(\""},
      {"foo + on (a) group_right",
       "1:25: unexpected end of input in grouping opts, expected \"(\""},
      {"foo + on (a) group_left (1) bar",
       "1:26: unexpected number \"1\" in grouping opts, expected label"},
  });
}

TEST(ParseError, ChecksCalls) {
  ExpectRefused({
      {"nonsense(1)", "1:1: unknown function with name \"nonsense\""},
      {"Rate(foo[5m])", "1:1: unknown function with name \"Rate\""},
      {"1 + start()", "1:5: function \"start\" is not enabled"},
      {"mad_over_time(foo[5m])", "1:1: function \"mad_over_time\" is not enabled"},
      {"floor()", "1:1: expected 1 argument(s) in call to \"floor\", got 0"},
      {"1 + floor(a, b)", "1:5: expected 1 argument(s) in call to \"floor\", got 2"},
      {"round()", "1:1: expected at least 1 argument(s) in call to \"round\", got 0"},
      {"hour(a, b)", "1:1: expected at most 1 argument(s) in call to \"hour\", got 2"},
      {"label_join(a)", "1:1: expected at least 3 argument(s) in call to \"label_join\", got 1"},
      {"floor(1)", "1:7: expected type instant vector in call to function \"floor\", got scalar"},
      {"rate(foo)",
       "1:6: expected type range vector in call to function \"rate\", got instant "
       "vector"},
      {"label_join(a, \"b\", \"c\", \"d\", 1)",
       "1:30: expected type string in call to function \"label_join\", got scalar"},
      {"rate(foo[5m],)", "1:13: trailing commas not allowed in function call args"},
      {"rate(foo[5m],,)", "1:13: trailing commas not allowed in function call args"},
      {"rate(,)", "1:6: unexpected \",\""},
  });
}

TEST(ParseError, ChecksAggregations) {
  ExpectRefused({
      {"sum()", "1:1: no arguments for aggregate expression provided"},
      {"sum(a, b)",
       "1:1: wrong number of arguments for aggregate expression provided, expected 1, got 2"},
      {"topk(a)",
       "1:1: wrong number of arguments for aggregate expression provided, expected 2, got 1"},
      {"sum(1)", "1:5: expected type instant vector in aggregation expression, got scalar"},
      {"sum(foo[5m])",
       "1:5: expected type instant vector in aggregation expression, got range vector"},
      {"topk(\"a\", b)", "1:6: expected type scalar in aggregation parameter, got string"},
      {"topk(a, b)", "1:6: expected type scalar in aggregation parameter, got instant vector"},
      {"count_values(1, b)", "1:14: expected type string in aggregation parameter, got scalar"},
      {"limitk(1, b)",
       "1:1: limitk() is experimental and must be enabled with "
       "--enable-feature=promql-experimental-functions"},
  });
}

TEST(ParseError, ChecksOperators) {
  ExpectRefused({
      {"1 == 1", "1:3: comparisons between scalars must use BOOL modifier"},
      {"foo + bool bar", "1:5: bool modifier can only be used on comparison operators"},
      {"1 and 1", "1:1: set operator \"and\" not allowed in binary scalar expression"},
      {"foo or 1", "1:1: set operator \"or\" not allowed in binary scalar expression"},
      {"foo and on (a) group_left (b) bar", "1:1: no grouping allowed for \"and\" operation"},
      {"foo + on (a) group_left (a) bar",
       "1:5: label \"a\" must not occur in ON and GROUP clause at once"},
      {"foo + on (a) 2", "1:1: vector matching only allowed between instant vectors"},
      {"\"a\" + 1", "1:1: binary expression must contain only scalar and instant vector types"},
      {"1 + foo[5m]", "1:5: binary expression must contain only scalar and instant vector types"},
      {"-foo[5m]",
       "1:1: unary expression only allowed on expressions of type scalar or instant "
       "vector, got \"range vector\""},
      {"-\"a\"",
       "1:1: unary expression only allowed on expressions of type scalar or instant "
       "vector, got \"string\""},
  });
}

TEST(ParseError, RefusesWhatIsNotEnabled) {
  ExpectRefused({
      {"1 + (a + fill (0) b)", "1:6: binop fill modifiers are experimental and not enabled"},
      {"rate(foo[5m] anchored)", "1:6: anchored modifier is experimental and not enabled"},
      {"foo smoothed", "1:1: smoothed modifier is experimental and not enabled"},
  });
}

TEST(ParseError, ChecksWhatIsEnabled) {
  ExpectRefused(
      {
          {"1 + fill (0) 2", "1:1: filling in missing series only allowed between instant vectors"},
          {"a and fill (0) b", "1:1: filling in missing series not allowed for set operators"},
          {"a + fill (b) c", "1:11: unexpected identifier \"b\""},
          {"a + fill_left (1) fill_left (2) c", "1:19: unexpected <fill_left>"},
          {"foo[5m:] anchored", "1:1: anchored modifier is not supported for subqueries"},
          {"1 smoothed", "1:1: smoothed modifier not implemented"},
          {"foo anchored smoothed", "1:1: anchored and smoothed modifiers cannot be used together"},
          {"info(a, b)", "1:9: expected label selectors only, got vector selector instead"},
          {"info(a, ({b=\"c\"}))", "1:9: expected label selectors only"},
          {"info(a, 1)",
           "1:1: expected type instant vector in call to function \"info\", got scalar"},
          {"max_of(1)", "1:1: expected 2 argument(s) in call to \"max_of\", got 1"},
      },
      {true, true, true});
}

TEST(ParseError, ComesInsteadOfAStackOverflow) {
  const auto repeat = [](std::string_view piece, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) {
      out.append(piece);
    }
    return out;
  };
  constexpr int kMany = 100'000;
  const std::string deep = "expression is nested too deeply";
  for (const std::string& text :
       {repeat("(", kMany) + "1" + repeat(")", kMany), repeat("abs(", kMany), repeat("-+", kMany),
        repeat("1^", kMany) + "1", repeat("1+", kMany) + "1", repeat("sum(", kMany),
        "a" + repeat("[1m:]", kMany), "a[" + repeat("(", kMany), "a offset " + repeat("(", kMany),
        "a[" + repeat("-", kMany), "a[" + repeat("min_of(1,", kMany)}) {
    EXPECT_NE(MessageOf(text, {}).find(deep), std::string::npos) << text.substr(0, 20);
  }
  EXPECT_EQ(MessageOf("a[" + repeat("1+", kMany) + "1]", {}),
            "1:3: duration expression is too long");
}

}  // namespace
}  // namespace tidemark::query
