// Selectors, ranges, subqueries and what shifts them in time.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/parser/internal/number.h"
#include "query/parser/internal/syntax_parser.h"
#include "query/parser/quote.h"

namespace tidemark::query {
namespace {

constexpr std::string_view kSelectorOrSubquery =
    "modifier must be preceded by an instant vector selector or range vector selector or a "
    "subquery";

// The selector in `expr`, that of a range included; null for others.
VectorSelector* SelectorIn(Expr* expr) {
  switch (expr->kind()) {
    case ExprKind::kVectorSelector:
      return &As<VectorSelector>(*expr);
    case ExprKind::kMatrixSelector:
      return As<MatrixSelector>(*expr).selector.get();
    default:
      return nullptr;
  }
}

TimeShift* ShiftOf(Expr* expr) {
  if (expr->kind() == ExprKind::kSubquery) {
    return &As<Subquery>(*expr).shift;
  }
  VectorSelector* selector = SelectorIn(expr);
  return selector == nullptr ? nullptr : &selector->shift;
}

bool HasOffset(const TimeShift& shift) { return shift.offset.ms != 0 || !shift.offset.constant(); }

std::optional<model::MatchType> FindMatchType(TokenKind kind) {
  switch (kind) {
    case TokenKind::kAssign:
      return model::MatchType::kEqual;
    case TokenKind::kNotEqual:
      return model::MatchType::kNotEqual;
    case TokenKind::kMatch:
      return model::MatchType::kRegexp;
    case TokenKind::kNotMatch:
      return model::MatchType::kNotRegexp;
    default:
      return std::nullopt;
  }
}

// "12.345" as 12345, exactly; nullopt if it has more than three decimals or does not fit.
std::optional<int64_t> ExactMilliseconds(std::string_view text) {
  const size_t point = std::min(text.find('.'), text.size());
  const std::string_view decimals = point < text.size() ? text.substr(point + 1) : "";
  if (point == 0 || decimals.size() > 3 || (text.front() == '0' && point > 1)) {
    return std::nullopt;
  }
  std::string digits(text.substr(0, point));
  digits.append(decimals).append(3 - decimals.size(), '0');
  int64_t ms = 0;
  const char* end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, ms);
  return parsed.ec == std::errc() && parsed.ptr == end ? std::optional<int64_t>(ms) : std::nullopt;
}

// As C's %f, but with Prometheus' spelling of what is no number.
std::string FixedText(double value) {
  return std::isfinite(value) ? fmt::format("{:.6f}", value) : FormatNumber(value);
}

// The smallest power of two that int64 does not hold.
constexpr double kInt64Limit = 9223372036854775808.0;

}  // namespace

// The selector that begins with `name`, already taken, or, if that is empty, with braces.
absl::StatusOr<std::unique_ptr<VectorSelector>> SyntaxParser::SelectorOf(const Token& name) {
  auto selector = std::make_unique<VectorSelector>();
  uint32_t begin = name.begin;
  if (!name.text.empty()) {
    selector->name = name.text;
    RETURN_IF_ERROR(AddMatcher(name.begin, model::MatchType::kEqual,
                               std::string(model::kMetricName), selector->name, selector.get()));
  } else {
    begin = Peek().begin;
  }
  if (PeekIs(TokenKind::kLeftBrace)) {
    RETURN_IF_ERROR(Braces(selector.get()));
  }
  selector->position = From(begin);
  return selector;
}

absl::Status SyntaxParser::Braces(VectorSelector* selector) {
  Take();
  std::optional<std::string> quoted_name;
  while (!PeekIs(TokenKind::kRightBrace)) {
    RETURN_IF_ERROR(MatcherInBraces(&quoted_name, selector));
    if (PeekIs(TokenKind::kComma)) {
      Take();
    } else if (!PeekIs(TokenKind::kRightBrace)) {
      return Unexpected({"label matching", "\",\" or \"}\""});
    }
  }
  Take();
  return absl::OkStatus();
}

