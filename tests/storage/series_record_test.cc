#include "storage/series_record.h"

#include <random>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark::storage {
namespace {

using model::Labels;

using Definition = std::tuple<SeriesRef, MetricId, Labels>;

std::string Write(SeriesRecordWriter* writer, const std::vector<Definition>& definitions) {
  for (const auto& [ref, metric, labels] : definitions) {
    writer->Add({ref, metric, labels});
  }
  std::string body(writer->body());
  writer->Clear();
  EXPECT_TRUE(writer->empty());
  return body;
}

absl::Status Read(std::string_view body, std::vector<Definition>* definitions) {
  return ReadSeriesRecord(body, [definitions](const SeriesRecord& series) {
    definitions->emplace_back(series.ref, series.metric_id, Labels(series.labels));
    return absl::OkStatus();
  });
}

void ExpectRoundTrip(SeriesRecordWriter* writer, const std::vector<Definition>& definitions) {
  std::vector<Definition> read;
  const absl::Status status = Read(Write(writer, definitions), &read);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(read, definitions);
}

// As one target exports them: the name changes, then a label within.
std::vector<Definition> Target(SeriesRef first) {
  std::vector<Definition> definitions;
  for (SeriesRef i = 0; i < 40; ++i) {
    definitions.emplace_back(first + i, 1 + i / 8,
                             Labels::Of({{"__name__", "metric_" + std::to_string(i / 8)},
                                         {"instance", "10.0.0.1:20180"},
                                         {"le", std::to_string(i % 8)},
                                         {"namespace", "a-namespace-with-a-long-name"},
                                         {"type", "write"}}));
  }
  return definitions;
}

TEST(SeriesRecord, KeepsWhatIsWrittenBodyAfterBody) {
  SeriesRecordWriter writer;
  ExpectRoundTrip(&writer, Target(1));
  ExpectRoundTrip(&writer, Target(1'000'000));
  ExpectRoundTrip(&writer, {});
}

TEST(SeriesRecord, TellsNeighboursInFewBytes) {
  SeriesRecordWriter writer;
  const std::vector<Definition> target = Target(70'000);
  EXPECT_LT(Write(&writer, target).size(), 10 * target.size() + 200);
}

TEST(SeriesRecord, KeepsRefsInAnyOrder) {
  const Labels a = Labels::Of({{"a", "1"}});
  const Labels b = Labels::Of({{"b", "22"}});
  SeriesRecordWriter writer;
  ExpectRoundTrip(&writer, {{UINT32_MAX, UINT32_MAX, a}, {1, 1, b}, {UINT32_MAX, 7, b}, {2, 7, a}});
}

TEST(SeriesRecord, KeepsLabelsThatShareAnyPartOfTheirBytes) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  SeriesRecordWriter writer;
  for (int round = 0; round < 200; ++round) {
    std::vector<Definition> definitions;
    for (SeriesRef ref = 1; ref <= 30; ++ref) {
      std::vector<std::pair<std::string, std::string>> labels;
      for (char name = 'a'; name < 'e'; ++name) {
        labels.emplace_back(std::string(1, name), std::string(random() % 20, 'x'));
      }
      definitions.emplace_back(ref, 1, Labels::Of(labels));
    }
    ExpectRoundTrip(&writer, definitions);
  }
}

TEST(SeriesRecord, RefusesABodyThatIsCutShort) {
  SeriesRecordWriter writer;
  const std::string body = Write(&writer, {{1, 1, Labels::Of({{"__name__", "a"}})}});
  for (size_t n = 1; n < body.size(); ++n) {
    std::vector<Definition> read;
    EXPECT_EQ(Read(body.substr(0, n), &read).code(), absl::StatusCode::kDataLoss) << n;
  }
}

TEST(SeriesRecord, RefusesToShareMoreBytesThanThereAre) {
  std::vector<Definition> read;
  EXPECT_EQ(Read(std::string("\x00\x01\x01\x00\x00", 5), &read).code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(Read(std::string("\x00\x01\x00\x01\x00", 5), &read).code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace tidemark::storage
