#include "tests/testing/answer_comparison.h"

#include <cmath>
#include <map>

#include "fmt/format.h"

namespace tidemark::testing {
namespace {

using SeriesByLabels = std::map<std::string, const AnswerSeries*>;

std::string LabelText(const AnswerSeries& series) {
  std::string text = "{";
  for (const auto& [name, value] : series.labels) {
    text += fmt::format("{}=\"{}\" ", name, value);
  }
  return text + "}";
}

SeriesByLabels ByLabels(const QueryAnswer& answer) {
  SeriesByLabels sorted;
  for (const AnswerSeries& series : answer.series) {
    sorted.emplace(LabelText(series), &series);
  }
  return sorted;
}

bool Close(double expected, double actual, const AnswerTolerance& tolerance) {
  if (std::isnan(expected) || std::isnan(actual)) {
    return std::isnan(expected) && std::isnan(actual);
  }
  if (std::isinf(expected) || std::isinf(actual)) {
    return expected == actual;
  }
  return std::abs(expected - actual) <=
         tolerance.absolute + tolerance.relative * std::abs(expected);
}

std::string SeriesDifference(const AnswerSeries& expected, const AnswerSeries& actual,
                             const AnswerTolerance& tolerance) {
  for (size_t i = 0; i < std::min(expected.points.size(), actual.points.size()); ++i) {
    const auto& [t, value] = expected.points[i];
    const auto& [actual_t, actual_value] = actual.points[i];
    if (t != actual_t || !Close(ParseValue(value), ParseValue(actual_value), tolerance)) {
      return fmt::format("point {}: {} at {} expected, got {} at {}", i, value, t, actual_value,
                         actual_t);
    }
  }
  if (expected.points.size() != actual.points.size()) {
    return fmt::format("{} points expected, got {}", expected.points.size(), actual.points.size());
  }
  return "";
}

}  // namespace

std::string AnswerDifference(const QueryAnswer& expected, const QueryAnswer& actual,
                             const AnswerTolerance& tolerance) {
  if (expected.type != actual.type) {
    return fmt::format("type {} expected, got {}", expected.type, actual.type);
  }
  if (expected.series.size() != actual.series.size()) {
    return fmt::format("{} series expected, got {}", expected.series.size(), actual.series.size());
  }
  const SeriesByLabels actual_series = ByLabels(actual);
  for (const auto& [labels, series] : ByLabels(expected)) {
    const auto found = actual_series.find(labels);
    if (found == actual_series.end()) {
      return fmt::format("series {} is missing", labels);
    }
    const std::string difference = SeriesDifference(*series, *found->second, tolerance);
    if (!difference.empty()) {
      return fmt::format("series {}: {}", labels, difference);
    }
  }
  return "";
}

}  // namespace tidemark::testing
