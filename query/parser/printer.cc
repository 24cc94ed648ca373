#include "query/parser/printer.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "fmt/format.h"
#include "query/parser/internal/number.h"
#include "query/parser/quote.h"

namespace tidemark::query {
namespace {

constexpr size_t kMaxLine = 100;
constexpr size_t kIndent = 2;

bool IsLabelName(std::string_view name) {
  const auto is_letter = [](char c) {
    return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_';
  };
  const auto is_word = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && is_letter(name.front()) && std::all_of(name.begin(), name.end(), is_word);
}

// Whether by (name) reads `name` as a label: some words mean something else there.
bool IsBareLabelInList(std::string_view name) {
  const std::string lower = absl::AsciiStrToLower({name.data(), name.size()});
  return IsLabelName(name) && lower != "without" && lower != "inf" && lower != "nan";
}

// (a, "b c")
std::string LabelListText(const std::vector<std::string>& labels) {
  std::string out = "(";
  for (const std::string& label : labels) {
    out.append(out.size() > 1 ? ", " : "");
    out.append(IsBareLabelInList(label) ? label : Quote(label));
  }
  return out + ")";
}

std::string MatcherText(const model::Matcher& matcher) {
  const std::string& name = matcher.name();
  return fmt::format("{}{}{}", IsLabelName(name) ? name : Quote(name),
                     model::OperatorText(matcher.type()), Quote(matcher.value()));
}

// `seconds` came from a text with units and so is a whole number of milliseconds.
std::string DurationText(double seconds) { return FormatDuration(std::llround(seconds * 1000)); }

std::string_view OperatorText(DurationExpr::Op op) {
  using Op = DurationExpr::Op;
  switch (op) {
    case Op::kAdd:
      return "+";
    case Op::kSubtract:
      return "-";
    case Op::kMultiply:
      return "*";
    case Op::kDivide:
      return "/";
    case Op::kModulo:
      return "%";
    default:
      return "^";
  }
}

std::string Text(const DurationExpr& expr) {
  using Op = DurationExpr::Op;
  switch (expr.op) {
    case Op::kNumber:
      return FormatNumber(expr.seconds);
    case Op::kDuration:
      return DurationText(expr.seconds);
    case Op::kStep:
      return "step()";
    case Op::kRange:
      return "range()";
    case Op::kMinOf:
      return fmt::format("min_of({}, {})", Text(*expr.lhs), Text(*expr.rhs));
    case Op::kMaxOf:
      return fmt::format("max_of({}, {})", Text(*expr.lhs), Text(*expr.rhs));
    case Op::kMinus:
      return "-" + Text(*expr.lhs);
    case Op::kParen:
      return "(" + Text(*expr.lhs) + ")";
    default:
      return fmt::format("{} {} {}", Text(*expr.lhs), OperatorText(expr.op), Text(*expr.rhs));
  }
}

std::string Text(const Duration& duration) {
  return duration.constant() ? FormatDuration(duration.ms) : Text(*duration.expr);
}

std::string AtText(const TimeShift& shift) {
  switch (shift.at) {
    case TimeShift::At::kNone:
      return "";
    case TimeShift::At::kStart:
      return " @ start()";
    case TimeShift::At::kEnd:
      return " @ end()";
    case TimeShift::At::kTime:
      break;
  }
  const uint64_t ms =
      shift.at_ms < 0 ? 0 - static_cast<uint64_t>(shift.at_ms) : static_cast<uint64_t>(shift.at_ms);
  return fmt::format(" @ {}{}.{:03}", shift.at_ms < 0 ? "-" : "", ms / 1000, ms % 1000);
}

std::string OffsetText(const Duration& offset) {
  return offset.constant() && offset.ms == 0 ? "" : " offset " + Text(offset);
}

std::string_view ExtensionText(const VectorSelector& selector) {
  return selector.anchored ? " anchored" : selector.smoothed ? " smoothed" : "";
}

// name{label="value"} without what shifts it in time.
std::string SeriesText(const VectorSelector& selector) {
  std::vector<std::string> texts;
  // The first matcher is that of the name, where there is one.
  for (size_t i = selector.name.empty() ? 0 : 1; i < selector.matchers.size(); ++i) {
    texts.push_back(MatcherText(selector.matchers[i]));
  }
  if (texts.empty()) {
    return selector.name.empty() ? "{}" : selector.name;
  }
  std::sort(texts.begin(), texts.end());
  return fmt::format("{}{{{}}}", selector.name, fmt::join(texts, ","));
}

// [range:step] with what shifts it in time.
std::string SubqueryText(const Subquery& subquery) {
  return fmt::format("[{}:{}]{}{}", Text(subquery.range), subquery.step ? Text(*subquery.step) : "",
                     AtText(subquery.shift), OffsetText(subquery.shift.offset));
}

std::string SelectorText(const VectorSelector& selector) {
  return fmt::format("{}{}{}{}", SeriesText(selector), AtText(selector.shift),
                     ExtensionText(selector), OffsetText(selector.shift.offset));
}

std::string RangeText(const MatrixSelector& matrix) {
  const VectorSelector& selector = *matrix.selector;
  return fmt::format("{}[{}]{}{}{}", SeriesText(selector), Text(matrix.range),
                     ExtensionText(selector), AtText(selector.shift),
                     OffsetText(selector.shift.offset));
}

std::string NumberText(const NumberLiteral& number) {
  return number.is_duration ? DurationText(number.value) : FormatNumber(number.value);
}

std::string FillText(const VectorMatching& matching) {
  if (matching.fill_left && matching.fill_left == matching.fill_right) {
    return fmt::format(" fill ({})", FormatNumber(*matching.fill_left));
  }
  std::string out;
  if (matching.fill_left) {
    out += fmt::format(" fill_left ({})", FormatNumber(*matching.fill_left));
  }
  if (matching.fill_right) {
    out += fmt::format(" fill_right ({})", FormatNumber(*matching.fill_right));
  }
  return out;
}

// The operator with its modifiers, no space around.
std::string OperatorText(const Binary& binary) {
  using Cardinality = VectorMatching::Cardinality;
  const VectorMatching& matching = binary.matching;
  const bool left = matching.cardinality == Cardinality::kManyToOne;
  const bool groups = left || matching.cardinality == Cardinality::kOneToMany;
  std::string out(OperatorText(binary.op));
  if (binary.return_bool) {
    out += " bool";
  }
  if (matching.on || groups || !matching.labels.empty()) {
    out += matching.on ? " on " : " ignoring ";
    out += LabelListText(matching.labels);
  }
  if (groups) {
    out += left ? " group_left " : " group_right ";
    out += LabelListText(matching.include);
  }
  return out + FillText(matching);
}

// "sum by (job) ", "sum"
std::string OperatorText(const Aggregate& aggregate) {
  std::string out(OperatorText(aggregate.op));
  if (aggregate.without) {
    out += " without " + LabelListText(aggregate.grouping) + " ";
  } else if (!aggregate.grouping.empty()) {
    out += " by " + LabelListText(aggregate.grouping) + " ";
  }
  return out;
}

void Append(const Expr& expr, std::string* out);

void AppendCall(const Call& call, std::string* out) {
  out->append(call.function->name).push_back('(');
  for (size_t i = 0; i < call.args.size(); ++i) {
    out->append(i > 0 ? ", " : "");
    Append(*call.args[i], out);
  }
  out->push_back(')');
}

void AppendAggregate(const Aggregate& aggregate, std::string* out) {
  out->append(OperatorText(aggregate)).push_back('(');
  if (aggregate.param != nullptr) {
    Append(*aggregate.param, out);
    out->append(", ");
  }
  Append(*aggregate.expr, out);
  out->push_back(')');
}

void AppendBinary(const Binary& binary, std::string* out) {
  Append(*binary.lhs, out);
  out->append(" ").append(OperatorText(binary)).append(" ");
  Append(*binary.rhs, out);
}

void Append(const Expr& expr, std::string* out) {
  switch (expr.kind()) {
    case ExprKind::kNumberLiteral:
      out->append(NumberText(As<NumberLiteral>(expr)));
      break;
    case ExprKind::kStringLiteral:
      out->append(Quote(As<StringLiteral>(expr).value));
      break;
    case ExprKind::kVectorSelector:
      out->append(SelectorText(As<VectorSelector>(expr)));
      break;
    case ExprKind::kMatrixSelector:
      out->append(RangeText(As<MatrixSelector>(expr)));
      break;
    case ExprKind::kSubquery:
      Append(*As<Subquery>(expr).expr, out);
      out->append(SubqueryText(As<Subquery>(expr)));
      break;
    case ExprKind::kCall:
      AppendCall(As<Call>(expr), out);
      break;
    case ExprKind::kAggregate:
      AppendAggregate(As<Aggregate>(expr), out);
      break;
    case ExprKind::kBinary:
      AppendBinary(As<Binary>(expr), out);
      break;
    case ExprKind::kUnary:
      out->push_back(As<Unary>(expr).negative ? '-' : '+');
      Append(*As<Unary>(expr).expr, out);
      break;
    case ExprKind::kParen:
      out->push_back('(');
      Append(*As<Paren>(expr).expr, out);
      out->push_back(')');
      break;
  }
}

// Prettifier writes nodes that fit on a line as they are and breaks the others at their operator,
// their parentheses or their arguments.
class Prettifier {
 public:
  explicit Prettifier(std::string* out) : out_(*out) {}

