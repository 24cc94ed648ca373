#include "server/api/rule_json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "fmt/format.h"
#include "query/api/json_text.h"
#include "query/api/result_json.h"
#include "query/parser/parser.h"
#include "query/parser/printer.h"
#include "server/api/param_values.h"

namespace tidemark::server {
namespace {

using ActiveAlert = alert::LiveRuleStatus::ActiveAlert;

constexpr std::string_view kNoTime = "0001-01-01T00:00:00Z";

// JsonFields appends the keys of one object; braces are its own.
class JsonFields {
 public:
  explicit JsonFields(std::string* json) : json_(json) { *json_ += '{'; }
  ~JsonFields() { *json_ += '}'; }
  JsonFields(const JsonFields&) = delete;
  JsonFields& operator=(const JsonFields&) = delete;

  // The place behind the colon.
  std::string* Key(std::string_view name) {
    fmt::format_to(std::back_inserter(*json_), "{}\"{}\":", first_ ? "" : ",", name);
    first_ = false;
    return json_;
  }
  void Text(std::string_view name, std::string_view text) {
    query::AppendJsonString(text, Key(name));
  }
  void Time(std::string_view name, model::Timestamp t) { Text(name, FormatRfc3339(t)); }
  void Time(std::string_view name, std::optional<model::Timestamp> t) {
    if (t.has_value()) {
      Time(name, *t);
    }
  }
  void Number(std::string_view name, double number) { query::AppendSampleValue(number, Key(name)); }
  void Count(std::string_view name, uint64_t count) { *Key(name) += std::to_string(count); }
  void Seconds(std::string_view name, int64_t ms) { Number(name, static_cast<double>(ms) / 1000); }

 private:
  std::string* const json_;
  bool first_ = true;
};

void AppendPairs(const alert::TextPairs& pairs, std::string* json) {
  JsonFields fields(json);
  for (const auto& [name, text] : pairs) {
    std::string quoted;
    query::AppendJsonString(name, &quoted);
    query::AppendJsonString(text,
                            fields.Key(std::string_view(quoted).substr(1, quoted.size() - 2)));
  }
}

// The shortest text that reads back the same, with an exponent always, as Prometheus has it.
std::string ExponentText(double value) {
  if (std::isnan(value)) {
    return "NaN";
  }
  if (std::isinf(value)) {
    return value > 0 ? "+Inf" : "-Inf";
  }
  char text[40];
  const auto end = std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific);
  return {text, end.ptr};
}

std::string PrintedExpr(const std::string& text) {
  // Parsed with everything that is experimental: it was accepted when the file was read.
  const auto expr = query::ParseExpr(text, {.experimental_functions = true,
                                            .binop_fill_modifiers = true,
                                            .extended_range_selectors = true});
  return expr.ok() ? query::ToString(**expr) : text;
}

std::string_view StateOf(const alert::LiveRuleStatus& rule) {
  if (rule.health == alert::RuleHealth::kUnknown) {
    return "unknown";
  }
  alert::AlertState gravest = alert::AlertState::kInactive;
  for (const ActiveAlert& active : rule.alerts) {
    gravest = std::max(gravest, active.alert.state);
  }
  return alert::ToString(gravest);
}

void AppendAlert(const ActiveAlert& active, std::string* json) {
  const alert::Alert& alert = active.alert;
  JsonFields fields(json);
  query::AppendLabels(alert.labels, fields.Key("labels"));
  AppendPairs(alert.annotations, fields.Key("annotations"));
  fields.Text("state", alert::ToString(alert.state));
  fields.Time("activeAt", alert.active_at);
  fields.Time("keepFiringSince", alert.keep_firing_since);
  fields.Text("value", ExponentText(alert.value));
  query::AppendLabels(active.cluster, fields.Key("cluster"));
  fields.Time("firedAt", alert.fired_at);
  fields.Text("inputs", alert.silent_since.has_value() ? "silent" : "live");
  fields.Time("silentSince", alert.silent_since);
}

void AppendAlertList(const alert::LiveRuleStatus& rule, WithAlerts with_alerts, std::string* json) {
  if (with_alerts == WithAlerts::kNo) {
    *json += "null";
    return;
  }
  *json += '[';
  bool first = true;
  AppendAlerts(rule, &first, json);
  *json += ']';
}

void AppendTriggers(const alert::LiveRuleStatus& rule, std::string* json) {
  *json += '[';
  *json += rule.on_arrival ? "\"arrival\"," : "";
  *json += rule.ticks || !rule.splits ? "\"tick\"," : "\"deadline\",";
  json->back() = ']';
}

// What Prometheus does not have.
void AppendOwnFields(const alert::LiveRuleStatus& rule, JsonFields* fields) {
  fields->Count("evaluations", rule.evaluations);
  fields->Count("evaluationFailures", rule.failures);
  fields->Count("settleExpiries", rule.settle_expiries);
  fields->Count("partitions", rule.partitions);
  fields->Count("clusters", rule.clusters);
  AppendTriggers(rule, fields->Key("triggers"));
  fields->Seconds("worstDelay", rule.worst_delay_ms);
}

void AppendRule(const alert::LiveRuleStatus& rule, WithAlerts with_alerts, std::string* json) {
  const bool alerts = rule.rule.kind == alert::RuleKind::kAlert;
  JsonFields fields(json);
  if (alerts) {
    fields.Text("state", StateOf(rule));
  }
  fields.Text("name", rule.rule.name);
  fields.Text("query", PrintedExpr(rule.rule.expr));
  if (alerts) {
    fields.Seconds("duration", rule.rule.for_ms);
    fields.Seconds("keepFiringFor", rule.rule.keep_firing_for_ms);
  }
  AppendPairs(rule.labels, fields.Key("labels"));
  if (alerts) {
    AppendPairs(rule.rule.annotations, fields.Key("annotations"));
    AppendAlertList(rule, with_alerts, fields.Key("alerts"));
  }
  fields.Text("health", alert::ToString(rule.health));
  if (!rule.error.empty()) {
    fields.Text("lastError", rule.error);
  }
  fields.Number("evaluationTime", static_cast<double>(rule.last_duration_ns) * 1e-9);
  if (rule.last_evaluation == 0) {
    fields.Text("lastEvaluation", kNoTime);
  } else {
    fields.Time("lastEvaluation", rule.last_evaluation);
  }
  AppendOwnFields(rule, &fields);
  fields.Text("type", alerts ? "alerting" : "recording");
}

}  // namespace

