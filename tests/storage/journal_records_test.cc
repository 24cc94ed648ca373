#include "storage/journal_records.h"

#include <random>
#include <tuple>

#include <gtest/gtest.h>

namespace tidemark::storage {
namespace {

using model::Labels;

class Collector final : public JournalRecordVisitor {
 public:
  absl::Status OnSeries(const SeriesRecord& record) override {
    series.emplace_back(record.ref, record.metric_id, record.labels.ToString());
    return absl::OkStatus();
  }
  absl::Status OnSamples(std::span<const JournalSample> run) override {
    for (const JournalSample& entry : run) {
      samples.emplace_back(entry.ref, entry.sample.t, model::ValueBits(entry.sample.v),
                           entry.in_order);
    }
    return absl::OkStatus();
  }
  absl::Status OnMetadata(std::string_view metric, MetricMetadata entry) override {
    metadata.emplace_back(std::string(metric), std::move(entry));
    return absl::OkStatus();
  }

  std::vector<std::tuple<SeriesRef, MetricId, std::string>> series;
  std::vector<std::tuple<SeriesRef, model::Timestamp, uint64_t, bool>> samples;
  std::vector<std::pair<std::string, MetricMetadata>> metadata;
};

TEST(JournalRecords, RoundTripsEveryKindInOnePayload) {
  JournalRecordWriter writer;
  EXPECT_TRUE(writer.empty());
  const Labels labels = Labels::Of({{"__name__", "up"}, {"job", "tikv"}});
  writer.AddSeries({7, 3, labels});
  writer.AddSample(7, {1000, 1.5}, true);
  writer.AddSample(2, {-5, model::StaleMarker()}, false);
  writer.AddMetadata("up", {MetricType::kGauge, "help\ntext", "s"});
  Collector read;
  ASSERT_TRUE(ReadJournalRecords(writer.Take(), &read).ok());
  EXPECT_TRUE(writer.empty());
  ASSERT_EQ(read.series.size(), 1u);
  EXPECT_EQ(read.series[0], (std::tuple{7u, 3u, std::string("up{job=\"tikv\"}")}));
  ASSERT_EQ(read.samples.size(), 2u);
  EXPECT_EQ(read.samples[0], (std::tuple{7u, 1000, model::ValueBits(1.5), true}));
  EXPECT_EQ(read.samples[1], (std::tuple{2u, -5, model::kStaleNanBits, false}));
  ASSERT_EQ(read.metadata.size(), 1u);
  EXPECT_EQ(read.metadata[0].second, (MetricMetadata{MetricType::kGauge, "help\ntext", "s"}));
}

TEST(JournalRecords, RefusesWhatIsNoPayload) {
  JournalRecordWriter writer;
  writer.AddSeries({1, 1, Labels::Of({{"__name__", "a"}})});
  writer.AddSample(1, {1, 1}, true);
  const std::string payload = writer.Take();
  Collector read;
  for (size_t n = 1; n < payload.size(); ++n) {
    const absl::Status status = ReadJournalRecords(payload.substr(0, n), &read);
    // A cut between two records leaves a whole payload.
    EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kDataLoss);
  }
  EXPECT_EQ(ReadJournalRecords(std::string("\x09\x00", 2), &read).code(),
            absl::StatusCode::kDataLoss);
}

TEST(JournalRecords, NeverReadsOutsideRandomBytes) {
  std::mt19937_64 rng(4);
  for (int i = 0; i < 20'000; ++i) {
    std::vector<char> bytes(rng() % 50);
    for (char& c : bytes) {
      c = static_cast<char>(rng() % 8 == 0 ? rng() : rng() % 4);
    }
    Collector read;
    (void)ReadJournalRecords({bytes.data(), bytes.size()}, &read);
    EXPECT_LE(read.samples.size(), 2 * bytes.size());
  }
}

}  // namespace
}  // namespace tidemark::storage
