#include "ingest/remote_write_receiver.h"

#include <snappy.h>

#include <numeric>
#include <random>
#include <thread>

#include <gmock/gmock.h>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "proto/prometheus/remote_write.pb.h"
#include "tests/storage/db_fixture.h"

namespace tidemark::ingest {
namespace {

using ::testing::HasSubstr;
using LabelList = std::vector<std::pair<std::string, std::string>>;

class RemoteWriteReceiverTest : public storage::DbFixture {
 protected:
  RemoteWriteReceiverTest() {
    Open();
    receiver_ = std::make_unique<RemoteWriteReceiver>(db_.get(), ReceiverOptions{}, metrics_.get());
    context_ = receiver_->NewContext();
  }

  static void Add(prometheus::WriteRequest* request, const LabelList& labels,
                  const std::vector<model::Sample>& samples) {
    prometheus::TimeSeries* series = request->add_timeseries();
    for (const auto& [name, value] : labels) {
      prometheus::Label* label = series->add_labels();
      label->set_name(name);
      label->set_value(value);
    }
    for (const model::Sample& sample : samples) {
      prometheus::Sample* added = series->add_samples();
      added->set_timestamp(sample.t);
      added->set_value(sample.v);
    }
  }

  static std::string Body(const prometheus::WriteRequest& request) {
    std::string body;
    const std::string bytes = request.SerializeAsString();
    snappy::Compress(bytes.data(), bytes.size(), &body);
    return body;
  }

  absl::Status Write(std::string_view body) {
    std::promise<absl::Status> answer;
    receiver_->Write(context_.get(), body,
                     [&answer](const absl::Status& status) { answer.set_value(status); });
    return answer.get_future().get();
  }
  absl::Status Write(const prometheus::WriteRequest& request) { return Write(Body(request)); }

