// LiveMemoryStore is a LiveStore in memory, for tests of what follows samples as they arrive.
//
// Unlike MemoryQuerier it takes samples in any order. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "storage/live_store.h"

namespace tidemark::testing {

class LiveMemoryStore final : public storage::LiveStore {
 public:
  explicit LiveMemoryStore(const base::Clock* clock) : clock_(clock) {}

  struct Write {
    model::Labels labels;
    model::Sample sample;
  };
  // Appends all, then tells of all: one request. A sample at a time that its series has is passed
  // over.
  void Put(const std::vector<Write>& writes) ABSL_LOCKS_EXCLUDED(mu_);
  void Put(const model::Labels& labels, model::Timestamp t, double v) { Put({{labels, {t, v}}}); }
  // Tells that the series has left memory. It can still be read.
  void Evict(const model::Labels& labels) ABSL_LOCKS_EXCLUDED(mu_);

  storage::Arrivals* arrivals() override { return &arrivals_; }
  void Reclassify(storage::ArrivalSubscriber* subscriber) override ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status VisitSeries(const storage::Selection& selection,
                           absl::FunctionRef<void(storage::SeriesKey, model::LabelsView)> visit)
      const override ABSL_LOCKS_EXCLUDED(mu_);
  std::optional<SeriesName> NameOf(storage::SeriesRef ref) const override ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status ReadSeries(storage::SeriesKey key, model::Timestamp min_time,
                          model::Timestamp max_time, storage::SampleColumns* columns) const override
      ABSL_LOCKS_EXCLUDED(mu_);

  absl::StatusOr<std::unique_ptr<storage::SeriesSet>> Select(
      const storage::Selection& selection) const override ABSL_LOCKS_EXCLUDED(mu_);
  absl::StatusOr<std::vector<std::string>> LabelNames(const storage::Selection&) const override;
  absl::StatusOr<std::vector<std::string>> LabelValues(std::string_view,
                                                       const storage::Selection&) const override;

 private:
  struct Series {
    model::Labels labels;
    uint8_t wanted = 0;
    std::map<model::Timestamp, double> samples;
  };

  Series* FindOrAdd(const model::Labels& labels, storage::SeriesRef* ref)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::vector<storage::SeriesRef> Matching(const storage::Selection& selection) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  static void Copy(const Series& series, model::Timestamp min_time, model::Timestamp max_time,
                   storage::SampleColumns* columns);

  const base::Clock* const clock_;
  storage::Arrivals arrivals_;
  mutable base::Mutex mu_;
  std::vector<std::unique_ptr<Series>> series_ ABSL_GUARDED_BY(mu_);  // by ref, less one
  std::map<std::string, storage::SeriesRef> refs_ ABSL_GUARDED_BY(mu_);
};

}  // namespace tidemark::testing
