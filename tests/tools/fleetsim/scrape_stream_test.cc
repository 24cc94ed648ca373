#include "tools/fleetsim/scrape_stream.h"

#include <snappy.h>

#include <map>
#include <optional>
#include <set>

#include <gtest/gtest.h>

#include "model/sample.h"
#include "proto/prometheus/remote_write.pb.h"

namespace tidemark::fleetsim {
namespace {

constexpr int64_t kStart = 1'780'000'000'000;

// All samples of the requests of a stream, by the text of their labels.
struct Received {
  std::map<std::string, std::vector<model::Sample>> series;
  std::vector<size_t> sizes;       // of the requests with samples
  std::set<std::string> families;  // whose metadata came

  absl::Status Take(const std::string& body, size_t samples) {
    std::string message;
    EXPECT_TRUE(snappy::Uncompress(body.data(), body.size(), &message));
    prometheus::WriteRequest request;
    EXPECT_TRUE(request.ParseFromString(message));
    EXPECT_EQ(static_cast<size_t>(request.timeseries_size()), samples);
    for (const prometheus::TimeSeries& series_of_request : request.timeseries()) {
      std::string labels;
      for (const prometheus::Label& label : series_of_request.labels()) {
        labels += label.name() + "=" + label.value() + " ";
      }
      const prometheus::Sample& sample = series_of_request.samples(0);
      series[labels].push_back({sample.timestamp(), sample.value()});
    }
    for (const prometheus::MetricMetadata& metadata : request.metadata()) {
      EXPECT_NE(metadata.type(), prometheus::MetricMetadata::UNKNOWN);
      families.insert(metadata.metric_family_name());
    }
    if (samples > 0) {
      sizes.push_back(samples);
    }
    return absl::OkStatus();
  }
};

Received Stream(const FleetModel& model, size_t shards, size_t shard, int64_t scrapes) {
  Received received;
  ScrapeOptions options;
  options.start_ms = kStart;
  options.shards = shards;
  ScrapeStream stream(
      &model, options, shard,
      [&](const std::string& body, size_t samples) { return received.Take(body, samples); },
      [](int64_t) { return absl::OkStatus(); });
  for (int64_t n = 0; n < scrapes; ++n) {
    EXPECT_TRUE(stream.Scrape(n).ok());
  }
  EXPECT_TRUE(stream.Flush().ok());
  return received;
}

TEST(ScrapeStream, SendsEverySeriesOnceAScrapeInOrderOfTime) {
  const FleetModel model({.seed = 3, .clusters = 1});
  const Received received = Stream(model, 1, 0, 3);
  size_t expected = 0;
  for (const Instance& instance : model.instances()) {
    expected += model.CountSeries(instance, kStart) + 1;
  }
  EXPECT_EQ(received.series.size(), expected);
  for (const auto& [labels, samples] : received.series) {
    ASSERT_EQ(samples.size(), 3u) << labels;
    EXPECT_GE(samples[0].t, kStart);
    EXPECT_LT(samples[0].t, kStart + 15'000);
    EXPECT_EQ(samples[1].t, samples[0].t + 15'000);
    EXPECT_EQ(samples[2].t, samples[0].t + 30'000);
  }
}

TEST(ScrapeStream, FillsItsRequests) {
  const FleetModel model({.seed = 3, .clusters = 3});
  const Received received = Stream(model, 1, 0, 2);
  ASSERT_GT(received.sizes.size(), 3u);
  for (size_t i = 0; i + 1 < received.sizes.size(); ++i) {
    EXPECT_EQ(received.sizes[i], 2'000u);
  }
}

TEST(ScrapeStream, ShardsShareTheSeriesEvenlyAndWithoutOverlap) {
  const FleetModel model({.seed = 3, .clusters = 1});
  const Received whole = Stream(model, 1, 0, 1);
  std::map<std::string, std::vector<model::Sample>> together;
  for (size_t shard = 0; shard < 3; ++shard) {
    const Received part = Stream(model, 3, shard, 1);
    EXPECT_NEAR(static_cast<double>(part.series.size()),
                static_cast<double>(whole.series.size()) / 3, 100);
    for (const auto& [labels, samples] : part.series) {
      EXPECT_TRUE(together.emplace(labels, samples).second) << labels;
      EXPECT_EQ(samples[0].v, whole.series.at(labels)[0].v) << labels;
    }
  }
  EXPECT_EQ(together.size(), whole.series.size());
}

TEST(ScrapeStream, FirstShardSendsMetadataOfEveryFamily) {
  const FleetModel model({.seed = 3, .clusters = 1});
  const Received first = Stream(model, 2, 0, 1);
  EXPECT_TRUE(first.families.contains("tikv_log_backup_fatal_errors"));
  EXPECT_TRUE(first.families.contains("tidb_log_backup_last_checkpoint"));
  EXPECT_TRUE(first.families.contains("pd_cluster_metadata"));
  EXPECT_TRUE(Stream(model, 2, 1, 1).families.empty());
}

TEST(ScrapeStream, MarksTheSeriesOfAProcessThatWentDownStale) {
  const FleetModel model({.seed = 3,
                          .clusters = 1,
                          .incidents = {{.kind = Incident::Kind::kRestart,
                                         .at_ms = kStart + 15'000,
                                         .cluster = 0,
                                         .ordinal = 0}}});
  const Received received = Stream(model, 2, 0, 2);
  size_t stale = 0;
  for (const auto& [labels, samples] : received.series) {
    const bool of_store = labels.find("instance=10.0.0.1:20180 ") != std::string::npos;
    const bool up = labels.find("__name__=up ") != std::string::npos;
    if (of_store && !up) {
      ASSERT_EQ(samples.size(), 2u);
      EXPECT_FALSE(model::IsStale(samples[0].v));
      EXPECT_TRUE(model::IsStale(samples[1].v)) << labels;
      ++stale;
    } else {
      EXPECT_FALSE(model::IsStale(samples[1].v)) << labels;
    }
  }
  EXPECT_GT(stale, 250u);
}

TEST(ScrapeStream, UpTellsWhetherTheProcessAnswered) {
  const FleetModel model({.seed = 3,
                          .clusters = 1,
                          .incidents = {{.kind = Incident::Kind::kRestart,
                                         .at_ms = kStart + 15'000,
                                         .cluster = 0,
                                         .ordinal = 0}}});
  const Received received = Stream(model, 1, 0, 2);
  size_t seen = 0;
  for (const auto& [labels, samples] : received.series) {
    if (labels.starts_with("__name__=up ")) {
      const bool of_store = labels.find("instance=10.0.0.1:20180 ") != std::string::npos;
      EXPECT_EQ(samples[0].v, 1);
      EXPECT_EQ(samples[1].v, of_store ? 0 : 1) << labels;
      ++seen;
    }
  }
  EXPECT_EQ(seen, model.instances().size());
}

TEST(ScrapeStream, SilentSenderSendsNothing) {
  const FleetModel model(
      {.seed = 3, .clusters = 1, .incidents = {{.kind = Incident::Kind::kStop, .at_ms = kStart}}});
  EXPECT_TRUE(Stream(model, 1, 0, 3).series.empty());
}

TEST(ScrapeStream, EndsWithTheFirstErrorOfItsSink) {
  const FleetModel model({.seed = 3, .clusters = 3});
  int requests = 0;
  ScrapeStream stream(
      &model, {.start_ms = kStart}, 0,
      [&](const std::string&, size_t) {
        return ++requests == 2 ? absl::InvalidArgumentError("no") : absl::OkStatus();
      },
      [](int64_t) { return absl::OkStatus(); });
  EXPECT_EQ(stream.Scrape(0), absl::InvalidArgumentError("no"));
  EXPECT_EQ(requests, 2);
}

}  // namespace
}  // namespace tidemark::fleetsim
