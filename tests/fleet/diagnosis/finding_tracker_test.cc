#include "fleet/diagnosis/finding_tracker.h"

#include "gtest/gtest.h"

namespace tidemark::fleet {
namespace {

constexpr model::Timestamp kT = 1'790'000'000'000;

Finding Make(FindingKind kind, std::string task = {}) {
  Finding finding;
  finding.kind = kind;
  finding.task = std::move(task);
  return finding;
}

TEST(FindingTracker, RemembersSinceWhenAFindingHolds) {
  FindingTracker tracker;
  tracker.Update({Make(FindingKind::kTaskPaused, "a")}, kT);
  const auto later = tracker.Update({Make(FindingKind::kTaskPaused, "a")}, kT + kHourMs);
  ASSERT_EQ(later.size(), 1u);
  EXPECT_EQ(later[0].since, kT);
}

TEST(FindingTracker, StartsAnewAfterAFindingWasOver) {
  FindingTracker tracker;
  tracker.Update({Make(FindingKind::kTaskPaused, "a")}, kT);
  tracker.Update({}, kT + 1);
  EXPECT_EQ(tracker.Update({Make(FindingKind::kTaskPaused, "a")}, kT + 2)[0].since, kT + 2);
}

TEST(FindingTracker, HoldsBackWhatMustLast) {
  FindingTracker tracker;
  const int64_t hold = InfoOf(FindingKind::kNoAdvancerOwner).hold_ms;
  ASSERT_GT(hold, 0);
  EXPECT_TRUE(tracker.Update({Make(FindingKind::kNoAdvancerOwner)}, kT).empty());
  EXPECT_TRUE(tracker.Update({Make(FindingKind::kNoAdvancerOwner)}, kT + hold - 1).empty());
  EXPECT_EQ(tracker.Update({Make(FindingKind::kNoAdvancerOwner)}, kT + hold).size(), 1u);
}

TEST(FindingTracker, KeepsTasksApart) {
  FindingTracker tracker;
  tracker.Update({Make(FindingKind::kTaskPaused, "a")}, kT);
  const auto both = tracker.Update(
      {Make(FindingKind::kTaskPaused, "a"), Make(FindingKind::kTaskPaused, "b")}, kT + 5);
  EXPECT_EQ(both[0].since, kT);
  EXPECT_EQ(both[1].since, kT + 5);
}

TEST(DurationText, IsShort) {
  EXPECT_EQ(DurationText(45'000), "45s");
  EXPECT_EQ(DurationText(12 * kMinuteMs + 3000), "12m");
  EXPECT_EQ(DurationText(3 * kHourMs + 20 * kMinuteMs), "3h 20m");
  EXPECT_EQ(DurationText(-2 * kDayMs - 4 * kHourMs), "-2d 4h");
}

}  // namespace
}  // namespace tidemark::fleet
