#include "server/fleet/fleet_text.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tidemark::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

rapidjson::Document Parse(const char* json) {
  rapidjson::Document document;
  document.Parse(json);
  EXPECT_FALSE(document.HasParseError()) << json;
  return document;
}

constexpr char kTasks[] = R"([
  {"cluster":"well","task":"pitr","state":"running","recovery_point":"2026-11-22T10:00:00Z",
   "rpo_seconds":75.2,"protection_left_seconds":86400,"worst_finding":null},
  {"cluster":"ill","task":"pitr","state":"orphaned","recovery_point":null,"rpo_seconds":null,
   "protection_left_seconds":-3600,
   "worst_finding":{"finding":"task-orphaned","severity":"critical","summary":"paused"}}])";
constexpr char kClusters[] = R"([
  {"name":"well","silent":false,"tasks":[{"task":"pitr"}],"worst_finding":null},
  {"name":"bare","silent":true,"tasks":[],"worst_finding":null}])";

// The table, with an empty list where nothing is given.
std::string Status(const char* tasks, const char* clusters, bool colors = false,
                   const char* missing = "[]", const char* incidents = "[]") {
  return StatusText({.tasks = Parse(tasks),
                     .clusters = Parse(clusters),
                     .missing = Parse(missing),
                     .incidents = Parse(incidents)},
                    colors);
}

TEST(TextTable, AlignsItsColumnsWhateverTheirColors) {
  TextTable table({"A", "LONGER"});
  table.Add({{"xyz", "\x1b[31m"}, {"1"}});
  EXPECT_EQ(table.ToText(false), "A    LONGER\nxyz  1\n");
  EXPECT_EQ(table.ToText(true), "A    LONGER\n\x1b[31mxyz\x1b[0m  1\n");
}

TEST(FleetText, PutsTheWorstFirstAndClustersWithoutTasksLast) {
  const std::string text = Status(kTasks, kClusters);
  EXPECT_EQ(
      text,
      "CLUSTER  TASK  STATE     RECOVERY POINT        RPO  PROTECTION  FINDING\n"
      "ill      pitr  orphaned  -                     -    -1h 0m      task-orphaned: paused\n"
      "well     pitr  running   2026-11-22T10:00:00Z  1m   1d 0h       -\n"
      "bare     -     silent    -                     -    -           -\n");
}

TEST(FleetText, HasColorsOnlyWhereTheyAreWanted) {
  const auto text = [](bool colors) { return Status(kTasks, kClusters, colors); };
  EXPECT_THAT(text(false), Not(HasSubstr("\x1b[")));
  EXPECT_THAT(text(true), HasSubstr("\x1b[31morphaned\x1b[0m"));
}

TEST(FleetText, NamesExpectedClustersThatWereNeverSeen) {
  const char* missing = R"([{"cluster":"gone","finding":"expected-cluster-missing",
      "severity":"warning","summary":"is expected"}])";
  EXPECT_THAT(Status("[]", "[]", false, missing),
              HasSubstr("gone     -     never seen  -               -    -           "
                        "expected-cluster-missing: is expected\n"));
}

TEST(FleetText, NamesTheClustersOfAnIncident) {
  const char* incidents = R"([{"finding":"flush-failing","severity":"critical",
      "title":"Flushes fail","began":"2026-11-22T10:00:00Z","clusters":["a","b","c"],
      "to_resume":["b"]}])";
  const std::string text = Status("[]", "[]", false, "[]", incidents);
  EXPECT_THAT(text, HasSubstr("incident flush-failing: Flushes fail since 2026-11-22T10:00:00Z"));
  EXPECT_THAT(text, HasSubstr("clusters: a, b, c\n  to resume: b\n"));
}

constexpr char kCluster[] = R"({"name":"ill","last_sample":"2026-11-22T10:00:00Z",
  "delivery_lag_seconds":0.4,
  "tasks":[{"task":"pitr","state":"orphaned","advancer_owners":["tidb-0"],
            "stores":[{"instance":"tikv-0","status":null,"last_flush":null}]},
           {"task":"other","state":"running","advancer_owners":[],"stores":[]}],
  "findings":[{"finding":"task-orphaned","task":"pitr","severity":"critical","confidence":"high",
               "since":"2026-11-22T09:00:00Z","title":"The task is paused","summary":"since long",
               "action":"Resume it.","versions":null,"link":"https://example.org/1",
               "evidence":[{"series":"up{}","value":"1","time":"2026-11-22T10:00:00Z"}]}]})";

TEST(FleetText, ExplainsWhatIsWrongWithEvidenceAndAction) {
  const std::string text = ExplanationText(Parse(kCluster), "", false);
  for (const char* part :
       {"cluster ill\n", "task pitr: orphaned", "task other: running", "tells no status",
        "task-orphaned (critical, confidence high, since 2026-11-22T09:00:00Z)",
        "The task is paused: since long", "evidence: up{} = 1 at 2026-11-22T10:00:00Z",
        "action: Resume it.", "link: https://example.org/1"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(FleetText, ExplainsOneTaskAlone) {
  const std::string text = ExplanationText(Parse(kCluster), "other", false);
  EXPECT_THAT(text, Not(HasSubstr("pitr")));
  EXPECT_THAT(text, HasSubstr("nothing is found to be wrong"));
}

TEST(FleetText, SurvivesAnswersThatAreNotWhatItExpects) {
  EXPECT_FALSE(Status("[1,{}]", "{}", false, "null", "null").empty());
  EXPECT_FALSE(ExplanationText(Parse("7"), "", false).empty());
}

constexpr char kAlerts[] = R"([
  {"labels":{"alertname":"Lag","severity":"warning"},"annotations":{"summary":"late\nby far"},
   "state":"pending","activeAt":"2026-11-22T10:00:00.250Z","value":"7.5e+02",
   "cluster":{"k8s_cluster":"k1","tidb_cluster":"db"},"inputs":"live"},
  {"labels":{"alertname":"Lag","severity":"warning","cluster":"b"},"annotations":{},
   "state":"firing","activeAt":"2026-11-22T09:00:00Z","firedAt":"2026-11-22T09:10:00Z",
   "value":"NaN","cluster":{},"inputs":"silent"},
  {"labels":{"alertname":"Failed","severity":"critical"},"annotations":{"description":"stopped"},
   "state":"firing","activeAt":"2026-11-22T09:30:00Z","value":"2e+00",
   "cluster":{"cluster":"c"},"inputs":"live"}])";

TEST(AlertsText, PutsTheGravestOfThoseThatFireFirst) {
  EXPECT_EQ(AlertsText(Parse(kAlerts), false),
            "STATE           ALERT   CLUSTER  SINCE                 VALUE  SUMMARY\n"
            "firing          Failed  c        2026-11-22T09:30:00Z  2      stopped\n"
            "firing, silent  Lag     b        2026-11-22T09:10:00Z  nan    -\n"
            "pending         Lag     k1/db    2026-11-22T10:00:00Z  750    late by far\n");
}

TEST(AlertsText, HasColorsOnlyWhereTheyAreWanted) {
  EXPECT_THAT(AlertsText(Parse(kAlerts), false), Not(HasSubstr("\x1b[")));
  EXPECT_THAT(AlertsText(Parse(kAlerts), true), HasSubstr("\x1b[31mfiring\x1b[0m"));
}

TEST(AlertsText, SaysThatThereIsNone) {
  EXPECT_EQ(AlertsText(Parse("[]"), true), "no alert is pending or fires\n");
}

}  // namespace
}  // namespace tidemark::server
