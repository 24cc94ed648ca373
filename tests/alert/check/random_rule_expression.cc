#include "tests/alert/check/random_rule_expression.h"

#include "fmt/format.h"

namespace tidemark::alert {

std::string RandomRuleExpression::Labels() {
  return Pick({"x", "y", "z", "x, y", "y, z", "x, y, z", ""});
}

std::string RandomRuleExpression::Selector() {
  const std::string name = Pick({"m", "n", "o"});
  const std::string matcher = Pick({"", "", "{x=\"1\"}", "{y!=\"2\"}", "{z=~\"1|\"}"});
  return name + matcher + Pick({"", "", " offset 1m"});
}

std::string RandomRuleExpression::Aggregation(int depth) {
  const std::string clause = fmt::format("{} ({})", Pick({"by", "by", "without"}), Labels());
  const std::string op =
      Pick({"sum", "max", "min", "count", "avg", "group", "topk", "count_values"});
  const std::string param = op == "topk" ? "1, " : op == "count_values" ? "\"y\", " : "";
  return fmt::format("{} {} ({}{})", op, clause, param, Vector(depth - 1));
}

std::string RandomRuleExpression::Join(int depth) {
  const std::string clause = fmt::format("{} ({})", Pick({"on", "ignoring"}), Labels());
  const bool with_clause = Below(3) != 0;
  if (Below(2) == 0) {
    return fmt::format("({}) {} {} ({})", Vector(depth - 1), Pick({"and", "or", "unless"}),
                       with_clause ? clause : "", Vector(depth - 1));
  }
  const std::string group =
      with_clause ? clause + Pick({"", " group_left ()", " group_left (w)", " group_right ()"})
                  : "";
  return fmt::format("({}) {} {} ({})", Vector(depth - 1), Pick({"-", "+", ">", "<", "== bool"}),
                     group, Vector(depth - 1));
}

std::string RandomRuleExpression::Call(int depth) {
  switch (Below(9)) {
    case 0:
      return fmt::format("rate({}[5m])", Pick({"m", "n", "o"}));
    case 1:
      return fmt::format("label_replace({}, \"x\", \"$1\", \"y\", \"(.*)\")", Vector(depth - 1));
    case 2:
      return fmt::format("label_join({}, \"z\", \"-\", \"x\", \"y\")", Vector(depth - 1));
    case 3:
      return fmt::format("max_over_time(({})[3m:1m])", Vector(depth - 1));
    case 4:
      return fmt::format("absent({})", Vector(depth - 1));
    case 5:
      return fmt::format("(time() - {})", Vector(depth - 1));
    case 6:
      return fmt::format("({} > scalar({}))", Vector(depth - 1), Vector(depth - 1));
    case 7:
      return fmt::format("timestamp({})", Vector(depth - 1));
    default:
      return fmt::format("vector({})", Below(3));
  }
}

std::string RandomRuleExpression::Comparison(int depth) {
  return fmt::format("({}) {} {}", Vector(depth - 1), Pick({">", "<", "==", ">= bool"}), Below(6));
}

std::string RandomRuleExpression::Vector(int depth) {
  if (depth <= 0) {
    return Selector();
  }
  switch (Below(6)) {
    case 0:
      return Selector();
    case 1:
    case 2:
      return Aggregation(depth);
    case 3:
      return Call(depth);
    case 4:
      return Comparison(depth);
    default:
      return Join(depth);
  }
}

}  // namespace tidemark::alert
