// Numbers as PromQL writes them in labels, messages and JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidemark::query {

// Appends the shortest decimal that reads back as `v`, never with an exponent; NaN, +Inf, -Inf.
void AppendPlain(double v, std::string* out);
std::string PlainText(double v);

// Plain for ordinary magnitudes, with an exponent for very large and very small ones.
std::string GeneralText(double v);

// Appends the same digits as d.ddde+XX, two digits of exponent at least; NaN, +Inf, -Inf.
void AppendExponent(double v, std::string* out);

// The number that all of `text` spells, as in the value of an `le` label; nullopt if none.
std::optional<double> ParseFloat(std::string_view text);

}  // namespace tidemark::query
