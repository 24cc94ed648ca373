#include "query/notation/series_notation.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "model/sample.h"
#include "query/engine/number_text.h"
#include "query/parser/parser.h"

namespace tidemark::query {
namespace {

using Values = std::vector<std::optional<double>>;

constexpr std::string_view kBlanks = " \t\r\n";

absl::Status Wrong(std::string_view what, std::string_view item) {
  return absl::InvalidArgumentError(fmt::format("series values: {}: \"{}\"", what, item));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes one unsigned decimal number, or inf or nan, off the front of `text`.
std::optional<double> TakeUnsigned(std::string_view* text) {
  size_t end = 0;
  const auto skip_digits = [&] {
    while (end < text->size() && IsDigit((*text)[end])) {
      ++end;
    }
  };
  skip_digits();
  if (end < text->size() && (*text)[end] == '.') {
    ++end;
    skip_digits();
  }
  if (end == 0) {
    end = text->starts_with('+') || text->starts_with('-') ? 0 : text->size();  // inf, nan
  } else if (end < text->size() && ((*text)[end] == 'e' || (*text)[end] == 'E')) {
    ++end;
    end += end < text->size() && ((*text)[end] == '+' || (*text)[end] == '-') ? 1 : 0;
    skip_digits();
  }
  const std::optional<double> value = ParseFloat(text->substr(0, end));
  text->remove_prefix(end);
  return value;
}

// As above with one sign in front, which `need_sign` asks for.
std::optional<double> TakeNumber(bool need_sign, std::string_view* text) {
  const bool negative = text->starts_with('-');
  if (negative || text->starts_with('+')) {
    text->remove_prefix(1);
  } else if (need_sign) {
    return std::nullopt;
  }
  const std::optional<double> value = TakeUnsigned(text);
  return value.has_value() && negative ? -*value : value;
}

// "xN" at the end of an item.
std::optional<size_t> ParseTimes(std::string_view text) {
  size_t times = 0;
  if (!text.starts_with('x')) {
    return std::nullopt;
  }
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + 1, end, times);
  return error == std::errc() && rest == end ? std::optional(times) : std::nullopt;
}

absl::Status AppendRun(double first, double step, size_t times, std::string_view item,
                       Values* values) {
  if (times >= kMaxNotedValues - std::min(values->size(), kMaxNotedValues)) {
    return Wrong("too many values", item);
  }
  for (size_t i = 0; i <= times; ++i, first += step) {
    values->emplace_back(first);
  }
  return absl::OkStatus();
}

absl::Status AppendGap(std::string_view behind, std::string_view item, Values* values) {
  const std::optional<size_t> times = behind.empty() ? 1 : ParseTimes(behind);
  if (!times.has_value()) {
    return Wrong("not a gap", item);
  }
  if (*times > kMaxNotedValues - std::min(values->size(), kMaxNotedValues)) {
    return Wrong("too many values", item);
  }
  values->insert(values->end(), *times, std::nullopt);
  return absl::OkStatus();
}

absl::Status AppendItem(std::string_view item, Values* values) {
  if (item == "stale") {
    values->emplace_back(model::StaleMarker());
    return absl::OkStatus();
  }
  if (item.starts_with('_')) {
    return AppendGap(item.substr(1), item, values);
  }
  if (item.starts_with("{{")) {
    return Wrong("native histograms are not supported", item);
  }
  std::string_view rest = item;
  const std::optional<double> first = TakeNumber(false, &rest);
  if (!first.has_value()) {
    return Wrong("not a number", item);
  }
  if (rest.empty()) {
    return AppendRun(*first, 0, 0, item, values);
  }
  const bool stepped = !rest.starts_with('x');
  const std::optional<double> step = stepped ? TakeNumber(true, &rest) : 0;
  const std::optional<size_t> times = ParseTimes(rest);
  if (!step.has_value() || !times.has_value()) {
    return Wrong("neither a number nor a repetition", item);
  }
  return AppendRun(*first, *step, *times, item, values);
}

}  // namespace

absl::StatusOr<Values> ParseNotedValues(std::string_view text) {
  Values values;
  size_t begin = text.find_first_not_of(kBlanks);
  while (begin != std::string_view::npos) {
    const size_t end = std::min(text.find_first_of(kBlanks, begin), text.size());
    RETURN_IF_ERROR(AppendItem(text.substr(begin, end - begin), &values));
    begin = text.find_first_not_of(kBlanks, end);
  }
  return values;
}

absl::StatusOr<model::Labels> ParseNotedLabels(std::string_view text) {
  if (text == "{}") {
    return model::Labels();
  }
  if (text.find_first_of(kBlanks) < text.find('{')) {
    return absl::InvalidArgumentError(
        fmt::format("series labels: blank behind the name: {}", text));
  }
  ASSIGN_OR_RETURN(const std::vector<model::Matcher> matchers, ParseSelector(text));
  std::vector<std::pair<std::string, std::string>> labels;
  for (const model::Matcher& matcher : matchers) {
    if (matcher.type() != model::MatchType::kEqual) {
      return absl::InvalidArgumentError(
          fmt::format("series labels: {} is not an equality", matcher.ToString()));
    }
    labels.emplace_back(matcher.name(), matcher.value());
  }
  std::sort(labels.begin(), labels.end());
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
  if (const auto twice = std::adjacent_find(labels.begin(), labels.end(), same);
      twice != labels.end()) {
    return absl::InvalidArgumentError(
        fmt::format("series labels: label {} is given twice", twice->first));
  }
  return model::Labels::Of(labels);
}

}  // namespace tidemark::query
