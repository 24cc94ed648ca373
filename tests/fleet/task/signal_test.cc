#include "fleet/task/signal.h"

#include "gtest/gtest.h"

namespace tidemark::fleet {
namespace {

using model::Labels;

TEST(Signal, ReadsBothSpellingsOfTheActorsMetricAsOne) {
  const Labels old_name =
      Labels::Of({{"__name__", "tikv_log_backup_interal_actor_acting_duration_sec_count"},
                  {"message", "sync"}});
  const Labels new_name =
      Labels::Of({{"__name__", "tikv_log_backup_internal_actor_acting_duration_sec_count"},
                  {"message", "sync"}});
  const auto a = ReadSignal(old_name);
  const auto b = ReadSignal(new_name);
  ASSERT_TRUE(a.has_value() && b.has_value());
  EXPECT_EQ(a->signal, Signal::kActorMessages);
  EXPECT_EQ(b->signal, Signal::kActorMessages);
  EXPECT_EQ(a->part, b->part);
}

TEST(Signal, TellsThePartsOfAMetricApart) {
  const auto read = [](const char* stage) {
    const Labels series =
        Labels::Of({{"__name__", "tikv_log_backup_flush_duration_sec_count"}, {"stage", stage}});
    const auto signal = ReadSignal(series);
    return signal.has_value() ? std::optional(signal->signal) : std::nullopt;
  };
  EXPECT_EQ(read("save_files"), Signal::kFlushes);
  EXPECT_EQ(read("generate_metadata"), Signal::kFlushAttempts);
  EXPECT_EQ(read("clear_temp_files"), std::nullopt);
}

TEST(Signal, NeedsAllConditionsOfItsRow) {
  const auto known = [](const char* db, const char* type) {
    const Labels series =
        Labels::Of({{"__name__", "tikv_engine_flow_bytes"}, {"db", db}, {"type", type}});
    return ReadSignal(series).has_value();
  };
  EXPECT_TRUE(known("kv", "bytes_written"));
  EXPECT_FALSE(known("raft", "bytes_written"));
  EXPECT_FALSE(known("kv", "bytes_read"));
}

TEST(Signal, GivesTheTaskAndTheComponent) {
  const Labels series =
      Labels::Of({{"__name__", "tidb_log_backup_last_checkpoint"}, {"task", "pitr"}});
  const auto signal = ReadSignal(series);
  ASSERT_TRUE(signal.has_value());
  EXPECT_EQ(signal->part, "pitr");
  EXPECT_EQ(signal->component, Component::kTidb);
}

TEST(Signal, LooksAtNothingElse) {
  EXPECT_FALSE(ReadSignal(Labels::Of({{"__name__", "tikv_scheduler_latch_wait"}})).has_value());
  EXPECT_FALSE(ReadSignal(Labels()).has_value());
}

TEST(Signal, MetricsAreListedOnce) {
  const auto metrics = SignalMetrics();
  EXPECT_TRUE(std::is_sorted(metrics.begin(), metrics.end()));
  EXPECT_EQ(std::adjacent_find(metrics.begin(), metrics.end()), metrics.end());
  EXPECT_TRUE(std::binary_search(metrics.begin(), metrics.end(), "up"));
}

}  // namespace
}  // namespace tidemark::fleet
