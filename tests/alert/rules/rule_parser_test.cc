#include "alert/rules/rule_parser.h"

#include <gtest/gtest.h>

#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::alert {
namespace {

// One rule file with one rule in one group.
std::string WithRule(std::string_view rule) {
  return fmt::format("groups:\n- name: g\n  rules:\n{}", rule);
}

std::vector<std::string> Errors(std::string_view text) {
  std::vector<std::string> errors;
  for (const FileFinding& error : ParseRuleFile("f.yml", text).errors) {
    errors.push_back(error.ToString());
  }
  return errors;
}

using Lines = std::vector<std::string>;

// The rules that the product's documentation recommends for log backup, as they are shipped.
constexpr std::string_view kLogBackupRules = R"(groups:
- name: PiTR
  rules:
  - alert: LogBackupRunningRPOMoreThan10m
    expr: max(time() - tidb_log_backup_last_checkpoint / 262144000) by (task) / 60 > 10 and max(tidb_log_backup_last_checkpoint) by (task) > 0 and max(tikv_log_backup_task_status) by (task) == 0
    labels:
      severity: warning
    annotations:
      summary: RPO of log backup is high
      message: RPO of the log backup task {{ $labels.task }} is more than 10m
  - alert: LogBackupRunningRPOMoreThan30m
    expr: max(time() - tidb_log_backup_last_checkpoint / 262144000) by (task) / 60 > 30 and max(tidb_log_backup_last_checkpoint) by (task) > 0 and max(tikv_log_backup_task_status) by (task) == 0
    labels:
      severity: critical
  - alert: LogBackupPausingMoreThan2h
    expr: max(time() - tidb_log_backup_last_checkpoint / 262144000) by (task) / 3600 > 2 and max(tidb_log_backup_last_checkpoint) by (task) > 0 and max(tikv_log_backup_task_status) by (task) == 1
    labels:
      severity: warning
  - alert: LogBackupPausingMoreThan12h
    expr: max(time() - tidb_log_backup_last_checkpoint / 262144000) by (task) / 3600 > 12 and max(tidb_log_backup_last_checkpoint) by (task) > 0 and max(tikv_log_backup_task_status) by (task) == 1
    labels:
      severity: critical
  - alert: LogBackupFailed
    expr: max(tikv_log_backup_task_status) by (task) == 2 and max(tidb_log_backup_last_checkpoint) by (task) > 0
    labels:
      severity: critical
  - alert: LogBackupGCSafePointExceedsCheckpoint
    expr: min(tidb_log_backup_last_checkpoint) by (instance) - max(tikv_gcworker_autogc_safe_point) by (instance) < 0
    labels:
      severity: critical
)";

TEST(ParseRuleFile, ReadsTheRecommendedRulesOfLogBackup) {
  const ParsedRuleFile parsed = ParseRuleFile("pitr.yml", kLogBackupRules);
  ASSERT_TRUE(parsed.errors.empty()) << parsed.status();
  EXPECT_TRUE(parsed.warnings.empty());
  ASSERT_EQ(parsed.file.groups.size(), 1u);
  const RuleGroup& group = parsed.file.groups[0];
  EXPECT_EQ(group.name, "PiTR");
  EXPECT_EQ(group.file, "pitr.yml");
  ASSERT_EQ(group.rules.size(), 6u);
  const Rule& first = group.rules[0];
  EXPECT_EQ(first.kind, RuleKind::kAlert);
  EXPECT_EQ(first.name, "LogBackupRunningRPOMoreThan10m");
  EXPECT_EQ(first.labels, (TextPairs{{"severity", "warning"}}));
  EXPECT_EQ(first.annotations[0],
            (TextPairs::value_type{
                "message", "RPO of the log backup task {{ $labels.task }} is more than 10m"}));
  EXPECT_EQ(first.position, (FilePosition{4, 5}));
  EXPECT_EQ(first.expr_position, (FilePosition{5, 11}));
  EXPECT_EQ(group.rules[4].expr,
            "max(tikv_log_backup_task_status) by (task) == 2 and "
            "max(tidb_log_backup_last_checkpoint) by (task) > 0");
}

// In the manner of the rules that TiKV and TiDB are shipped with.
constexpr std::string_view kShippedRules = R"(groups:
  - name: alert.rules
    rules:
      - alert: TiKV_GC_can_not_work
        expr: sum(increase(tikv_gcworker_gc_tasks_vec{task="gc"}[1d])) < 1 and (sum(increase(tikv_gc_compaction_filter_perform[1d])) < 1 and sum(increase(tikv_engine_event_total{db="kv", cf="write", type="compaction"}[1d])) >= 1)
        for: 5m
        labels:
          env: ENV_LABELS_ENV
          level: emergency
          expr: sum(increase(tikv_gcworker_gc_tasks_vec{task="gc"}[1d])) < 1
        annotations:
          description: 'cluster: ENV_LABELS_ENV, instance: {{ $labels.instance }}, values:{{ $value }}'
          value: '{{ $value }}'
          summary: TiKV GC can not work
      - alert: TiDB_tikvclient_gc_action_fail
        expr: |
          sum(
            increase(
              tidb_tikvclient_gc_action_result{type="fail"}[1m]
            )
          ) > 10
        for: 1m
        keep_firing_for: 10m
      - record: cluster:tikv_gc:rate5m
        expr: >-
          sum by (instance)
          (rate(tikv_gcworker_gc_tasks_vec[5m]))
        labels: {zone: "a"}
)";

