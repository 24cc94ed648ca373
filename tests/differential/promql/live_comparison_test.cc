// A real Prometheus and Tidemark get the same random series, and are asked the same random
// expressions, at one time and over a range. Their answers must be the same.
//
//   PROMETHEUS_BINARY                 the reference server, of any version from 2.42 on
//   TIDEMARK_DIFFERENTIAL_SEED        of the series, and of the first expression (1)
//   TIDEMARK_DIFFERENTIAL_EXPRESSIONS how many (5000)
//
// What the reference answers differently because it is older is known by name
// (version_differences.h). Such a difference must be one that the expression can run into, and,
// where the engine can be told to answer as the older version did, it is checked that it then
// gives the reference's answer. At the end a table says how often each of them occurred.

#include <array>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/match.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "gtest/gtest.h"
#include "query/api/result_json.h"
#include "query/engine/engine.h"
#include "rapidjson/document.h"
#include "tests/differential/promql/random_expression.h"
#include "tests/differential/promql/random_series.h"
#include "tests/differential/promql/version_differences.h"
#include "tests/testing/answer_comparison.h"
#include "tests/testing/memory_querier.h"
#include "tests/testing/prometheus_process.h"
#include "tests/testing/query_client.h"
#include "tests/testing/server_process.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/write_request.h"