  // `expr` from the begin of a line on, indented by `level`.
  void Write(const Expr& expr, size_t level) {
    out_.append(level * kIndent, ' ');
    WriteInLine(expr, level);
  }

 private:
  // The same when the line is indented already, or the node follows a sign.
  void WriteInLine(const Expr& expr, size_t level) {
    if (AppendIfItFits(expr)) {
      return;
    }
    switch (expr.kind()) {
      case ExprKind::kSubquery:
        WriteInLine(*As<Subquery>(expr).expr, level);
        out_.append(SubqueryText(As<Subquery>(expr)));
        break;
      case ExprKind::kCall:
        WriteCall(As<Call>(expr), level);
        break;
      case ExprKind::kAggregate:
        WriteAggregate(As<Aggregate>(expr), level);
        break;
      case ExprKind::kBinary:
        WriteBinary(As<Binary>(expr), level);
        break;
      case ExprKind::kUnary:
        out_.push_back(As<Unary>(expr).negative ? '-' : '+');
        WriteInLine(*As<Unary>(expr).expr, level);
        break;
      case ExprKind::kParen:
        WriteParens("", {As<Paren>(expr).expr.get()}, level);
        break;
      default:
        out_.append(ToString(expr));
        break;
    }
  }

  // Every node takes a character at least, so a tree deeper than a line is long does not fit;
  // long chains would otherwise be printed once for each of their operators.
  bool AppendIfItFits(const Expr& expr) {
    if (expr.depth > static_cast<int>(kMaxLine)) {
      return false;
    }
    const std::string text = ToString(expr);
    if (text.size() > kMaxLine) {
      return false;
    }
    out_.append(text);
    return true;
  }

