// ApiServer serves all routes on a loopback port, over a store in memory.
//
// The wall clock stands at kNowMs. Thread-compatible.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "query/engine/engine.h"
#include "server/api/backend.h"
#include "server/api/rule_routes.h"
#include "server/api/status_routes.h"
#include "server/api/write_route.h"
#include "server/http/http_server.h"
#include "tests/testing/memory_querier.h"

namespace tidemark::server::testing {

inline constexpr int64_t kNowMs = 1'700'000'000'000;

class StandingClock final : public base::Clock {
 public:
  int64_t NowMs() const override { return kNowMs; }
  int64_t SteadyNanos() const override { return base::SystemClock().SteadyNanos(); }
};

// Asks another querier and remembers for what time it was last asked.
class RecordingQuerier final : public storage::Querier {
 public:
  explicit RecordingQuerier(const storage::Querier* store) : store_(store) {}

  absl::StatusOr<std::unique_ptr<storage::SeriesSet>> Select(
      const storage::Selection& selection) const override;
  absl::StatusOr<std::vector<std::string>> LabelNames(
      const storage::Selection& selection) const override;
  absl::StatusOr<std::vector<std::string>> LabelValues(
      std::string_view name, const storage::Selection& selection) const override;

  model::Timestamp min_time() const { return min_time_; }
  model::Timestamp max_time() const { return max_time_; }

 private:
  void Note(const storage::Selection& selection) const;

  const storage::Querier* const store_;
  // Writer: the thread of a handler. Reader: the test, after the answer. Publish nothing else.
  mutable std::atomic<model::Timestamp> min_time_{0};
  mutable std::atomic<model::Timestamp> max_time_{0};
};

// Keeps what was written and answers as the test says.
class FakeSink final : public SampleSink {
 public:
  absl::Status Admit() const override { return admit; }
  void Write(size_t io_thread, std::string_view compressed, Done done) override;

  absl::Status admit;   // set before a request comes
  absl::Status result;  // as above
  std::vector<std::string> bodies() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  mutable base::Mutex mu_;
  std::vector<std::string> bodies_ ABSL_GUARDED_BY(mu_);
};

struct ApiServerOptions {
  query::EngineOptions engine;
  WriteRouteOptions write;
  HttpServerOptions http;
  bool lifecycle = false;
  bool admin = false;
};

class ApiServer {
 public:
  explicit ApiServer(const ApiServerOptions& options = {});
  ~ApiServer() { server_->Stop(0); }

  uint16_t port() const { return server_->port(); }
  ::tidemark::testing::MemoryQuerier& store() { return store_; }
  const RecordingQuerier& querier() const { return querier_; }
  std::vector<MetricDescription>& descriptions() { return descriptions_; }
  FakeSink& sink() { return sink_; }
  BackendSlot& slot() { return slot_; }
  void SetReady();

  // What the lifecycle pages did.
  absl::Status reload_result;
  base::Counter reloads;
  base::Counter quits;
  ServerStatus::Config config;
  // What the admin pages did, in words, and what they answer.
  std::vector<std::string> admin_calls;
  absl::Status admin_result;
  // What is told of rules and alerts, and what the history was last asked for. Not to be touched
  // while a request is answered.
  std::vector<alert::LiveGroupStatus> groups;
  std::vector<std::string> alertmanagers;
  absl::StatusOr<alert::HistoryAnswer> history = alert::HistoryAnswer();
  alert::HistoryQuery asked;

 private:
  absl::Status NoteAdminCall(std::string call);
  RouteTable Routes(const ApiServerOptions& options);

  StandingClock clock_;
  base::Logger logger_{stderr, base::LogLevel::kError};
  base::MetricsRegistry metrics_;
  ::tidemark::testing::MemoryQuerier store_;
  RecordingQuerier querier_{&store_};
  std::vector<MetricDescription> descriptions_;
  query::Engine engine_;
  ApiBackend backend_;
  BackendSlot slot_;
  FakeSink sink_;
  SinkSlot sink_slot_;
  ServerStatus status_;
  RuleSource rule_source_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace tidemark::server::testing
