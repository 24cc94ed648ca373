#include "server/fleet/fleet_text.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "fleet/diagnosis/finding.h"
#include "fmt/format.h"

namespace tidemark::server {
namespace {

using rapidjson::Value;

constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kPlain = "\x1b[0m";
constexpr std::string_view kUnknown = "-";

// The member, or null.
const Value& At(const Value& object, const char* key) {
  static const Value kNull;
  if (!object.IsObject()) {
    return kNull;
  }
  const auto member = object.FindMember(key);
  return member == object.MemberEnd() ? kNull : member->value;
}

std::string Text(const Value& object, const char* key) {
  const Value& value = At(object, key);
  return value.IsString() ? value.GetString() : std::string();
}

std::string TextOr(const Value& object, const char* key, std::string_view otherwise) {
  std::string text = Text(object, key);
  return text.empty() ? std::string(otherwise) : text;
}

// "3h 20m" of a number of seconds.
std::string Duration(const Value& object, const char* key) {
  const Value& value = At(object, key);
  return value.IsNumber()
             ? fleet::DurationText(static_cast<int64_t>(std::llround(value.GetDouble() * 1000)))
             : std::string(kUnknown);
}

std::string_view ColorOfSeverity(std::string_view severity) {
  return severity == "critical" ? kRed : severity == "warning" ? kYellow : std::string_view{};
}

std::string_view ColorOfState(std::string_view state) {
  if (state == "running") {
    return kGreen;
  }
  return state == "failed" || state == "orphaned" ? kRed : kYellow;
}

std::string Painted(std::string_view text, std::string_view color, bool colors) {
  return colors && !color.empty() ? fmt::format("{}{}{}", color, text, kPlain) : std::string(text);
}

int Rank(const Value& with_worst) {
  const std::string severity = Text(At(with_worst, "worst_finding"), "severity");
  return severity == "critical" ? 0 : severity == "warning" ? 1 : severity == "info" ? 2 : 3;
}

std::string WorstText(const Value& with_worst) {
  const Value& worst = At(with_worst, "worst_finding");
  return worst.IsObject() ? Text(worst, "finding") + ": " + Text(worst, "summary")
                          : std::string(kUnknown);
}

std::string WorstColor(const Value& with_worst) {
  return std::string(ColorOfSeverity(Text(At(with_worst, "worst_finding"), "severity")));
}

void AddTask(const Value& task, TextTable* table) {
  const std::string state = Text(task, "state");
  table->Add({{Text(task, "cluster")},
              {Text(task, "task")},
              {state, std::string(ColorOfState(state))},
              {TextOr(task, "recovery_point", kUnknown)},
              {Duration(task, "rpo_seconds")},
              {Duration(task, "protection_left_seconds")},
              {WorstText(task), WorstColor(task)}});
}

void AddTaskless(const Value& cluster, TextTable* table) {
  const Value& silent = At(cluster, "silent");
  table->Add({{Text(cluster, "name")},
              {std::string(kUnknown)},
              {silent.IsBool() && silent.GetBool() ? "silent" : "no task"},
              {std::string(kUnknown)},
              {std::string(kUnknown)},
              {std::string(kUnknown)},
              {WorstText(cluster), WorstColor(cluster)}});
}

void AddMissing(const Value& finding, TextTable* table) {
  table->Add({{Text(finding, "cluster")},
              {std::string(kUnknown)},
              {"never seen", std::string(kYellow)},
              {std::string(kUnknown)},
              {std::string(kUnknown)},
              {std::string(kUnknown)},
              {Text(finding, "finding") + ": " + Text(finding, "summary"),
               std::string(ColorOfSeverity(Text(finding, "severity")))}});
}

// The elements of a list, the gravest first.
std::vector<const Value*> ByRank(const Value& list) {
  std::vector<const Value*> sorted;
  if (list.IsArray()) {
    for (const Value& element : list.GetArray()) {
      sorted.push_back(&element);
    }
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Value* a, const Value* b) { return Rank(*a) < Rank(*b); });
  return sorted;
}

std::string Names(const Value& list) {
  std::string text;
  if (list.IsArray()) {
    for (const Value& name : list.GetArray()) {
      text += fmt::format("{}{}", text.empty() ? "" : ", ", name.GetString());
    }
  }
  return text;
}

std::string IncidentText(const Value& incident, bool colors) {
  std::string text = fmt::format(
      "incident {}: {} since {}\n  clusters: {}\n",
      Painted(Text(incident, "finding"), ColorOfSeverity(Text(incident, "severity")), colors),
      Text(incident, "title"), Text(incident, "began"), Names(At(incident, "clusters")));
  const std::string to_resume = Names(At(incident, "to_resume"));
  return to_resume.empty() ? text : text + fmt::format("  to resume: {}\n", to_resume);
}

std::string FindingText(const Value& finding, bool colors) {
  const std::string severity = Text(finding, "severity");
  std::string text =
      fmt::format("\n{} ({}, confidence {}, since {})\n  {}: {}\n",
                  Painted(Text(finding, "finding"), ColorOfSeverity(severity), colors), severity,
                  Text(finding, "confidence"), Text(finding, "since"), Text(finding, "title"),
                  Text(finding, "summary"));
  const Value& evidence = At(finding, "evidence");
  for (rapidjson::SizeType i = 0; evidence.IsArray() && i < evidence.Size(); ++i) {
    text += fmt::format("  evidence: {} = {} at {}\n", Text(evidence[i], "series"),
                        Text(evidence[i], "value"), Text(evidence[i], "time"));
  }
  text += fmt::format("  action: {}\n", Text(finding, "action"));
  for (const char* key : {"versions", "link"}) {
    if (const std::string more = Text(finding, key); !more.empty()) {
      text += fmt::format("  {}: {}\n", key, more);
    }
  }
  return text;
}

std::string TaskText(const Value& task, bool colors) {
  const std::string state = Text(task, "state");
  std::string text = fmt::format(
      "\ntask {}: {}\n  recovery point {}, {} behind\n  protection ends {}, in {}\n"
      "  GC safe point {}, margin {}\n  advancer {}\n",
      Text(task, "task"), Painted(state, ColorOfState(state), colors),
      TextOr(task, "recovery_point", "unknown"), Duration(task, "rpo_seconds"),
      TextOr(task, "protection_ends", "unknown"), Duration(task, "protection_left_seconds"),
      TextOr(task, "gc_safe_point", "unknown"), Duration(task, "gc_safe_point_margin_seconds"),
      Names(At(task, "advancer_owners")));
  const Value& stores = At(task, "stores");
  for (rapidjson::SizeType i = 0; stores.IsArray() && i < stores.Size(); ++i) {
    text += fmt::format("  store {}: {}, last flush {}\n", Text(stores[i], "instance"),
                        TextOr(stores[i], "status", "tells no status"),
                        TextOr(stores[i], "last_flush", "not seen"));
  }
  return text;
}

// The time of day is enough to the second.
std::string WithoutFraction(std::string time) {
  const size_t point = time.find('.');
  return point == std::string::npos ? time : time.substr(0, point) + "Z";
}

// The names of the cluster's identity, or what its label says.
std::string ClusterOf(const Value& alert) {
  std::string text;
  const Value& identity = At(alert, "cluster");
  if (identity.IsObject()) {
    for (const auto& label : identity.GetObject()) {
      text += fmt::format("{}{}", text.empty() ? "" : "/", label.value.GetString());
    }
  }
  return text.empty() ? TextOr(At(alert, "labels"), "cluster", kUnknown) : text;
}

std::string NumberOf(const Value& alert) {
  const std::string text = Text(alert, "value");
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  return end == text.c_str() ? std::string(kUnknown) : fmt::format("{:.6g}", value);
}

// A summary may have several lines; the table has one for each alert.
std::string SummaryOf(const Value& alert) {
  const Value& annotations = At(alert, "annotations");
  const std::string usual = TextOr(annotations, "description", kUnknown);
  std::string text = TextOr(annotations, "summary", usual);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

// 0: fires and is critical, … 3: is pending.
int AlertRank(const Value& alert) {
  const std::string severity = Text(At(alert, "labels"), "severity");
  return Text(alert, "state") != "firing"                    ? 3
         : severity == "critical" || severity == "emergency" ? 0
         : severity == "info"                                ? 2
                                                             : 1;
}

void AddAlert(const Value& alert, TextTable* table) {
  const std::string state = Text(alert, "state");
  const bool is_silent = Text(alert, "inputs") == "silent";
  const int rank = AlertRank(alert);
  const std::string_view color = rank == 0 ? kRed : rank < 3 ? kYellow : std::string_view{};
  const std::string since = TextOr(alert, "activeAt", kUnknown);
  table->Add({{is_silent ? state + ", silent" : state, std::string(color)},
              {TextOr(At(alert, "labels"), "alertname", kUnknown)},
              {ClusterOf(alert)},
              {WithoutFraction(TextOr(alert, "firedAt", since))},
              {NumberOf(alert)},
              {SummaryOf(alert)}});
}

}  // namespace

TextTable::TextTable(std::vector<std::string> head) {
  auto& row = rows_.emplace_back();
  for (std::string& text : head) {
    row.push_back({std::move(text)});
  }
}

std::string TextTable::ToText(bool colors) const {
  std::vector<size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].text.size());
    }
  }
  std::string text;
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      text += Painted(row[i].text, row[i].color, colors);
      const bool last = i + 1 == row.size();
      text += last ? "\n" : std::string(widths[i] - row[i].text.size() + 2, ' ');
    }
  }
  return text;
}

