// Rules, alerts and transitions as JSON, in Prometheus' shape with Tidemark's own keys besides.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "alert/history/alert_record.h"
#include "alert/live/live_engine.h"

namespace tidemark::server {

enum class WithAlerts : uint8_t { kYes, kNo };

// Appends one group with those of its rules that `rules` names by their place.
void AppendGroup(const alert::LiveGroupStatus& group, const std::vector<size_t>& rules,
                 WithAlerts with_alerts, std::string* json);

// Appends the alerts of one rule, in order of labels, with commas between them and `*first` in
// front of them.
void AppendAlerts(const alert::LiveRuleStatus& rule, bool* first, std::string* json);

// Appends one transition.
void AppendTransition(const alert::AlertRecord& record, std::string* json);

}  // namespace tidemark::server
