#include <chrono>
#include <string>

#include "proto/tidemark/v1/query.grpc.pb.h"
#include "tests/server/grpc/grpc_fixture.h"

namespace tidemark::server {
namespace {

using grpc::StatusCode;
using testing::kNowMs;

class QueryRpcsTest : public testing::GrpcTest {
 protected:
  QueryRpcsTest() {
    for (const char* cluster : {"a", "b", "c"}) {
      store_.memory.Add(model::Labels::Of({{"__name__", "lag"}, {"cluster", cluster}}),
                        {{kNowMs - 120'000, 1}, {kNowMs - 60'000, 2}, {kNowMs, 3}});
    }
  }

  grpc::Status Query(const std::string& expr, v1::QueryResponse* response) {
    v1::QueryRequest request;
    request.set_query(expr);
    grpc::ClientContext context;
    return Client<v1::QueryService>()->Query(&context, request, response);
  }

  grpc::Status QueryRange(const v1::QueryRangeRequest& request,
                          std::vector<v1::QueryRangeResponse>* messages) {
    grpc::ClientContext context;
    const auto client = Client<v1::QueryService>();
    const auto reader = client->QueryRange(&context, request);
    for (v1::QueryRangeResponse message; reader->Read(&message);) {
      messages->push_back(message);
    }
    return reader->Finish();
  }