std::string AlertsText(const Value& alerts, bool colors) {
  if (!alerts.IsArray() || alerts.Empty()) {
    return "no alert is pending or fires\n";
  }
  std::vector<const Value*> sorted;
  for (const Value& alert : alerts.GetArray()) {
    sorted.push_back(&alert);
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Value* a, const Value* b) { return AlertRank(*a) < AlertRank(*b); });
  TextTable table({"STATE", "ALERT", "CLUSTER", "SINCE", "VALUE", "SUMMARY"});
  for (const Value* alert : sorted) {
    AddAlert(*alert, &table);
  }
  return table.ToText(colors);
}

std::string StatusText(const FleetAnswers& fleet, bool colors) {
  TextTable table({"CLUSTER", "TASK", "STATE", "RECOVERY POINT", "RPO", "PROTECTION", "FINDING"});
  for (const Value* task : ByRank(fleet.tasks)) {
    AddTask(*task, &table);
  }
  for (const Value* cluster : ByRank(fleet.clusters)) {
    const Value& own = At(*cluster, "tasks");
    if (own.IsArray() && own.Empty()) {
      AddTaskless(*cluster, &table);
    }
  }
  for (const Value* finding : ByRank(fleet.missing)) {
    AddMissing(*finding, &table);
  }
  std::string text = table.ToText(colors);
  const Value& incidents = fleet.incidents;
  for (rapidjson::SizeType i = 0; incidents.IsArray() && i < incidents.Size(); ++i) {
    text += (i == 0 ? "\n" : "") + IncidentText(incidents[i], colors);
  }
  return text;
}

std::string ExplanationText(const Value& cluster, const std::string& task, bool colors) {
  std::string text =
      fmt::format("cluster {}\n  last sample {}, delivered after {}\n", Text(cluster, "name"),
                  Text(cluster, "last_sample"), Duration(cluster, "delivery_lag_seconds"));
  const Value& tasks = At(cluster, "tasks");
  for (rapidjson::SizeType i = 0; tasks.IsArray() && i < tasks.Size(); ++i) {
    if (task.empty() || Text(tasks[i], "task") == task) {
      text += TaskText(tasks[i], colors);
    }
  }
  const Value& findings = At(cluster, "findings");
  bool any = false;
  for (rapidjson::SizeType i = 0; findings.IsArray() && i < findings.Size(); ++i) {
    const std::string of = Text(findings[i], "task");
    if (task.empty() || of.empty() || of == task) {
      text += FindingText(findings[i], colors);
      any = true;
    }
  }
  return any ? text : text + "\nnothing is found to be wrong\n";
}

}  // namespace tidemark::server
