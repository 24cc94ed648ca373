#include "alert/notify/notification_queue.h"

#include <map>
#include <random>

#include <gtest/gtest.h>

#include "fmt/format.h"

namespace tidemark::alert {
namespace {

QueuedNotification State(std::string_view alert, int64_t starts_at, bool resolved = false,
                         int64_t ends_at = 0) {
  Notification notification;
  notification.labels = model::Labels::Of({{"alertname", std::string(alert)}});
  notification.starts_at = starts_at;
  notification.ends_at = ends_at;
  return {notification, resolved};
}

// "A1 B2r": name, start and whether it is resolved, of each.
std::string Text(const std::vector<QueuedNotification>& batch) {
  std::string text;
  for (const QueuedNotification& queued : batch) {
    text += fmt::format("{}{}{}{}", text.empty() ? "" : " ",
                        queued.notification.labels.Get("alertname"), queued.notification.starts_at,
                        queued.resolved ? "r" : "");
  }
  return text;
}

TEST(NotificationQueue, GivesStatesInTheOrderTheyCame) {
  NotificationQueue queue(10);
  queue.Push(State("A", 1));
  queue.Push(State("B", 2));
  queue.Push(State("A", 1, true));
  EXPECT_EQ(Text(queue.Take(2)), "A1 B2");
  EXPECT_EQ(Text(queue.Take(2)), "A1r");
  EXPECT_TRUE(queue.empty());
}

TEST(NotificationQueue, LetsARepetitionReplaceWhatItRepeats) {
  NotificationQueue queue(10);
  queue.Push(State("A", 1, false, 100));
  queue.Push(State("B", 1));
  queue.Push(State("A", 1, false, 200));
  const std::vector<QueuedNotification> batch = queue.Take(10);
  EXPECT_EQ(Text(batch), "A1 B1");
  EXPECT_EQ(batch[0].notification.ends_at, 200);
  EXPECT_EQ(queue.superseded(), 1u);
}

TEST(NotificationQueue, DropsTheOldestStateThatHasANewerOneWhenFull) {
  NotificationQueue queue(3);
  queue.Push(State("A", 1));
  queue.Push(State("B", 1));
  queue.Push(State("B", 1, true));
  queue.Push(State("A", 1, true));
  EXPECT_EQ(Text(queue.Take(10)), "B1 B1r A1r");
  EXPECT_EQ(queue.superseded(), 1u);
}

TEST(NotificationQueue, NeverDropsTheNewestStateOfAnAlert) {
  NotificationQueue queue(2);
  for (const char* alert : {"A", "B", "C", "D"}) {
    queue.Push(State(alert, 1));
    queue.Push(State(alert, 1, true));
  }
  EXPECT_EQ(Text(queue.Take(10)), "A1r B1r C1r D1r");
}

TEST(NotificationQueue, PutsABatchBackBeforeTheRest) {
  NotificationQueue queue(10);
  queue.Push(State("A", 1));
  queue.Push(State("B", 1));
  std::vector<QueuedNotification> batch = queue.Take(2);
  queue.Push(State("C", 1));
  queue.PutBack(std::move(batch));
  EXPECT_EQ(Text(queue.Take(10)), "A1 B1 C1");
}

TEST(NotificationQueue, ForgetsWhatCameBackAndIsRepeatedByNow) {
  NotificationQueue queue(10);
  queue.Push(State("A", 1, false, 100));
  queue.Push(State("B", 1));
  std::vector<QueuedNotification> batch = queue.Take(2);
  queue.Push(State("A", 1, false, 200));
  queue.Push(State("B", 1, true));
  queue.PutBack(std::move(batch));
  const std::vector<QueuedNotification> again = queue.Take(10);
  EXPECT_EQ(Text(again), "B1 A1 B1r");
  EXPECT_EQ(again[1].notification.ends_at, 200);
}

// Whatever is pushed, taken and put back: the last state delivered of each alert is the last one
// that was pushed, and states of one alert come in the order in which they began.
TEST(NotificationQueue, DeliversTheNewestStateOfEveryAlertInTheEnd) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    NotificationQueue queue(1 + random() % 8);
    std::map<std::string, std::string> pushed;
    std::map<std::string, QueuedNotification> delivered;
    const auto deliver = [&](const std::vector<QueuedNotification>& batch) {
      for (const QueuedNotification& queued : batch) {
        const std::string alert(queued.notification.labels.Get("alertname"));
        const auto before = delivered.find(alert);
        if (before != delivered.end()) {
          ASSERT_LE(before->second.notification.starts_at, queued.notification.starts_at);
        }
        delivered[alert] = queued;
      }
    };
    for (int64_t step = 1; step <= 300; ++step) {
      const std::string alert(1, static_cast<char>('A' + random() % 6));
      const QueuedNotification state = State(alert, step / 3, random() % 2 == 0, step);
      pushed[alert] = Text({state}) + fmt::format("/{}", step);
      queue.Push(state);
      if (random() % 4 == 0) {
        std::vector<QueuedNotification> batch = queue.Take(1 + random() % 5);
        if (random() % 2 == 0) {
          queue.PutBack(std::move(batch));
        } else {
          deliver(batch);
        }
      }
    }
    while (!queue.empty()) {
      deliver(queue.Take(3));
    }
    for (const auto& [alert, state] : delivered) {
      EXPECT_EQ(Text({state}) + fmt::format("/{}", state.notification.ends_at), pushed[alert]);
    }
    EXPECT_EQ(delivered.size(), pushed.size());
  }
}

}  // namespace
}  // namespace tidemark::alert
