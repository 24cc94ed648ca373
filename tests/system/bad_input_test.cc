// What senders get wrong, on purpose or not: each is answered with the documented status, stores
// nothing, takes no memory worth mentioning, and the server goes on.

#include <random>

#include "base/clock.h"
#include "fmt/format.h"
#include "gtest/gtest.h"
#include "tests/testing/query_client.h"
#include "tests/testing/server_process.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/write_request.h"

namespace tidemark::testing {
namespace {

constexpr int64_t kMiB = 1 << 20;

class BadInput : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = ServerProcess::Start(
        {.data_dir = dir_.File("data"), .log_path = dir_.File("log"), .flags = {}});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    http_ = std::make_unique<HttpClient>(server_->port());
    ASSERT_EQ(Write({Series({{"__name__", "good"}})}), 204);
  }

  // The server still takes good samples and answers queries, and has stored nothing else.
  void TearDown() override {
    EXPECT_EQ(Write({Series({{"__name__", "good"}, {"when", "after"}})}), 204);
    EXPECT_EQ(CountSeries("{__name__=~\".+\"}"), 2 + stored_besides_);
    EXPECT_EQ(server_->process().Terminate(), 0) << server_->process().Log();
  }

  SentSeries Series(std::vector<std::pair<std::string, std::string>> labels) const {
    return {.labels = std::move(labels), .samples = {{.t = now_ms_, .v = 1}}};
  }

  // The status of a request with these series.
  int Write(const std::vector<SentSeries>& series) {
    return Send(SnappyCompress(EncodeWriteRequest(series)), WriteHeaders());
  }

  // The status of a request with this body; the body of a refusal must say something.
  int Send(std::string body, const Pairs& headers) {
    const auto response = http_->Post("/api/v1/write", std::move(body), headers);
    EXPECT_TRUE(response.ok()) << response.status();
    if (!response.ok()) {
      return 0;
    }
    EXPECT_TRUE(response->status / 100 == 2 || !response->body.empty()) << response->status;
    return response->status;
  }

  size_t CountSeries(const std::string& selector) {
    QueryClient client(server_->port());
    const auto answer = client.Instant(selector, now_ms_);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? answer->series.size() : 0;
  }

  // A request of some size whose series are all called bad.
  std::string BadMessage() const {
    std::vector<SentSeries> series;
    for (int i = 0; i < 200; ++i) {
      series.push_back(Series({{"__name__", "bad"}, {"i", std::to_string(i)}}));
    }
    return EncodeWriteRequest(series);
  }

  int64_t ResidentBytes() { return server_->process().ResidentBytes(); }

  const TempDir dir_;
  const int64_t now_ms_ = base::SystemClock().NowMs();
  size_t stored_besides_ = 0;  // series that the test itself means to store
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<HttpClient> http_;
};

TEST_F(BadInput, RefusesABlockCutShort) {
  const std::string whole = SnappyCompress(BadMessage());
  for (const size_t length : {size_t{1}, size_t{2}, whole.size() / 2, whole.size() - 1}) {
    EXPECT_EQ(Send(whole.substr(0, length), WriteHeaders()), 400) << length;
  }
}

TEST_F(BadInput, RefusesAClaimOfFourGibibytesWithoutTakingThem) {
  const int64_t before = ResidentBytes();
  const std::string claims = "\xff\xff\xff\xff\x0f";  // a varint: 2^32 - 1 bytes follow, unpacked
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(Send(claims + std::string(1000, '\x01'), WriteHeaders()), 400);
  }
  EXPECT_LT(ResidentBytes() - before, 64 * kMiB);
}

TEST_F(BadInput, RefusesAMessageCutShort) {
  const std::string whole = BadMessage();
  for (const size_t length : {size_t{1}, whole.size() / 3, whole.size() - 1}) {
    EXPECT_EQ(Send(SnappyCompress(std::string_view(whole).substr(0, length)), WriteHeaders()), 400)
        << length;
  }
}

TEST_F(BadInput, StoresNothingOfBytesThatAreNoMessage) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  const int64_t before = ResidentBytes();
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(random() % 2000 + 1, '\0');
    for (char& byte : bytes) {
      byte = static_cast<char>(random());
    }
    bytes[0] = '\x0a';  // a TimeSeries
    bytes += '\xff';    // a varint that does not end
    const int status = Send(SnappyCompress(bytes), WriteHeaders());
    ASSERT_EQ(status, 400);
  }
  EXPECT_LT(ResidentBytes() - before, 64 * kMiB);
}

