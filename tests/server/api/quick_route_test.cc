#include "server/api/quick_route.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "tests/server/testing/api_server.h"
#include "tests/server/testing/http_client.h"

namespace tidemark::server {
namespace {

using testing::ClientResponse;
using testing::HttpClient;

constexpr int64_t kSoon = QuickQuestions::kQuickNanos;
constexpr uint64_t kQuestion = 0x0123456789abcdef;

TEST(QuickQuestions, ExpectsWhatWasAnsweredSoon) {
  QuickQuestions questions;
  EXPECT_FALSE(questions.Expects(kQuestion));
  questions.NoteAnswer(kQuestion, kSoon);
  EXPECT_TRUE(questions.Expects(kQuestion));
  EXPECT_FALSE(questions.Expects(kQuestion ^ 0x20)) << "another one in the same place";
  questions.NoteAnswer(kQuestion, kSoon + 1);
  EXPECT_FALSE(questions.Expects(kQuestion));
  questions.NoteAnswer(kQuestion, kSoon);
  EXPECT_TRUE(questions.Expects(kQuestion));
}

TEST(QuickQuestions, RestsAfterATryInVain) {
  QuickQuestions questions;
  questions.NoteInVain(kQuestion);
  for (int answers = 0; answers < 15; ++answers) {
    EXPECT_FALSE(questions.Expects(kQuestion)) << answers;
    questions.NoteAnswer(kQuestion, kSoon);
  }
  EXPECT_TRUE(questions.Expects(kQuestion));
}

TEST(QuickQuestions, LetsTheLatestHaveAPlace) {
  QuickQuestions questions;
  questions.NoteAnswer(kQuestion, kSoon);
  questions.NoteAnswer(kQuestion ^ 0x20, kSoon);
  EXPECT_FALSE(questions.Expects(kQuestion));
  EXPECT_TRUE(questions.Expects(kQuestion ^ 0x20));
}

// A clock by which every answer takes as long as the test says.
class HandClock final : public base::Clock {
 public:
  int64_t NowMs() const override { return testing::kNowMs; }
  int64_t SteadyNanos() const override { return nanos_; }
  void Pass(int64_t nanos) { nanos_ += nanos; }

 private:
  int64_t nanos_ = 0;
};

class QuickRouteTest : public ::testing::Test {
 protected:
  QuickRouteTest() {
    backend_.clock = &clock_;
    slot_.SetReady(&backend_);
    SetQuestionHandler(
        [this](const ApiBackend&, const HttpRequest&, const FormValues&,
               bool memory_only) -> std::optional<HttpResponse> {
          clock_.Pass(nanos_);
          return memory_only && !in_memory_ ? std::nullopt
                                            : std::optional(TextResponse(200, "yes"));
        },
        &slot_, &route_);
  }

  // Where the question is answered.
  std::string Ask(std::string_view query) {
    HttpRequest request;
    request.query = query;
    if (route_.quick_handler(request)) {
      return "here";
    }
    route_.handler(request);
    return "pool";
  }

  HandClock clock_;
  ApiBackend backend_;
  BackendSlot slot_;
  Route route_;
  int64_t nanos_ = kSoon;
  bool in_memory_ = true;
};

TEST_F(QuickRouteTest, AnswersHereWhatThePoolAnsweredSoon) {
  EXPECT_EQ(Ask("query=up&time=1"), "pool");
  EXPECT_EQ(Ask("query=up&time=2"), "here");
  EXPECT_EQ(Ask("query=down&time=2"), "pool");
  EXPECT_EQ(Ask("match[]=up"), "pool");
}

TEST_F(QuickRouteTest, TakesALongerRangeForAnotherQuestion) {
  EXPECT_EQ(Ask("query=up&start=1000&end=1600&step=15"), "pool");
  EXPECT_EQ(Ask("query=up&start=1015&end=1615&step=15"), "here");
  EXPECT_EQ(Ask("query=up&start=1000&end=1615&step=15"), "pool");
  EXPECT_EQ(Ask("query=up&start=1000&end=1600&step=1"), "pool");
}

TEST_F(QuickRouteTest, LeavesToThePoolWhatTakesLong) {
  nanos_ = kSoon + 1;
  EXPECT_EQ(Ask("query=up"), "pool");
  EXPECT_EQ(Ask("query=up"), "pool");
}

TEST_F(QuickRouteTest, LeavesToThePoolWhatIsNotInMemory) {
  in_memory_ = false;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Ask("query=up"), "pool");
  }
}

TEST_F(QuickRouteTest, LeavesLongRequestsToThePool) {
  const std::string query = "query=" + std::string(10'000, 'x');
  EXPECT_EQ(Ask(query), "pool");
  EXPECT_EQ(Ask(query), "pool");
}

TEST_F(QuickRouteTest, AnswersTheSameOnEitherThread) {
  testing::ApiServer server;
  server.store().Add(model::Labels::Of({{"__name__", "up"}, {"instance", "a"}}), {{1000, 7}});
  server.SetReady();
  HttpClient client(server.port());
  for (const std::string_view target :
       {"/api/v1/query?query=up&time=2", "/api/v1/query_range?query=up&start=1&end=9&step=1",
        "/api/v1/query?query=up%20*%20on()%20up%20up&time=2", "/api/v1/label/instance/values",
        "/api/v1/labels?match[]=up", "/api/v1/series?match[]=up", "/api/v1/series"}) {
    const ClientResponse first = client.Get(target);
    for (int i = 0; i < 3; ++i) {
      const ClientResponse again = client.Get(target);
      EXPECT_EQ(again.status, first.status) << target;
      EXPECT_EQ(again.body, first.body) << target;
    }
  }
}

}  // namespace
}  // namespace tidemark::server
