// Any bytes as an expression and as a selector. They are refused cleanly, or what they are printed
// as, on one line and broken over several, parses and prints the same.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "query/parser/parser.h"
#include "query/parser/printer.h"

namespace {

using tidemark::query::ParseExpr;
using tidemark::query::ParserOptions;

constexpr ParserOptions kEverything = {true, true, true};

std::string Reprint(std::string_view printed) {
  const auto expr = ParseExpr(printed, kEverything);
  TIDEMARK_CHECK(expr.ok(), "\"{}\" was printed but does not parse: {}", printed,
                 expr.status().ToString());
  return ToString(**expr);
}

void CheckRoundTrip(std::string_view text) {
  const auto expr = ParseExpr(text, kEverything);
  if (!expr.ok()) {
    return;
  }
  const std::string printed = ToString(**expr);
  const std::string again = Reprint(printed);
  TIDEMARK_CHECK(again == printed, "\"{}\" became \"{}\"", printed, again);
  const std::string from_pretty = Reprint(Prettify(**expr));
  TIDEMARK_CHECK(from_pretty == printed, "\"{}\" prettified became \"{}\"", printed, from_pretty);
  (void)ResolveDurations({15'000, 3'600'000}, expr->get());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckRoundTrip(text);
  (void)ParseExpr(text);
  (void)tidemark::query::ParseSelector(text);
  return 0;
}
