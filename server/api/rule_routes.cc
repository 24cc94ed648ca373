#include "server/api/rule_routes.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "openssl/sha.h"
#include "query/api/json_text.h"
#include "server/api/envelope.h"
#include "server/api/param_values.h"
#include "server/api/routes_common.h"
#include "server/api/rule_json.h"
#include "server/http/form.h"

namespace tidemark::server {
namespace {

// Which rules are asked for.
struct RuleFilter {
  std::optional<alert::RuleKind> kind;
  std::vector<std::string_view> names;
  std::vector<std::string_view> groups;
  std::vector<std::string_view> files;
  std::vector<Matchers> selectors;
  WithAlerts with_alerts = WithAlerts::kYes;
  size_t group_limit = 0;  // 0: all on one page
  std::string_view token;  // of the page's first group; empty: the first of all
};

bool Allows(const std::vector<std::string_view>& wanted, std::string_view name) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end();
}

bool AnyMatches(const std::vector<Matchers>& selectors, model::LabelsView labels) {
  return selectors.empty() ||
         std::any_of(selectors.begin(), selectors.end(), [labels](const Matchers& matchers) {
           return std::all_of(matchers.begin(), matchers.end(),
                              [labels](const auto& matcher) { return matcher.Matches(labels); });
         });
}

bool Passes(const RuleFilter& filter, const alert::LiveRuleStatus& rule) {
  if ((filter.kind.has_value() && rule.rule.kind != *filter.kind) ||
      !Allows(filter.names, rule.rule.name)) {
    return false;
  }
  return filter.selectors.empty() || AnyMatches(filter.selectors, model::Labels::Of(rule.labels));
}

std::vector<size_t> RulesOf(const RuleFilter& filter, const alert::LiveGroupStatus& group) {
  std::vector<size_t> rules;
  if (!Allows(filter.groups, group.group.name) || !Allows(filter.files, group.group.file)) {
    return rules;
  }
  for (size_t i = 0; i < group.rules.size(); ++i) {
    if (Passes(filter, group.rules[i])) {
      rules.push_back(i);
    }
  }
  return rules;
}

// What leads on to the page that begins with the group.
std::string TokenOf(const alert::RuleGroup& group) {
  const std::string text = fmt::format("{};{}", group.file, group.name);
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  std::string token;
  for (const unsigned char byte : digest) {
    token += fmt::format("{:02x}", byte);
  }
  return token;
}

absl::Status ReadPage(const FormValues& form, RuleFilter* filter) {
  const std::string_view limit = form.Get("group_limit");
  filter->token = form.Get("group_next_token");
  if (limit.empty()) {
    return filter->token.empty() ? absl::OkStatus()
                                 : absl::InvalidArgumentError(
                                       "invalid parameter \"group_limit\": group_limit needs "
                                       "to be set in order to paginate over the groups");
  }
  const auto number = ParseLimit(limit);
  if (!number.ok() || *number == 0) {
    return absl::InvalidArgumentError(fmt::format(
        "invalid parameter \"group_limit\": {} is not an integer above 0", Quoted(limit)));
  }
  filter->group_limit = *number;
  return absl::OkStatus();
}

absl::StatusOr<RuleFilter> ReadFilter(const FormValues& form) {
  RuleFilter filter;
  const std::string_view type = form.Get("type");
  if (type == "alert") {
    filter.kind = alert::RuleKind::kAlert;
  } else if (type == "record") {
    filter.kind = alert::RuleKind::kRecord;
  } else if (!type.empty()) {
    return absl::InvalidArgumentError(
        fmt::format("invalid parameter \"type\": not supported value {}", Quoted(type)));
  }
  const std::string_view exclude = form.Get("exclude_alerts");
  if (!exclude.empty() && exclude != "true" && exclude != "false") {
    return absl::InvalidArgumentError(fmt::format(
        "invalid parameter \"exclude_alerts\": {} is neither true nor false", Quoted(exclude)));
  }
  filter.with_alerts = exclude == "true" ? WithAlerts::kNo : WithAlerts::kYes;
  filter.names = form.All("rule_name[]");
  filter.groups = form.All("rule_group[]");
  filter.files = form.All("file[]");
  ASSIGN_OR_RETURN(filter.selectors, ReadSelectors(form));
  RETURN_IF_ERROR(ReadPage(form, &filter));
  return filter;
}

std::vector<alert::LiveGroupStatus> SortedGroups(const RuleSource& source) {
  std::vector<alert::LiveGroupStatus> groups = source.status();
  std::stable_sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
    return std::tie(a.group.file, a.group.name) < std::tie(b.group.file, b.group.name);
  });
  return groups;
}

