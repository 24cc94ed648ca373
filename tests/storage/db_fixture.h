// DbFixture runs a Db in a temporary folder and speaks to it as ingest and queries do.
#pragma once

#include <future>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/log.h"
#include "base/metrics.h"
#include "storage/db.h"
#include "storage/write_session.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/temp_dir.h"

namespace tidemark::storage {

class DbFixture : public ::testing::Test {
 protected:
  static constexpr int64_t kNow = 1'700'000'000'000;
  using Samples = std::vector<std::pair<model::Timestamp, uint64_t>>;  // time, bits

  DbFixture() {
    options_.path = dir_.File("data");
    options_.retention_ms = 0;
    options_.sweep_interval_ms = 3'600'000;  // of the fake clock: only when a test asks
    options_.consolidation_interval_ms = 0;  // likewise
    options_.journal_segment_bytes = 1u << 20;
    options_.sync = SyncMode::kOff;  // nothing here loses power; syncs are the journal's tests
  }

  void Open() {
    metrics_ = std::make_unique<base::MetricsRegistry>();
    auto db = Db::Open(options_, {&clock_, &logger_, metrics_.get(), fs_});
    ASSERT_TRUE(db.ok()) << db.status();
    db_ = *std::move(db);
  }
  // Ends without a last sweep, as a killed process would.
  void Drop() { db_.reset(); }
  void Reopen() {
    Drop();
    Open();
  }

  struct Write {
    model::Labels labels;
    model::Sample sample;
  };
  // One request; waits for the journal. The refusals, in order of `writes`.
  std::pair<absl::Status, std::vector<Refusal>> Commit(const std::vector<Write>& writes) {
    WriteSession session(db_.get());
    session.Begin();
    std::vector<Head::Wanted> wanted;
    for (const Write& write : writes) {
      wanted.push_back({write.labels, session.table().Hash(write.labels.bytes()), nullptr});
    }
    session.Register(wanted);
    std::vector<Refusal> refusals;
    for (size_t i = 0; i < writes.size(); ++i) {
      refusals.push_back(session.Append(wanted[i].series, writes[i].sample));
    }
    std::promise<absl::Status> durable;
    session.Commit([&durable](const absl::Status& status) { durable.set_value(status); });
    return {durable.get_future().get(), refusals};
  }
  Refusal Put(const model::Labels& labels, model::Timestamp t, double v) {
    const auto [durable, refusals] = Commit({{labels, {t, v}}});
    EXPECT_TRUE(durable.ok()) << durable;
    return refusals[0];
  }

  // All series that match, by their text.
  std::map<std::string, Samples> Select(const std::vector<model::Matcher>& matchers = {},
                                        model::Timestamp min_time = model::kMinTimestamp,
                                        model::Timestamp max_time = model::kMaxTimestamp) {
    std::map<std::string, Samples> found;
    auto set = db_->Select({min_time, max_time, matchers});
    EXPECT_TRUE(set.ok()) << set.status();
    while ((*set)->Next()) {
      SampleColumns columns;
      const absl::Status read = (*set)->Read(&columns);
      EXPECT_TRUE(read.ok()) << read;
      Samples& samples = found[(*set)->labels().ToString()];
      for (size_t i = 0; i < columns.size(); ++i) {
        samples.emplace_back(columns.timestamps[i], model::ValueBits(columns.values[i]));
      }
    }
    return found;
  }
  Samples Of(const model::Labels& labels, model::Timestamp min_time = model::kMinTimestamp,
             model::Timestamp max_time = model::kMaxTimestamp) {
    return Select({}, min_time, max_time)[labels.ToString()];
  }

  // Each series in places [begin, end) of `set`, with its number of samples.
  static std::vector<std::pair<std::string, size_t>> InPlaces(SeriesSet* set, size_t begin,
                                                              size_t end) {
    std::vector<std::pair<std::string, size_t>> found;
    set->GoTo(begin, end);
    while (set->Next()) {
      SampleColumns columns;
      EXPECT_TRUE(set->Read(&columns).ok());
      found.emplace_back(set->labels().ToString(), columns.size());
    }
    return found;
  }

  static Samples Expect(const std::vector<model::Sample>& samples) {
    Samples expected;
    for (const model::Sample& sample : samples) {
      expected.emplace_back(sample.t, model::ValueBits(sample.v));
    }
    return expected;
  }

  testing::TempDir dir_;
  testing::FakeClock clock_{kNow};
  base::Logger logger_{stderr, base::LogLevel::kError};
  base::FileSystem* fs_ = nullptr;
  DbOptions options_;
  std::unique_ptr<base::MetricsRegistry> metrics_;
  std::unique_ptr<Db> db_;
};

}  // namespace tidemark::storage