namespace tidemark::differential {
namespace {

using testing::HttpClient;
using testing::HttpResponse;
using testing::QueryAnswer;
using testing::QueryClient;

constexpr testing::AnswerTolerance kTolerance = {.relative = 1e-9, .absolute = 1e-9};
// A few examples show a difference; all of them would hide it.
constexpr int kShownDifferences = 25;

uint64_t NumberFrom(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

template <typename Process>
std::unique_ptr<Process> Started(absl::StatusOr<std::unique_ptr<Process>> process) {
  TIDEMARK_CHECK(process.ok(), "{}", process.status().ToString());
  return *std::move(process);
}

// What is asked: an expression and when.
struct Question {
  std::string expr;
  model::Timestamp start = 0;
  model::Timestamp end = 0;
  int64_t step_ms = 0;  // 0: an instant query at `start`

  std::string ToString() const {
    return step_ms == 0 ? fmt::format("{} at {}", expr, start)
                        : fmt::format("{} from {} to {} step {}", expr, start, end, step_ms);
  }
};

using Answer = absl::StatusOr<QueryAnswer>;

Answer Ask(QueryClient* client, const Question& question) {
  return question.step_ms == 0
             ? client->Instant(question.expr, question.start)
             : client->Range(question.expr, question.start, question.end, question.step_ms);
}

std::string Difference(const Answer& expected, const Answer& actual) {
  if (expected.ok() && actual.ok()) {
    return testing::AnswerDifference(*expected, *actual, kTolerance);
  }
  // Which of several mistakes is found first is nobody's concern, the kind of mistake is.
  if (expected.status().code() == actual.status().code()) {
    return absl::IsFailedPrecondition(actual.status()) ? "" : actual.status().ToString();
  }
  return fmt::format("expected {}, got {}", expected.status().ToString(),
                     actual.status().ToString());
}

// The series in memory, and an engine over them that answers as Prometheus 2 does.
class OldAnswers {
 public:
  explicit OldAnswers(const std::vector<testing::SentSeries>& series)
      : engine_(&querier_, &clock_, Options()) {
    for (const testing::SentSeries& one : series) {
      querier_.Add(model::Labels::Of(one.labels), one.samples);
    }
  }

  Answer Ask(const Question& question) const {
    const auto result = question.step_ms == 0 ? engine_.Instant(question.expr, question.start)
                                              : engine_.Range(question.expr, question.start,
                                                              question.end, question.step_ms);
    RETURN_IF_ERROR(result.status());
    HttpResponse response;
    response.status = 200;
    response.body = R"({"status":"success","data":)";
    query::AppendQueryData(*result, &response.body);
    response.body += "}";
    return testing::ReadAnswer(response);
  }

 private:
  static query::EngineOptions Options() {
    query::EngineOptions options;
    options.enable_experimental = true;
    options.as_prometheus_2 = true;
    return options;
  }

  testing::MemoryQuerier querier_;
  const base::SystemClock clock_;
  const query::Engine engine_;
};

class LiveComparison : public ::testing::Test {
 protected:
  LiveComparison() : series_(RandomSeries(seed_)), old_answers_(series_) {}

  void SetUp() override {
    prometheus_ = Started(testing::PrometheusProcess::Start(
        "{}", {"--web.enable-remote-write-receiver", "--storage.tsdb.retention.time=50y",
               "--enable-feature=promql-experimental-functions"}));
    tidemark_ = Started(testing::ServerProcess::Start(
        {.data_dir = dir_.File("data"),
         .log_path = dir_.File("tidemark.log"),
         .flags = {"--storage.retention.time=0", "--storage.journal.sync=off",
                   "--enable-feature=promql-experimental-functions"}}));
    Send(prometheus_->port());
    Send(tidemark_->port());
    reference_ = VersionOf(prometheus_->port());
    of_prometheus_ = std::make_unique<QueryClient>(prometheus_->port());
    of_tidemark_ = std::make_unique<QueryClient>(tidemark_->port());
  }

  void Send(uint16_t port) {
    HttpClient http(port);
    const auto response =
        testing::PostWrite(&http, testing::SnappyCompress(testing::EncodeWriteRequest(series_)));
    ASSERT_TRUE(response.ok()) << response.status();
    ASSERT_EQ(response->status / 100, 2) << response->body;
  }

  static Version VersionOf(uint16_t port) {
    HttpClient http(port);
    const auto response = http.Get("/api/v1/status/buildinfo");
    TIDEMARK_CHECK(response.ok(), "{}", response.status().ToString());
    rapidjson::Document json;
    json.Parse(response->body.data(), response->body.size());
    return ParseVersion(json["data"]["version"].GetString());
  }

  // Asks expression number `n` in both ways.
  void Compare(uint64_t n) {
    RandomChoice random(seed_ * 1'000'003 + n);
    const bool on_samples = random.Chance(10);
    RandomExpression writer(seed_ * 1'000'003 + n,
                            {.reference = reference_, .on_samples = on_samples});
    const std::string expr = writer.Write();
    const int64_t fraction = on_samples ? 0 : 500;
    const model::Timestamp t = kDataStart + random.Between(-2, 270) * 15'000 + fraction;
    CompareOne({.expr = expr, .start = t}, writer);
    const model::Timestamp start = kDataStart + random.Between(0, 120) * 15'000 + fraction;
    const int64_t step = random.Between(1, 20) * 15'000;
    CompareOne({.expr = expr,
                .start = start,
                .end = start + step * random.Between(1, 20) + random.Between(0, 7),
                .step_ms = step},
               writer);
  }

  void CompareOne(const Question& question, const RandomExpression& writer) {
    ++asked_;
    const Answer expected = Ask(of_prometheus_.get(), question);
    const Answer actual = Ask(of_tidemark_.get(), question);
    const std::string difference = Difference(expected, actual);
    failed_ += expected.ok() ? 0 : 1;
    with_series_ += expected.ok() && !expected->series.empty() ? 1 : 0;
    CountPossible(writer);
    if (!difference.empty() && !Explained(question, writer, expected)) {
      ++unexplained_;
      if (unexplained_ <= kShownDifferences) {
        ADD_FAILURE() << "seed " << seed_ << ": " << question.ToString() << "\n  " << difference;
      }
    }
  }

  bool Possible(VersionDifference difference, const RandomExpression& writer) const {
    return writer.differences().test(static_cast<size_t>(difference)) &&
           reference_ < InfoOf(difference).changed_in;
  }

  void CountPossible(const RandomExpression& writer) {
    for (size_t i = 0; i < kVersionDifferences; ++i) {
      possible_[i] += Possible(static_cast<VersionDifference>(i), writer) ? 1 : 0;
    }
  }

  // Whether a difference comes from the reference's version; counts it under that name.
  bool Explained(const Question& question, const RandomExpression& writer, const Answer& expected) {
    for (size_t i = 0; i < kVersionDifferences; ++i) {
      const auto difference = static_cast<VersionDifference>(i);
      if (!Possible(difference, writer)) {
        continue;
      }
      if (IsOneOf(difference, question, expected)) {
        ++differed_[i];
        return true;
      }
    }
    return false;
  }

  // Whether a difference that the expression can run into is indeed this one.
  bool IsOneOf(VersionDifference difference, const Question& question, const Answer& expected) {
    if (difference == VersionDifference::kEqualSeriesApart) {
      return absl::StrContains(expected.status().message(), "the same labelset") &&
             SameStepByStep(question);
    }
    return !InfoOf(difference).reproducible ||
           Difference(expected, old_answers_.Ask(question)).empty();
  }

  bool SameStepByStep(const Question& question) {
    if (question.step_ms == 0) {
      return question.expr.find(':') != std::string::npos;  // a subquery has steps of its own
    }
    for (model::Timestamp t = question.start; t <= question.end; t += question.step_ms) {
      const Question step{.expr = question.expr, .start = t};
      if (!Difference(Ask(of_prometheus_.get(), step), Ask(of_tidemark_.get(), step)).empty()) {
        return false;
      }
    }
    return true;
  }

  void PrintSummary() const {
    fmt::print("reference: Prometheus {}.{}; seed {}; {} questions, {} with series, {} refused\n",
               reference_.major, reference_.minor, seed_, asked_, with_series_, failed_);
    for (size_t i = 0; i < kVersionDifferences; ++i) {
      const VersionDifferenceInfo& info = InfoOf(static_cast<VersionDifference>(i));
      if (reference_ < info.changed_in) {
        fmt::print("{}: {} differ of {} that may ({}{})\n", info.name, differed_[i], possible_[i],
                   info.reason, info.reproducible ? "; each checked" : "");
      }
    }
    for (const NewerFunction& function : kNewerFunctions) {
      if (reference_ < function.since) {
        fmt::print("{}: not asked, there from {}.{} on\n", function.name, function.since.major,
                   function.since.minor);
      }
    }
    fmt::print("unexplained differences: {}\n", unexplained_);
  }

  const uint64_t seed_ = NumberFrom("TIDEMARK_DIFFERENTIAL_SEED", 1);
  const std::vector<testing::SentSeries> series_;
  const OldAnswers old_answers_;
  testing::TempDir dir_;
  std::unique_ptr<testing::PrometheusProcess> prometheus_;
  std::unique_ptr<testing::ServerProcess> tidemark_;
  std::unique_ptr<QueryClient> of_prometheus_;
  std::unique_ptr<QueryClient> of_tidemark_;
  Version reference_;

  uint64_t asked_ = 0;
  uint64_t with_series_ = 0;
  uint64_t failed_ = 0;
  uint64_t unexplained_ = 0;
  std::array<uint64_t, kVersionDifferences> possible_{};
  std::array<uint64_t, kVersionDifferences> differed_{};
};

TEST_F(LiveComparison, RandomExpressionsHaveTheSameAnswers) {
  const uint64_t expressions = NumberFrom("TIDEMARK_DIFFERENTIAL_EXPRESSIONS", 5000);
  for (uint64_t n = 0; n < expressions; ++n) {
    Compare(n);
  }
  PrintSummary();
  EXPECT_EQ(unexplained_, 0U);
  // Two empty answers, or two refusals, say little.
  EXPECT_GT(with_series_ * 2, asked_);
  EXPECT_LT(failed_ * 5, asked_);
}

// A Prometheus without data of its own that reads from Tidemark gives the answers of the one that
// has the data: chunks are streamed to it.
TEST_F(LiveComparison, APrometheusThatReadsFromTidemarkHasTheSameSamples) {
  const auto reader = Started(testing::PrometheusProcess::Start(fmt::format(
      "remote_read: [{{url: \"http://127.0.0.1:{}/api/v1/read\", read_recent: true}}]\n",
      tidemark_->port())));
  QueryClient of_reader(reader->port());
  for (const char* selector : {"requests_total", "memory", "grid", "special", "moving", "sparse",
                               R"({__name__=~"latency.*",job!="db"})"}) {
    const Question question{.expr = fmt::format("{}[2h]", selector), .start = kDataStart + kDataMs};
    const Answer expected = Ask(of_prometheus_.get(), question);
    ASSERT_TRUE(expected.ok()) << expected.status();
    EXPECT_FALSE(expected->series.empty()) << selector;
    EXPECT_EQ(Difference(expected, Ask(&of_reader, question)), "") << selector;
  }
}

}  // namespace
}  // namespace tidemark::differential
