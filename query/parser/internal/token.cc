#include "query/parser/internal/token.h"

#include "absl/strings/ascii.h"
#include "base/string_map.h"
#include "fmt/format.h"
#include "query/parser/quote.h"

namespace tidemark::query {
namespace {

const base::StringMap<TokenKind>& Keywords() {
  static const base::StringMap<TokenKind> keywords = {
      {"and", TokenKind::kAnd},
      {"or", TokenKind::kOr},
      {"unless", TokenKind::kUnless},
      {"atan2", TokenKind::kAtan2},
      {"sum", TokenKind::kAggregator},
      {"avg", TokenKind::kAggregator},
      {"count", TokenKind::kAggregator},
      {"min", TokenKind::kAggregator},
      {"max", TokenKind::kAggregator},
      {"group", TokenKind::kAggregator},
      {"stddev", TokenKind::kAggregator},
      {"stdvar", TokenKind::kAggregator},
      {"topk", TokenKind::kAggregator},
      {"bottomk", TokenKind::kAggregator},
      {"count_values", TokenKind::kAggregator},
      {"quantile", TokenKind::kAggregator},
      {"limitk", TokenKind::kAggregator},
      {"limit_ratio", TokenKind::kAggregator},
      {"bool", TokenKind::kBool},
      {"by", TokenKind::kBy},
      {"without", TokenKind::kWithout},
      {"on", TokenKind::kOn},
      {"ignoring", TokenKind::kIgnoring},
      {"group_left", TokenKind::kGroupLeft},
      {"group_right", TokenKind::kGroupRight},
      {"offset", TokenKind::kOffset},
      {"anchored", TokenKind::kAnchored},
      {"smoothed", TokenKind::kSmoothed},
      {"fill", TokenKind::kFill},
      {"fill_left", TokenKind::kFillLeft},
      {"fill_right", TokenKind::kFillRight},
      {"start", TokenKind::kStart},
      {"end", TokenKind::kEndOfQuery},
      {"step", TokenKind::kStep},
      {"range", TokenKind::kRange},
      {"min_of", TokenKind::kMinOf},
      {"max_of", TokenKind::kMaxOf},
      {"inf", TokenKind::kNumber},
      {"nan", TokenKind::kNumber},
  };
  return keywords;
}

bool IsOperator(TokenKind kind) { return kind >= TokenKind::kAdd && kind <= TokenKind::kAtan2; }
bool IsKeyword(TokenKind kind) { return kind >= TokenKind::kBool && kind <= TokenKind::kFillRight; }

// What kind of word it is, for those whose text alone does not tell.
std::string_view KindName(TokenKind kind) {
  switch (kind) {
    case TokenKind::kIdentifier:
      return "identifier ";
    case TokenKind::kMetricIdentifier:
      return "metric identifier ";
    case TokenKind::kNumber:
      return "number ";
    case TokenKind::kDuration:
      return "duration ";
    case TokenKind::kString:
      return "string ";
    default:
      return "";
  }
}

// The text in quotes, cut after ten characters unless it is a name.
std::string QuotedText(const Token& token) {
  constexpr size_t kShown = 10;
  const bool is_name =
      token.kind == TokenKind::kIdentifier || token.kind == TokenKind::kMetricIdentifier;
  if (is_name || token.text.size() <= kShown) {
    return Quote(token.text);
  }
  return Quote(FirstRunes(token.text, kShown)) + "...";
}

}  // namespace

std::string Describe(const Token& token) {
  if (token.kind == TokenKind::kEnd) {
    return "end of input";
  }
  if (IsKeyword(token.kind)) {
    return fmt::format("<{}>", token.text);
  }
  if (IsOperator(token.kind)) {
    return fmt::format("<op:{}>", token.text);
  }
  if (token.kind == TokenKind::kAggregator) {
    return fmt::format("<aggr:{}>", token.text);
  }
  return fmt::format("{}{}", KindName(token.kind), QuotedText(token));
}

TokenKind KeywordKind(std::string_view word) {
  const std::string lower = absl::AsciiStrToLower({word.data(), word.size()});
  const auto it = Keywords().find(lower);
  return it == Keywords().end() ? TokenKind::kIdentifier : it->second;
}

bool CanBeMetricName(TokenKind kind) {
  switch (kind) {
    case TokenKind::kIdentifier:
    case TokenKind::kMetricIdentifier:
    case TokenKind::kAggregator:
    case TokenKind::kAnd:
    case TokenKind::kOr:
    case TokenKind::kUnless:
    case TokenKind::kBy:
    case TokenKind::kWithout:
    case TokenKind::kOffset:
    case TokenKind::kAnchored:
    case TokenKind::kSmoothed:
    case TokenKind::kStart:
    case TokenKind::kEndOfQuery:
    case TokenKind::kStep:
    case TokenKind::kRange:
    case TokenKind::kMinOf:
    case TokenKind::kMaxOf:
      return true;
    default:
      return false;
  }
}

bool CanBeLabelName(TokenKind kind) {
  switch (kind) {
    case TokenKind::kWithout:
      return false;
    case TokenKind::kAtan2:
    case TokenKind::kBool:
    case TokenKind::kOn:
    case TokenKind::kIgnoring:
    case TokenKind::kGroupLeft:
    case TokenKind::kGroupRight:
    case TokenKind::kFill:
    case TokenKind::kFillLeft:
    case TokenKind::kFillRight:
      return true;
    default:
      return CanBeMetricName(kind);
  }
}

}  // namespace tidemark::query
