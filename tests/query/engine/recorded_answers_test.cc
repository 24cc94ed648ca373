// Compares the engine with what a real Prometheus answered (tests/differential/promql/record).
#include <cmath>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/api/result_json.h"
#include "query/engine/engine.h"
#include "query/engine/number_text.h"
#include "query/parser/parser.h"
#include "tests/query/engine/same_result.h"
#include "tests/testing/memory_querier.h"

namespace tidemark::query {
namespace {

// What `record` asked for.
constexpr model::Timestamp kStart = 1'600'000'420'000;
constexpr model::Timestamp kEnd = 1'600'001'500'000;
constexpr int64_t kStepMs = 120'000;

// Prometheus 2.42 adds without compensation and has older formulas for means and deviations.
constexpr double kTolerance = 1e-9;

// Renamed since.
std::string InTodaysWords(std::string query) {
  constexpr std::string_view kOld = "holt_winters";
  if (const size_t at = query.find(kOld); at != std::string::npos) {
    query.replace(at, kOld.size(), "double_exponential_smoothing");
  }
  return query;
}

model::Labels LabelsOf(std::string_view selector) {
  std::vector<std::pair<std::string, std::string>> labels;
  const auto matchers = ParseSelector(selector);
  for (const model::Matcher& matcher : *matchers) {
    labels.emplace_back(matcher.name(), matcher.value());
  }
  return model::Labels::Of(std::move(labels));
}

// Where the labels at the front of `line` end; they may have blanks themselves.
size_t EndOfLabels(const std::string& line) { return line.rfind('}') + 1; }

// Reads lines of `name{labels} value seconds`.
void LoadSeries(const std::string& path, testing::MemoryQuerier* querier) {
  std::ifstream file(path);
  ASSERT_TRUE(file.is_open()) << path;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) {
      continue;
    }
    const size_t end = EndOfLabels(line);
    const size_t value = end + 1;
    const size_t time = line.find(' ', value) + 1;
    querier->Add(LabelsOf(line.substr(0, end)),
                 {{std::llround(*ParseFloat(line.substr(time)) * 1000),
                   *ParseFloat(line.substr(value, time - value - 1))}});
  }
}

bool CloseTo(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b)) ||
         std::abs(a - b) <= kTolerance * (std::abs(a) + std::abs(b)) || std::abs(a - b) < 1e-12;
}

// Reads name{labels} and one value a step.
MatrixSeries SeriesOf(const std::string& line) {
  MatrixSeries series;
  const size_t end = EndOfLabels(line);
  if (line[0] != '{' || line[1] != '}') {
    series.labels = LabelsOf(line.substr(0, end));
  }
  std::istringstream values(line.substr(end));
  model::Timestamp t = kStart;
  for (std::string text; values >> text; t += kStepMs) {
    if (text != "_") {
      series.samples.push_back({t, *ParseFloat(text)});
    }
  }
  return series;
}

struct Answer {
  std::string query;
  std::optional<std::string> error;
  std::vector<MatrixSeries> series;
};

std::vector<Answer> LoadAnswers(const std::string& path) {
  std::vector<Answer> answers;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("> ")) {
      answers.push_back({InTodaysWords(line.substr(2)), std::nullopt, {}});
    } else if (line.starts_with("! ")) {
      answers.back().error = line.substr(2);
    } else {
      answers.back().series.push_back(SeriesOf(line));
    }
  }
  return answers;
}

std::string Difference(const MatrixSeries& expected, const MatrixSeries& actual) {
  if (!(expected.labels == actual.labels)) {
    return fmt::format("{} instead of {}", actual.labels.ToString(), expected.labels.ToString());
  }
  if (expected.samples.size() != actual.samples.size()) {
    return fmt::format("{} has {} samples instead of {}", actual.labels.ToString(),
                       actual.samples.size(), expected.samples.size());
  }
  for (size_t i = 0; i < actual.samples.size(); ++i) {
    if (expected.samples[i].t != actual.samples[i].t ||
        !CloseTo(expected.samples[i].v, actual.samples[i].v)) {
      return fmt::format("{} at {} is {} instead of {}", actual.labels.ToString(),
                         actual.samples[i].t, GeneralText(actual.samples[i].v),
                         GeneralText(expected.samples[i].v));
    }
  }
  return "";
}

std::string Difference(const Answer& answer, const absl::StatusOr<QueryResult>& result) {
  if (answer.error) {
    return result.ok() ? fmt::format("no error: {}", *answer.error) : "";
  }
  if (!result.ok()) {
    return fmt::format("error: {}", base::Message(result.status()));
  }
  if (answer.series.size() != result->matrix.size()) {
    return fmt::format("{} series instead of {}", result->matrix.size(), answer.series.size());
  }
  for (size_t i = 0; i < answer.series.size(); ++i) {
    if (std::string text = Difference(answer.series[i], result->matrix[i]); !text.empty()) {
      return text;
    }
  }
  return "";
}

class RecordedAnswers : public ::testing::Test {
 protected:
  void SetUp() override {
    LoadSeries(TIDEMARK_RECORDED_ANSWERS "/series.om", &querier_);
    answers_ = LoadAnswers(TIDEMARK_RECORDED_ANSWERS "/answers.txt");
    ASSERT_GT(answers_.size(), 500U);
  }

  Engine NewEngine(bool as_prometheus_2) const {
    EngineOptions options;
    options.enable_experimental = true;
    options.as_prometheus_2 = as_prometheus_2;
    return {&querier_, &clock_, options};
  }

  testing::MemoryQuerier querier_;
  base::SystemClock clock_;
  std::vector<Answer> answers_;
};

TEST_F(RecordedAnswers, AreTheEnginesAnswersToo) {
  const Engine engine = NewEngine(true);
  for (const Answer& answer : answers_) {
    const std::string& query = answer.query;
    const auto result = engine.Range(query, kStart, kEnd, kStepMs);
    EXPECT_EQ(Difference(answer, result), "") << query;
  }
}

TEST_F(RecordedAnswers, ToRangesEqualThoseToEachInstant) {
  const Engine engine = NewEngine(false);
  for (const Answer& answer : answers_) {
    const std::string& query = answer.query;
    const auto range = engine.Range(query, kStart, kEnd, kStepMs);
    if (!range.ok() || query.find("start()") != std::string::npos ||
        query.find("end()") != std::string::npos) {
      continue;
    }
    for (model::Timestamp t = kStart; t <= kEnd; t += kStepMs) {
      const auto instant = engine.Instant(query, t);
      ASSERT_TRUE(instant.ok()) << query << ": " << instant.status();
      EXPECT_TRUE(SameAtStep(*range, t, *instant).ok())
          << query << ": " << SameAtStep(*range, t, *instant);
    }
  }
}

TEST(RecordedNumbers, AreWrittenAsTheyWereRead) {
  std::ifstream file(TIDEMARK_RECORDED_ANSWERS "/answers.txt");
  size_t numbers = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('>') || line.starts_with('!')) {
      continue;
    }
    std::istringstream values(line.substr(EndOfLabels(line)));
    for (std::string text; values >> text;) {
      if (text != "_") {
        std::string written;
        AppendSampleValue(*ParseFloat(text), &written);
        EXPECT_EQ(written, text);
        ++numbers;
      }
    }
  }
  EXPECT_GT(numbers, 1000U);
}

}  // namespace
}  // namespace tidemark::query
