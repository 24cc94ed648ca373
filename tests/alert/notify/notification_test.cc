#include "alert/notify/notification.h"

#include <gtest/gtest.h>

namespace tidemark::alert {
namespace {

TEST(EndOfFiring, IsFourTimesTheLongerInterval) {
  EXPECT_EQ(EndOfFiring(1000, 15'000, 60'000), 241'000);
  EXPECT_EQ(EndOfFiring(1000, 120'000, 60'000), 481'000);
}

TEST(GeneratorUrl, EscapesTheExpression) {
  EXPECT_EQ(GeneratorUrl("http://h:9090", "a{b=\"c d\"} > 1"),
            "http://h:9090/graph?g0.expr=a%7Bb%3D%22c+d%22%7D+%3E+1&g0.tab=1");
}

TEST(NotificationsJson, IsAnArrayOfAlertsWithTimesInMilliseconds) {
  const Notification first = {model::Labels::Of({{"alertname", "A\"b"}, {"x", "é"}}),
                              {{"empty", ""}, {"summary", "a\nb"}},
                              1'700'000'000'005,
                              -1,
                              "http://h/graph"};
  const Notification second = {model::Labels::Of({{"alertname", "B"}}), {}, 0, 0, ""};
  const Notification* const both[] = {&first, &second};
  EXPECT_EQ(NotificationsJson(both),
            "[{\"labels\":{\"alertname\":\"A\\\"b\",\"x\":\"é\"},\"annotations\":{\"summary\":"
            "\"a\\nb\"},\"startsAt\":\"2023-11-14T22:13:20.005Z\",\"endsAt\":"
            "\"1969-12-31T23:59:59.999Z\",\"generatorURL\":\"http://h/graph\"},"
            "{\"labels\":{\"alertname\":\"B\"},\"annotations\":{},\"startsAt\":"
            "\"1970-01-01T00:00:00.000Z\",\"endsAt\":\"1970-01-01T00:00:00.000Z\","
            "\"generatorURL\":\"\"}]");
}

}  // namespace
}  // namespace tidemark::alert
