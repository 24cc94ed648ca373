#include "server/flags.h"

#include <vector>

#include "gtest/gtest.h"

namespace tidemark::server {
namespace {

CommandLine Parse(std::vector<const char*> args) {
  args.insert(args.begin(), "tidemark");
  return ParseCommandLine(static_cast<int>(args.size()), args.data());
}

TEST(ParseCommandLine, HasADefaultForEveryFlag) {
  const CommandLine line = Parse({"serve"});
  ASSERT_TRUE(line.serve.has_value());
  const ServeFlags& flags = *line.serve;
  EXPECT_EQ(flags.listen_address, "127.0.0.1:9201");
  EXPECT_EQ(flags.retention_ms, 15LL * 24 * 3600 * 1000);
  EXPECT_TRUE(flags.enable_remote_write);
  EXPECT_FALSE(flags.enable_lifecycle);
  EXPECT_EQ(flags.as_text.at("storage.tsdb.retention.time"), "15d");
  EXPECT_EQ(flags.as_text.at("query.max-samples"), "50000000");
  EXPECT_EQ(flags.as_text.at("web.enable-lifecycle"), "false");
  EXPECT_EQ(flags.as_text.at("web.enable-remote-write-receiver"), "true");
  EXPECT_EQ(flags.as_text.at("log.level"), "info");
}

TEST(ParseCommandLine, ReadsFlagsInBothSpellings) {
  const CommandLine line = Parse(
      {"serve", "--storage.path=/data", "--storage.retention.time", "0",
       "--storage.sweep.interval=1500ms", "--storage.inactive-after=2h",
       "--storage.consolidation.interval=20ms", "--storage.journal.sync=off",
       "--web.listen-address=:0", "--web.io-threads=3", "--web.enable-lifecycle",
       "--no-web.enable-remote-write-receiver", "--query.timeout=90s", "--query.max-concurrency=2",
       "--query.lookback-delta=1m", "--log.level=debug", "--config.file=x.yml"});
  ASSERT_TRUE(line.serve.has_value());
  const ServeFlags& flags = *line.serve;
  EXPECT_EQ(flags.storage_path, "/data");
  EXPECT_EQ(flags.retention_ms, 0);
  EXPECT_EQ(flags.sweep_interval_ms, 1500);
  EXPECT_EQ(flags.inactive_after_ms, 2 * 3600 * 1000);
  EXPECT_EQ(flags.consolidation_interval_ms, 20);
  EXPECT_EQ(flags.journal_sync, "off");
  EXPECT_EQ(flags.listen_address, ":0");
  EXPECT_EQ(flags.io_threads, 3u);
  EXPECT_TRUE(flags.enable_lifecycle);
  EXPECT_FALSE(flags.enable_remote_write);
  EXPECT_EQ(flags.query_timeout_ms, 90'000);
  EXPECT_EQ(flags.query_max_concurrency, 2u);
  EXPECT_EQ(flags.query_lookback_ms, 60'000);
  EXPECT_EQ(flags.log_level, base::LogLevel::kDebug);
  EXPECT_EQ(flags.config_file, "x.yml");
  EXPECT_EQ(flags.as_text.at("web.enable-remote-write-receiver"), "false");
  EXPECT_EQ(flags.as_text.at("web.enable-lifecycle"), "true");
  EXPECT_EQ(flags.as_text.at("query.timeout"), "90s");
}

TEST(ParseCommandLine, ReadsWhatBackupIsToDo) {
  const CommandLine create =
      Parse({"backup", "create", "--folder=/b", "--storage.path=/d", "--url=http://h:1"});
  EXPECT_FALSE(create.serve.has_value());
  ASSERT_TRUE(create.backup.has_value());
  EXPECT_EQ(create.backup->action, BackupFlags::Action::kCreate);
  EXPECT_EQ(create.backup->folder, "/b");
  EXPECT_EQ(create.backup->storage_path, "/d");
  EXPECT_EQ(create.backup->url, "http://h:1");

  const CommandLine restore =
      Parse({"backup", "restore", "--folder=/b", "--storage.path=/d", "--backup=3"});
  ASSERT_TRUE(restore.backup.has_value());
  EXPECT_EQ(restore.backup->action, BackupFlags::Action::kRestore);
  EXPECT_EQ(restore.backup->id, 3u);
  EXPECT_EQ(Parse({"backup", "list", "--folder=/b"}).backup->action, BackupFlags::Action::kList);
  EXPECT_EQ(Parse({"backup", "verify", "--folder=/b"}).backup->action,
            BackupFlags::Action::kVerify);
}

TEST(ParseCommandLine, RefusesABackupWithoutAFolderOrAnAction) {
  for (const CommandLine& line : {Parse({"backup"}), Parse({"backup", "list"}),
                                  Parse({"backup", "restore", "--folder=/b"})}) {
    EXPECT_FALSE(line.backup.has_value());
    EXPECT_FALSE(line.serve.has_value());
    EXPECT_NE(line.exit_code, 0);
  }
}

TEST(ParseCommandLine, EnablesFeaturesByName) {
  const CommandLine line = Parse(
      {"serve", "--enable-feature=promql-experimental-functions,promql-binop-fill-modifiers"});
  ASSERT_TRUE(line.serve.has_value());
  EXPECT_TRUE(line.serve->experimental_functions);
  EXPECT_TRUE(line.serve->fill_modifiers);
  EXPECT_FALSE(line.serve->extended_ranges);
  EXPECT_EQ(line.serve->as_text.at("enable-feature"),
            "promql-experimental-functions,promql-binop-fill-modifiers");
  EXPECT_FALSE(Parse({"serve", "--enable-feature=time-travel"}).serve.has_value());
}

TEST(ParseCommandLine, ReadsTheCommandsForRules) {
  const CommandLine test =
      Parse({"test", "rules", "a.yml", "b.yml", "--enable-feature=promql-experimental-functions"});
  ASSERT_TRUE(test.rules.has_value());
  EXPECT_FALSE(test.serve.has_value());
  EXPECT_EQ(test.rules->command, RuleFlags::Command::kTest);
  EXPECT_EQ(test.rules->files, (std::vector<std::string>{"a.yml", "b.yml"}));
  EXPECT_TRUE(test.rules->experimental_functions);

  const CommandLine check =
      Parse({"check", "rules", "--identity=k8s_cluster,tidb_cluster", "--output", "json", "a.yml"});
  ASSERT_TRUE(check.rules.has_value());
  EXPECT_EQ(check.rules->command, RuleFlags::Command::kCheck);
  EXPECT_EQ(check.rules->identity, (std::vector<std::string>{"k8s_cluster", "tidb_cluster"}));
  EXPECT_TRUE(check.rules->json);

  const CommandLine plain = Parse({"check", "rules", "a.yml"});
  ASSERT_TRUE(plain.rules.has_value());
  EXPECT_EQ(plain.rules->identity, (std::vector<std::string>{"cluster"}));
  EXPECT_FALSE(plain.rules->json);
}

TEST(ParseCommandLine, ReadsWhatTheServerExpectsOfItsFleet) {
  const CommandLine line =
      Parse({"serve", "--fleet.expected-clusters=a,k8s/b", "--fleet.incident-labels=zone"});
  ASSERT_TRUE(line.serve.has_value());
  EXPECT_EQ(line.serve->fleet_expected_clusters, (std::vector<std::string>{"a", "k8s/b"}));
  EXPECT_EQ(line.serve->fleet_incident_labels, (std::vector<std::string>{"zone"}));
  EXPECT_EQ(Parse({"serve"}).serve->as_text.at("fleet.incident-labels"), "region,storage");
}

TEST(ParseCommandLine, ReadsWhatIsAskedOfTheFleet) {
  const CommandLine status = Parse({"fleet", "status", "--url=http://h:1", "--watch"});
  ASSERT_TRUE(status.fleet.has_value());
  EXPECT_EQ(status.fleet->action, FleetFlags::Action::kStatus);
  EXPECT_EQ(status.fleet->server.url, "http://h:1");
  EXPECT_TRUE(status.fleet->watch);
  EXPECT_FALSE(status.fleet->json);
  const CommandLine explain = Parse({"fleet", "explain", "prod", "pitr", "--output=json"});
  ASSERT_TRUE(explain.fleet.has_value());
  EXPECT_EQ(explain.fleet->action, FleetFlags::Action::kExplain);
  EXPECT_EQ(explain.fleet->cluster, "prod");
  EXPECT_EQ(explain.fleet->task, "pitr");
  EXPECT_TRUE(explain.fleet->json);
}

TEST(ParseCommandLine, ReadsQueries) {
  const CommandLine instant = Parse({"query", "instant", "up", "--time=12"});
  ASSERT_TRUE(instant.query.has_value());
  EXPECT_EQ(instant.query->expr, "up");
  EXPECT_EQ(instant.query->time, "12");
  const CommandLine range = Parse({"query", "range", "up", "--start=1", "--end=2", "--step=5s"});
  ASSERT_TRUE(range.query.has_value());
  EXPECT_EQ(range.query->action, QueryFlags::Action::kRange);
  EXPECT_EQ(range.query->step, "5s");
  EXPECT_NE(Parse({"query", "range", "up"}).exit_code, 0);
}

TEST(ParseCommandLine, EndsWithAnErrorOnWrongFlags) {
  const std::vector<std::vector<const char*>> wrong = {
      {},
      {"start"},
      {"serve", "--storage.paht=x"},
      {"serve", "--storage.retention.time=soon"},
      {"serve", "--storage.journal.sync=sometimes"},
      {"serve", "--query.max-samples=0"},
      {"serve", "--log.level=loud"},
      {"check"},
      {"check", "rules"},
      {"test", "rules"},
      {"check", "rules", "--output=xml", "a.yml"},
  };
  for (const auto& args : wrong) {
    const CommandLine line = Parse(args);
    EXPECT_FALSE(line.serve.has_value()) << (args.empty() ? "" : args.back());
    EXPECT_FALSE(line.rules.has_value()) << (args.empty() ? "" : args.back());
    EXPECT_NE(line.exit_code, 0);
  }
}

TEST(ParseCommandLine, EndsWithoutErrorAfterHelpAndVersion) {
  for (const std::vector<const char*>& args :
       std::vector<std::vector<const char*>>{{"--version"}, {"--help"}, {"serve", "--help"}}) {
    const CommandLine line = Parse(args);
    EXPECT_FALSE(line.serve.has_value());
    EXPECT_EQ(line.exit_code, 0);
  }
}

}  // namespace
}  // namespace tidemark::server
