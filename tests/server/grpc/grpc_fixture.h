// GrpcTest runs a GrpcServer on a loopback port over a store in memory, a fleet that the test
// feeds, and alerts that the test makes up; clients speak to it over a channel.
//
// The wall clock stands at kNowMs. Thread-compatible.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "fleet/fleet.h"
#include "fmt/format.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "query/engine/engine.h"
#include "server/api/rule_routes.h"
#include "server/grpc/grpc_server.h"
#include "server/http/worker_pool.h"
#include "tests/testing/child_process.h"
#include "tests/testing/memory_querier.h"

namespace tidemark::server::testing {

inline constexpr int64_t kNowMs = 1'790'000'000'000;
inline constexpr int64_t kPatienceMs = 60'000;

class GrpcTestClock final : public base::Clock {
 public:
  int64_t NowMs() const override { return kNowMs; }
  int64_t SteadyNanos() const override { return base::SystemClock().SteadyNanos(); }
};

// A store that a query of the metric `endless` never gets to the end of.
class StoreWithEndlessMetric final : public storage::Querier {
 public:
  absl::StatusOr<std::unique_ptr<storage::SeriesSet>> Select(
      const storage::Selection& selection) const override;
  absl::StatusOr<std::vector<std::string>> LabelNames(const storage::Selection&) const override {
    return std::vector<std::string>();
  }
  absl::StatusOr<std::vector<std::string>> LabelValues(std::string_view,
                                                       const storage::Selection&) const override {
    return std::vector<std::string>();
  }

  tidemark::testing::MemoryQuerier memory;
};

// A fleet of clusters with one TiKV and one task each.
class FedFleet final : public FleetSource {
 public:
  explicit FedFleet(fleet::FleetOptions options = {}) : fleet_(std::move(options)) {}

  // The store tells the status 0 (running), 1 (paused) or 2 (failed) at `t`.
  void Send(const std::string& cluster, double status, int64_t t = kNowMs) ABSL_LOCKS_EXCLUDED(mu_);
  void Evaluate(int64_t now_ms = kNowMs) ABSL_LOCKS_EXCLUDED(mu_);

  std::shared_ptr<const fleet::FleetSnapshot> snapshot() const override ABSL_LOCKS_EXCLUDED(mu_) {
    base::MutexLock lock(&mu_);
    return fleet_.snapshot();
  }
  absl::Status Forget(std::string_view cluster) override ABSL_LOCKS_EXCLUDED(mu_) {
    base::MutexLock lock(&mu_);
    return fleet_.Forget(cluster).status();
  }
  absl::Status ForgetTask(std::string_view cluster, std::string_view task) override
      ABSL_LOCKS_EXCLUDED(mu_) {
    base::MutexLock lock(&mu_);
    return fleet_.ForgetTask(cluster, task);
  }

 private:
  mutable base::Mutex mu_;
  fleet::Fleet fleet_ ABSL_GUARDED_BY(mu_);
};

// What the rules' evaluation and the history would answer.
class MadeUpAlerts {
 public:
  RuleSource Source();
  void SetActive(std::vector<alert::Alert> alerts) ABSL_LOCKS_EXCLUDED(mu_);
  void SetHistory(alert::HistoryAnswer answer) ABSL_LOCKS_EXCLUDED(mu_);
  alert::HistoryQuery asked() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  mutable base::Mutex mu_;
  std::vector<alert::Alert> active_ ABSL_GUARDED_BY(mu_);
  alert::HistoryAnswer history_ ABSL_GUARDED_BY(mu_);
  alert::HistoryQuery asked_ ABSL_GUARDED_BY(mu_);
};

// An alert of the rule Lag for a cluster.
alert::Alert LagAlert(const std::string& cluster, alert::AlertState state);
// Its transition, as the sink of rules records it.
alert::AlertRecord LagRecord(const std::string& cluster, alert::AlertState from,
                             alert::AlertState to);

class GrpcTest : public ::testing::Test {
 protected:
  explicit GrpcTest(fleet::FleetOptions fleet = {});
  ~GrpcTest() override;

  // Starts the server; ready, unless the test says otherwise.
  void Start(const GrpcServerOptions& options = {}, bool ready = true);
  void SetReady();

  template <typename Service>
  std::unique_ptr<typename Service::Stub> Client() {
    return Service::NewStub(channel_);
  }

  // How many RPCs of `method` ended with `code`; and how many are open.
  double Ended(const std::string& method, const std::string& code) const;
  double Open(const std::string& method) const;
  bool WaitEnded(const std::string& method, const std::string& code, double count = 1) const {
    return tidemark::testing::WaitUntil([&] { return Ended(method, code) == count; }, kPatienceMs);
  }

  GrpcTestClock clock_;
  base::MetricsRegistry metrics_;
  StoreWithEndlessMetric store_;
  query::Engine engine_;
  ApiBackend backend_;
  BackendSlot slot_;
  FedFleet fleet_;
  MadeUpAlerts alerts_;
  const RuleSource rules_ = alerts_.Source();
  std::unique_ptr<WorkerPool> queries_;
  std::unique_ptr<WorkerPool> lookups_;
  size_t query_threads_ = 2;
  std::unique_ptr<GrpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;

 private:
  double Value(const std::string& series) const;
};

}  // namespace tidemark::server::testing
