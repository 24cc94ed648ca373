// The journal after a crash and on a bad disk: what a crash leaves is silent, what changed is
// reported with its place, and all the rest is back.

#include <filesystem>
#include <fstream>

#include "base/clock.h"
#include "base/file_system.h"
#include "fmt/format.h"
#include "gtest/gtest.h"
#include "storage/journal/journal_reader.h"
#include "tests/testing/query_client.h"
#include "tests/testing/server_process.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/write_request.h"

namespace tidemark::testing {
namespace {

constexpr int kSamples = 50;

class JournalDamage : public ::testing::Test {
 protected:
  // Stores one sample per request, so each is a journal record of its own; then kills the server.
  void SetUp() override {
    Start();
    HttpClient http(server_->port());
    for (int i = 0; i < kSamples; ++i) {
      const SentSeries series = {.labels = {{"__name__", "steps"}},
                                 .samples = {{.t = TimeOf(i), .v = static_cast<double>(i)}}};
      const auto response =
          PostWrite(&http, SnappyCompress(EncodeWriteRequest(std::vector<SentSeries>{series})));
      ASSERT_TRUE(response.ok()) << response.status();
      ASSERT_EQ(response->status, 204);
    }
    server_->process().Kill();
    ReadPositions();
    // The definition of the series comes before.
    ASSERT_GE(records_.size(), size_t{kSamples});
    records_.erase(records_.begin(), records_.end() - kSamples);
  }

  void Start() {
    // Its log begins anew; the sweep stays away from the journal.
    std::filesystem::remove(dir_.File("log"));
    auto server = ServerProcess::Start({.data_dir = dir_.File("data"),
                                        .log_path = dir_.File("log"),
                                        .flags = {"--storage.sweep.interval=1h"}});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  model::Timestamp TimeOf(int i) const { return begin_ms_ + i * 1000LL; }

  void ReadPositions() {
    const auto fs = base::NewPosixFileSystem();
    const auto report = storage::ReplayJournal(
        fs.get(), JournalDir(), [this](const storage::RecordPosition& position, std::string_view) {
          records_.push_back(position);
          return absl::OkStatus();
        });
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_TRUE(report->damage.empty());
  }

  std::string JournalDir() const { return dir_.path() / "data" / "journal"; }
  std::string SegmentOf(size_t record) const {
    return storage::SegmentPath(JournalDir(), records_[record].segment);
  }

  // Turns over one bit of a record's payload.
  void Damage(size_t record) {
    std::fstream file(SegmentOf(record), std::ios::in | std::ios::out | std::ios::binary);
    const auto place =
        static_cast<std::streamoff>(records_[record].offset + storage::kFrameHeaderBytes + 2);
    file.seekg(place);
    const char byte = static_cast<char>(file.get());
    file.seekp(place);
    file.put(static_cast<char>(byte ^ 0x10));
    ASSERT_TRUE(file.good());
  }

  // Ends the segment in the middle of the last record, as a write that was cut off leaves it.
  void TearLastRecord() {
    const size_t last = records_.size() - 1;
    std::filesystem::resize_file(SegmentOf(last),
                                 records_[last].offset + storage::kFrameHeaderBytes + 3);
  }

  // The values that came back, in order of time.
  std::vector<double> StoredValues() {
    QueryClient client(server_->port());
    const auto answer = client.Instant("steps[1d]", TimeOf(kSamples));
    EXPECT_TRUE(answer.ok()) << answer.status();
    std::vector<double> values;
    if (answer.ok() && answer->series.size() == 1) {
      for (const auto& point : answer->series[0].points) {
        values.push_back(ParseValue(point.value));
      }
    }
    return values;
  }

  static std::vector<double> AllBut(int missing) {
    std::vector<double> values;
    for (int i = 0; i < kSamples; ++i) {
      if (i != missing) {
        values.push_back(i);
      }
    }
    return values;
  }

  double DamageCount() {
    const auto count = server_->Metric("tidemark_journal_damage_total");
    EXPECT_TRUE(count.ok()) << count.status();
    return count.value_or(-1);
  }

  const TempDir dir_;
  const model::Timestamp begin_ms_ = base::SystemClock().NowMs() - 3600LL * 1000;
  std::vector<storage::RecordPosition> records_;  // one for each sample
  std::unique_ptr<ServerProcess> server_;
};

TEST_F(JournalDamage, BringsBackEverythingAfterAKill) {
  Start();
  EXPECT_EQ(StoredValues(), AllBut(-1));
  EXPECT_EQ(DamageCount(), 0);
}

TEST_F(JournalDamage, SaysNothingOfATornTail) {
  TearLastRecord();
  Start();
  EXPECT_EQ(StoredValues(), AllBut(kSamples - 1));
  EXPECT_EQ(DamageCount(), 0);
  const std::string log = server_->process().Log();
  EXPECT_EQ(log.find("level=error"), std::string::npos) << log;
  EXPECT_EQ(log.find("level=warn"), std::string::npos) << log;
}

TEST_F(JournalDamage, ReportsAChangedByteAndBringsBackTheRest) {
  constexpr size_t kDamaged = kSamples / 2;
  Damage(kDamaged);
  Start();
  EXPECT_EQ(StoredValues(), AllBut(kDamaged));
  EXPECT_EQ(DamageCount(), 1);
  const std::string log = server_->process().Log();
  const std::string place =
      fmt::format("segment={} offset={}", records_[kDamaged].segment, records_[kDamaged].offset);
  EXPECT_NE(log.find(place), std::string::npos) << place << " is not in\n" << log;
}

TEST_F(JournalDamage, TakesNewSamplesAfterDamage) {
  Damage(kSamples / 2);
  Start();
  HttpClient http(server_->port());
  const SentSeries more = {.labels = {{"__name__", "steps"}},
                           .samples = {{.t = TimeOf(kSamples), .v = 1000}}};
  EXPECT_EQ(
      PostWrite(&http, SnappyCompress(EncodeWriteRequest(std::vector<SentSeries>{more})))->status,
      204);
  server_->process().Kill();
  Start();
  std::vector<double> expected = AllBut(kSamples / 2);
  expected.push_back(1000);
  EXPECT_EQ(StoredValues(), expected);
}

}  // namespace
}  // namespace tidemark::testing