HttpResponse RulesPage(const std::vector<alert::LiveGroupStatus>& groups, size_t begin,
                       const RuleFilter& filter) {
  std::string list;
  std::string next;
  size_t shown = 0;
  for (size_t i = begin; i < groups.size(); ++i) {
    const std::vector<size_t> rules = RulesOf(filter, groups[i]);
    if (rules.empty()) {
      continue;
    }
    if (filter.group_limit > 0 && shown == filter.group_limit) {
      next = fmt::format(",\"groupNextToken\":\"{}\"", TokenOf(groups[i].group));
      break;
    }
    list += shown++ == 0 ? "" : ",";
    AppendGroup(groups[i], rules, filter.with_alerts, &list);
  }
  return ApiSuccess([&](std::string* json) {
    fmt::format_to(std::back_inserter(*json), "{{\"groups\":[{}]{}}}", list, next);
  });
}

HttpResponse Rules(const RuleSource& source, const HttpRequest& request) {
  const auto form = FormValues::Parse(request);
  if (!form.ok()) {
    return MalformedForm(form.status());
  }
  const auto filter = ReadFilter(*form);
  if (!filter.ok()) {
    return ApiError(ApiErrorType::kBadData, base::Message(filter.status()));
  }
  const std::vector<alert::LiveGroupStatus> groups = SortedGroups(source);
  size_t begin = 0;
  while (!filter->token.empty() && begin < groups.size() &&
         TokenOf(groups[begin].group) != filter->token) {
    ++begin;
  }
  if (!filter->token.empty() && begin == groups.size()) {
    return InvalidParameter("group_next_token",
                            fmt::format("no rule group has the token {}; have the rules changed?",
                                        Quoted(filter->token)));
  }
  return RulesPage(groups, begin, *filter);
}

HttpResponse Alerts(const RuleSource& source) {
  const std::vector<alert::LiveGroupStatus> groups = SortedGroups(source);
  return ApiSuccess([&groups](std::string* json) {
    *json += "{\"alerts\":[";
    bool first = true;
    for (const alert::LiveGroupStatus& group : groups) {
      for (const alert::LiveRuleStatus& rule : group.rules) {
        AppendAlerts(rule, &first, json);
      }
    }
    *json += "]}";
  });
}

HttpResponse Alertmanagers(const RuleSource& source) {
  return ApiSuccess([&source](std::string* json) {
    *json += "{\"activeAlertmanagers\":[";
    bool first = true;
    for (const std::string& url : source.alertmanagers()) {
      *json += first ? "{\"url\":" : ",{\"url\":";
      first = false;
      query::AppendJsonString(url, json);
      *json += '}';
    }
    *json += "],\"droppedAlertmanagers\":[]}";
  });
}

absl::StatusOr<alert::HistoryQuery> ReadHistoryQuery(const FormValues& form) {
  alert::HistoryQuery query;
  ASSIGN_OR_RETURN(const storage::Selection extent, ReadExtent(form));
  query.min_time = extent.min_time;
  query.max_time = extent.max_time;
  for (const std::string_view name : form.All("rule_name[]")) {
    query.rules.emplace_back(name);
  }
  ASSIGN_OR_RETURN(query.selectors, ReadSelectors(form));
  const auto limit = ParseLimit(form.Get("limit"));
  if (!limit.ok()) {
    return base::Annotate(limit.status(), "invalid parameter \"limit\"");
  }
  query.limit = *limit;
  return query;
}

HttpResponse History(const RuleSource& source, const HttpRequest& request) {
  const auto form = FormValues::Parse(request);
  if (!form.ok()) {
    return MalformedForm(form.status());
  }
  const auto query = ReadHistoryQuery(*form);
  if (!query.ok()) {
    return ApiError(ApiErrorType::kBadData, base::Message(query.status()));
  }
  const auto answer = source.history(*query);
  if (!answer.ok()) {
    return LookupError(answer.status());
  }
  Annotations annotations;
  if (answer->truncated) {
    annotations.warnings.emplace_back(kTruncatedWarning);
  }
  return ApiSuccess(
      [&answer](std::string* json) {
        *json += "{\"transitions\":[";
        for (const alert::AlertRecord& record : answer->transitions) {
          *json += &record == answer->transitions.data() ? "" : ",";
          AppendTransition(record, json);
        }
        *json += "]}";
      },
      annotations);
}

}  // namespace

void AddRuleRoutes(const RuleSource* source, const BackendSlot* slot, RouteTable* routes) {
  AddGetRoute(
      "/api/v1/rules",
      [source](const ApiBackend&, const HttpRequest& request) { return Rules(*source, request); },
      slot, routes);
  AddGetRoute(
      "/api/v1/alerts", [source](const ApiBackend&, const HttpRequest&) { return Alerts(*source); },
      slot, routes);
  AddGetRoute(
      "/api/v1/alerts/history",
      [source](const ApiBackend&, const HttpRequest& request) { return History(*source, request); },
      slot, routes);
  AddGetRoute(
      "/api/v1/alertmanagers",
      [source](const ApiBackend&, const HttpRequest&) { return Alertmanagers(*source); }, slot,
      routes);
}

}  // namespace tidemark::server
