#include "storage/change_log.h"

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace tidemark::storage {
namespace {

TEST(ChangeLog, KnowsOfNoChangeBehindThePresentMark) {
  ChangeLog log;
  EXPECT_EQ(log.OldestSince(log.Now()), model::kMaxTimestamp);
  log.Note(5000);
  EXPECT_EQ(log.OldestSince(log.Now()), model::kMaxTimestamp);
}

TEST(ChangeLog, GivesTheOldestOfTheChangesBehindAMark) {
  ChangeLog log;
  const auto before = log.Now();
  log.Note(20'000);
  const auto between = log.Now();
  log.Note(30'000);
  log.Note(25'000);
  EXPECT_EQ(log.OldestSince(before), 20'000);
  EXPECT_EQ(log.OldestSince(between), 25'000);
}

TEST(ChangeLog, RoundsTimesDownToSeconds) {
  ChangeLog log;
  const auto mark = log.Now();
  log.Note(1'999);
  EXPECT_EQ(log.OldestSince(mark), 1'000);
  log.Note(-1);
  EXPECT_EQ(log.OldestSince(mark), -1'000);
  log.Note(model::kMinTimestamp);
  EXPECT_EQ(log.OldestSince(mark), model::kMinTimestamp);
}

TEST(ChangeLog, IsNeverTooNewHoweverManyChangesThereWere) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  ChangeLog log;
  std::vector<std::pair<ChangeLog::Mark, model::Timestamp>> notes;
  for (int i = 0; i < 50'000; ++i) {
    const model::Timestamp t = i * 1000 - (random() % 100 == 0 ? random() % 1'000'000 : 0);
    const auto mark = log.Now();
    log.Note(t);
    notes.emplace_back(mark, t);
  }
  model::Timestamp oldest = model::kMaxTimestamp;
  size_t exact = 0;
  for (auto note = notes.rbegin(); note != notes.rend(); ++note) {
    oldest = std::min(oldest, note->second);
    ASSERT_LE(log.OldestSince(note->first), oldest);
    exact += log.OldestSince(note->first) + 60'000 >= oldest ? 1u : 0u;
  }
  EXPECT_GT(exact, notes.size() * 9 / 10) << "thinning loses more than a minute";
}

}  // namespace
}  // namespace tidemark::storage
