#include "tests/query/engine/promql_script.h"

#include <cmath>
#include <map>
#include <optional>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/engine/number_text.h"
#include "query/notation/series_notation.h"
#include "query/parser/duration.h"
#include "tests/query/engine/same_result.h"

namespace tidemark::query {
namespace {

using Values = std::vector<std::optional<double>>;

// Relative difference up to which a value is as expected.
constexpr double kTolerance = 1e-6;

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// Takes `word` and the blanks behind it off the front of `text`.
bool TakeWord(std::string_view word, std::string_view* text) {
  if (!text->starts_with(word)) {
    return false;
  }
  const std::string_view rest = text->substr(word.size());
  if (!rest.empty() && rest.front() != ' ' && rest.front() != '\t') {
    return false;
  }
  *text = Trim(rest);
  return true;
}

std::string_view TakeToken(std::string_view* text) {
  const size_t end = std::min(text->find_first_of(" \t"), text->size());
  const std::string_view token = text->substr(0, end);
  *text = Trim(text->substr(end));
  return token;
}

absl::Status Wrong(std::string_view what, std::string_view text) {
  return absl::InvalidArgumentError(fmt::format("{}: {}", what, text));
}

// 5m, -1m, 1.5h is none; a plain number is seconds.
absl::StatusOr<int64_t> ParseTime(std::string_view text) {
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative ? 1 : 0);
  int64_t ms = 0;
  if (const auto seconds = ParseFloat(digits)) {
    ms = std::llround(*seconds * 1000);
  } else {
    ASSIGN_OR_RETURN(ms, ParseDurationMs(digits));
  }
  return negative ? -ms : ms;
}

bool CloseTo(double expected, double actual) {
  if (std::isnan(expected) || std::isnan(actual)) {
    return std::isnan(expected) && std::isnan(actual);
  }
  return expected == actual ||
         std::abs(expected - actual) <= kTolerance * (std::abs(expected) + std::abs(actual));
}

std::string Describe(const Values& values) {
  std::string text;
  for (const auto& v : values) {
    text.append(text.empty() ? "" : " ").append(v ? GeneralText(*v) : "_");
  }
  return text;
}

bool AllClose(const Values& expected, const Values& actual) {
  for (size_t i = 0; i < std::max(expected.size(), actual.size()); ++i) {
    const auto a = i < expected.size() ? expected[i] : std::nullopt;
    const auto b = i < actual.size() ? actual[i] : std::nullopt;
    if (a.has_value() != b.has_value() || (a && !CloseTo(*a, *b))) {
      return false;
    }
  }
  return true;
}

// Whether the value depends on where the range begins and ends, not only on the step.
bool DependsOnTheRange(std::string_view expr) {
  for (const std::string_view call : {"start()", "end()", "range()", "step()", "sort", "limitk"}) {
    if (expr.find(call) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

absl::Status CheckAnnotations(const std::vector<std::string>& expected,
                              const std::vector<std::string>& actual, std::string_view kind) {
  for (const std::string& text : expected) {
    const bool found = std::any_of(actual.begin(), actual.end(), [&](const std::string& a) {
      return a.find(text) != std::string::npos;
    });
    if (!found) {
      return Wrong(fmt::format("no {} with", kind), text);
    }
  }
  if (expected.empty() && !actual.empty()) {
    return Wrong(fmt::format("unexpected {}", kind), actual.front());
  }
  return absl::OkStatus();
}

}  // namespace

// One command with the indented lines below it.
struct PromqlScript::Block {
  size_t line = 0;
  std::string_view command;
  std::vector<std::string_view> body;
};

struct PromqlScript::Expectation {
  bool fails = false;
  std::string failure;  // part of the message
  bool ordered = false;
  std::optional<std::string> text;  // of a string
  std::vector<std::string> warnings;
  std::vector<std::string> infos;
  std::vector<ExpectedSeries> series;
  std::optional<double> scalar;

  absl::Status CheckError(const absl::Status& status) const;
  absl::Status CheckSeries(const std::vector<ExpectedSeries>& actual) const;
};

EngineOptions ScriptLanguage() {
  EngineOptions options;
  options.enable_experimental = true;
  options.enable_fill_modifiers = true;
  options.enable_extended_ranges = true;
  return options;
}

std::vector<std::string> PromqlScript::Run(std::string_view script) {
  std::vector<Block> blocks;
  size_t line_number = 0;
  while (!script.empty()) {
    const size_t end = std::min(script.find('\n'), script.size());
    const std::string_view line = script.substr(0, end);
    script.remove_prefix(std::min(end + 1, script.size()));
    ++line_number;
    const std::string_view trimmed = Trim(line);
    if (trimmed.empty() || trimmed.front() == '#') {
      continue;
    }
    if (line.front() == ' ' || line.front() == '\t') {
      if (!blocks.empty()) {
        blocks.back().body.push_back(trimmed);
      }
    } else {
      blocks.push_back({line_number, trimmed, {}});
    }
  }
  std::vector<std::string> failures;
  for (const Block& block : blocks) {
    if (const absl::Status status = RunBlock(block); !status.ok()) {
      failures.push_back(
          fmt::format("line {}: {}: {}", block.line, block.command, base::Message(status)));
    }
  }
  return failures;
}

absl::Status PromqlScript::RunBlock(const Block& block) {
  if (block.command == "clear") {
    target_.store().Clear();
    return absl::OkStatus();
  }
  return block.command.starts_with("load") ? Load(block) : Eval(block);
}

absl::Status PromqlScript::Load(const Block& block) {
  std::string_view rest = block.command;
  TakeWord("load", &rest);
  ASSIGN_OR_RETURN(const int64_t interval_ms, ParseTime(rest));
  for (const std::string_view line : block.body) {
    ASSIGN_OR_RETURN(const ExpectedSeries series, ParseSeries(line));
    std::vector<model::Sample> samples;
    for (size_t i = 0; i < series.values.size(); ++i) {
      if (series.values[i]) {
        samples.push_back({static_cast<int64_t>(i) * interval_ms, *series.values[i]});
      }
    }
    target_.store().Add(series.labels, samples);
  }
  return absl::OkStatus();
}

absl::StatusOr<PromqlScript::ExpectedSeries> PromqlScript::ParseSeries(std::string_view line) {
  const size_t brace = line.find('{');
  const size_t blank = line.find_first_of(" \t");
  size_t end = std::min(blank, line.size());
  if (brace < end) {
    // The closing brace is the last one in front of the values, which have none.
    end = line.rfind('}') + 1;
  }
  const std::string_view selector = line.substr(0, end);
  ExpectedSeries series;
  ASSIGN_OR_RETURN(series.labels, ParseNotedLabels(selector));
  ASSIGN_OR_RETURN(series.values, ParseNotedValues(line.substr(end)));
  return series;
}

absl::StatusOr<PromqlScript::Expectation> PromqlScript::ParseExpectation(const Block& block) {
  Expectation expected;
  for (std::string_view line : block.body) {
    if (!TakeWord("expect", &line)) {
      if (const auto number = ParseFloat(line)) {
        expected.scalar = *number;
      } else {
        ASSIGN_OR_RETURN(ExpectedSeries series, ParseSeries(line));
        expected.series.push_back(std::move(series));
      }
      continue;
    }
    const std::string_view kind = TakeToken(&line);
    TakeWord("msg:", &line);
    if (kind == "fail") {
      expected.fails = true;
      expected.failure = line;
    } else if (kind == "ordered") {
      expected.ordered = true;
    } else if (kind == "string") {
      expected.text = line;
    } else if (kind == "warn") {
      expected.warnings.emplace_back(line);
    } else if (kind == "info") {
      expected.infos.emplace_back(line);
    } else {
      return Wrong("unknown expectation", kind);
    }
  }
  return expected;
}

absl::Status PromqlScript::Eval(const Block& block) {
  std::string_view rest = block.command;
  if (!TakeWord("eval", &rest)) {
    return Wrong("unknown command", rest);
  }
  ASSIGN_OR_RETURN(const Expectation expected, ParseExpectation(block));
  if (TakeWord("instant", &rest)) {
    return EvalInstant(expected, rest);
  }
  if (TakeWord("range", &rest)) {
    return EvalRange(expected, rest);
  }
  return Wrong("neither instant nor range", rest);
}

absl::Status PromqlScript::Expectation::CheckError(const absl::Status& status) const {
  if (status.ok()) {
    return fails ? Wrong("did not fail", failure) : absl::OkStatus();
  }
  if (!fails || base::Message(status).find(failure) == std::string_view::npos) {
    return Wrong("failed", base::Message(status));
  }
  return absl::OkStatus();
}

absl::Status PromqlScript::Expectation::CheckSeries(
    const std::vector<ExpectedSeries>& actual) const {
  if (actual.size() != series.size()) {
    std::string listing;
    for (const ExpectedSeries& s : actual) {
      listing.append(fmt::format("\n    {} {}", s.labels.ToString(), Describe(s.values)));
    }
    return Wrong(fmt::format("{} series instead of {}", actual.size(), series.size()), listing);
  }
  for (size_t i = 0; i < actual.size(); ++i) {
    const auto found =
        ordered ? actual.begin() + static_cast<std::ptrdiff_t>(i)
                : std::find_if(actual.begin(), actual.end(), [&](const ExpectedSeries& a) {
                    return a.labels == series[i].labels;
                  });
    if (found == actual.end() || !(found->labels == series[i].labels)) {
      return Wrong("missing, or out of order", series[i].labels.ToString());
    }
    if (!AllClose(series[i].values, found->values)) {
      return Wrong(fmt::format("{} is", series[i].labels.ToString()), Describe(found->values));
    }
  }
  return absl::OkStatus();
}

absl::Status PromqlScript::EvalInstant(const Expectation& expected, std::string_view rest) {
  if (!TakeWord("at", &rest)) {
    return Wrong("no time", rest);
  }
  ASSIGN_OR_RETURN(const model::Timestamp t, ParseTime(TakeToken(&rest)));
  const auto result = target_.Instant(rest, t);
  RETURN_IF_ERROR(expected.CheckError(result.status()));
  if (!result.ok()) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(CheckAnnotations(expected.warnings, result->warnings, "warning"));
  RETURN_IF_ERROR(CheckAnnotations(expected.infos, result->infos, "info"));
  if (result->type == ValueType::kString) {
    return expected.text == result->text ? absl::OkStatus() : Wrong("string is", result->text);
  }
  if (result->type == ValueType::kScalar) {
    if (!expected.scalar || !CloseTo(*expected.scalar, result->scalar)) {
      return Wrong("scalar is", GeneralText(result->scalar));
    }
    return CheckInstantInRange(rest, t, *result);
  }
  std::vector<ExpectedSeries> actual;
  for (const VectorSample& sample : result->vector) {
    actual.push_back({sample.labels, {sample.value}});
  }
  for (const MatrixSeries& series : result->matrix) {
    actual.push_back({series.labels, {}});
    for (const model::Sample& sample : series.samples) {
      actual.back().values.emplace_back(sample.v);
    }
  }
  RETURN_IF_ERROR(expected.CheckSeries(actual));
  return result->type == ValueType::kVector ? CheckInstantInRange(rest, t, *result)
                                            : absl::OkStatus();
}

absl::Status PromqlScript::EvalRange(const Expectation& expected, std::string_view rest) {
  int64_t times[3] = {};
  const std::string_view words[] = {"from", "to", "step"};
  for (size_t i = 0; i < 3; ++i) {
    if (!TakeWord(words[i], &rest)) {
      return Wrong("no time", rest);
    }
    ASSIGN_OR_RETURN(times[i], ParseTime(TakeToken(&rest)));
  }
  const auto [start, end, step_ms] = times;
  const auto result = target_.Range(rest, start, end, step_ms);
  RETURN_IF_ERROR(expected.CheckError(result.status()));
  if (!result.ok()) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(CheckAnnotations(expected.warnings, result->warnings, "warning"));
  RETURN_IF_ERROR(CheckAnnotations(expected.infos, result->infos, "info"));
  std::vector<ExpectedSeries> actual;
  for (const MatrixSeries& series : result->matrix) {
    Values values(static_cast<size_t>((end - start) / step_ms) + 1);
    for (const model::Sample& sample : series.samples) {
      values[static_cast<size_t>((sample.t - start) / step_ms)] = sample.v;
    }
    actual.push_back({series.labels, std::move(values)});
  }
  RETURN_IF_ERROR(expected.CheckSeries(actual));
  return CheckRangeByInstants(rest, start, end, step_ms, *result);
}

absl::Status PromqlScript::CheckInstantInRange(std::string_view expr, model::Timestamp t,
                                               const QueryResult& instant) const {
  constexpr int64_t kStepMs = 60'000;
  if (DependsOnTheRange(expr)) {
    return absl::OkStatus();
  }
  const auto range = target_.Range(expr, t - kStepMs, t + kStepMs, kStepMs);
  // A step next to it may fail where this one does not.
  return range.ok() ? SameAtStep(*range, t, instant) : absl::OkStatus();
}

absl::Status PromqlScript::CheckRangeByInstants(std::string_view expr, model::Timestamp start,
                                                model::Timestamp end, int64_t step_ms,
                                                const QueryResult& range) const {
  for (model::Timestamp t = start; t <= end && !DependsOnTheRange(expr); t += step_ms) {
    ASSIGN_OR_RETURN(const QueryResult instant, target_.Instant(expr, t));
    RETURN_IF_ERROR(SameAtStep(range, t, instant));
  }
  return absl::OkStatus();
}

}  // namespace tidemark::query
