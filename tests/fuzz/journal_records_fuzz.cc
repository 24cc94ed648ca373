// Reads any bytes as a payload of the journal. What is read as series and samples must come back,
// bit for bit, when it is written again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/check.h"
#include "storage/journal_records.h"

namespace tidemark::storage {
namespace {

class Collector final : public JournalRecordVisitor {
 public:
  absl::Status OnSeries(const SeriesRecord& series) override {
    TIDEMARK_CHECK(model::IsCanonical(series.labels.bytes()));
    all_series.emplace_back(series.ref, series.metric_id, series.labels.bytes());
    return absl::OkStatus();
  }
  absl::Status OnSamples(std::span<const JournalSample> run) override {
    samples.insert(samples.end(), run.begin(), run.end());
    return absl::OkStatus();
  }
  absl::Status OnMetadata(std::string_view /*metric*/, MetricMetadata /*metadata*/) override {
    return absl::OkStatus();
  }

  std::vector<std::tuple<SeriesRef, MetricId, std::string>> all_series;
  std::vector<JournalSample> samples;
};

void CheckRoundTrip(const Collector& read) {
  const std::vector<JournalSample>& samples = read.samples;
  JournalRecordWriter writer;
  for (const auto& [ref, metric, labels] : read.all_series) {
    writer.AddSeries({ref, metric, model::LabelsView(labels)});
  }
  for (const JournalSample& entry : samples) {
    writer.AddSample(entry.ref, entry.sample, entry.in_order);
  }
  Collector again;
  TIDEMARK_CHECK(ReadJournalRecords(writer.Take(), &again).ok());
  TIDEMARK_CHECK(again.all_series == read.all_series);
  TIDEMARK_CHECK(again.samples.size() == samples.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    const JournalSample& a = samples[i];
    const JournalSample& b = again.samples[i];
    TIDEMARK_CHECK(a.ref == b.ref && a.in_order == b.in_order && a.sample.t == b.sample.t &&
                       model::SameBits(a.sample.v, b.sample.v),
                   "sample {}", i);
  }
}

}  // namespace
}  // namespace tidemark::storage

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tidemark::storage::Collector collector;
  // An error must not keep what came before it from being sound.
  tidemark::storage::ReadJournalRecords({reinterpret_cast<const char*>(data), size}, &collector)
      .IgnoreError();
  tidemark::storage::CheckRoundTrip(collector);
  return 0;
}
