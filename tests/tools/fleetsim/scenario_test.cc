#include "tools/fleetsim/scenario.h"

#include <cmath>
#include <set>

#include <rapidjson/document.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/fleetsim/scrape_stream.h"
#include "tools/fleetsim/time_text.h"

namespace tidemark::fleetsim {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kStart = 1'780'000'000'000;
constexpr int64_t kMinute = 60'000;

// The fleet of a scenario, and its numbers at minutes since the start.
class Play {
 public:
  explicit Play(std::string_view name)
      : model_(*FleetOf(**FindScenario(name), kStart, {.seed = 1})) {}

  const FleetModel& model() const { return model_; }

  const Instance& Find(Role role, int cluster, int ordinal) const {
    for (const Instance& instance : model_.instances()) {
      if (instance.role == role && instance.cluster == cluster && instance.ordinal == ordinal) {
        return instance;
      }
    }
    ADD_FAILURE() << "no such instance";
    return model_.instances()[0];
  }

  // The series whose name and one label value are given; nothing if absent.
  std::optional<double> Value(const Instance& instance, int64_t minute, std::string_view name,
                              std::string_view label = "") const {
    const InstanceState state = model_.At(instance, kStart + minute * kMinute);
    const auto series = instance.table->series();
    for (size_t i = 0; state.up && i < series.size(); ++i) {
      const bool match =
          label.empty() || (!series[i].labels.empty() && series[i].labels.front().second == label);
      if (series[i].name == name && match) {
        return instance.table->Value(state, i);
      }
    }
    return std::nullopt;
  }
  std::optional<double> Tikv(int store, int64_t minute, std::string_view name,
                             std::string_view label = "", int cluster = 0) const {
    return Value(Find(Role::kTikv, cluster, store), minute, name, label);
  }

  // Of whichever TiDB of the cluster tells it.
  std::optional<double> Checkpoint(int64_t minute, int cluster = 0) const {
    for (int tidb = 0; tidb < 2; ++tidb) {
      if (const auto value =
              Value(Find(Role::kTidb, cluster, tidb), minute, "tidb_log_backup_last_checkpoint")) {
        return value;
      }
    }
    return std::nullopt;
  }
  // Minutes between now and the checkpoint that the model knows, told or not.
  double LagMinutes(int64_t minute, int cluster = 0) const {
    const int64_t t = kStart + minute * kMinute;
    const InstanceState state = model_.At(Find(Role::kTikv, cluster, 0), t);
    return static_cast<double>(state.now_ms - state.global_checkpoint_ms) / kMinute;
  }
  double Flushes(int store, int64_t minute) const {
    return Tikv(store, minute, "tikv_log_backup_flush_duration_sec_count", "save_files")
        .value_or(0);
  }