TEST_F(BadInput, SurvivesMessagesWithFlippedBits) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  // Flips may leave a valid message; its samples are then too old or too new to be stored.
  SentSeries ancient = Series({{"__name__", "good"}, {"when", "ancient"}});
  ancient.samples[0].t = 1;
  const std::string whole = EncodeWriteRequest(std::vector<SentSeries>(50, ancient));
  for (int i = 0; i < 2000; ++i) {
    std::string bytes = whole;
    char& byte = bytes[random() % bytes.size()];
    byte = static_cast<char>(byte ^ (1 << (random() % 8)));
    const int status = Send(SnappyCompress(bytes), WriteHeaders());
    ASSERT_TRUE(status == 400 || status == 204) << status;
  }
}

TEST_F(BadInput, TakesUnsortedLabelsAsTheSeriesTheyMean) {
  EXPECT_EQ(Write({Series({{"z", "1"}, {"__name__", "unsorted"}, {"a", "2"}})}), 204);
  EXPECT_EQ(CountSeries("unsorted{a=\"2\",z=\"1\"}"), 1u);
  SentSeries again = Series({{"a", "2"}, {"z", "1"}, {"__name__", "unsorted"}});
  again.samples[0].t -= 1;
  EXPECT_EQ(Write({again}), 204);
  EXPECT_EQ(CountSeries("{__name__=\"unsorted\"}"), 1u);
  stored_besides_ = 1;
}

TEST_F(BadInput, RefusesLabelsThatIdentifyNoSeries) {
  EXPECT_EQ(Write({Series({{"__name__", "bad"}, {"a", "1"}, {"a", "2"}})}), 400);
  EXPECT_EQ(Write({Series({{"__name__", "bad"}, {"a", "1"}, {"a", "1"}})}), 400);
  EXPECT_EQ(Write({Series({{"", "empty name"}, {"__name__", "bad"}})}), 400);
  EXPECT_EQ(Write({Series({{"no", "metric name"}})}), 400);
  EXPECT_EQ(Write({Series({})}), 400);
}

TEST_F(BadInput, RefusesTextThatIsNotUtf8) {
  // The generated classes refuse to write such text, so it is put in afterwards.
  std::string message = EncodeWriteRequest(
      std::vector<SentSeries>{Series({{"__name__", "bad"}, {"a", "NOT-UTF-8"}})});
  message.replace(message.find("NOT-UTF-8"), 9, "\xc3\x28-\xff\xfe-\xed\xa0\x80-");
  EXPECT_EQ(Send(SnappyCompress(message), WriteHeaders()), 400);
}

TEST_F(BadInput, RefusesALabelOfAHundredKilobytes) {
  EXPECT_EQ(Write({Series({{"__name__", "bad"}, {"a", std::string(100'000, 'x')}})}), 400);
}

TEST_F(BadInput, StoresTheGoodSeriesOfARequestWithABadOne) {
  EXPECT_EQ(Write({Series({{"__name__", "beside"}}), Series({{"no", "metric name"}})}), 400);
  EXPECT_EQ(CountSeries("beside"), 1u);
  stored_besides_ = 1;
}

TEST_F(BadInput, RefusesABodyOfTwoHundredMebibytesWithoutKeepingIt) {
  const int64_t before = ResidentBytes();
  EXPECT_EQ(Send(std::string(200 * kMiB, '\x01'), WriteHeaders()), 413);
  EXPECT_LT(ResidentBytes() - before, 64 * kMiB);
}

TEST_F(BadInput, RefusesOtherTypesAndEncodings) {
  const std::string body = SnappyCompress(BadMessage());
  const auto with = [](const char* type, const char* encoding) -> Pairs {
    return {{"Content-Type", type}, {"Content-Encoding", encoding}};
  };
  EXPECT_EQ(Send(body, with("application/json", "snappy")), 415);
  EXPECT_EQ(Send(body, with("image/png", "snappy")), 415);
  EXPECT_EQ(
      Send(body, with("application/x-protobuf;proto=io.prometheus.write.v2.Request", "snappy")),
      415);
  EXPECT_EQ(Send(body, with("application/x-protobuf", "gzip")), 415);
  EXPECT_EQ(Send(body, with("application/x-protobuf", "zstd")), 415);
  EXPECT_EQ(http_->Get("/api/v1/write")->status, 405);
}

TEST_F(BadInput, RefusesTheFramedFormat) {
  EXPECT_EQ(Send(std::string("\xff\x06\x00\x00sNaPpY", 10), WriteHeaders()), 400);
}

}  // namespace
}  // namespace tidemark::testing
