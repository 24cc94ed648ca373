#include "alert/state/alert_series.h"

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tidemark::alert {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Texts(const std::vector<query::VectorSample>& samples) {
  std::vector<std::string> texts;
  for (const query::VectorSample& sample : samples) {
    texts.push_back(fmt::format("{} {}", sample.labels.ToString(), sample.value));
  }
  return texts;
}

TEST(AlertSeries, ShowsPendingAndFiringAlertsAndSinceWhen) {
  AlertRuleState state({.for_ms = 5000});
  const TrueAlert a{model::Labels::Of({{"alertname", "Late"}, {"task", "a"}}), 7, {}};
  const TrueAlert b{model::Labels::Of({{"alertname", "Late"}, {"task", "b"}}), 7, {}};
  ASSERT_TRUE(state.Update(1999, {a}).ok());
  ASSERT_TRUE(state.Update(7000, {a, b}).ok());
  EXPECT_THAT(Texts(AlertSeries("Late", state.alerts())),
              ElementsAre("ALERTS{alertname=\"Late\", alertstate=\"firing\", task=\"a\"} 1",
                          "ALERTS_FOR_STATE{alertname=\"Late\", task=\"a\"} 1",
                          "ALERTS{alertname=\"Late\", alertstate=\"pending\", task=\"b\"} 1",
                          "ALERTS_FOR_STATE{alertname=\"Late\", task=\"b\"} 7"));
  ASSERT_TRUE(state.Update(8000, {}).ok());
  EXPECT_TRUE(AlertSeries("Late", state.alerts()).empty());
}

TEST(AlertSeries, RoundsTimesBeforeTheEpochDown) {
  AlertRuleState state(AlertRuleSettings{});
  ASSERT_TRUE(state.Update(-1500, {{model::Labels::Of({{"a", "b"}}), 1, {}}}).ok());
  EXPECT_EQ(AlertSeries("Late", state.alerts())[1].value, -2);
}

}  // namespace
}  // namespace tidemark::alert
