#include "tools/fleetsim/request_encoder.h"

#include <snappy.h>

#include <bit>

#include <gtest/gtest.h>

#include "model/labels.h"
#include "proto/prometheus/remote_write.pb.h"

namespace tidemark::fleetsim {
namespace {

constexpr int64_t kStart = 1'780'000'000'000;

prometheus::WriteRequest Decode(const std::string& body) {
  std::string message;
  EXPECT_TRUE(snappy::Uncompress(body.data(), body.size(), &message));
  prometheus::WriteRequest request;
  EXPECT_TRUE(request.ParseFromString(message));
  return request;
}

TEST(RequestEncoder, WritesWhatTheProtobufLibraryReads) {
  RequestEncoder encoder;
  const model::Labels labels = model::Labels::Of({{"__name__", "up"}, {"job", "tikv"}});
  const double values[] = {0.0, -0.0, 1.5, model::StaleMarker()};
  const int64_t times[] = {0, -1, kStart, INT64_MAX};
  for (size_t i = 0; i < std::size(values); ++i) {
    encoder.Add(labels.bytes(), times[i], values[i]);
  }
  EXPECT_EQ(encoder.samples(), 4u);
  const prometheus::WriteRequest request = Decode(encoder.Finish());
  EXPECT_EQ(encoder.samples(), 0u);
  ASSERT_EQ(request.timeseries_size(), 4);
  for (int i = 0; i < 4; ++i) {
    const prometheus::TimeSeries& series = request.timeseries(i);
    ASSERT_EQ(series.labels_size(), 2);
    EXPECT_EQ(series.labels(0).name(), "__name__");
    EXPECT_EQ(series.labels(1).value(), "tikv");
    ASSERT_EQ(series.samples_size(), 1);
    EXPECT_EQ(series.samples(0).timestamp(), times[i]);
    EXPECT_EQ(std::bit_cast<uint64_t>(series.samples(0).value()),
              std::bit_cast<uint64_t>(values[i]));
  }
}

TEST(RequestEncoder, SpellsEveryByteAsTheLibraryDoes) {
  RequestEncoder encoder;
  const model::Labels labels = model::Labels::Of({{"__name__", std::string(300, 'm')}});
  encoder.Add(labels.bytes(), kStart, 2.25);
  const std::string message(encoder.message());
  prometheus::WriteRequest request;
  ASSERT_TRUE(request.ParseFromString(message));
  EXPECT_EQ(request.SerializeAsString(), message);
}

TEST(SeriesLabels, MergesInstanceAndSeriesInOrderOfName) {
  for (const LabelStyle style : {LabelStyle::kTiup, LabelStyle::kOperator}) {
    const FleetModel model({.clusters = 2, .labels = style});
    SeriesLabels labels(&model);
    for (const Instance& instance : model.instances()) {
      for (size_t i = 0; i < instance.table->series().size(); ++i) {
        const MetricSeries& series = instance.table->series()[i];
        LabelPairs all = instance.labels;
        all.insert(all.end(), series.labels.begin(), series.labels.end());
        all.emplace_back("__name__", series.name);
        const std::string_view bytes = labels.Of(instance, i);
        ASSERT_TRUE(model::IsCanonical(bytes)) << series.name;
        ASSERT_EQ(bytes, model::Labels::Of(all).bytes()) << series.name;
      }
    }
  }
}

TEST(SeriesLabels, ScrapeItselfHasTheLabelsOfTheInstance) {
  const FleetModel model({.clusters = 1});
  SeriesLabels labels(&model);
  const Instance& store = model.instances()[0];
  EXPECT_EQ(
      model::LabelsView(labels.OfUp(store)).ToString(),
      "up{cluster=\"c0\", instance=\"10.0.0.1:20180\", job=\"tikv\", monitor=\"prometheus\"}");
}

}  // namespace
}  // namespace tidemark::fleetsim