TEST(ParseRuleFile, ReadsShippedAndRecordingRules) {
  const ParsedRuleFile parsed = ParseRuleFile("tikv.rules.yml", kShippedRules);
  ASSERT_TRUE(parsed.errors.empty()) << parsed.status();
  const std::vector<Rule>& rules = parsed.file.groups[0].rules;
  ASSERT_EQ(rules.size(), 3u);
  EXPECT_EQ(rules[0].for_ms, 300'000);
  EXPECT_EQ(rules[1].keep_firing_for_ms, 600'000);
  EXPECT_EQ(rules[1].expr_position, (FilePosition{17, 11}));
  EXPECT_EQ(rules[2].kind, RuleKind::kRecord);
  EXPECT_EQ(rules[2].name, "cluster:tikv_gc:rate5m");
  EXPECT_EQ(rules[2].expr, "sum by (instance) (rate(tikv_gcworker_gc_tasks_vec[5m]))");
}

TEST(ParseRuleFile, ReadsWhatAGroupSays) {
  const ParsedRuleFile parsed =
      ParseRuleFile("f.yml",
                    "groups:\n- name: g\n  interval: 1m30s\n  limit: 7\n  query_offset: 0s\n"
                    "  labels: {team: dba, n: 5}\n  rules: []\n- name: h\n");
  ASSERT_TRUE(parsed.errors.empty()) << parsed.status();
  const RuleGroup& group = parsed.file.groups[0];
  EXPECT_EQ(group.interval_ms, 90'000);
  EXPECT_EQ(group.limit, 7);
  EXPECT_EQ(group.query_offset_ms, 0);
  EXPECT_EQ(group.labels, (TextPairs{{"n", "5"}, {"team", "dba"}}));
  EXPECT_EQ(group.position, (FilePosition{2, 3}));
  EXPECT_EQ(parsed.file.groups[1].interval_ms, 0);
  EXPECT_EQ(parsed.file.groups[1].query_offset_ms, std::nullopt);
}

TEST(ParseRuleFile, TakesFilesWithoutGroups) {
  EXPECT_EQ(Errors(""), Lines());
  EXPECT_EQ(Errors("groups:\n"), Lines());
  EXPECT_EQ(Errors("# nothing\n---\ngroups: []\n--- !second\nbad: [\n"), Lines());
}

TEST(ParseRuleFile, FollowsAnchorsAndMergedKeys) {
  const ParsedRuleFile parsed = ParseRuleFile(
      "f.yml",
      "groups:\n- name: g\n  rules:\n  - &base\n    alert: A\n    expr: up == 0\n"
      "    labels: &l {a: x, b: y}\n  - <<: *base\n    alert: B\n    labels: {<<: *l, b: z}\n");
  ASSERT_TRUE(parsed.errors.empty()) << parsed.status();
  const Rule& second = parsed.file.groups[0].rules[1];
  EXPECT_EQ(second.name, "B");
  EXPECT_EQ(second.expr, "up == 0");
  EXPECT_EQ(second.labels, (TextPairs{{"a", "x"}, {"b", "z"}}));
}

TEST(ParseRuleFile, ReportsEveryErrorOfAFile) {
  EXPECT_EQ(Errors(R"(groups:
- name: a
  intervall: 1m
  interval: soon
  rules:
  - alert: A
    exp: up
  - alert: B
    record: b
    expr: up ==
  - expr: up
- name: a
- rules: []
other: 1
)"),
            Lines({
                "f.yml:3:3: group \"a\": unknown key \"intervall\" in a group",
                "f.yml:4:13: group \"a\": interval is not a duration like 5m: \"soon\"",
                "f.yml:6:5: group \"a\", rule 1, \"A\": expr must be set",
                "f.yml:7:5: group \"a\", rule 1, \"A\": unknown key \"exp\" in a rule",
                "f.yml:9:5: group \"a\", rule 2: only one of alert and record may be set",
                "f.yml:10:16: group \"a\", rule 2, \"b\": expr: parse error: unexpected end of "
                "input",
                "f.yml:11:5: group \"a\", rule 3: one of alert and record must be set",
                "f.yml:12:3: group \"a\": the name occurs twice in this file, first in line 2",
                "f.yml:13:3: a group must have a name",
                "f.yml:14:1: unknown key \"other\" in a rule file",
            }));
}

TEST(ParseRuleFile, PlacesErrorsOfExpressionsInTheFile) {
  EXPECT_EQ(Errors(WithRule("  - alert: A\n    expr: |\n      sum(\n        rate(up)\n      )\n")),
            Lines({"f.yml:7:14: group \"g\", rule 1, \"A\": expr: parse error: expected type range "
                   "vector in call to function \"rate\", got instant vector"}));
}

TEST(ParseRuleFile, ChecksTemplatesOfAlerts) {
  EXPECT_EQ(Errors(WithRule("  - alert: A\n    expr: up\n    labels:\n      l: '{{ $x }}'\n"
                            "    annotations:\n      a: |\n        fine\n        {{ if }}\n")),
            Lines({"f.yml:7:11: group \"g\", rule 1, \"A\": label \"l\": template: __alert_A:1: "
                   "undefined variable \"$x\"",
                   "f.yml:11:9: group \"g\", rule 1, \"A\": annotation \"a\": template: "
                   "__alert_A:2: missing value for if"}));
}

TEST(ParseRuleFile, ChecksNamesOfLabelsAndRecords) {
  EXPECT_EQ(Errors(WithRule("  - record: 'up{a=\"b\"}'\n    expr: up\n    labels:\n"
                            "      __name__: x\n      '': y\n      ok: [1]\n")),
            Lines({"f.yml:4:13: group \"g\", rule 1, \"up{a=\\\"b\\\"}\": the name "
                   "\"up{a=\\\"b\\\"}\" has braces: should it be in expr?",
                   "f.yml:7:7: group \"g\", rule 1, \"up{a=\\\"b\\\"}\": \"__name__\" is not a "
                   "name of a label of a rule",
                   "f.yml:8:7: group \"g\", rule 1, \"up{a=\\\"b\\\"}\": \"\" is not a name of a "
                   "label",
                   "f.yml:9:11: group \"g\", rule 1, \"up{a=\\\"b\\\"}\": label \"ok\" must be a "
                   "text"}));
}

TEST(ParseRuleFile, RefusesFieldsOfAlertsInRecordingRules) {
  EXPECT_EQ(Errors(WithRule("  - record: r\n    expr: up\n    for: 1m\n    keep_firing_for: 1m\n"
                            "    annotations: {a: b}\n")),
            Lines({"f.yml:6:5: group \"g\", rule 1, \"r\": a recording rule has no for",
                   "f.yml:7:5: group \"g\", rule 1, \"r\": a recording rule has no keep_firing_for",
                   "f.yml:8:5: group \"g\", rule 1, \"r\": a recording rule has no annotations"}));
}

TEST(ParseRuleFile, RefusesRepeatedKeysAndWrongKinds) {
  EXPECT_EQ(Errors("groups:\n- name: g\n  name: h\n  limit: many\n  rules: {}\n- []\n"),
            Lines({"f.yml:3:3: key \"name\" occurs twice in a group, first in line 2",
                   "f.yml:4:10: group \"g\": limit is not an integer: \"many\"",
                   "f.yml:5:10: group \"g\": rules must be a list",
                   "f.yml:6:3: a group must be a mapping", "f.yml:6:3: a group must have a name"}));
}

TEST(ParseRuleFile, NamesThePlaceOfBrokenYaml) {
  const Lines errors = Errors("groups:\n- name: [g\n");
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_TRUE(errors[0].starts_with("f.yml:")) << errors[0];
}

TEST(ParseRuleFile, WarnsOfRulesThatOccurTwice) {
  const ParsedRuleFile parsed =
      ParseRuleFile("f.yml", WithRule("  - alert: A\n    expr: up\n    labels: {s: x}\n"
                                      "  - alert: A\n    expr: up\n    labels: {s: y}\n"
                                      "  - alert: A\n    expr: down\n    labels: {s: x}\n"));
  EXPECT_TRUE(parsed.errors.empty());
  ASSERT_EQ(parsed.warnings.size(), 1u);
  EXPECT_EQ(parsed.warnings[0].ToString(),
            "f.yml:10:5: group \"g\": \"A\" occurs twice with the same labels, first in line 4");
}

TEST(ParseRuleFile, BoundsMergedMappings) {
  std::string text = "x0: &x0 {a: 1}\n";
  for (int i = 1; i <= 40; ++i) {
    text += fmt::format("x{}: &x{} {{<<: [*x{}, *x{}]}}\n", i, i, i - 1, i - 1);
  }
  const ParsedRuleFile parsed =
      ParseRuleFile("f.yml", text + "groups:\n- name: g\n  labels: *x40\n");
  EXPECT_FALSE(parsed.status().ok());
  EXPECT_NE(base::Message(parsed.status()).find("too many mappings"), std::string::npos);
}

}  // namespace
}  // namespace tidemark::alert
