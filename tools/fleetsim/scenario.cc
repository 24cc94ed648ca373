#include "tools/fleetsim/scenario.h"

#include <algorithm>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "tools/fleetsim/fleet_labels.h"
#include "tools/fleetsim/time_text.h"

namespace tidemark::fleetsim {
namespace {

// Between events that nobody asked for.
constexpr int64_t kQuietMs = 365LL * 86'400'000;

using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

void WriteText(std::string_view text, JsonWriter* json) {
  json->String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void WriteNames(const char* key, const std::vector<std::string_view>& names, JsonWriter* json) {
  json->Key(key);
  json->StartArray();
  for (const std::string_view name : names) {
    WriteText(name, json);
  }
  json->EndArray();
}

std::string FactJson(const Scenario& scenario, const Fact& fact, int64_t t_ms) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  const auto like = scenario.named_like.find(fact.cluster);
  json.StartObject();
  json.Key("t");
  json.Int64(t_ms);
  json.Key("cluster");
  WriteText(ClusterName(like == scenario.named_like.end() ? fact.cluster : like->second), &json);
  json.Key("fact");
  WriteText(fact.fact, &json);
  WriteNames("findings", fact.findings, &json);
  WriteNames("alerts", fact.alerts, &json);
  json.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace

absl::StatusOr<const Scenario*> FindScenario(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Scenario& scenario : Scenarios()) {
    if (scenario.name == name) {
      return &scenario;
    }
    names.push_back(scenario.name);
  }
  return absl::NotFoundError(
      fmt::format("no scenario is called \"{}\"; there are {}", name, fmt::join(names, ", ")));
}

absl::StatusOr<FleetOptions> FleetOf(const Scenario& scenario, int64_t start_ms,
                                     FleetOptions base) {
  base.clusters = scenario.clusters;
  base.tikv = scenario.tikv;
  base.tidb = scenario.tidb;
  base.restart_every_ms = kQuietMs;
  base.owner_move_every_ms = kQuietMs;
  base.clock_ahead_ms = scenario.clock_ahead_ms;
  base.named_like = scenario.named_like;
  for (const std::string& text : scenario.incidents) {
    ASSIGN_OR_RETURN(const Incident incident, ParseIncident(text, start_ms));
    base.incidents.push_back(incident);
  }
  return base;
}

absl::StatusOr<std::string> TimelineJson(const Scenario& scenario, int64_t start_ms) {
  std::string lines;
  for (const Fact& fact : scenario.facts) {
    ASSIGN_OR_RETURN(const int64_t at_ms, ParseDurationMs(fact.at));
    lines += FactJson(scenario, fact, start_ms + at_ms) + "\n";
  }
  return lines;
}

}  // namespace tidemark::fleetsim
