#include "alert/live/catch_up.h"

#include <gtest/gtest.h>

namespace tidemark::alert {
namespace {

constexpr model::Timestamp kNow = 1'700'000'000'000;

TEST(CatchUp, WaitsUntilABacklogHasEnded) {
  CatchUp backlog;
  model::Timestamp until = model::kMinTimestamp;
  // Five minutes within five seconds.
  for (int i = 0; i < 50; ++i) {
    const model::Timestamp now = kNow + 100 * i;
    until = backlog.Note(kNow - 300'000 + 5'000 * i, now, 500);
    EXPECT_EQ(until, now + 500);
  }
  EXPECT_EQ(backlog.Note(kNow + 5'000, kNow + 5'000, 500), until) << "what is young ends nothing";
}

TEST(CatchUp, DoesNotWaitForWhatIsYoung) {
  CatchUp backlog;
  EXPECT_EQ(backlog.Note(kNow - 20'000, kNow, 500), model::kMinTimestamp);
}

TEST(CatchUp, DoesNotWaitLongForASenderThatIsAlwaysBehind) {
  CatchUp backlog;
  model::Timestamp until = model::kMinTimestamp;
  int held = 0;
  for (int i = 0; i < 100; ++i) {
    const model::Timestamp now = kNow + 100 * i;
    held += now < until ? 1 : 0;
    until = backlog.Note(now - 120'000, now, 500);
  }
  EXPECT_LT(held, 95);
}

TEST(CatchUp, WaitsForNoBacklogWithoutEnd) {
  CatchUp backlog;
  model::Timestamp until = model::kMinTimestamp;
  for (model::Timestamp now = kNow; now <= kNow + CatchUp::kMaxMs; now += 100) {
    until = backlog.Note(kNow - 86'400'000 + 100 * (now - kNow), now, 500);
  }
  EXPECT_LT(until, kNow + CatchUp::kMaxMs + 500);
}

}  // namespace
}  // namespace tidemark::alert
