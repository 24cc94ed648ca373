// The flags of `tidemark fleet`, `tidemark alerts` and `tidemark query`.
#pragma once

#include <cstdint>
#include <string>

namespace tidemark::server {

// Whom a command asks.
struct ServerAddress {
  std::string url = "http://127.0.0.1:9201";
  int64_t timeout_ms = 30'000;
};

struct FleetFlags {
  enum class Action { kStatus, kExplain, kForget };

  Action action = Action::kStatus;
  ServerAddress server;
  std::string cluster;  // to explain or forget
  std::string task;     // of it; empty: all
  bool json = false;
  bool watch = false;
  int64_t interval_ms = 2000;  // between two looks with watch
};

struct AlertsFlags {
  ServerAddress server;
  bool json = false;
  bool watch = false;
  int64_t interval_ms = 1000;  // between two looks with watch
};

struct QueryFlags {
  enum class Action { kInstant, kRange };

  Action action = Action::kInstant;
  ServerAddress server;
  std::string expr;
  std::string time;   // of an instant query; empty: now
  std::string start;  // of a range query
  std::string end;
  std::string step = "1m";
  bool json = false;
};

}  // namespace tidemark::server
