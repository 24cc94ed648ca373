#include "alert/live/evaluation_pacer.h"

#include <gtest/gtest.h>

namespace tidemark::alert {
namespace {

constexpr int64_t kMs = 1'000'000;

// Of each ten milliseconds of a second works `busy_ms`.
void WorkASecond(EvaluationPacer* pacer, int64_t busy_ms, int64_t* now) {
  for (int i = 0; i < 100; ++i, *now += 10 * kMs) {
    pacer->Note(*now, *now + busy_ms * kMs);
  }
}

TEST(EvaluationPacer, DoesNotPauseWhileThereIsRoom) {
  EvaluationPacer pacer;
  int64_t now = 0;
  WorkASecond(&pacer, 2, &now);
  EXPECT_EQ(pacer.pause_ms(), 0);
}

TEST(EvaluationPacer, PausesMoreAndMoreWhileTheThreadIsBusy) {
  EvaluationPacer pacer;
  int64_t now = 0;
  pacer.Note(0, 150 * kMs);
  const int64_t first = pacer.pause_ms();
  EXPECT_GT(first, 0);
  now = 150 * kMs;
  WorkASecond(&pacer, 9, &now);
  EXPECT_EQ(pacer.pause_ms(), EvaluationPacer::kMaxPauseMs);
}

TEST(EvaluationPacer, StopsPausingWhenThereIsRoomAgain) {
  EvaluationPacer pacer;
  int64_t now = 0;
  WorkASecond(&pacer, 9, &now);
  WorkASecond(&pacer, 0, &now);
  EXPECT_EQ(pacer.pause_ms(), 0);
}

}  // namespace
}  // namespace tidemark::alert
