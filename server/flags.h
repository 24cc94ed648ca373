// The command line of `tidemark`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "server/backup_flags.h"
#include "server/fleet/fleet_flags.h"

namespace tidemark::server {

// The flags of `tidemark serve`, with their defaults. Durations are in milliseconds.
struct ServeFlags {
  std::string config_file;

  std::string storage_path = "data";
  int64_t retention_ms = 15LL * 24 * 3600 * 1000;  // 0: for ever
  uint64_t retention_bytes = 0;                    // 0: no bound
  int64_t sweep_interval_ms = 600'000;
  uint64_t sweep_journal_bytes = 64u << 20;
  int64_t inactive_after_ms = 6LL * 3600 * 1000;  // 0: never
  int64_t consolidation_interval_ms = 10'000;     // 0: only when asked to
  std::string journal_sync = "always";            // always, interval, off
  int64_t journal_sync_interval_ms = 1000;
  size_t journal_max_pending_bytes = 256u << 20;

  std::string listen_address = "127.0.0.1:9201";
  size_t io_threads = 0;  // 0: one a core
  size_t max_connections = 512;
  int64_t read_timeout_ms = 300'000;
  int64_t drain_timeout_ms = 30'000;
  std::string cors_origin = ".*";
  std::string external_url;  // set to http://<listen address> when not given
  bool enable_lifecycle = false;
  bool enable_admin_api = false;
  bool enable_remote_write = true;

  std::string grpc_listen_address;  // empty: no gRPC

  size_t query_max_concurrency = 20;
  size_t query_threads = 0;  // 0: one a core
  int64_t query_timeout_ms = 120'000;
  size_t query_max_samples = 50'000'000;
  int64_t query_lookback_ms = 300'000;
  size_t query_cache_bytes = 128u << 20;  // 0: results of range queries are not kept

  std::vector<std::string> fleet_expected_clusters;                        // names
  std::vector<std::string> fleet_incident_labels = {"region", "storage"};  // label names

  bool experimental_functions = false;
  bool fill_modifiers = false;
  bool extended_ranges = false;
  bool delayed_name_removal = false;

  int64_t resend_delay_ms = 60'000;
  size_t notification_queue_capacity = 10'000;

  base::LogLevel log_level = base::LogLevel::kInfo;

  std::map<std::string, std::string> as_text;  // each flag's name and value
};

// The flags of `tidemark test rules` and `tidemark check rules`.
struct RuleFlags {
  enum class Command { kTest, kCheck };

  Command command = Command::kTest;
  std::vector<std::string> files;
  std::vector<std::string> identity = {"cluster"};  // labels that tell clusters apart
  bool json = false;                                // output for programs

  bool experimental_functions = false;
  bool fill_modifiers = false;
  bool extended_ranges = false;
  bool delayed_name_removal = false;
};

// What to do: at most one of these; with none the process ends with exit_code.
struct CommandLine {
  std::optional<ServeFlags> serve;
  std::optional<BackupFlags> backup;
  std::optional<RuleFlags> rules;
  std::optional<FleetFlags> fleet;
  std::optional<AlertsFlags> alerts;
  std::optional<QueryFlags> query;
  int exit_code = 0;
};

// Reads the command line. Help, version and errors are printed here.
CommandLine ParseCommandLine(int argc, const char* const* argv);

}  // namespace tidemark::server