  // Each operand goes one level in, the operator stands on a line of its own between them.
  void WriteBinary(const Binary& binary, size_t level) {
    out_.append(kIndent, ' ');
    WriteInLine(*binary.lhs, level + 1);
    out_.append("\n").append(level * kIndent, ' ').append(OperatorText(binary)).append("\n");
    Write(*binary.rhs, level + 1);
  }

  void WriteCall(const Call& call, size_t level) {
    std::vector<const Expr*> args;
    for (const ExprPtr& arg : call.args) {
      args.push_back(arg.get());
    }
    WriteParens(call.function->name, args, level);
  }

  void WriteAggregate(const Aggregate& aggregate, size_t level) {
    std::vector<const Expr*> args;
    if (aggregate.param != nullptr) {
      args.push_back(aggregate.param.get());
    }
    args.push_back(aggregate.expr.get());
    WriteParens(OperatorText(aggregate), args, level);
  }

  // head( and each argument on lines of its own.
  void WriteParens(std::string_view head, const std::vector<const Expr*>& args, size_t level) {
    out_.append(head).append("(\n");
    for (const Expr* arg : args) {
      Write(*arg, level + 1);
      out_.append(arg == args.back() ? "\n" : ",\n");
    }
    out_.append(level * kIndent, ' ').append(")");
  }

  std::string& out_;
};

}  // namespace

std::string ToString(const Expr& expr) {
  std::string out;
  Append(expr, &out);
  return out;
}

std::string Prettify(const Expr& expr) {
  std::string out;
  Prettifier(&out).Write(expr, 0);
  return out;
}

}  // namespace tidemark::query
