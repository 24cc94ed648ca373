// AlertWatcher asks a server what alerts it has, has had, and had told its Alertmanager.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/testing/http_client.h"
#include "tests/testing/http_receiver.h"

namespace tidemark::testing {

// One alert, as /api/v1/alerts or a transition of /api/v1/alerts/history tells of it.
struct SeenAlert {
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> fields;  // those that are texts: "state", "activeAt", …

  // "LogBackupFailed of c7", or without the cluster where there is none.
  std::string Name() const;
  std::string Field(const std::string& name) const;
};

// One alert in a request that an Alertmanager was sent.
struct ToldAlert {
  std::map<std::string, std::string> labels;
  std::string starts_at;
  std::string ends_at;

  std::string Name() const { return SeenAlert{labels, {}}.Name(); }
};

// An RFC 3339 time in UTC as milliseconds; fails the test when it is none.
int64_t ParseTimeMs(const std::string& text);

class AlertWatcher {
 public:
  explicit AlertWatcher(uint16_t port) : http_(port) {}

  std::vector<SeenAlert> Alerts();
  // Names of the alerts in `state`, sorted.
  std::set<std::string> Names(const std::string& state);
  // Transitions, oldest first.
  std::vector<SeenAlert> History(const Pairs& parameters = {});
  // Waits until exactly these alerts fire.
  bool WaitFiring(const std::set<std::string>& names, int64_t timeout_ms = 120'000);

  HttpClient& http() { return http_; }

 private:
  HttpClient http_;
};

// Everything in the requests to `receiver`, in order.
std::vector<ToldAlert> ToldTo(const HttpReceiver& receiver);

}  // namespace tidemark::testing