// label="value", "label"="value", or a metric's name in quotes.
absl::Status SyntaxParser::MatcherInBraces(std::optional<std::string>* quoted_name,
                                           VectorSelector* selector) {
  const bool quoted = PeekIs(TokenKind::kString);
  if (!quoted && !PeekIs(TokenKind::kIdentifier)) {
    return Unexpected({"label matching", "identifier or \"}\""});
  }
  const Token first = Take();
  std::string name(first.text);
  if (quoted) {
    ASSIGN_OR_RETURN(name, Unquote(first.text));
  }
  const std::optional<model::MatchType> type = FindMatchType(Peek().kind);
  if (!type && quoted) {
    return AddQuotedName(first.begin, std::move(name), quoted_name, selector);
  }
  if (!type) {
    return Unexpected({"label matching", "label matching operator"});
  }
  Take();
  ASSIGN_OR_RETURN(const Token last, Expect(TokenKind::kString, {"label matching", "string"}));
  ASSIGN_OR_RETURN(std::string value, Unquote(last.text));
  return AddMatcher(first.begin, *type, std::move(name), std::move(value), selector);
}

absl::Status SyntaxParser::AddQuotedName(uint32_t begin, std::string name,
                                         std::optional<std::string>* quoted_name,
                                         VectorSelector* selector) {
  if (*quoted_name) {
    return Error(begin, fmt::format("metric name must not be set twice: {} or {}",
                                    Quote(**quoted_name), Quote(name)));
  }
  *quoted_name = name;
  return AddMatcher(begin, model::MatchType::kEqual, std::string(model::kMetricName),
                    std::move(name), selector);
}

absl::Status SyntaxParser::AddMatcher(uint32_t begin, model::MatchType type, std::string label,
                                      std::string value, VectorSelector* selector) {
  auto matcher = model::Matcher::Create(type, std::move(label), std::move(value));
  if (!matcher.ok()) {
    return Error(begin, base::Message(matcher.status()));
  }
  selector->matchers.push_back(*std::move(matcher));
  return absl::OkStatus();
}

// [range] or [range:step]
absl::StatusOr<ExprPtr> SyntaxParser::Brackets(ExprPtr expr) {
  const uint32_t bracket = Take().begin;
  ASSIGN_OR_RETURN(Duration range, PositiveDuration({"subquery or range selector",
                                                     "number, duration, step(), or range()"}));
  if (PeekIs(TokenKind::kColon)) {
    return SubqueryOf(std::move(expr), std::move(range));
  }
  RETURN_IF_ERROR(
      Expect(TokenKind::kRightBracket, {"subquery or range", "\":\" or \"]\""}).status());
  return RangeOf(std::move(expr), bracket, std::move(range));
}

absl::StatusOr<ExprPtr> SyntaxParser::RangeOf(ExprPtr expr, uint32_t bracket, Duration range) {
  if (expr->kind() != ExprKind::kVectorSelector) {
    return Error(bracket, "ranges only allowed for vector selectors");
  }
  auto matrix = std::make_unique<MatrixSelector>();
  matrix->selector.reset(static_cast<VectorSelector*>(expr.release()));
  const TimeShift& shift = matrix->selector->shift;
  if (HasOffset(shift)) {
    return Error(bracket, "no offset modifiers allowed before range");
  }
  if (shift.at != TimeShift::At::kNone) {
    return Error(bracket, "no @ modifiers allowed before range");
  }
  matrix->range = std::move(range);
  RETURN_IF_ERROR(
      Finish(From(matrix->selector->position.begin), matrix->selector.get(), matrix.get()));
  return matrix;
}

absl::StatusOr<ExprPtr> SyntaxParser::SubqueryOf(ExprPtr expr, Duration range) {
  Take();
  auto subquery = std::make_unique<Subquery>();
  subquery->expr = std::move(expr);
  subquery->range = std::move(range);
  if (!PeekIs(TokenKind::kRightBracket)) {
    ASSIGN_OR_RETURN(
        subquery->step,
        PositiveDuration({"subquery selector", "number, duration, step(), range(), or \"]\""}));
  }
  RETURN_IF_ERROR(Expect(TokenKind::kRightBracket, {"subquery selector", "\"]\""}).status());
  RETURN_IF_ERROR(
      Finish(From(subquery->expr->position.begin), subquery->expr.get(), subquery.get()));
  return subquery;
}

