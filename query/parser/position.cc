#include "query/parser/position.h"

#include <algorithm>

#include "fmt/format.h"
#include "query/parser/internal/parse_error.h"

namespace tidemark::query {

std::string LineAndColumn(std::string_view text, uint32_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t line_break = before.rfind('\n');
  const size_t column =
      line_break == std::string_view::npos ? before.size() + 1 : before.size() - line_break;
  return fmt::format("{}:{}", line, column);
}

absl::Status ParseError(std::string_view text, uint32_t offset, std::string_view message) {
  return absl::InvalidArgumentError(
      fmt::format("{}: parse error: {}", LineAndColumn(text, offset), message));
}

}  // namespace tidemark::query