void AppendAlerts(const alert::LiveRuleStatus& rule, bool* first, std::string* json) {
  std::vector<const ActiveAlert*> sorted;
  for (const ActiveAlert& active : rule.alerts) {
    sorted.push_back(&active);
  }
  std::sort(sorted.begin(), sorted.end(), [](const ActiveAlert* a, const ActiveAlert* b) {
    return model::Compare(a->alert.labels, b->alert.labels) < 0;
  });
  for (const ActiveAlert* active : sorted) {
    *json += *first ? "" : ",";
    *first = false;
    AppendAlert(*active, json);
  }
}

void AppendGroup(const alert::LiveGroupStatus& group, const std::vector<size_t>& rules,
                 WithAlerts with_alerts, std::string* json) {
  JsonFields fields(json);
  fields.Text("name", group.group.name);
  fields.Text("file", group.group.file);
  std::string* const list = fields.Key("rules");
  *list += '[';
  int64_t duration_ns = 0;
  model::Timestamp last = 0;
  for (const size_t i : rules) {
    const alert::LiveRuleStatus& rule = group.rules[i];
    *list += i == rules.front() ? "" : ",";
    AppendRule(rule, with_alerts, list);
    duration_ns += rule.last_duration_ns;
    last = std::max(last, rule.last_evaluation);
  }
  *list += ']';
  fields.Seconds("interval", group.interval_ms);
  *fields.Key("limit") += std::to_string(group.group.limit);
  fields.Number("evaluationTime", static_cast<double>(duration_ns) * 1e-9);
  fields.Text("lastEvaluation", last == 0 ? std::string(kNoTime) : FormatRfc3339(last));
  *fields.Key("fleetWide") += group.fleet_wide ? "true" : "false";
}

void AppendTransition(const alert::AlertRecord& record, std::string* json) {
  JsonFields fields(json);
  fields.Time("time", record.t);
  fields.Time("receivedAt", record.received_at);
  fields.Time("sampleTime", record.sample_time);
  fields.Text("cause", record.cause);
  fields.Text("rule", record.rule);
  fields.Text("group", record.group);
  fields.Text("file", record.file);
  query::AppendLabels(record.cluster, fields.Key("cluster"));
  query::AppendLabels(record.alert.labels, fields.Key("labels"));
  AppendPairs(record.alert.annotations, fields.Key("annotations"));
  fields.Text("from", alert::ToString(record.from));
  fields.Text("to", alert::ToString(record.alert.state));
  fields.Text("value", ExponentText(record.alert.value));
  fields.Time("activeAt", record.alert.active_at);
  fields.Time("firedAt", record.alert.fired_at);
  fields.Time("resolvedAt", record.alert.resolved_at);
  fields.Text("inputs", record.alert.silent_since.has_value() ? "silent" : "live");
  fields.Time("silentSince", record.alert.silent_since);
}

}  // namespace tidemark::server
