// FleetService keeps the fleet up to date: it takes samples as they arrive in the store, has the
// clusters diagnosed, writes what is known back as series, and saves the registry.
//
// One thread of its own does all that. At its start the present state is rebuilt: the registry is
// read, and the last minutes of the wanted series are read from the store. snapshot(), Forget()
// and ForgetTask() are thread-safe. Nothing here waits while a sample is being written.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "fleet/fact_series.h"
#include "fleet/fleet.h"
#include "server/api/fleet_routes.h"
#include "storage/arrivals.h"
#include "storage/db.h"
#include "storage/write_session.h"

namespace tidemark::server {

struct FleetServiceOptions {
  fleet::FleetOptions fleet;
  std::string folder;                          // of the registry's file
  int64_t rebuild_ms = 16 * fleet::kMinuteMs;  // how far back the store is read at the start
  int64_t evaluate_changed_ms = 250;
  int64_t evaluate_all_ms = 500;
  int64_t facts_ms = 15'000;
  int64_t save_ms = 60'000;
};

class FleetService final : public FleetSource {
 public:
  // All must outlive the service; `fs` may be null for the real file system.
  struct Deps {
    storage::Db* db = nullptr;
    const base::Clock* clock = nullptr;
    base::Logger* logger = nullptr;
    base::MetricsRegistry* metrics = nullptr;
    base::FileSystem* fs = nullptr;
    // Called after each evaluation, by the thread that made it; must not wait. May be empty.
    std::function<void()> evaluated = nullptr;
    // Called with the identity of a cluster that was forgotten, by the service's thread, when the
    // series that tell of it have ended. May be empty.
    std::function<void(model::LabelsView cluster)> forgotten = nullptr;
  };

  FleetService(FleetServiceOptions options, const Deps& deps);
  ~FleetService() override;

  // Begins to listen to the store. Call once.
  void Start();
  // Saves and ends; after the last writer of samples has ended. May be called again.
  void Stop();

  std::shared_ptr<const fleet::FleetSnapshot> snapshot() const override ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status Forget(std::string_view cluster) override ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status ForgetTask(std::string_view cluster, std::string_view task) override
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // Says which series are wanted.
  class Subscriber final : public storage::ArrivalSubscriber {
   public:
    explicit Subscriber(const fleet::Fleet* fleet) : fleet_(fleet) {}
    bool Wants(model::LabelsView labels) const override { return fleet_->Wants(labels); }

   private:
    const fleet::Fleet* const fleet_;  // only what is thread-safe of it is called
  };
  struct ReplayedSeries;
  struct Timer;

  void Run();
  void LoadRegistry() ABSL_LOCKS_EXCLUDED(mu_);
  void SaveRegistry() ABSL_LOCKS_EXCLUDED(mu_);
  void Rebuild() ABSL_LOCKS_EXCLUDED(mu_);
  std::vector<ReplayedSeries> WantedSeries(model::Timestamp from, model::Timestamp to);
  uint64_t Generation() const ABSL_LOCKS_EXCLUDED(mu_);
  // `generation`: of the inputs of `series`.
  void Replay(const std::vector<ReplayedSeries>& series, uint64_t generation, model::Timestamp from,
              model::Timestamp to) ABSL_LOCKS_EXCLUDED(mu_);
  bool TakeArrivals() ABSL_LOCKS_EXCLUDED(mu_);
  void Apply(const storage::Arrival& arrival, int64_t received_ms)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Evaluate(bool all) ABSL_LOCKS_EXCLUDED(mu_);
  void WriteFacts();
  void EndForgotten() ABSL_LOCKS_EXCLUDED(mu_);
  void WriteSample(model::LabelsView labels, model::Sample sample);

  const FleetServiceOptions options_;
  const Deps deps_;
  const std::unique_ptr<base::FileSystem> own_fs_;  // when none was given
  base::FileSystem* const fs_;
  base::Counter* const taken_;
  base::Counter* const lost_;

  mutable base::Mutex mu_;
  const std::unique_ptr<fleet::Fleet> fleet_ ABSL_PT_GUARDED_BY(mu_);
  absl::flat_hash_map<storage::SeriesRef, fleet::Fleet::Input> inputs_ ABSL_GUARDED_BY(mu_);
  uint64_t inputs_generation_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<model::Labels> forgotten_ ABSL_GUARDED_BY(mu_);  // whose facts have not ended yet

  Subscriber subscriber_;
  // Of the service's thread.
  storage::WriteSession session_;
  std::vector<model::Labels> told_;  // the facts written last, in order
  model::Timestamp told_at_ = 0;     // when they were

  // Set by Stop(). Publishes nothing else.
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace tidemark::server
