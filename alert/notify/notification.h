// Notification is one state of one alert, as an Alertmanager is told of it. A plain value.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/labels.h"
#include "model/sample.h"

namespace tidemark::alert {

struct Notification {
  model::Labels labels;  // name the alert; what two states share
  std::vector<std::pair<std::string, std::string>> annotations;
  model::Timestamp starts_at = 0;  // when it began to fire
  model::Timestamp ends_at = 0;  // when it was resolved, or when it counts as such if not repeated
  std::string generator_url;

  friend bool operator==(const Notification&, const Notification&) = default;
};

// The end of an alert that fires at `t`: four times the longer of the time between evaluations
// and the time between repetitions, so that three lost repetitions do not resolve it.
inline model::Timestamp EndOfFiring(model::Timestamp t, int64_t evaluation_interval_ms,
                                    int64_t resend_delay_ms) {
  constexpr int64_t kIntervals = 4;
  return t + kIntervals * std::max(evaluation_interval_ms, resend_delay_ms);
}

// The link to the graph of `expr` on the server at `external_url`.
std::string GeneratorUrl(std::string_view external_url, std::string_view expr);

// The body of POST /api/v2/alerts: a JSON array. Labels and annotations that are empty are left
// out.
std::string NotificationsJson(std::span<const Notification* const> notifications);

}  // namespace tidemark::alert
