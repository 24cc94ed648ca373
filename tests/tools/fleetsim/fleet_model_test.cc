#include "tools/fleetsim/fleet_model.h"

#include <cmath>
#include <map>

#include <gtest/gtest.h>

namespace tidemark::fleetsim {
namespace {

constexpr int64_t kStart = 1'780'000'000'000;
constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

const Instance& Find(const FleetModel& model, Role role, int ordinal) {
  for (const Instance& instance : model.instances()) {
    if (instance.role == role && instance.ordinal == ordinal) {
      return instance;
    }
  }
  ADD_FAILURE() << "no such instance";
  return model.instances()[0];
}

// The value of the series whose name and one label value are given; nothing if absent.
std::optional<double> Value(const FleetModel& model, const Instance& instance, int64_t t,
                            std::string_view name, std::string_view label = "") {
  const InstanceState state = model.At(instance, t);
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

FleetOptions One(uint64_t seed, std::vector<Incident> incidents = {}) {
  return {.seed = seed, .clusters = 1, .incidents = std::move(incidents)};
}

// A moment from which `instance` stays up for `ahead`.
int64_t QuietMoment(const FleetModel& model, const Instance& instance, int64_t ahead) {
  int64_t t = kStart;
  while (model.At(instance, t + ahead).start_ms > t - kHour) {
    t += kDay;
  }
  return t;
}

TEST(FleetModel, PutsAPrefixBeforeTheNamesOfAllClusters) {
  FleetOptions options;
  options.name_prefix = "west.";
  options.named_like = {{2, 0}};
  const FleetModel model(options);
  for (const Instance& instance : model.instances()) {
    EXPECT_EQ(instance.labels.front(),
              std::pair(std::string("cluster"),
                        std::string(instance.cluster == 1 ? "west.c1" : "west.c0")));
  }
}

TEST(FleetModel, GivesTheSameNumbersForTheSameSeedAndTime) {
  const FleetModel first({.seed = 42, .clusters = 2});
  const FleetModel second({.seed = 42, .clusters = 2});
  const FleetModel other({.seed = 43, .clusters = 2});
  size_t differing = 0;
  for (size_t n = 0; n < first.instances().size(); ++n) {
    const Instance& instance = first.instances()[n];
    const InstanceState a = first.At(instance, kStart);
    const InstanceState b = second.At(second.instances()[n], kStart);
    const InstanceState c = other.At(other.instances()[n], kStart);
    for (size_t i = 0; i < instance.table->series().size(); ++i) {
      const auto value = instance.table->Value(a, i);
      EXPECT_EQ(value, second.instances()[n].table->Value(b, i));
      differing += value != other.instances()[n].table->Value(c, i) ? 1 : 0;
    }
  }
  EXPECT_GT(differing, 1'000u);
}

TEST(FleetModel, StoreWithATaskExportsAbout590LogBackupSeries) {
  const FleetModel model(One(1));
  const Instance& store = Find(model, Role::kTikv, 0);
  const int64_t t = QuietMoment(model, store, kHour);
  const InstanceState state = model.At(store, t);
  size_t count = 0;
  for (size_t i = 0; i < store.table->series().size(); ++i) {
    const std::string& name = store.table->series()[i].name;
    const bool log_backup =
        name.starts_with("tikv_log_backup_") || name.starts_with("tikv_stream_");
    count += log_backup && store.table->Value(state, i) ? 1 : 0;
  }
  EXPECT_GE(count, 570u);
  EXPECT_LE(count, 630u);
}

TEST(FleetModel, TidbExportsThreeGaugesUntilItIsOwner) {
  const FleetModel model({.seed = 1, .clusters = 1, .tidb = 12});
  size_t fewest = 1'000;
  size_t most = 0;
  for (const Instance& instance : model.instances()) {
    if (instance.role == Role::kTidb) {
      const size_t count = model.CountSeries(instance, kStart);
      fewest = std::min(fewest, count);
      most = std::max(most, count);
    }
  }
  EXPECT_EQ(fewest, 3u + 1u);           // and the start of the process
  EXPECT_EQ(most, 58u + 3 * 15u + 1u);  // three stores
}

// What a family's histograms add up to, by label set.
struct HistogramView {
  std::vector<double> buckets;
  double sum = 0;
  double count = -1;
};

std::map<uint64_t, HistogramView> Histograms(const FleetModel& model, const Instance& instance,
                                             int64_t t) {
  std::map<uint64_t, HistogramView> views;
  const InstanceState state = model.At(instance, t);
  for (size_t i = 0; i < instance.table->series().size(); ++i) {
    const MetricSeries& series = instance.table->series()[i];
    const std::optional<double> value = instance.table->Value(state, i);
    if (series.deck == nullptr || !value) {
      continue;
    }
    HistogramView& view = views[series.key];
    if (series.part == MetricSeries::Part::kBucket) {
      view.buckets.push_back(*value);
    } else {
      (series.part == MetricSeries::Part::kSum ? view.sum : view.count) = *value;
    }
  }
  return views;
}

TEST(FleetModel, HistogramsAreCumulativeAndEndInTheirCount) {
  const FleetModel model(One(5));
  for (const Instance& instance : model.instances()) {
    if (!model.At(instance, kStart).up) {
      continue;
    }
    for (const auto& [key, view] : Histograms(model, instance, kStart)) {
      EXPECT_TRUE(std::is_sorted(view.buckets.begin(), view.buckets.end()));
      EXPECT_EQ(view.buckets.back(), view.count);
      EXPECT_GT(view.sum, 0);
    }
  }
}

TEST(FleetModel, NothingCountedFallsWithinALife) {
  const FleetModel model(One(6));
  const Instance& store = Find(model, Role::kTikv, 1);
  const int64_t from = QuietMoment(model, store, 2 * kHour);
  std::vector<std::optional<double>> before(store.table->series().size());
  for (int64_t t = from; t < from + 2 * kHour; t += 15'000) {
    const InstanceState state = model.At(store, t);
    for (size_t i = 0; i < before.size(); ++i) {
      const MetricSeries& series = store.table->series()[i];
      const std::optional<double> now = store.table->Value(state, i);
      if (series.part != MetricSeries::Part::kGauge) {
        ASSERT_GE(now.value_or(0), before[i].value_or(0)) << series.name << " at " << t;
      }
      before[i] = now;
    }
  }
}

TEST(FleetModel, GrowthOfAHistogramIsItselfAHistogram) {
  const FleetModel model(One(7));
  const Instance& store = Find(model, Role::kTikv, 1);
  const int64_t t = QuietMoment(model, store, kHour);
  const auto before = Histograms(model, store, t);
  const auto after = Histograms(model, store, t + kHour);
  for (const auto& [key, view] : after) {
    const auto old = before.find(key);
    if (old == before.end()) {
      continue;
    }
    double below = 0;
    for (size_t b = 0; b < view.buckets.size(); ++b) {
      const double grown = view.buckets[b] - old->second.buckets[b];
      EXPECT_GE(grown, below);
      below = grown;
    }
    EXPECT_EQ(below, view.count - old->second.count);
  }
}

TEST(FleetModel, StoreFlushesEveryTwoAndAHalfMinutes) {
  const FleetModel model(One(8));
  const Instance& store = Find(model, Role::kTikv, 0);
  const int64_t t = QuietMoment(model, store, kHour);
  const auto flushes = [&](int64_t at) {
    return Value(model, store, at, "tikv_log_backup_flush_duration_sec_count", "save_files")
        .value();
  };
  EXPECT_NEAR(flushes(t + kHour) - flushes(t), 24, 1);
}

TEST(FleetModel, CheckpointGaugeOfTheOwnerIsATsoAFewMinutesOld) {
  const FleetModel model(One(9));
  const auto checkpoint = [&](int64_t t) {
    for (const Instance& instance : model.instances()) {
      if (const auto v = Value(model, instance, t, "tidb_log_backup_last_checkpoint")) {
        return *v;
      }
    }
    return 0.0;
  };
  int seen = 0;
  for (int64_t t = kStart; t < kStart + kHour; t += 15'000) {
    if (const double tso = checkpoint(t); tso > 0) {
      const double lag_ms = static_cast<double>(t) - tso / 262144;
      EXPECT_GT(lag_ms, 0);
      EXPECT_LT(lag_ms, 10 * kMinute);
      ++seen;
    }
  }
  EXPECT_GT(seen, 230);
}

TEST(FleetModel, RestartForgetsCountersAndMovesTheStartTime) {
  const int64_t at = kStart + kHour;
  const FleetModel model(
      One(10, {{.kind = Incident::Kind::kRestart, .at_ms = at, .cluster = 0, .ordinal = 0}}));
  const Instance& store = Find(model, Role::kTikv, 0);
  const auto events = [&](int64_t t) {
    return Value(model, store, t, "tikv_log_backup_handle_kv_batch_count");
  };
  EXPECT_FALSE(model.At(store, at).up);
  EXPECT_LT(events(at + 2 * kMinute).value(), events(at - 1).value());
  EXPECT_GT(*Value(model, store, at + 2 * kMinute, "process_start_time_seconds"),
            static_cast<double>(at) / 1000);
  // The first flush comes after the scans: its series do not exist before.
  EXPECT_FALSE(
      Value(model, store, at + 50'000, "tikv_log_backup_flush_duration_sec_count", "save_files"));
  EXPECT_TRUE(Value(model, store, at + 6 * kMinute, "tikv_log_backup_flush_duration_sec_count",
                    "save_files"));
}

TEST(FleetModel, PausedTaskShowsStatusOneAndVanishesOnRestart) {
  const int64_t pause = kStart + kHour;
  const int64_t restart = pause + kHour;
  const FleetModel model(
      One(11, {{.kind = Incident::Kind::kPause, .at_ms = pause, .duration_ms = 5 * kHour},
               {.kind = Incident::Kind::kRestart, .at_ms = restart, .cluster = 0, .ordinal = 0}}));
  const Instance& restarted = Find(model, Role::kTikv, 0);
  const Instance& other = Find(model, Role::kTikv, 1);
  const auto status = [&](const Instance& store, int64_t t) {
    return Value(model, store, t, "tikv_log_backup_task_status");
  };
  const int64_t later = restart + 10 * kMinute;
  EXPECT_EQ(status(restarted, pause - kMinute), 0);
  EXPECT_EQ(status(restarted, pause + kMinute), 1);
  EXPECT_EQ(status(restarted, later), std::nullopt);
  EXPECT_EQ(status(other, later), 1);
  EXPECT_GT(
      Value(model, restarted, later, "tikv_log_backup_misc_events", "skip_resolve_no_subscription"),
      50);
  EXPECT_EQ(status(restarted, pause + 5 * kHour + kMinute), 0);
  EXPECT_EQ(Value(model, other, pause + 5 * kHour + kMinute, "tikv_stream_metadata_event_count",
                  "task_resume"),
            1);
}

TEST(FleetModel, LongStorageOutagePutsOneStoreInErrorAndTheOthersOnPause) {
  const int64_t at = kStart + kHour;
  const FleetModel model(
      One(12, {{.kind = Incident::Kind::kOutage, .at_ms = at, .duration_ms = kHour}}));
  int errors = 0;
  for (int i = 0; i < 3; ++i) {
    const Instance& store = Find(model, Role::kTikv, i);
    const int64_t t = at + 30 * kMinute;
    const double status = Value(model, store, t, "tikv_log_backup_task_status").value();
    const auto fatal = Value(model, store, t, "tikv_log_backup_fatal_errors");
    EXPECT_GE(status, 1);
    EXPECT_EQ(fatal.has_value(), status == 2);
    EXPECT_GT(Value(model, store, t, "tikv_log_backup_errors", "KV:LogBackup:Io"), 10);
    errors += status == 2 ? 1 : 0;
  }
  EXPECT_EQ(errors, 1);
}

TEST(FleetModel, SilentSenderIsUnreachableWhileItLasts) {
  const FleetModel model(One(13, {{.kind = Incident::Kind::kStop, .at_ms = kStart}}));
  const Instance& pd = Find(model, Role::kPd, 0);
  EXPECT_TRUE(model.At(pd, kStart - 1).reachable);
  EXPECT_FALSE(model.At(pd, kStart).reachable);
  EXPECT_TRUE(model.At(pd, kStart + 10 * kMinute).reachable);
}

TEST(FleetModel, DerivesTheNumberOfClustersFromSeries) {
  FleetOptions options;
  options.clusters = ClustersForSeries(options, 100'000);
  const FleetModel model(options);
  size_t series = 0;
  for (const Instance& instance : model.instances()) {
    series += model.CountSeries(instance, kStart);
  }
  EXPECT_NEAR(static_cast<double>(series), 100'000, 5'000);
}

TEST(FleetModel, LabelsOfInstancesAreSortedAndTellThemApart) {
  for (const LabelStyle style : {LabelStyle::kTiup, LabelStyle::kOperator}) {
    const FleetModel model({.clusters = 300, .labels = style});
    std::map<LabelPairs, std::string> seen;
    for (const Instance& instance : model.instances()) {
      EXPECT_TRUE(std::is_sorted(instance.labels.begin(), instance.labels.end()));
      EXPECT_TRUE(seen.emplace(instance.labels, instance.path).second) << instance.path;
    }
  }
}

}  // namespace
}  // namespace tidemark::fleetsim
