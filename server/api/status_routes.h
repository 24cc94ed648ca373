// /api/v1/status/*, /version, and the lists that a server which does not scrape has empty.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "server/api/backend.h"
#include "server/http/route.h"

namespace tidemark::server {

// What the status pages show. The functions are thread-safe.
struct ServerStatus {
  std::map<std::string, std::string> flags;
  int64_t start_time_ms = 0;
  std::string retention;  // "15d"
  struct Config {
    std::string yaml;
    bool last_reload_ok = true;
    int64_t last_reload_ms = 0;
  };
  std::function<Config()> config;
};

// `slot` and `status` must outlive the routes.
void AddStatusRoutes(const ServerStatus* status, const BackendSlot* slot, RouteTable* routes);

}  // namespace tidemark::server