 private:
  FleetModel model_;
};

TEST(Scenarios, HaveNamesOfTheirOwnAndFactsInOrderOfTimeWithinTheirDuration) {
  std::set<std::string_view> names;
  for (const Scenario& scenario : Scenarios()) {
    SCOPED_TRACE(scenario.name);
    EXPECT_TRUE(names.insert(scenario.name).second);
    const int64_t duration_ms = *ParseDurationMs(scenario.duration);
    int64_t before = 0;
    for (const Fact& fact : scenario.facts) {
      const int64_t at_ms = *ParseDurationMs(fact.at);
      EXPECT_GE(at_ms, before);
      EXPECT_LT(at_ms, duration_ms);
      EXPECT_LT(fact.cluster, scenario.clusters);
      before = at_ms;
    }
    EXPECT_FALSE(scenario.facts.empty());
    EXPECT_TRUE(FleetOf(scenario, kStart, {}).ok());
  }
  EXPECT_EQ(names.size(), 13u);
}

TEST(Scenarios, AreFoundByName) {
  EXPECT_EQ((*FindScenario("pause"))->name, "pause");
  EXPECT_THAT(std::string(FindScenario("paus").status().message()), HasSubstr("partition"));
}

TEST(Scenarios, TellTheirFactsAsLinesOfJson) {
  const std::string lines = *TimelineJson(**FindScenario("name-collision"), kStart);
  rapidjson::Document json;
  json.Parse(lines.substr(0, lines.find('\n')).c_str());
  ASSERT_TRUE(json.IsObject());
  EXPECT_EQ(json["t"].GetInt64(), kStart + 30 * kMinute);
  EXPECT_STREQ(json["cluster"].GetString(), "c0");
  EXPECT_STREQ(json["findings"][0].GetString(), "identity-collision");
  EXPECT_STREQ(json["alerts"][0].GetString(), "LogBackupClusterNameCollision");
}

TEST(Scenarios, ClustersThatNoFactNamesKeepASmallLag) {
  for (const Scenario& scenario : Scenarios()) {
    std::set<int> concerned;
    for (const Fact& fact : scenario.facts) {
      concerned.insert(fact.cluster);
    }
    const Play play(scenario.name);
    const int64_t minutes = *ParseDurationMs(scenario.duration) / kMinute;
    for (int64_t minute = 0; minute < minutes; minute += 7) {
      const int cluster = scenario.clusters - 1;
      ASSERT_FALSE(concerned.contains(cluster));
      EXPECT_LT(play.LagMinutes(minute, cluster), 6) << scenario.name << " at " << minute;
    }
  }
}

// Times of the samples a sender of cluster 0 has delivered after so many minutes.
std::vector<int64_t> Delivered(const Play& play, int64_t minutes) {
  std::vector<int64_t> times;
  ScrapeOptions options{.start_ms = kStart, .interval_ms = kMinute};
  options.keep = [](std::string_view metric) { return metric == "tikv_log_backup_enabled"; };
  RequestEncoder encoder;
  ScrapeStream stream(
      &play.model(), options, 0,
      [&](const std::string&, size_t samples) {
        times.push_back(static_cast<int64_t>(samples));
        return absl::OkStatus();
      },
      [](int64_t) { return absl::OkStatus(); });
  for (int64_t n = 0; n < minutes; ++n) {
    EXPECT_TRUE(stream.Scrape(n).ok());
    EXPECT_TRUE(stream.Flush().ok());
  }
  std::erase(times, 0);  // metadata
  return times;
}

TEST(PartitionScenario, DeliversTheBacklogAtOnce) {
  const Play play("partition");
  const std::vector<int64_t> delivered = Delivered(play, 70);
  EXPECT_EQ(delivered[10], 9);  // three stores of each cluster
  EXPECT_EQ(delivered[30], 6);
  const int64_t most = *std::max_element(delivered.begin(), delivered.end());
  EXPECT_EQ(most, 9 + 40 * 3);
  EXPECT_EQ(delivered.back(), 9);
}

TEST(OwnerFlappingScenario, HidesTheCheckpointWhileTheLagGrows) {
  const Play play("owner-flapping");
  EXPECT_TRUE(play.Checkpoint(19).has_value());
  for (int64_t minute = 21; minute < 70; ++minute) {
    EXPECT_FALSE(play.Checkpoint(minute).has_value()) << minute;
  }
  EXPECT_GT(play.LagMinutes(69), 45);
  EXPECT_LT(play.LagMinutes(80), 6);
  EXPECT_GT(play.Flushes(0, 60), play.Flushes(0, 30) + 8);
}

TEST(PauseScenario, StopsTheTaskAndLetsGcPassTheCheckpointAfterADay) {
  const Play play("pause");
  const auto gc_ahead = [&](int64_t minute) {
    return *play.Tikv(0, minute, "tikv_gcworker_autogc_safe_point") > *play.Checkpoint(minute);
  };
  EXPECT_EQ(play.Tikv(0, 19, "tikv_log_backup_task_status"), 0);
  EXPECT_EQ(play.Tikv(0, 21, "tikv_log_backup_task_status"), 1);
  EXPECT_EQ(play.Flushes(0, 60), play.Flushes(0, 21));
  EXPECT_EQ(*play.Checkpoint(21), *play.Checkpoint(600));
  EXPECT_FALSE(gc_ahead(24 * 60));
  EXPECT_TRUE(gc_ahead(24 * 60 + 40));
  EXPECT_EQ(play.Tikv(0, 26 * 60 + 21, "tikv_log_backup_task_status"), 0);
}

TEST(PausedThenRollingRestartScenario, LeavesNoSeriesThatTellsOfTheTask) {
  const Play play("paused-then-rolling-restart");
  EXPECT_EQ(play.Tikv(0, 59, "tikv_log_backup_task_status"), 1);
  EXPECT_EQ(play.Tikv(2, 69, "tikv_log_backup_task_status"), 1);
  for (int store = 0; store < 3; ++store) {
    EXPECT_FALSE(play.Tikv(store, 90, "tikv_log_backup_task_status").has_value());
    EXPECT_GT(*play.Tikv(store, 120, "tikv_log_backup_misc_events", "skip_resolve_no_subscription"),
              100);
  }
  EXPECT_TRUE(play.Checkpoint(79).has_value());
  EXPECT_FALSE(play.Checkpoint(90).has_value());
}

TEST(FatalErrorScenario, ShowsTheErrorOnOneStoreAndAPauseOnTheOthers) {
  const Play play("fatal-error");
  EXPECT_EQ(play.Tikv(1, 25, "tikv_log_backup_task_status"), 2);
  EXPECT_EQ(play.Tikv(0, 25, "tikv_log_backup_task_status"), 1);
  EXPECT_FALSE(play.Tikv(1, 19, "tikv_log_backup_fatal_errors").has_value());
  EXPECT_EQ(play.Tikv(1, 21, "tikv_log_backup_fatal_errors"), 1);
  EXPECT_FALSE(play.Tikv(0, 25, "tikv_log_backup_fatal_errors").has_value());
}

TEST(StorageOutageScenario, FailsFlushesOfTenClustersUntilTheTasksStop) {
  const Play play("storage-outage");
  for (int cluster = 0; cluster < 10; ++cluster) {
    int failed = 0;
    for (int store = 0; store < 3; ++store) {
      failed += *play.Tikv(store, 40, "tikv_log_backup_task_status", "", cluster) == 2 ? 1 : 0;
    }
    EXPECT_EQ(failed, 1) << cluster;
  }
  EXPECT_EQ(play.Tikv(0, 40, "tikv_log_backup_task_status", "", 10), 0);
}

TEST(LargeTransactionScenario, PinsTheLockAndTheCheckpointWhileFlushesGoOn) {
  const Play play("large-transaction");
  const char* lock = "tikv_resolved_ts_min_leader_resolved_ts_region_min_lock_ts";
  EXPECT_EQ(play.Tikv(1, 25, lock), play.Tikv(1, 60, lock));
  EXPECT_NEAR(*play.Tikv(1, 50, "tikv_resolved_ts_min_leader_resolved_ts_gap_millis"), 30 * kMinute,
              kMinute);
  EXPECT_LT(*play.Tikv(0, 50, "tikv_resolved_ts_min_leader_resolved_ts_gap_millis"), kMinute);
  EXPECT_GT(play.Flushes(1, 60), play.Flushes(1, 30) + 8);
  EXPECT_GT(play.LagMinutes(60), 38);
  EXPECT_LT(play.LagMinutes(75), 6);
}

TEST(HotWritesScenario, GivesEveryStoreMoreThan50000ChangesASecond) {
  const Play play("hot-writes");
  const char* changes = "tikv_log_backup_handle_kv_batch_sum";
  for (int store = 0; store < 3; ++store) {
    const double rate = (*play.Tikv(store, 300, changes) - *play.Tikv(store, 240, changes)) / 3600;
    EXPECT_GT(rate, 50'000);
    EXPECT_LT((*play.Tikv(store, 50, changes) - *play.Tikv(store, 40, changes)) / 600, 10'000);
  }
  EXPECT_LT(play.LagMinutes(300), 6);
}

TEST(StuckRegionScenario, HoldsTheCheckpointWhileAllStoresAdvance) {
  const Play play("stuck-region");
  EXPECT_GT(play.LagMinutes(60), 38);
  EXPECT_EQ(*play.Checkpoint(30), *play.Checkpoint(60));
  for (int store = 0; store < 3; ++store) {
    EXPECT_GT(play.Flushes(store, 60), play.Flushes(store, 30) + 8);
    EXPECT_LT(*play.Tikv(store, 30, "tikv_log_backup_store_last_checkpoint_ts"),
              *play.Tikv(store, 60, "tikv_log_backup_store_last_checkpoint_ts"));
  }
  EXPECT_LT(play.LagMinutes(75), 6);
}

TEST(RegistrationHangScenario, StopsTheEndpointOfOneStore) {
  const Play play("registration-hang");
  EXPECT_GT(*play.Tikv(1, 10, "tikv_raftstore_region_count", "leader"), 32'768);
  EXPECT_EQ(play.Tikv(1, 30, "tikv_log_backup_enabled"), 1);
  EXPECT_FALSE(play.Tikv(1, 30, "tikv_log_backup_task_status").has_value());
  EXPECT_FALSE(play.Tikv(1, 30, "tikv_log_backup_internal_actor_acting_duration_sec_count",
                         "get_checkpoints")
                   .has_value());
  EXPECT_EQ(play.Tikv(0, 30, "tikv_log_backup_task_status"), 0);
  EXPECT_GT(play.LagMinutes(60), 35);
  EXPECT_EQ(play.Tikv(1, 70, "tikv_log_backup_task_status"), 0);
  EXPECT_LT(play.LagMinutes(80), 6);
}

TEST(NameCollisionScenario, SendsTwoClusterIdsUnderOneName) {
  const Play play("name-collision");
  const auto cluster_of = [&](int cluster) {
    for (const auto& [name, value] : play.Find(Role::kPd, cluster, 0).labels) {
      if (name == "cluster") {
        return value;
      }
    }
    return std::string();
  };
  EXPECT_EQ(cluster_of(0), cluster_of(1));
  EXPECT_NE(cluster_of(0), cluster_of(2));
  const Instance& second = play.Find(Role::kPd, 1, 0);
  EXPECT_FALSE(play.model().At(second, kStart + 29 * kMinute).reachable);
  EXPECT_TRUE(play.model().At(second, kStart + 31 * kMinute).reachable);
}

TEST(SilentClusterScenario, SendsNothingAnyMore) {
  const Play play("silent-cluster");
  const std::vector<int64_t> delivered = Delivered(play, 60);
  EXPECT_EQ(delivered[10], 9);
  EXPECT_EQ(delivered.back(), 6);
}

TEST(ClockSkewScenario, StampsAllThatAClusterSaysByItsOwnClock) {
  const Play play("clock-skew");
  const auto now = [&](int cluster) {
    return play.model().At(play.Find(Role::kTikv, cluster, 0), kStart).now_ms - kStart;
  };
  EXPECT_EQ(now(0), 5 * kMinute);
  EXPECT_EQ(now(1), -5 * kMinute);
  EXPECT_EQ(now(2), 0);
  EXPECT_LT(play.LagMinutes(30, 0), 6);
  EXPECT_LT(play.LagMinutes(30, 1), 6);
}

}  // namespace
}  // namespace tidemark::fleetsim
