#include "alert/history/alert_history.h"

#include <map>
#include <random>

#include <gtest/gtest.h>

#include "absl/cleanup/cleanup.h"
#include "tests/alert/history/records.h"
#include "tests/testing/child_process.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/faulty_file_system.h"

namespace tidemark::alert {
namespace {

using testing::RecordOf;
using ::tidemark::testing::FakeClock;
using ::tidemark::testing::FaultyFileSystem;

constexpr char kDir[] = "/data/alerts";
constexpr int64_t kPatienceMs = 60'000;
constexpr int64_t kHourMs = 3'600'000;

class AlertHistoryTest : public ::testing::Test {
 protected:
  AlertHistoryTest() {
    options_.dir = kDir;
    options_.upkeep_interval_ms = 0;
    options_.segment_bytes = 64u << 10;
  }

  std::unique_ptr<AlertHistory> Open(FaultyFileSystem* fs) {
    auto history = AlertHistory::Open(options_, {&clock_, &logger_, &metrics_, fs});
    EXPECT_TRUE(history.ok()) << history.status();
    return history.ok() ? *std::move(history) : nullptr;
  }

  static void WaitWritten(const AlertHistory& history) {
    EXPECT_TRUE(::tidemark::testing::WaitUntil([&] { return history.Written(); }, kPatienceMs));
  }

  double Damage() { return static_cast<double>(damage_->value()); }

