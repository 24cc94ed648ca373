#include "query/api/ast_json.h"

#include <gtest/gtest.h>

#include "query/parser/parser.h"

namespace tidemark::query {
namespace {

std::string AstOf(std::string_view text) {
  auto expr = ParseExpr(text, {.experimental_functions = true});
  EXPECT_TRUE(expr.ok()) << expr.status();
  EXPECT_TRUE(ResolveDurations({}, expr->get()).ok());
  std::string json;
  AppendAst(**expr, &json);
  return json;
}

TEST(AstJson, WritesLiterals) {
  EXPECT_EQ(AstOf("-(1.5)"), R"({"type":"unaryExpr","op":"-","expr":{"type":"parenExpr","expr":)"
                             R"({"type":"numberLiteral","val":"1.5"}}})");
  EXPECT_EQ(AstOf(R"("a\"b")"), R"({"type":"stringLiteral","val":"a\"b"})");
}

TEST(AstJson, WritesSelectorsWithTheirTimes) {
  EXPECT_EQ(AstOf(R"(up{job!~"x"} offset 1m @ 2.5)"),
            R"({"type":"vectorSelector","name":"up","matchers":[)"
            R"({"name":"__name__","value":"up","type":"="},)"
            R"({"name":"job","value":"x","type":"!~"}],)"
            R"("offset":60000,"timestamp":2500,"startOrEnd":null,)"
            R"("anchored":false,"smoothed":false})");
  const std::string matrix = AstOf("up[5m] @ start()");
  EXPECT_NE(matrix.find(R"({"type":"matrixSelector","name":"up")"), std::string::npos) << matrix;
  EXPECT_NE(matrix.find(R"("startOrEnd":"start")"), std::string::npos);
  EXPECT_NE(matrix.find(R"("range":300000})"), std::string::npos);
  const std::string subquery = AstOf("up[5m:]");
  EXPECT_NE(subquery.find(R"("range":300000,"step":0,)"), std::string::npos) << subquery;
}

TEST(AstJson, WritesCallsWithTheirSignatures) {
  EXPECT_EQ(AstOf("time()"), R"({"type":"call","func":{"name":"time","argTypes":[],"variadic":0,)"
                             R"("returnType":"scalar"},"args":[]})");
  EXPECT_NE(AstOf("round(up)").find(R"("argTypes":["vector","scalar"],"variadic":1)"),
            std::string::npos);
  EXPECT_NE(AstOf(R"(label_join(up, "a", "b"))").find(R"("variadic":-1)"), std::string::npos);
}

TEST(AstJson, WritesOperatorsWithTheirMatching) {
  const std::string joined = AstOf("a * on (x) group_left (y) b");
  EXPECT_NE(joined.find(R"("matching":{"card":"many-to-one","labels":["x"],"on":true,)"
                        R"("include":["y"]},"bool":false})"),
            std::string::npos)
      << joined;
  EXPECT_NE(AstOf("1 > bool 2").find(R"("matching":null,"bool":true})"), std::string::npos);
  EXPECT_NE(AstOf("topk by (x) (2, a)")
                .find(R"("param":{"type":"numberLiteral","val":"2"},)"
                      R"("grouping":["x"],"without":false})"),
            std::string::npos);
  EXPECT_NE(AstOf("sum(a)").find(R"("param":null,"grouping":[])"), std::string::npos);
}

}  // namespace
}  // namespace tidemark::query
