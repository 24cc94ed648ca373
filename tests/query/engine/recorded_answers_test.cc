// Compares the engine with what a real Prometheus answered (tests/differential/promql/record).
#include <cmath>
#include <fstream>

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include "base/clock.h"
#include "fmt/format.h"
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

// Reads lines of `name{labels} value seconds`.
void LoadSeries(const std::string& path, testing::MemoryQuerier* querier) {
  std::ifstream file(path);
  ASSERT_TRUE(file.is_open()) << path;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) {
      continue;
    }
    const size_t end = line.find('}') + 1;
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

model::Labels LabelsOf(const rapidjson::Value& metric) {
  std::vector<std::pair<std::string, std::string>> labels;
  for (const auto& member : metric.GetObject()) {
    labels.emplace_back(member.name.GetString(), member.value.GetString());
  }
  return model::Labels::Of(std::move(labels));
}

MatrixSeries SeriesOf(const rapidjson::Value& json) {
  MatrixSeries series;
  series.labels = LabelsOf(json["metric"]);
  for (const auto& point : json["values"].GetArray()) {
    series.samples.push_back(
        {std::llround(point[0].GetDouble() * 1000), *ParseFloat(point[1].GetString())});
  }
  return series;
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

std::string Difference(const rapidjson::Document& answer,
                       const absl::StatusOr<QueryResult>& result) {
  if (answer.HasMember("error")) {
    return result.ok() ? fmt::format("no error: {}", answer["error"].GetString()) : "";
  }
  if (!result.ok()) {
    return fmt::format("error: {}", result.status().ToString());
  }
  std::vector<MatrixSeries> expected;
  for (const auto& series : answer["series"].GetArray()) {
    expected.push_back(SeriesOf(series));
  }
  if (expected.size() != result->matrix.size()) {
    return fmt::format("{} series instead of {}", result->matrix.size(), expected.size());
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    if (std::string text = Difference(expected[i], result->matrix[i]); !text.empty()) {
      return text;
    }
  }
  return "";
}

class RecordedAnswers : public ::testing::Test {
 protected:
  void SetUp() override {
    LoadSeries(TIDEMARK_RECORDED_ANSWERS "/series.om", &querier_);
    std::ifstream file(TIDEMARK_RECORDED_ANSWERS "/answers.jsonl");
    for (std::string line; std::getline(file, line);) {
      answers_.emplace_back().Parse(line.c_str());
      ASSERT_FALSE(answers_.back().HasParseError()) << line;
    }
    ASSERT_GT(answers_.size(), 500U);
  }

  Engine NewEngine(bool closed_ranges) const {
    EngineOptions options;
    options.enable_experimental = true;
    options.closed_ranges = closed_ranges;
    return {&querier_, &clock_, options};
  }

  static std::string QueryOf(const rapidjson::Document& answer) {
    return InTodaysWords(answer["query"].GetString());
  }

  testing::MemoryQuerier querier_;
  base::SystemClock clock_;
  std::vector<rapidjson::Document> answers_;
};

TEST_F(RecordedAnswers, AreTheEnginesAnswersToo) {
  const Engine engine = NewEngine(true);
  for (const rapidjson::Document& answer : answers_) {
    const std::string query = QueryOf(answer);
    const auto result = engine.Range(query, kStart, kEnd, kStepMs);
    EXPECT_EQ(Difference(answer, result), "") << query;
  }
}

TEST_F(RecordedAnswers, ToRangesEqualThoseToEachInstant) {
  const Engine engine = NewEngine(false);
  for (const rapidjson::Document& answer : answers_) {
    const std::string query = QueryOf(answer);
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

}  // namespace
}  // namespace tidemark::query
