#include "tests/system/alert_watcher.h"

#include <algorithm>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "rapidjson/document.h"
#include "tests/testing/child_process.h"

namespace tidemark::testing {
namespace {

std::map<std::string, std::string> TextsOf(const rapidjson::Value& object) {
  std::map<std::string, std::string> texts;
  for (const auto& member : object.GetObject()) {
    if (member.value.IsString()) {
      texts[member.name.GetString()] = member.value.GetString();
    }
  }
  return texts;
}

std::vector<SeenAlert> Read(const absl::StatusOr<HttpResponse>& response, const char* list) {
  std::vector<SeenAlert> alerts;
  if (!response.ok() || response->status != 200) {
    ADD_FAILURE() << (response.ok() ? response->body : response.status().ToString());
    return alerts;
  }
  rapidjson::Document document;
  document.Parse(response->body.c_str());
  for (const auto& alert : document["data"][list].GetArray()) {
    alerts.push_back({TextsOf(alert["labels"]), TextsOf(alert)});
  }
  return alerts;
}

}  // namespace

std::string SeenAlert::Name() const {
  const auto cluster = labels.find("cluster");
  return labels.at("alertname") + (cluster == labels.end() ? "" : " of " + cluster->second);
}

std::string SeenAlert::Field(const std::string& name) const {
  const auto field = fields.find(name);
  return field == fields.end() ? "" : field->second;
}

int64_t ParseTimeMs(const std::string& text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << text << ": " << error;
  return absl::ToUnixMillis(time);
}

std::vector<SeenAlert> AlertWatcher::Alerts() {
  return Read(http_.Get("/api/v1/alerts"), "alerts");
}

std::set<std::string> AlertWatcher::Names(const std::string& state) {
  std::set<std::string> names;
  for (const SeenAlert& alert : Alerts()) {
    if (alert.Field("state") == state) {
      names.insert(alert.Name());
    }
  }
  return names;
}

std::vector<SeenAlert> AlertWatcher::History(const Pairs& parameters) {
  std::vector<SeenAlert> transitions =
      Read(http_.Get("/api/v1/alerts/history", parameters), "transitions");
  std::reverse(transitions.begin(), transitions.end());
  return transitions;
}

bool AlertWatcher::WaitFiring(const std::set<std::string>& names, int64_t timeout_ms) {
  return WaitUntil([&] { return Names("firing") == names; }, timeout_ms, 20);
}

std::vector<ToldAlert> ToldTo(const HttpReceiver& receiver) {
  std::vector<ToldAlert> told;
  for (const ReceivedRequest& request : receiver.requests()) {
    rapidjson::Document document;
    document.Parse(request.body.c_str());
    for (const auto& alert : document.GetArray()) {
      told.push_back(
          {TextsOf(alert["labels"]), alert["startsAt"].GetString(), alert["endsAt"].GetString()});
    }
  }
  return told;
}

}  // namespace tidemark::testing
