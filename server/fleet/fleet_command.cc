#include "server/fleet/fleet_command.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "server/fleet/api_client.h"
#include "server/fleet/fleet_text.h"

namespace tidemark::server {
namespace {

using rapidjson::Value;

constexpr std::string_view kClearScreen = "\x1b[H\x1b[2J";

bool IsTerminal(std::FILE* out) { return isatty(fileno(out)) != 0; }

absl::Status PrintAnswer(const ServerAddress& server, std::string_view path, const FormPairs& form,
                         std::FILE* out) {
  ASSIGN_OR_RETURN(const std::string body, AskServer(server, path, form));
  fmt::print(out, "{}\n", body);
  return absl::OkStatus();
}

absl::StatusOr<std::string> Status(const FleetFlags& flags, bool colors) {
  ASSIGN_OR_RETURN(const auto tasks, AskServerForJson(flags.server, "/api/v1/fleet/tasks", {}));
  ASSIGN_OR_RETURN(const auto clusters,
                   AskServerForJson(flags.server, "/api/v1/fleet/clusters", {}));
  ASSIGN_OR_RETURN(const auto missing, AskServerForJson(flags.server, "/api/v1/fleet/findings",
                                                        {{"finding", "expected-cluster-missing"}}));
  ASSIGN_OR_RETURN(const auto incidents,
                   AskServerForJson(flags.server, "/api/v1/fleet/incidents", {}));
  return StatusText({.tasks = tasks["data"],
                     .clusters = clusters["data"],
                     .missing = missing["data"],
                     .incidents = incidents["data"]},
                    colors);
}

bool HasTask(const Value& cluster, const std::string& task) {
  const auto& tasks = cluster["tasks"].GetArray();
  return std::any_of(tasks.begin(), tasks.end(),
                     [&](const Value& one) { return one["task"].GetString() == task; });
}

absl::StatusOr<std::string> Explanation(const FleetFlags& flags, bool colors) {
  ASSIGN_OR_RETURN(const auto cluster, AskServerForJson(flags.server, "/api/v1/fleet/cluster",
                                                        {{"name", flags.cluster}}));
  if (!flags.task.empty() && !HasTask(cluster["data"], flags.task)) {
    return absl::NotFoundError(
        fmt::format("cluster {} has no task \"{}\"", flags.cluster, flags.task));
  }
  return ExplanationText(cluster["data"], flags.task, colors);
}

absl::Status ShowJson(const FleetFlags& flags, std::FILE* out) {
  return flags.action == FleetFlags::Action::kStatus
             ? PrintAnswer(flags.server, "/api/v1/fleet/tasks", {}, out)
             : PrintAnswer(flags.server, "/api/v1/fleet/cluster", {{"name", flags.cluster}}, out);
}

absl::Status Show(const FleetFlags& flags, std::FILE* out) {
  if (flags.json) {
    return ShowJson(flags, out);
  }
  const bool terminal = IsTerminal(out);
  auto text = flags.action == FleetFlags::Action::kStatus ? Status(flags, terminal)
                                                          : Explanation(flags, terminal);
  if (!text.ok()) {
    return text.status();
  }
  fmt::print(out, "{}{}", flags.watch && terminal ? kClearScreen : "", *text);
  std::fflush(out);
  return absl::OkStatus();
}

absl::StatusOr<std::string> Alerts(const AlertsFlags& flags, bool colors) {
  constexpr std::string_view kPath = "/api/v1/alerts";
  if (flags.json) {
    ASSIGN_OR_RETURN(const std::string body, AskServer(flags.server, kPath, {}));
    return body + "\n";
  }
  ASSIGN_OR_RETURN(const auto answer, AskServerForJson(flags.server, kPath, {}));
  return AlertsText(answer["data"]["alerts"], colors);
}

// {__name__="up", job="a"}: the labels of a result.
std::string LabelsText(const Value& metric) {
  std::string text;
  for (const auto& label : metric.GetObject()) {
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ", ", label.name.GetString(),
                        label.value.GetString());
  }
  return "{" + text + "}";
}

void AddPoint(const std::string& series, const Value& point, TextTable* table) {
  table->Add({{series}, {fmt::format("{:.3f}", point[0].GetDouble())}, {point[1].GetString()}});
}

// The table of what /api/v1/query and query_range answer.
std::string ResultText(const Value& data) {
  TextTable table({"SERIES", "TIME", "VALUE"});
  const Value& result = data["result"];
  const std::string type = data["resultType"].GetString();
  if (type == "scalar" || type == "string") {
    AddPoint(type, result, &table);
    return table.ToText(false);
  }
  for (const Value& series : result.GetArray()) {
    const std::string labels = LabelsText(series["metric"]);
    if (series.HasMember("value")) {
      AddPoint(labels, series["value"], &table);
    }
    if (series.HasMember("values")) {
      for (const Value& point : series["values"].GetArray()) {
        AddPoint(labels, point, &table);
      }
    }
  }
  return table.ToText(false);
}

FormPairs QueryForm(const QueryFlags& flags) {
  FormPairs form = {{"query", flags.expr}};
  if (flags.action == QueryFlags::Action::kRange) {
    form.insert(form.end(), {{"start", flags.start}, {"end", flags.end}, {"step", flags.step}});
  } else if (!flags.time.empty()) {
    form.emplace_back("time", flags.time);
  }
  return form;
}

absl::Status Forget(const FleetFlags& flags) {
  FormPairs form = {{"cluster", flags.cluster}};
  if (!flags.task.empty()) {
    form.emplace_back("task", flags.task);
  }
  return AskServer(flags.server, "/api/v1/admin/fleet/forget", form).status();
}

}  // namespace

absl::Status RunFleet(const FleetFlags& flags, std::FILE* out) {
  if (flags.action == FleetFlags::Action::kForget) {
    return Forget(flags);
  }
  RETURN_IF_ERROR(Show(flags, out));
  while (flags.watch) {
    std::this_thread::sleep_for(std::chrono::milliseconds(flags.interval_ms));
    RETURN_IF_ERROR(Show(flags, out));
  }
  return absl::OkStatus();
}

absl::Status RunAlerts(const AlertsFlags& flags, std::FILE* out, std::FILE* err) {
  const bool terminal = IsTerminal(out);
  ASSIGN_OR_RETURN(std::string shown, Alerts(flags, terminal));
  const bool clears = flags.watch && terminal && !flags.json;
  const auto show = [&] {
    fmt::print(out, "{}{}", clears ? kClearScreen : "", shown);
    std::fflush(out);
  };
  show();
  while (flags.watch) {
    std::this_thread::sleep_for(std::chrono::milliseconds(flags.interval_ms));
    auto next = Alerts(flags, terminal);
    if (!next.ok()) {
      fmt::print(err, "tidemark alerts: {}; trying again\n", base::Message(next.status()));
    } else if (*next != shown) {
      shown = *std::move(next);
      show();
    }
  }
  return absl::OkStatus();
}

absl::Status RunQuery(const QueryFlags& flags, std::FILE* out) {
  const std::string_view path =
      flags.action == QueryFlags::Action::kRange ? "/api/v1/query_range" : "/api/v1/query";
  if (flags.json) {
    return PrintAnswer(flags.server, path, QueryForm(flags), out);
  }
  ASSIGN_OR_RETURN(const auto answer, AskServerForJson(flags.server, path, QueryForm(flags)));
  fmt::print(out, "{}", ResultText(answer["data"]));
  return absl::OkStatus();
}

}  // namespace tidemark::server
