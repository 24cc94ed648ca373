#include "server/flags.h"

#include <limits>

#include "CLI/CLI.hpp"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "query/parser/duration.h"
#include "server/build_info.h"

namespace tidemark::server {
namespace {

// Adds an option that takes a Prometheus duration, or 0.
void AddDuration(CLI::App* app, const std::string& name, int64_t* ms, const std::string& help) {
  const auto read = [ms](const std::string& text) {
    if (text == "0") {
      *ms = 0;
      return std::string();
    }
    const absl::StatusOr<int64_t> parsed = query::ParseDurationMs(text);
    if (!parsed.ok()) {
      return fmt::format("{} is not a duration like 90s or 1h30m", text);
    }
    *ms = *parsed;
    return std::string();
  };
  app->add_option_function<std::string>(
         name, [](const std::string&) {}, help)
      ->check(CLI::Validator(read, ""))
      ->type_name("DURATION")
      ->default_str(query::FormatDuration(*ms));
}

void AddLogLevel(CLI::App* app, base::LogLevel* level) {
  const auto read = [level](const std::string& text) {
    return base::ParseLogLevel(text, level) ? std::string() : text + " is not a level";
  };
  app->add_option_function<std::string>(
         "--log.level", [](const std::string&) {}, "debug, info, warn or error")
      ->check(CLI::Validator(read, ""))
      ->type_name("LEVEL")
      ->default_str("info");
}

void AddStorageFlags(CLI::App* app, ServeFlags* flags) {
  app->add_option("--storage.path", flags->storage_path, "data folder; made if it is not there")
      ->capture_default_str();
  AddDuration(app, "--storage.tsdb.retention.time,--storage.retention.time", &flags->retention_ms,
              "how long samples are kept, and how old one may be when it comes; 0: for ever");
  app->add_option(
         "--storage.tsdb.retention.size,--storage.retention.size", flags->retention_bytes,
         "bytes of samples and series on disk above which the oldest samples go, like 512MB "
         "or 2TB; 0: no bound")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
      ->default_str("0");
  AddDuration(app, "--storage.sweep.interval", &flags->sweep_interval_ms,
              "how often new samples are moved from the journal to the store");
  app->add_option("--storage.sweep.journal-bytes", flags->sweep_journal_bytes,
                  "bytes in the journal that start a sweep before its time")
      ->capture_default_str();
  AddDuration(app, "--storage.inactive-after", &flags->inactive_after_ms,
              "how long nothing has come for a series when it leaves memory; 0: never");
  AddDuration(app, "--storage.consolidation.interval", &flags->consolidation_interval_ms,
              "how often it is looked for what to seal and what has outlived its retention; 0: "
              "only when an operator asks for a flush");
  app->add_option("--storage.journal.sync", flags->journal_sync,
                  "when the journal is synced: always (before each answer), interval, off")
      ->check(CLI::IsMember({"always", "interval", "off"}))
      ->capture_default_str();
  AddDuration(app, "--storage.journal.sync-interval", &flags->journal_sync_interval_ms,
              "time between two syncs with --storage.journal.sync=interval");
  app->add_option("--storage.journal.max-pending-bytes", flags->journal_max_pending_bytes,
                  "bytes on their way to the journal above which writes are answered 503")
      ->capture_default_str();
}

void AddWebFlags(CLI::App* app, ServeFlags* flags) {
  app->add_option("--web.listen-address", flags->listen_address,
                  "host:port; no host: every interface; port 0: any free one")
      ->capture_default_str();
  app->add_option("--web.io-threads", flags->io_threads, "threads for connections; 0: one a core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app->add_option("--web.max-connections", flags->max_connections, "connections open at a time")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  AddDuration(app, "--web.read-timeout", &flags->read_timeout_ms,
              "how long a connection may be idle, or a request may take to arrive");
  AddDuration(app, "--web.drain-timeout", &flags->drain_timeout_ms,
              "how long requests under way may take to finish when the server stops");
  app->add_option("--web.cors.origin", flags->cors_origin,
                  "regular expression of the origins that browsers may call from")
      ->capture_default_str();
  app->add_option("--web.external-url", flags->external_url,
                  "where people reach this server, for links in alerts; http:// and the listen "
                  "address if not given");
  app->add_flag("--web.enable-lifecycle,!--no-web.enable-lifecycle", flags->enable_lifecycle,
                "answer /-/reload and /-/quit");
  app->add_flag("--web.enable-admin-api,!--no-web.enable-admin-api", flags->enable_admin_api,
                "answer /api/v1/admin/tsdb/...");
  app->add_flag("--web.enable-remote-write-receiver,!--no-web.enable-remote-write-receiver",
                flags->enable_remote_write, "answer /api/v1/write (on by default)");
  app->add_option("--grpc.listen-address", flags->grpc_listen_address,
                  "host:port of the gRPC interface, say 127.0.0.1:9202; without it there is none");
}

void AddAlertFlags(CLI::App* app, ServeFlags* flags) {
  AddDuration(app, "--rules.alert.resend-delay", &flags->resend_delay_ms,
              "how long receivers are not told of an alert again");
  app->add_option("--alertmanager.notification-queue-capacity", flags->notification_queue_capacity,
                  "states of alerts that wait for one Alertmanager; beyond it the oldest go")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
}

void AddQueryFlags(CLI::App* app, ServeFlags* flags) {
  app->add_option("--query.max-concurrency", flags->query_max_concurrency,
                  "queries evaluated at a time; others wait")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app->add_option("--query.threads", flags->query_threads,
                  "threads that may work for one large query, all queries sharing them; 0: one a "
                  "core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  AddDuration(app, "--query.timeout", &flags->query_timeout_ms,
              "how long a query may take, waiting included");
  app->add_option("--query.max-samples", flags->query_max_samples,
                  "samples that one query may hold in memory")
      ->check(CLI::Range(1, std::numeric_limits<int>::max()))
      ->capture_default_str();
  AddDuration(app, "--query.lookback-delta", &flags->query_lookback_ms,
              "how old a sample an instant selector accepts");
  app->add_option("--query.cache-bytes", flags->query_cache_bytes,
                  "memory for results of range queries that are kept for the next ones; 0: none")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
      ->capture_default_str();
}

void AddFleetFlags(CLI::App* app, ServeFlags* flags) {
  app->add_option("--fleet.expected-clusters", flags->fleet_expected_clusters,
                  "names of clusters that must send, as `tidemark fleet status` shows them; "
                  "separated by commas")
      ->delimiter(',');
  app->add_option("--fleet.incident-labels", flags->fleet_incident_labels,
                  "labels by which clusters may share the cause of an incident; separated by "
                  "commas")
      ->delimiter(',')
      ->default_str("region,storage");
}

// Sets the flag behind the name of a feature; false if there is none.
template <typename Flags>
bool EnableFeature(std::string_view name, Flags* flags) {
  if (name == "promql-experimental-functions") {
    flags->experimental_functions = true;
  } else if (name == "promql-binop-fill-modifiers") {
    flags->fill_modifiers = true;
  } else if (name == "promql-extended-range-selectors") {
    flags->extended_ranges = true;
  } else if (name == "promql-delayed-name-removal") {
    flags->delayed_name_removal = true;
  } else {
    return false;
  }
  return true;
}

template <typename Flags>
void AddFeatureFlag(CLI::App* app, Flags* flags) {
  const auto enable = [flags](const std::string& name) {
    return EnableFeature(name, flags) ? std::string() : name + " is not a feature";
  };
  app->add_option_function<std::vector<std::string>>(
         "--enable-feature", [](const std::vector<std::string>&) {},
         "promql-experimental-functions, promql-binop-fill-modifiers, "
         "promql-extended-range-selectors, promql-delayed-name-removal; separated by commas")
      ->delimiter(',')
      ->check(CLI::Validator(enable, ""))
      ->type_name("NAMES");
}

// `tidemark test rules FILE…` and `tidemark check rules FILE…`.
void AddRuleCommands(CLI::App* app, RuleFlags* flags) {
  const auto add = [&](const std::string& verb, const std::string& help, const std::string& files,
                       RuleFlags::Command command) {
    CLI::App* parent = app->add_subcommand(verb, help);
    parent->require_subcommand(1);
    CLI::App* rules = parent->add_subcommand("rules", help);
    rules->add_option("FILE", flags->files, files)->required();
    AddFeatureFlag(rules, flags);
    rules->callback([flags, command] { flags->command = command; });
    return rules;
  };
  add("test", "run unit tests of rules", "test files, in promtool's format",
      RuleFlags::Command::kTest);
  CLI::App* check = add("check", "check rule files", "rule files", RuleFlags::Command::kCheck);
  check
      ->add_option("--identity", flags->identity,
                   "labels that together tell one cluster from another; separated by commas")
      ->delimiter(',')
      ->capture_default_str();
  const auto set_output = [flags](const std::string& output) { flags->json = output == "json"; };
  check->add_option_function<std::string>("--output", set_output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->default_str("text");
}

// Every option's name and value, as given or by default.
std::map<std::string, std::string> AsText(const CLI::App& app) {
  std::map<std::string, std::string> text;
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_single_name();
    if (name == "help") {
      continue;
    }
    const bool is_switch = option->get_items_expected_max() == 0;
    if (is_switch) {
      const bool on =
          option->count() > 0 ? option->as<bool>() : name == "web.enable-remote-write-receiver";
      text[name] = on ? "true" : "false";
    } else {
      text[name] = option->count() > 0 ? fmt::format("{}", fmt::join(option->results(), ","))
                                       : option->get_default_str();
    }
  }
  return text;
}

std::string VersionText() {
  const BuildInfo build = GetBuildInfo();
  return fmt::format("tidemark {} (revision {}, {})", build.version, build.revision,
                     build.compiler);
}

using BackupAction = BackupFlags::Action;

CLI::App* AddBackupAction(CLI::App* backup, std::string name, BackupAction action, std::string help,
                          BackupFlags* flags) {
  CLI::App* command = backup->add_subcommand(std::move(name), std::move(help));
  command->add_option("--folder", flags->folder, "folder of the backups")->required();
  command->callback([flags, action] { flags->action = action; });
  return command;
}

void AddBackupId(CLI::App* command, BackupFlags* flags) {
  command->add_option("--backup", flags->id, "number of the backup; 0: the newest")
      ->capture_default_str();
}

// `tidemark backup` and what is below it.
CLI::App* AddBackupCommands(CLI::App* app, BackupFlags* flags) {
  CLI::App* backup = app->add_subcommand("backup", "make, list, check and restore backups");
  backup->require_subcommand(1);
  CLI::App* create = AddBackupAction(backup, "create", BackupAction::kCreate,
                                     "back up what is new since the last backup", flags);
  create->add_option("--storage.path", flags->storage_path, "data folder to back up")
      ->capture_default_str();
  create->add_option("--url", flags->url,
                     "address of the server that runs on the data folder, http://host:port; it "
                     "needs --web.enable-admin-api. Without it no server may run");
  AddBackupAction(backup, "list", BackupAction::kList, "list the backups", flags);
  AddBackupId(AddBackupAction(backup, "verify", BackupAction::kVerify,
                              "compare a backup with its checksums", flags),
              flags);
  CLI::App* restore = AddBackupAction(backup, "restore", BackupAction::kRestore,
                                      "make a data folder of a backup", flags);
  restore->add_option("--storage.path", flags->storage_path, "data folder to make")->required();
  AddBackupId(restore, flags);
  return backup;
}

void AddServerAddress(CLI::App* command, ServerAddress* server) {
  command->add_option("--url", server->url, "address of the server, http://host:port")
      ->capture_default_str();
  AddDuration(command, "--timeout", &server->timeout_ms, "how long one answer may take");
}

void AddOutput(CLI::App* command, const std::string& usual, bool* json) {
  const auto set = [json](const std::string& output) { *json = output == "json"; };
  command->add_option_function<std::string>("--output", set, usual + " or json")
      ->check(CLI::IsMember({usual, std::string("json")}))
      ->default_str(usual);
}

void AddClusterAndTask(CLI::App* command, FleetFlags* flags) {
  command->add_option("CLUSTER", flags->cluster, "name of the cluster")->required();
  command->add_option("TASK", flags->task, "only this task");
}

// `tidemark fleet status`, `tidemark fleet explain CLUSTER [TASK]` and `tidemark fleet forget
// CLUSTER [TASK]`.
CLI::App* AddFleetCommands(CLI::App* app, FleetFlags* flags) {
  CLI::App* fleet = app->add_subcommand("fleet", "what a server knows of the clusters");
  fleet->require_subcommand(1);
  const auto add = [&](const std::string& name, FleetFlags::Action action,
                       const std::string& help) {
    CLI::App* command = fleet->add_subcommand(name, help);
    command->callback([flags, action] { flags->action = action; });
    AddServerAddress(command, &flags->server);
    return command;
  };
  const auto add_view = [&](const std::string& name, FleetFlags::Action action,
                            const std::string& help) {
    CLI::App* command = add(name, action, help);
    AddOutput(command, "table", &flags->json);
    command->add_flag("--watch", flags->watch, "show it again and again");
    AddDuration(command, "--interval", &flags->interval_ms, "time between two looks with --watch");
    return command;
  };
  add_view("status", FleetFlags::Action::kStatus,
           "each backup task, its recovery point and its worst finding");
  AddClusterAndTask(add_view("explain", FleetFlags::Action::kExplain,
                             "what is wrong with a cluster, why, and what to do"),
                    flags);
  AddClusterAndTask(add("forget", FleetFlags::Action::kForget,
                        "take a cluster that is gone, or a task, off the list; the server needs "
                        "--web.enable-admin-api"),
                    flags);
  return fleet;
}

CLI::App* AddAlertsCommand(CLI::App* app, AlertsFlags* flags) {
  CLI::App* alerts = app->add_subcommand("alerts", "the alerts that are pending or firing");
  AddServerAddress(alerts, &flags->server);
  AddOutput(alerts, "table", &flags->json);
  alerts->add_flag("--watch", flags->watch, "look again and again, and show what has changed");
  AddDuration(alerts, "--interval", &flags->interval_ms, "time between two looks with --watch");
  return alerts;
}

// `tidemark query instant EXPR` and `tidemark query range EXPR`.
CLI::App* AddQueryCommands(CLI::App* app, QueryFlags* flags) {
  CLI::App* query = app->add_subcommand("query", "evaluate a PromQL expression on a server");
  query->require_subcommand(1);
  const auto add = [&](const std::string& name, QueryFlags::Action action,
                       const std::string& help) {
    CLI::App* command = query->add_subcommand(name, help);
    command->callback([flags, action] { flags->action = action; });
    AddServerAddress(command, &flags->server);
    AddOutput(command, "table", &flags->json);
    command->add_option("EXPR", flags->expr, "expression")->required();
    return command;
  };
  add("instant", QueryFlags::Action::kInstant, "its value at one time")
      ->add_option("--time", flags->time, "Unix seconds or RFC 3339; now if it is not given");
  CLI::App* range = add("range", QueryFlags::Action::kRange, "its values over a stretch of time");
  range->add_option("--start", flags->start, "Unix seconds or RFC 3339")->required();
  range->add_option("--end", flags->end, "Unix seconds or RFC 3339")->required();
  range->add_option("--step", flags->step, "duration between two values")->capture_default_str();
  return query;
}

}  // namespace

CommandLine ParseCommandLine(int argc, const char* const* argv) {
  CLI::App app("Tidemark keeps what Prometheus servers remote-write to it and answers PromQL.",
               "tidemark");
  app.set_version_flag("--version", VersionText());
  app.require_subcommand(1);
  ServeFlags flags;
  CLI::App* serve = app.add_subcommand("serve", "run the server");
  serve->option_defaults()->always_capture_default(false);
  serve->add_option("--config.file", flags.config_file,
                    "configuration; see deploy/tidemark.yml. Without it the defaults hold");
  AddStorageFlags(serve, &flags);
  AddWebFlags(serve, &flags);
  AddQueryFlags(serve, &flags);
  AddFleetFlags(serve, &flags);
  AddAlertFlags(serve, &flags);
  AddFeatureFlag(serve, &flags);
  AddLogLevel(serve, &flags.log_level);
  BackupFlags backup_flags;
  const CLI::App* backup = AddBackupCommands(&app, &backup_flags);
  RuleFlags rules;
  AddRuleCommands(&app, &rules);
  FleetFlags fleet_flags;
  const CLI::App* fleet = AddFleetCommands(&app, &fleet_flags);
  AlertsFlags alerts_flags;
  const CLI::App* alerts = AddAlertsCommand(&app, &alerts_flags);
  QueryFlags query_flags;
  const CLI::App* query = AddQueryCommands(&app, &query_flags);
  CommandLine line;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    line.exit_code = app.exit(e);
    return line;
  }
  if (backup->parsed()) {
    line.backup = std::move(backup_flags);
  } else if (fleet->parsed()) {
    line.fleet = std::move(fleet_flags);
  } else if (alerts->parsed()) {
    line.alerts = std::move(alerts_flags);
  } else if (query->parsed()) {
    line.query = std::move(query_flags);
  } else if (serve->parsed()) {
    if (flags.external_url.empty()) {
      flags.external_url = "http://" + flags.listen_address;
    }
    flags.as_text = AsText(*serve);
    line.serve = std::move(flags);
  } else {
    line.rules = std::move(rules);
  }
  return line;
}

}  // namespace tidemark::server