absl::Status SyntaxParser::Offset(Expr* expr) {
  Take();
  ASSIGN_OR_RETURN(Duration offset, OffsetDuration());
  TimeShift* shift = ShiftOf(expr);
  if (shift == nullptr) {
    return Error(expr->position.begin, fmt::format("offset {}", kSelectorOrSubquery));
  }
  if (HasOffset(*shift)) {
    return Error(expr->position.begin, "offset may not be set multiple times");
  }
  shift->offset = std::move(offset);
  expr->position.end = last_end_;
  return absl::OkStatus();
}

// @ 123.4, @ start(), @ end()
absl::Status SyntaxParser::At(Expr* expr) {
  Take();
  TimeShift at;
  if (PeekIs(TokenKind::kStart) || PeekIs(TokenKind::kEndOfQuery)) {
    RETURN_IF_ERROR(AtQueryBound(&at));
  } else {
    RETURN_IF_ERROR(AtTime(expr->position.begin, &at));
  }
  TimeShift* shift = ShiftOf(expr);
  if (shift == nullptr) {
    return Error(expr->position.begin, fmt::format("@ {}", kSelectorOrSubquery));
  }
  if (shift->at != TimeShift::At::kNone) {
    return Error(expr->position.begin, "@ <timestamp> may not be set multiple times");
  }
  shift->at = at.at;
  shift->at_ms = at.at_ms;
  expr->position.end = last_end_;
  return absl::OkStatus();
}

absl::Status SyntaxParser::AtQueryBound(TimeShift* shift) {
  constexpr Place kPlace = {"@", "timestamp"};
  shift->at = Take().kind == TokenKind::kStart ? TimeShift::At::kStart : TimeShift::At::kEnd;
  RETURN_IF_ERROR(Expect(TokenKind::kLeftParen, kPlace).status());
  return Expect(TokenKind::kRightParen, kPlace).status();
}

absl::Status SyntaxParser::AtTime(uint32_t expr_begin, TimeShift* shift) {
  const bool sign = PeekIs(TokenKind::kAdd) || PeekIs(TokenKind::kSubtract);
  const bool negative = sign && Take().kind == TokenKind::kSubtract;
  if (!PeekIs(TokenKind::kNumber) && !PeekIs(TokenKind::kDuration)) {
    return Unexpected({"@", "timestamp"});
  }
  const Token token = Take();
  shift->at = TimeShift::At::kTime;
  // Times as they are printed must read back as they were, beyond what a double can tell.
  if (const auto ms = ExactMilliseconds(token.text)) {
    shift->at_ms = negative ? -*ms : *ms;
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(double seconds, LiteralSeconds(token));
  seconds = negative ? -seconds : seconds;
  const double ms = std::round(seconds * 1000);
  if (!(std::abs(ms) < kInt64Limit)) {
    return Error(expr_begin,
                 fmt::format("timestamp out of bounds for @ modifier: {}", FixedText(seconds)));
  }
  shift->at_ms = static_cast<int64_t>(ms);
  return absl::OkStatus();
}

// anchored and smoothed
absl::Status SyntaxParser::Extend(Expr* expr) {
  const bool anchored = Take().kind == TokenKind::kAnchored;
  const std::string_view word = anchored ? "anchored" : "smoothed";
  const auto error = [&](std::string_view what) {
    return Error(expr->position.begin, fmt::format("{} modifier {}", word, what));
  };
  if (!options_.extended_range_selectors) {
    return error("is experimental and not enabled");
  }
  VectorSelector* selector = SelectorIn(expr);
  if (selector == nullptr) {
    return error(expr->kind() == ExprKind::kSubquery ? "is not supported for subqueries"
                                                     : "not implemented");
  }
  (anchored ? selector->anchored : selector->smoothed) = true;
  if (selector->anchored && selector->smoothed) {
    return Error(expr->position.begin, "anchored and smoothed modifiers cannot be used together");
  }
  expr->position.end = last_end_;
  return absl::OkStatus();
}

}  // namespace tidemark::query