  std::unique_ptr<RemoteWriteReceiver> receiver_;
  std::unique_ptr<WriteContext> context_;
};

TEST_F(RemoteWriteReceiverTest, StoresWhatARequestHolds) {
  prometheus::WriteRequest request;
  for (int i = 0; i < 100; ++i) {  // more than one batch; each series twice
    Add(&request, {{"__name__", "up"}, {"i", std::to_string(i % 50)}}, {{1000 + i, i * 1.5}});
  }
  EXPECT_TRUE(Write(request).ok());
  const auto found = Select();
  ASSERT_EQ(found.size(), 50u);
  EXPECT_EQ(found.at("up{i=\"7\"}"), Expect({{1007, 10.5}, {1057, 85.5}}));
  EXPECT_TRUE(Write(request).ok()) << "the same request again";
  EXPECT_EQ(Select(), found);
  EXPECT_THAT(metrics_->Expose(), HasSubstr("tidemark_ingest_samples_total 200\n"));
}

TEST_F(RemoteWriteReceiverTest, StoresTheSameWhateverOrderTheSeriesComeIn) {
  std::mt19937 rng(7);
  std::vector<int> order(300);
  std::iota(order.begin(), order.end(), 0);
  std::map<std::string, std::vector<model::Sample>> sent;
  for (int scrape = 0; scrape < 30; ++scrape) {
    if (scrape % 10 == 9) {
      std::shuffle(order.begin(), order.end(), rng);
    }
    prometheus::WriteRequest request;
    for (const int i : order) {
      if (rng() % 20 == 0) {
        continue;  // a series that comes for the first time later, or is away this once
      }
      const model::Sample sample{1000 + scrape, i * 0.5};
      Add(&request, {{"__name__", "up"}, {"i", std::to_string(i)}}, {sample});
      sent[fmt::format("up{{i=\"{}\"}}", i)].push_back(sample);
    }
    ASSERT_TRUE(Write(request).ok());
  }
  const auto found = Select();
  ASSERT_EQ(found.size(), sent.size());
  for (const auto& [series, samples] : sent) {
    EXPECT_EQ(found.at(series), Expect(samples)) << series;
  }
}

TEST_F(RemoteWriteReceiverTest, TakesLabelsInAnyOrderForOneSeries) {
  prometheus::WriteRequest request;
  Add(&request, {{"__name__", "up"}, {"a", "1"}, {"b", "2"}}, {{1, 1}});
  Add(&request, {{"b", "2"}, {"a", "1"}, {"__name__", "up"}}, {{2, 2}});
  Add(&request, {{"b", "2"}, {"a", "1"}, {"c", ""}, {"__name__", "up"}}, {{3, 3}});
  EXPECT_TRUE(Write(request).ok());
  EXPECT_EQ(Select().size(), 1u);
  EXPECT_EQ(Select().at("up{a=\"1\", b=\"2\"}").size(), 3u);
}

TEST_F(RemoteWriteReceiverTest, KeepsTheBitsOfStaleMarkersAndZeros) {
  prometheus::WriteRequest request;
  Add(&request, {{"__name__", "up"}}, {{0, 0.0}, {1, model::StaleMarker()}, {2, -0.0}});
  EXPECT_TRUE(Write(request).ok());
  EXPECT_EQ(Select().at("up"), Expect({{0, 0.0}, {1, model::StaleMarker()}, {2, -0.0}}));
}

TEST_F(RemoteWriteReceiverTest, StoresTheGoodPartAndWordsTheRefusals) {
  prometheus::WriteRequest request;
  Add(&request, {{"__name__", "up"}}, {{10, 1}, {10, 2}, {20, 3}});
  Add(&request, {{"job", "x"}}, {{10, 1}});
  Add(&request, {{"__name__", "old"}}, {{-5, 1}});
  const absl::Status status = Write(request);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      std::string(base::Message(status)),
      ::testing::AllOf(HasSubstr("refused 3 of 5 samples"),
                       HasSubstr("duplicate sample for timestamp, with another value 10 of up"),
                       HasSubstr("too old sample -5 of old"), HasSubstr("__name__")));
  EXPECT_EQ(Select().at("up"), Expect({{10, 1}, {20, 3}}));
  EXPECT_EQ(Select().size(), 1u) << "nothing is left of a series without a sample";
  EXPECT_THAT(metrics_->Expose(),
              HasSubstr("tidemark_ingest_refused_samples_total{reason=\"invalid_labels\"} 1\n"));
}

TEST_F(RemoteWriteReceiverTest, AppliesNothingOfAMalformedBody) {
  prometheus::WriteRequest request;
  Add(&request, {{"__name__", "up"}}, {{10, 1}});
  std::string bytes = request.SerializeAsString() + "\x0a\x05";  // a series cut short
  std::string body;
  snappy::Compress(bytes.data(), bytes.size(), &body);
  EXPECT_EQ(Write(body).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Write("\xff\xff\xff\xff\x0f rest").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Write("").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(Select().empty());
  EXPECT_THAT(metrics_->Expose(), HasSubstr("tidemark_ingest_malformed_requests_total 3\n"));
}

TEST_F(RemoteWriteReceiverTest, KeepsMetadata) {
  prometheus::WriteRequest request;
  prometheus::MetricMetadata* metadata = request.add_metadata();
  metadata->set_type(prometheus::MetricMetadata::COUNTER);
  metadata->set_metric_family_name("up");
  metadata->set_help("whether it is");
  EXPECT_TRUE(Write(request).ok());
  ASSERT_EQ(db_->Metadata().size(), 1u);
  EXPECT_EQ(db_->Metadata()[0].second,
            (storage::MetricMetadata{storage::MetricType::kCounter, "whether it is", ""}));
}

TEST_F(RemoteWriteReceiverTest, StoresEverythingOfManyConcurrentRequests) {
  constexpr int kThreads = 4;
  constexpr int kRequests = 40;
  std::vector<std::thread> threads;
  std::atomic<int> answered{0};
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      const auto context = receiver_->NewContext();
      for (int r = 0; r < kRequests; ++r) {
        prometheus::WriteRequest request;
        for (int i = 0; i < 40; ++i) {  // all threads write the same series
          Add(&request, {{"__name__", "m"}, {"i", std::to_string(i)}},
              {{r * kThreads + thread, thread * 1.0}});
        }
        receiver_->Write(context.get(), Body(request), [&answered](const absl::Status& status) {
          EXPECT_TRUE(status.ok()) << status;
          ++answered;
        });
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  ASSERT_TRUE(db_->Close().ok());
  EXPECT_EQ(answered, kThreads * kRequests);
  Reopen();
  const auto found = Select();
  ASSERT_EQ(found.size(), 40u);
  for (const auto& [series, samples] : found) {
    ASSERT_EQ(samples.size(), static_cast<size_t>(kThreads * kRequests)) << series;
    for (size_t i = 0; i < samples.size(); ++i) {
      EXPECT_EQ(samples[i].first, static_cast<int64_t>(i));
      EXPECT_EQ(samples[i].second, model::ValueBits(static_cast<double>(i % kThreads)));
    }
  }
}

}  // namespace
}  // namespace tidemark::ingest