  FakeClock clock_{1'700'000'000'000};
  base::Logger logger_{stderr, static_cast<base::LogLevel>(9)};  // nothing
  base::MetricsRegistry metrics_;
  base::Counter* const damage_ = metrics_.AddCounter("tidemark_alert_history_damage_total", "");
  AlertHistoryOptions options_;
  FaultyFileSystem fs_;
};

std::vector<AlertRecord> TransitionsOf(const AlertHistory& history, const HistoryQuery& query) {
  const auto answer = history.Query(query);
  EXPECT_TRUE(answer.ok()) << answer.status();
  return answer.ok() ? answer->transitions : std::vector<AlertRecord>();
}

TEST_F(AlertHistoryTest, KnowsAfterAKillWhatItKnewBefore) {
  const int64_t now = clock_.NowMs();
  const AlertRecord firing = RecordOf("Lag", "a", AlertState::kFiring, now + 2);
  const AlertRecord pending = RecordOf("Lag", "b", AlertState::kPending, now + 3);
  const auto running = Open(&fs_);
  running->Record({RecordOf("Lag", "a", AlertState::kPending, now + 1)});
  running->Record({firing, pending});
  WaitWritten(*running);
  EXPECT_EQ(running->States(), (std::vector{firing, pending}));
  const auto killed = fs_.AfterKill();
  const auto history = Open(killed.get());
  EXPECT_EQ(history->States(), (std::vector{firing, pending}));
  EXPECT_EQ(TransitionsOf(*history, {}).size(), 3u);
  EXPECT_EQ(Damage(), 0);
}

TEST_F(AlertHistoryTest, NeedsOnlyTheCheckpointAndWhatCameBehindIt) {
  const int64_t now = clock_.NowMs();
  {
    const auto history = Open(&fs_);
    history->Record({RecordOf("Lag", "a", AlertState::kPending, now),
                     RecordOf("Lag", "b", AlertState::kPending, now)});
    ASSERT_TRUE(history->Checkpoint().ok());
    history->Record({RecordOf("Lag", "a", AlertState::kFiring, now + 1)});
    WaitWritten(*history);
  }
  const auto killed = fs_.AfterKill();
  ASSERT_TRUE(killed->Delete("/data/alerts/00000001.journal").ok());
  const auto history = Open(killed.get());
  EXPECT_EQ(history->States(), (std::vector{RecordOf("Lag", "a", AlertState::kFiring, now + 1),
                                            RecordOf("Lag", "b", AlertState::kPending, now)}));
}

TEST_F(AlertHistoryTest, MakesUpTheStatesFromTheLogWhenTheCheckpointIsDamaged) {
  const int64_t now = clock_.NowMs();
  const AlertRecord record = RecordOf("Lag", "a", AlertState::kPending, now);
  {
    const auto history = Open(&fs_);
    history->Record({record});
    ASSERT_TRUE(history->Close().ok());
  }
  fs_.Flip("/data/alerts/states", 40);
  const auto history = Open(&fs_);
  EXPECT_EQ(history->States(), std::vector{record});
  EXPECT_EQ(Damage(), 1);
}

TEST_F(AlertHistoryTest, ReadsOnBehindDamageAndTellsOfIt) {
  const int64_t now = clock_.NowMs();
  {
    const auto history = Open(&fs_);
    for (int i = 0; i < 10; ++i) {
      history->Record({RecordOf("Lag", std::to_string(i), AlertState::kFiring, now + i)});
      WaitWritten(*history);
    }
    ASSERT_TRUE(history->Close().ok());
  }
  ASSERT_TRUE(fs_.Delete("/data/alerts/states").ok());
  fs_.Flip("/data/alerts/00000001.journal", 600);
  const auto history = Open(&fs_);
  EXPECT_EQ(history->States().size(), 9u);
  EXPECT_EQ(TransitionsOf(*history, {}).size(), 9u);
  EXPECT_EQ(Damage(), 1);
}

TEST_F(AlertHistoryTest, SaysNothingOfATornEnd) {
  const int64_t now = clock_.NowMs();
  const auto running = Open(&fs_);
  for (int i = 0; i < 3; ++i) {
    running->Record({RecordOf("Lag", std::to_string(i), AlertState::kFiring, now + i)});
  }
  WaitWritten(*running);
  const auto killed = fs_.AfterKill();
  std::string content = killed->Content("/data/alerts/00000001.journal");
  content.resize(content.find_last_not_of('\0') - 10);
  killed->SetContent("/data/alerts/00000001.journal", content);
  const auto history = Open(killed.get());
  EXPECT_EQ(history->States().size(), 2u);
  EXPECT_EQ(Damage(), 0);
}

TEST_F(AlertHistoryTest, WritesWhatTheDiskRefusedOnceItTakesRecordsAgain) {
  const int64_t now = clock_.NowMs();
  const auto history = Open(&fs_);
  history->Record({RecordOf("Lag", "a", AlertState::kPending, now)});
  WaitWritten(*history);
  fs_.FailWrites(1'000'000);
  history->Record({RecordOf("Lag", "a", AlertState::kFiring, now + 1)});
  history->Record({RecordOf("Lag", "b", AlertState::kFiring, now + 2)});
  ASSERT_TRUE(::tidemark::testing::WaitUntil(
      [&] {
        return metrics_.Expose().find("tidemark_alert_history_failing 1") != std::string::npos;
      },
      kPatienceMs));
  EXPECT_EQ(TransitionsOf(*history, {}).size(), 3u);
  fs_.FailWrites(0);
  ASSERT_TRUE(history->Checkpoint().ok());
  WaitWritten(*history);
  history->Record({RecordOf("Lag", "c", AlertState::kFiring, now + 3)});
  WaitWritten(*history);
  const auto disk = fs_.AfterLosingAllUnsynced();
  const auto again = Open(disk.get());
  EXPECT_EQ(again->States(), history->States());
  EXPECT_EQ(TransitionsOf(*again, {}), TransitionsOf(*history, {}));
  EXPECT_EQ(TransitionsOf(*again, {}).size(), 4u);
}

TEST_F(AlertHistoryTest, ForgetsAlertsThatWereResolvedLongAgo) {
  const int64_t now = clock_.NowMs();
  const auto history = Open(&fs_);
  const AlertRecord firing = RecordOf("Lag", "a", AlertState::kFiring, now);
  history->Record({firing, RecordOf("Lag", "b", AlertState::kInactive, now)});
  ASSERT_TRUE(history->Checkpoint().ok());
  EXPECT_EQ(history->States().size(), 2u);
  clock_.Advance(kResolvedRetentionMs + 10);
  ASSERT_TRUE(history->Checkpoint().ok());
  EXPECT_EQ(history->States(), std::vector{firing});
}

TEST_F(AlertHistoryTest, ForgetsAtOnceAnAlertThatNeverFired) {
  const int64_t now = clock_.NowMs();
  const auto history = Open(&fs_);
  history->Record({RecordOf("Lag", "a", AlertState::kPending, now)});
  AlertRecord dropped = RecordOf("Lag", "a", AlertState::kInactive, now + 1);
  dropped.alert.fired_at.reset();
  dropped.alert.resolved_at.reset();
  history->Record({dropped});
  EXPECT_TRUE(history->States().empty());
  EXPECT_EQ(TransitionsOf(*history, {}).size(), 2u);
}

TEST_F(AlertHistoryTest, DeletesWhatIsOlderThanItsRetention) {
  options_.retention_ms = kHourMs;
  const int64_t now = clock_.NowMs();
  const auto history = Open(&fs_);
  const AlertRecord firing = RecordOf("Lag", "a", AlertState::kFiring, now);
  history->Record({firing});
  ASSERT_TRUE(history->Checkpoint().ok());
  clock_.Advance(kHourMs);
  history->Record({RecordOf("Lag", "b", AlertState::kFiring, clock_.NowMs())});
  ASSERT_TRUE(history->Checkpoint().ok());
  EXPECT_EQ(TransitionsOf(*history, {}).size(), 2u);
  clock_.Advance(1000);
  ASSERT_TRUE(history->Checkpoint().ok());
  EXPECT_EQ(TransitionsOf(*history, {}).size(), 1u);
  EXPECT_EQ(history->States().size(), 2u) << "an alert that still fires has been forgotten";
  const auto killed = fs_.AfterKill();
  const auto again = Open(killed.get());
  EXPECT_EQ(again->States(), history->States());
  EXPECT_EQ(Damage(), 0);
}

TEST_F(AlertHistoryTest, DeletesTheOldestWhenTheLogIsTooLarge) {
  options_.max_bytes = 4000;
  const int64_t now = clock_.NowMs();
  const auto history = Open(&fs_);
  for (int i = 0; i < 100; ++i) {
    history->Record({RecordOf("Lag", "a", AlertState::kFiring, now + i)});
    ASSERT_TRUE(history->Checkpoint().ok());
  }
  const auto transitions = TransitionsOf(*history, {});
  EXPECT_GT(transitions.size(), 5u);
  EXPECT_LT(transitions.size(), 40u);
  EXPECT_EQ(transitions.front().t, now + 99);
}

TEST_F(AlertHistoryTest, FindsByTimeRuleAndLabels) {
  const int64_t now = clock_.NowMs();
  auto history = Open(&fs_);
  for (int i = 0; i < 6; ++i) {
    history->Record({RecordOf(i % 2 == 0 ? "Lag" : "Failed", i < 3 ? "a" : "b", AlertState::kFiring,
                              now + i * 1000)});
    if (i == 1 || i == 3) {
      ASSERT_TRUE(history->Checkpoint().ok());  // over several segments
    }
  }
  const auto times = [&](const HistoryQuery& query) {
    std::vector<int64_t> result;
    for (const AlertRecord& record : TransitionsOf(*history, query)) {
      result.push_back((record.t - now) / 1000);
    }
    return result;
  };
  HistoryQuery query;
  EXPECT_EQ(times(query), (std::vector<int64_t>{5, 4, 3, 2, 1, 0}));
  query.min_time = now + 1000;
  query.max_time = now + 4000;
  EXPECT_EQ(times(query), (std::vector<int64_t>{4, 3, 2, 1}));
  query.rules = {"Lag", "Other"};
  EXPECT_EQ(times(query), (std::vector<int64_t>{4, 2}));
  query.selectors = {{*model::Matcher::Create(model::MatchType::kEqual, "cluster", "b")},
                     {*model::Matcher::Create(model::MatchType::kEqual, "cluster", "c")}};
  EXPECT_EQ(times(query), (std::vector<int64_t>{4}));
  ASSERT_TRUE(history->Close().ok());
  history = Open(&fs_);
  EXPECT_EQ(times(query), (std::vector<int64_t>{4}));
}

TEST_F(AlertHistoryTest, GivesTheNewestWhenThereAreTooMany) {
  const int64_t now = clock_.NowMs();
  const auto history = Open(&fs_);
  for (int i = 0; i < 20; ++i) {
    // The last ones are late: older than those before them.
    history->Record({RecordOf("Lag", "a", AlertState::kFiring, now + (i < 10 ? i : -i))});
  }
  HistoryQuery query;
  query.limit = 3;
  const auto answer = history->Query(query);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_TRUE(answer->truncated);
  ASSERT_EQ(answer->transitions.size(), 3u);
  EXPECT_EQ(answer->transitions[0].t, now + 9);
  EXPECT_EQ(answer->transitions[2].t, now + 7);
  query.limit = 20;
  EXPECT_FALSE(history->Query(query)->truncated);
}

TEST_F(AlertHistoryTest, IsAPrefixOfWhatHappenedAfterAnyPowerLoss) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    std::mt19937_64 random(seed);
    FaultyFileSystem fs;
    std::vector<AlertRecord> all;
    size_t durable = 0;  // of them, known to be
    std::unique_ptr<FaultyFileSystem> lost;
    size_t durable_when_lost = 0;
    const uint64_t steps = 1 + random() % 40;
    {
      const auto history = Open(&fs);
      for (uint64_t step = 0; step < steps; ++step) {
        all.push_back(RecordOf("Lag", std::to_string(random() % 5),
                               static_cast<AlertState>(1 + random() % 2),
                               clock_.NowMs() + static_cast<int64_t>(step)));
        history->Record({all.back()});
        if (random() % 3 == 0) {
          WaitWritten(*history);
          durable = all.size();
        }
        if (random() % 8 == 0) {
          ASSERT_TRUE(history->Checkpoint().ok()) << "seed " << seed;
          durable = all.size();
        }
      }
      durable_when_lost = durable;
      lost = fs.AfterPowerLoss(seed);
      WaitWritten(*history);
    }
    const auto history = Open(lost.get());
    std::vector<AlertRecord> found = TransitionsOf(*history, {});
    std::reverse(found.begin(), found.end());
    ASSERT_GE(found.size(), durable_when_lost) << "seed " << seed;
    ASSERT_LE(found.size(), all.size()) << "seed " << seed;
    std::map<std::string, AlertRecord> fold;
    for (size_t i = 0; i < found.size(); ++i) {
      ASSERT_EQ(found[i], all[i]) << "seed " << seed << ", record " << i;
      fold.insert_or_assign(KeyOf(found[i]), found[i]);
    }
    std::vector<AlertRecord> states;
    for (auto& [key, record] : fold) {
      states.push_back(record);
    }
    EXPECT_EQ(history->States(), states) << "seed " << seed;
  }
  EXPECT_EQ(Damage(), 0);
}

TEST_F(AlertHistoryTest, IsReadWhileItIsWritten) {
  options_.upkeep_interval_ms = 1;
  options_.checkpoint_interval_ms = 1;
  const auto history = Open(&fs_);
  const int64_t now = clock_.NowMs();
  std::thread writer([&] {
    for (int i = 0; i < 2000; ++i) {
      history->Record({RecordOf("Lag", std::to_string(i % 7), AlertState::kFiring, now + i)});
      clock_.Advance(1);
    }
  });
  size_t before = 0;
  while (before < 2000) {
    const size_t count = TransitionsOf(*history, {}).size();
    EXPECT_GE(count, before);
    before = count;
  }
  writer.join();
  EXPECT_EQ(before, 2000u);
  EXPECT_TRUE(history->Close().ok());
}

}  // namespace
}  // namespace tidemark::alert