  static v1::QueryRangeRequest RangeOf(const std::string& expr) {
    v1::QueryRangeRequest request;
    request.set_query(expr);
    request.set_start_ms(kNowMs - 120'000);
    request.set_end_ms(kNowMs);
    request.set_step_ms(60'000);
    return request;
  }
};

TEST_F(QueryRpcsTest, GivesAVectorAtTheServersTimeWhenNoneIsNamed) {
  Start();
  v1::QueryResponse response;
  ASSERT_TRUE(Query("lag", &response).ok());
  ASSERT_EQ(response.vector().samples_size(), 3);
  const v1::VectorSample& first = response.vector().samples(0);
  EXPECT_EQ(first.labels().at("__name__"), "lag");
  EXPECT_EQ(first.labels().at("cluster"), "a");
  EXPECT_EQ(first.sample().t_ms(), kNowMs);
  EXPECT_EQ(first.sample().value(), 3);
}

TEST_F(QueryRpcsTest, GivesScalarsTextsAndMatricesAsWhatTheyAre) {
  Start();
  v1::QueryResponse response;
  ASSERT_TRUE(Query("1 + 1", &response).ok());
  EXPECT_EQ(response.scalar().value(), 2);
  ASSERT_TRUE(Query("\"text\"", &response).ok());
  EXPECT_EQ(response.text(), "text");
  ASSERT_TRUE(Query("lag{cluster=\"b\"}[5m]", &response).ok());
  ASSERT_EQ(response.matrix().series_size(), 1);
  EXPECT_EQ(response.matrix().series(0).values_size(), 3);
  ASSERT_TRUE(Query("nothing", &response).ok());
  EXPECT_TRUE(response.has_vector());
  EXPECT_EQ(response.vector().samples_size(), 0);
}

TEST_F(QueryRpcsTest, EvaluatesAtTheTimeAndWithTheLookbackOfTheRequest) {
  Start();
  v1::QueryRequest request;
  request.set_query("lag{cluster=\"a\"}");
  request.set_time_ms(kNowMs - 30'000);
  v1::QueryResponse response;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(Client<v1::QueryService>()->Query(&context, request, &response).ok());
  }
  ASSERT_EQ(response.vector().samples_size(), 1);
  EXPECT_EQ(response.vector().samples(0).sample().value(), 2);
  request.set_lookback_ms(1000);
  grpc::ClientContext context;
  ASSERT_TRUE(Client<v1::QueryService>()->Query(&context, request, &response).ok());
  EXPECT_EQ(response.vector().samples_size(), 0);
}

TEST_F(QueryRpcsTest, StreamsARangeSeriesBySeries) {
  Start();
  std::vector<v1::QueryRangeResponse> messages;
  ASSERT_TRUE(QueryRange(RangeOf("lag"), &messages).ok());
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_EQ(messages[1].series().labels().at("cluster"), "b");
  EXPECT_EQ(messages[1].series().t_ms_size(), 3);
  EXPECT_EQ(messages[1].series().t_ms(0), kNowMs - 120'000);
  EXPECT_EQ(messages[1].series().values(2), 3);
  EXPECT_EQ(Ended("QueryService/QueryRange", "OK"), 1);
}

TEST_F(QueryRpcsTest, PutsWarningsBehindTheLastSeries) {
  Start();
  std::vector<v1::QueryRangeResponse> messages;
  ASSERT_TRUE(QueryRange(RangeOf("quantile_over_time(2, lag{cluster=\"a\"}[5m])"), &messages).ok());
  ASSERT_FALSE(messages.empty());
  EXPECT_EQ(messages.back().warnings_size(), 1);
  EXPECT_FALSE(messages.back().has_series());
}

TEST_F(QueryRpcsTest, SaysWhereAnExpressionDoesNotParse) {
  Start();
  v1::QueryResponse response;
  const grpc::Status refused = Query("sum(", &response);
  EXPECT_EQ(refused.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_NE(refused.error_message().find("1:5"), std::string::npos) << refused.error_message();
  EXPECT_EQ(Ended("QueryService/Query", "INVALID_ARGUMENT"), 1);
}

TEST_F(QueryRpcsTest, SaysWhenAnEvaluationFails) {
  Start();
  v1::QueryResponse response;
  const grpc::Status failed = Query("lag * on () lag", &response);
  EXPECT_EQ(failed.error_code(), StatusCode::FAILED_PRECONDITION);
}

TEST_F(QueryRpcsTest, RefusesRangesThatHaveNoStepsOrTooMany) {
  Start();
  std::vector<v1::QueryRangeResponse> messages;
  v1::QueryRangeRequest request = RangeOf("lag");
  request.set_step_ms(0);
  EXPECT_EQ(QueryRange(request, &messages).error_code(), StatusCode::INVALID_ARGUMENT);
  request.set_step_ms(10);
  EXPECT_EQ(QueryRange(request, &messages).error_message(),
            "more than 11,000 steps; take a longer step_ms");
  request.set_end_ms(0);
  EXPECT_EQ(QueryRange(request, &messages).error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(messages.empty());
}

TEST_F(QueryRpcsTest, RefusesToPackALargeAnswerIntoOneMessage) {
  Start({.max_answer_bytes = 100});
  v1::QueryResponse response;
  const grpc::Status refused = Query("lag", &response);
  EXPECT_EQ(refused.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_NE(refused.error_message().find("QueryRange"), std::string::npos);
}

TEST_F(QueryRpcsTest, StopsAQueryWhoseCallerHasCancelled) {
  Start();
  v1::QueryRangeRequest request = RangeOf("endless");
  grpc::ClientContext context;
  const auto client = Client<v1::QueryService>();
  const auto reader = client->QueryRange(&context, request);
  ASSERT_TRUE(tidemark::testing::WaitUntil([&] { return Open("QueryService/QueryRange") == 1; },
                                           testing::kPatienceMs));
  context.TryCancel();
  EXPECT_EQ(reader->Finish().error_code(), StatusCode::CANCELLED);
  EXPECT_TRUE(WaitEnded("QueryService/QueryRange", "CANCELLED"));
  EXPECT_EQ(Open("QueryService/QueryRange"), 0);
}

TEST_F(QueryRpcsTest, StopsAQueryAtItsCallersDeadline) {
  Start();
  v1::QueryRequest request;
  request.set_query("endless");
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(50));
  v1::QueryResponse response;
  EXPECT_EQ(Client<v1::QueryService>()->Query(&context, request, &response).error_code(),
            StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(tidemark::testing::WaitUntil([&] { return Open("QueryService/Query") == 0; },
                                           testing::kPatienceMs));
}

TEST_F(QueryRpcsTest, EvaluatesNoMoreQueriesAtATimeThanThereAreThreads) {
  query_threads_ = 1;
  Start();
  const auto client = Client<v1::QueryService>();
  grpc::ClientContext first;
  const auto endless = client->QueryRange(&first, RangeOf("endless"));
  ASSERT_TRUE(tidemark::testing::WaitUntil(
      [&] { return Open("QueryService/QueryRange") == 1 && queries_->queued() == 0; },
      testing::kPatienceMs));
  grpc::ClientContext second;
  const auto waiting = client->QueryRange(&second, RangeOf("lag"));
  EXPECT_TRUE(
      tidemark::testing::WaitUntil([&] { return queries_->queued() == 1; }, testing::kPatienceMs));
  first.TryCancel();
  v1::QueryRangeResponse message;
  EXPECT_TRUE(waiting->Read(&message));
  EXPECT_EQ(message.series().values_size(), 3);
  EXPECT_EQ(endless->Finish().error_code(), StatusCode::CANCELLED);
}

TEST_F(QueryRpcsTest, CutsOffAReaderThatTakesNothing) {
  std::vector<model::Sample> samples;
  for (int i = 0; i < 10'000; ++i) {
    samples.push_back({kNowMs + i, 1.5 * i});
  }
  for (int i = 0; i < 100; ++i) {
    store_.memory.Add(model::Labels::Of({{"__name__", "many"}, {"i", std::to_string(i)}}), samples);
  }
  Start({.max_write_ms = 20});
  v1::QueryRangeRequest request = RangeOf("many");
  request.set_start_ms(kNowMs);
  request.set_end_ms(kNowMs + 10'000);
  request.set_step_ms(1);
  grpc::ClientContext context;
  const auto client = Client<v1::QueryService>();
  const auto reader = client->QueryRange(&context, request);
  EXPECT_TRUE(WaitEnded("QueryService/QueryRange", "CANCELLED"));
  int read = 0;
  for (v1::QueryRangeResponse message; reader->Read(&message);) {
    ++read;
  }
  EXPECT_EQ(reader->Finish().error_code(), StatusCode::CANCELLED);
  EXPECT_LT(read, 100);
}

TEST_F(QueryRpcsTest, ReplacesWhatIsNotUtf8) {
  store_.memory.Add(model::Labels::Of({{"__name__", "odd"},
                                       {"path",
                                        "a\xff"
                                        "b"}}),
                    {{kNowMs, 1}});
  Start();
  v1::QueryResponse response;
  ASSERT_TRUE(Query("odd", &response).ok());
  ASSERT_EQ(response.vector().samples_size(), 1);
  EXPECT_EQ(response.vector().samples(0).labels().at("path"),
            "a\xef\xbf\xbd"
            "b");
}

}  // namespace
}  // namespace tidemark::server
