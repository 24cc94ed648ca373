#include "tests/differential/promql/random_expression.h"

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <utility>

#include "fmt/args.h"
#include "fmt/format.h"
#include "tests/differential/promql/random_series.h"

namespace tidemark::differential {
namespace {

constexpr int kMaxDepth = 4;

// Puts `parts` in the place of the braces of `pattern`. Every compiler makes the parts of a list in
// order, as it need not do with arguments; so a seed gives the same expressions with all.
struct Part {
  Part(std::string_view t) : text(t) {}         // NOLINT(google-explicit-constructor): an item
  Part(const char* t) : text(t) {}              // NOLINT(google-explicit-constructor): likewise
  Part(std::string t) : text(std::move(t)) {}   // NOLINT(google-explicit-constructor): likewise
  Part(int64_t n) : text(std::to_string(n)) {}  // NOLINT(google-explicit-constructor): likewise

  std::string text;
};
std::string InOrder(std::string_view pattern, std::initializer_list<Part> parts) {
  fmt::dynamic_format_arg_store<fmt::format_context> arguments;
  for (const Part& part : parts) {
    arguments.push_back(std::cref(part.text));
  }
  return fmt::vformat(pattern, arguments);
}

}  // namespace

std::string RandomExpression::Write() {
  switch (random_.Below(12)) {
    case 0:
      return Scalar(0);
    case 1:
    case 2:
    case 3:
      return Vector(0, Precision::kSame);
    default:
      return Vector(0, Precision::kRounded);
  }
}

std::string RandomExpression::Vector(int depth, Precision worst) {
  if (depth >= kMaxDepth || random_.Chance(12)) {
    return Selector();
  }
  switch (worst) {
    case Precision::kExact:
      return ExactVector(depth + 1);
    case Precision::kSame:
      return random_.Chance(50) ? SameVector(depth + 1) : ExactVector(depth + 1);
    case Precision::kRounded:
      return random_.Chance(70)
                 ? RoundedVector(depth + 1)
                 : Vector(depth, random_.Chance(50) ? Precision::kSame : Precision::kExact);
  }
  return Selector();
}

std::string RandomExpression::ExactVector(int depth) {
  switch (random_.Below(13)) {
    case 0:
    case 1:
      return Aggregation(
          {random_.OneOf("sum", "min", "max", "count", "group"), Vector(depth, Precision::kExact)});
    case 2:
      return Aggregation({random_.OneOf("min", "max", "count"), Vector(depth, Precision::kExact)});
    case 3:
    case 4:
      return InOrder("{}({})", {random_.OneOf("min_over_time", "max_over_time", "count_over_time",
                                              "last_over_time", "present_over_time",
                                              "sum_over_time", "changes", "resets", "idelta"),
                                Window(depth, Precision::kExact)});
    case 5:
      return InOrder("{}({})", {random_.OneOf("abs", "ceil", "floor", "sgn", "round", "-", "+"),
                                Vector(depth, Precision::kExact)});
    case 6:
      return Arithmetic(depth, random_.OneOf("+", "-"), Precision::kExact);
    case 7:
      return Comparison(depth);
    case 8:
      return SetOperation(depth, Precision::kExact);
    case 9:
      return OfLabels(depth, Precision::kExact);
    case 10:
      return LargestOfDistinct();
    case 11:
      return InOrder("{}({})", {random_.OneOf("absent", "sort", "sort_desc"),
                                Vector(depth, Precision::kExact)});
    default:
      return Newer(depth);
  }
}

std::string RandomExpression::SameVector(int depth) {
  const auto operand = [&] { return Vector(depth, Precision::kSame); };
  switch (random_.Below(12)) {
    case 0:
      return Arithmetic(depth, random_.OneOf("*", "/", "%"), Precision::kSame);
    case 1:
      return TimeOf(random_.Chance(70) ? Selector() : operand());
    case 2:
      return InOrder("sqrt({})", {operand()});
    case 3:
      return InOrder("{}(vector({}))",
                     {random_.OneOf("minute", "hour", "day_of_week", "day_of_month", "day_of_year",
                                    "days_in_month", "month", "year"),
                      random_.OneOf("time()", "1e9", "951782400.5", "-86400", "time() * 1.7")});
    case 4:
      return InOrder("{}({}, {})",
                     {random_.OneOf("clamp_min", "clamp_max"), operand(), Scalar(depth)});
    case 5:
      return InOrder("clamp({}, {}, {})", {operand(), SmallNumber(), SmallNumber()});
    case 6:
      return InOrder("round({}, {})", {operand(), random_.OneOf("0.5", "5", "2", "-2", "100")});
    case 7:
      return InOrder("irate({})", {Window(depth, Precision::kExact)});
    case 8:
      return InOrder("vector({})", {Scalar(depth)});
    case 9:
      return InOrder("count_values{}(\"value\", {})", {Grouping(), operand()});
    case 10:
      return SetOperation(depth, Precision::kSame);
    default:
      return InOrder("absent_over_time({})", {Window(depth, Precision::kSame)});
  }
}

std::string RandomExpression::RoundedVector(int depth) {
  const auto operand = [&] { return Vector(depth, Precision::kRounded); };
  switch (random_.Below(15)) {
    case 0:
    case 1:
    case 2:
      return InOrder("{}({})", {random_.OneOf("rate", "increase", "delta"), GrowthWindow(depth)});
    case 3:
      return Aggregation({random_.OneOf("sum", "avg", "min", "max"), operand()});
    case 4:
      return InOrder("quantile{}({}, {})", {Grouping(), Quantile(), operand()});
    case 5:
      return InOrder("{}_over_time({})", {random_.OneOf("avg", "sum", "min", "max", "last"),
                                          Window(depth, Precision::kRounded)});
    case 6:
      return InOrder("quantile_over_time({}, {})",
                     {Quantile(), Window(depth, Precision::kRounded)});
    case 7:
      return Deviation(depth);
    case 8:
      return InOrder("{}({})", {random_.OneOf("exp", "ln", "log2", "log10", "sin", "cos", "tanh",
                                              "atan", "sinh", "asinh", "cosh", "acosh", "asin",
                                              "acos", "atanh", "tan", "deg", "rad"),
                                Vector(depth, Precision::kSame)});
    case 9:
      return Arithmetic(depth, random_.OneOf("^", "atan2"), Precision::kSame);
    case 10:
      return InOrder("deriv({})", {Window(depth, Precision::kExact)});
    case 11:
      return Prediction(depth);
    case 12:
      return HistogramQuantile();
    case 13:
      return SetOperation(depth, Precision::kRounded);
    default:
      return random_.Chance(50)
                 ? OfLabels(depth, Precision::kRounded)
                 : InOrder("({}) {} {}", {operand(), random_.OneOf("*", "/"),
                                          random_.OneOf("2", "0.25", "-3", "1e3", "0")});
  }
}

std::string RandomExpression::Metric() {
  if (random_.Chance(5)) {
    Note(VersionDifference::kClosedRanges);
    Note(VersionDifference::kEqualSeriesApart);
    return random_.OneOf(R"({__name__=~"memory|grid"})", R"({__name__=~"m.*",instance="a"})",
                         R"({__name__!~"grid|requests_.*",job="db"})", R"({instance=~"b|c"})");
  }
  std::string metric =
      random_.OneOf("requests_total", "requests_total", "memory", "memory", "grid", "special",
                    "moving", "sparse", "build_info", "errors_total", "latency_bucket", "nothing");
  if (metric == "grid") {
    Note(VersionDifference::kClosedRanges);
  }
  return metric + random_.OneOf("", "", "", R"({instance="a"})", R"({instance!="b"})",
                                R"({job=~"a.*"})", R"({job!~"api|x",instance=~".+"})",
                                R"({place=""})", R"({instance=~"a|b"})");
}

std::string RandomExpression::Counter() {
  switch (random_.Below(6)) {
    case 0:
      return "latency_bucket";
    case 1:
      return "errors_total" + random_.OneOf("", R"({job="db"})");
    default:
      return "requests_total" + random_.OneOf("", R"({code="500"})", R"({instance=~"a|c"})");
  }
}

std::string RandomExpression::TimeShift() {
  std::string at;
  if (random_.Chance(8)) {
    at = random_.Chance(40) ? random_.OneOf(" @ start()", " @ end()")
                            : InOrder(" @ {}{}", {(kDataStart + random_.Between(0, kDataMs)) / 1000,
                                                  options_.on_samples ? "" : ".5"});
  }
  std::string offset;
  if (random_.Chance(15)) {
    offset = " offset " + random_.OneOf("1m", "45s", "-2m", "7m", "15s", "-30s", "90s");
  }
  return random_.Chance(50) ? at + offset : offset + at;
}

std::string RandomExpression::Selector() { return Metric() + TimeShift(); }

std::string RandomExpression::Range(std::string_view selector, int64_t min_seconds) {
  const int64_t seconds =
      random_.Chance(50) ? random_.Between(min_seconds, 300) : random_.Between(1, 60) * 15;
  return InOrder("{}[{}s]{}", {selector, seconds, TimeShift()});
}

std::string RandomExpression::Subquery(int depth, Precision worst) {
  // The steps of an inner subquery may fall on the ends of its ranges.
  if (subqueries_ > 0 || options_.on_samples) {
    Note(VersionDifference::kClosedRanges);
  }
  ++subqueries_;
  const std::string inner = Vector(depth + 1, worst);
  --subqueries_;
  return InOrder("({})[{}:{}]{}", {inner, random_.OneOf("1m", "3m", "5m", "10m", "400s"),
                                   random_.OneOf("15s", "30s", "1m", "47s", ""), TimeShift()});
}

std::string RandomExpression::Window(int depth, Precision worst) {
  if (depth < kMaxDepth && subqueries_ < 2 && random_.Chance(25)) {
    return Subquery(depth, worst);
  }
  return Range(Metric(), 1);
}

std::string RandomExpression::GrowthWindow(int depth) {
  Note(VersionDifference::kGrowthFromZero);
  if (depth < kMaxDepth && subqueries_ < 1 && random_.Chance(15)) {
    return Subquery(depth, Precision::kExact);
  }
  return Range(random_.Chance(75) ? Counter() : Metric(), 10);
}

std::string RandomExpression::Grouping() {
  return random_.OneOf("", "", " by (job) ", " by (instance) ", " without (instance) ",
                       " by (job, instance) ", " without () ", " by () ", " by (__name__, job) ",
                       " without (code, le, place) ", " by (nothing) ");
}

std::string RandomExpression::Aggregation(const Operation& operation) {
  const auto& [op, operand] = operation;
  const std::string grouping = Grouping();
  return random_.Chance(70) ? InOrder("{}{}({})", {op, grouping, operand})
                            : InOrder("{}({}){}", {op, operand, grouping});
}

// No two series of these have the same number at a time.
std::string RandomExpression::LargestOfDistinct() {
  std::string operand = "memory" + random_.OneOf("", R"({job="api"})");
  switch (random_.Below(3)) {
    case 0:
      operand += TimeShift();
      break;
    case 1:
      operand = InOrder("max_over_time({})", {Range(operand, 30)});
      break;
    default:
      operand = InOrder("{} * 2", {operand});
      break;
  }
  return InOrder("{}{}({}, {})", {random_.OneOf("topk", "bottomk"),
                                  random_.OneOf("", " by (job) ", " without (instance) "),
                                  random_.OneOf("1", "2", "3", "10", "0", "-1", "2.9"), operand});
}

std::string RandomExpression::Matching(bool set_operator) {
  const std::string labels =
      random_.OneOf("", "", " on (instance)", " on (job, instance)", " ignoring (job)",
                    " ignoring (code, place, le, version)", " on (job)", " on ()");
  if (set_operator || labels.empty() || random_.Chance(40)) {
    return labels;
  }
  return labels + random_.OneOf(" group_left ()", " group_right ()", " group_left (version)",
                                " group_right (place)");
}

std::string RandomExpression::Arithmetic(int depth, std::string_view op, Precision worst) {
  const std::string left = Vector(depth, worst);
  const bool with_scalar = random_.Chance(50);
  if (op == "atan2") {
    Note(VersionDifference::kAtan2KeepsName);
  }
  if (!with_scalar) {
    return InOrder("({}) {}{} ({})", {left, op, Matching(false), Vector(depth, worst)});
  }
  const std::string number = worst == Precision::kExact ? SmallNumber() : Scalar(depth);
  return random_.Chance(50) ? InOrder("({}) {} {}", {left, op, number})
                            : InOrder("{} {} ({})", {number, op, left});
}

std::string RandomExpression::Comparison(int depth) {
  const std::string op = random_.OneOf("==", "!=", "<", "<=", ">", ">=");
  const std::string with_bool = random_.Chance(40) ? " bool" : "";
  const std::string left = Vector(depth, Precision::kExact);
  switch (random_.Below(3)) {
    case 0:
      return InOrder("({}) {}{} {}", {left, op, with_bool, SmallNumber()});
    case 1:
      return InOrder("{} {}{} ({})", {SmallNumber(), op, with_bool, left});
    default:
      return InOrder("({}) {}{}{} ({})",
                     {left, op, with_bool, Matching(false), Vector(depth, Precision::kExact)});
  }
}

std::string RandomExpression::SetOperation(int depth, Precision worst) {
  return InOrder("({}) {}{} ({})", {Vector(depth, worst), random_.OneOf("and", "or", "unless"),
                                    Matching(true), Vector(depth, worst)});
}

std::string RandomExpression::OfLabels(int depth, Precision worst) {
  const std::string operand = Vector(depth, worst);
  if (random_.Chance(40)) {
    return InOrder(R"(label_join({}, "{}", "{}", "job", "instance"))",
                   {operand, random_.OneOf("both", "job", "place"), random_.OneOf("-", "", "/")});
  }
  return InOrder(R"(label_replace({}, "{}", "{}", "{}", "{}"))",
                 {operand, random_.OneOf("copy", "instance", "place", "__name__"),
                  random_.OneOf("$1", "x-$1", "${1}y", "fixed", ""),
                  random_.OneOf("job", "instance", "nothing", "__name__"),
                  random_.OneOf("(.*)", "(a).*", "(.)(.*)", "", "db|(c)")});
}

std::string RandomExpression::Deviation(int depth) {
  // Of the metrics only `special` has values that are not finite; quotients have them, too.
  Note(VersionDifference::kDeviationOfInfinite);
  const std::string op = random_.OneOf("stddev", "stdvar");
  return random_.Chance(50) ? Aggregation({op, Vector(depth, Precision::kExact)})
                            : InOrder("{}_over_time({})", {op, Window(depth, Precision::kExact)});
}

std::string RandomExpression::TimeOf(const std::string& operand) {
  if (operand.find(" @ ") != std::string::npos && operand.find(" offset ") != std::string::npos) {
    Note(VersionDifference::kPinnedTimestamp);
  }
  return InOrder("timestamp({})", {operand});
}

std::string RandomExpression::Prediction(int depth) {
  const std::string window = Window(depth, Precision::kExact);
  if (window.find(" @ ") != std::string::npos) {
    Note(VersionDifference::kPinnedPrediction);
  }
  return InOrder("predict_linear({}, {})", {window, SmallNumber()});
}

bool RandomExpression::Knows(std::string_view function) const {
  return std::any_of(std::begin(kNewerFunctions), std::end(kNewerFunctions),
                     [&](const NewerFunction& newer) {
                       return newer.name == function && newer.since <= options_.reference;
                     });
}

std::string RandomExpression::Newer(int depth) {
  const std::string name = random_.OneOf("mad_over_time", "first_over_time", "ts_of_min_over_time",
                                         "ts_of_max_over_time", "ts_of_last_over_time",
                                         "ts_of_first_over_time", "limitk");
  if (!Knows(name)) {
    return InOrder("last_over_time({})", {Window(depth, Precision::kExact)});
  }
  if (name == "limitk") {
    return InOrder("count(limitk{}(2, {}))", {Grouping(), Vector(depth, Precision::kExact)});
  }
  return InOrder("{}({})", {name, Window(depth, Precision::kExact)});
}

std::string RandomExpression::HistogramQuantile() {
  std::string buckets = "latency_bucket";
  if (random_.Chance(50)) {
    Note(VersionDifference::kGrowthFromZero);
    buckets = InOrder("{}({})", {random_.OneOf("rate", "increase"), Range(buckets, 60)});
  }
  if (random_.Chance(40)) {
    buckets = InOrder("sum by (le{}) ({})", {random_.OneOf("", ", job"), buckets});
  }
  return InOrder("histogram_quantile({}, {})", {Quantile(), buckets});
}

std::string RandomExpression::SmallNumber() {
  return random_.OneOf("0", "1", "2", "-3", "0.5", "100", "400.25", "1e3", "7");
}

std::string RandomExpression::Quantile() {
  return random_.OneOf("0.5", "0.9", "0", "1", "0.25", "1.5", "-1", "NaN");
}

std::string RandomExpression::Scalar(int depth) {
  if (depth >= kMaxDepth) {
    return SmallNumber();
  }
  switch (random_.Below(8)) {
    case 0:
      return InOrder("scalar({})", {Vector(depth + 1, Precision::kExact)});
    case 1:
      return "time()";
    case 2:
      return InOrder("({} {} {})", {Scalar(depth + 1), random_.OneOf("+", "-", "*", "/", "%"),
                                    Scalar(depth + 1)});
    case 3:
      return InOrder(
          "({} {} bool {})",
          {Scalar(depth + 1), random_.OneOf("==", "!=", "<", ">", "<=", ">="), Scalar(depth + 1)});
    case 4:
      return random_.OneOf("Inf", "NaN", "-Inf", "pi()", "-0.0", "0x1F", "1e-3");
    default:
      return SmallNumber();
  }
}

}  // namespace tidemark::differential
