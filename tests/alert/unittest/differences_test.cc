#include "alert/unittest/internal/differences.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tidemark::alert {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CompareAlerts, IsSilentAboutTheSameAlertsInAnyOrder) {
  const ExpectedAlert a{{{"x", "1"}}, {{"s", "t"}}};
  const ExpectedAlert b{{{"x", "2"}}, {}};
  EXPECT_THAT(CompareAlerts({a, b}, {b, a}), IsEmpty());
}

TEST(CompareAlerts, NamesWhatIsMissingAndWhatIsTooMuch) {
  const ExpectedAlert a{{{"x", "1"}}, {{"s", "t"}}};
  const ExpectedAlert b{{{"x", "2"}}, {}};
  EXPECT_THAT(CompareAlerts({a}, {b}),
              ElementsAre("- {x=\"1\"} annotations {s=\"t\"}", "+ {x=\"2\"}"));
  EXPECT_THAT(CompareAlerts({a, a}, {a}), ElementsAre("- {x=\"1\"} annotations {s=\"t\"}"));
}

TEST(CompareAlerts, ShowsOnlyTheAnnotationsThatDiffer) {
  const ExpectedAlert expected{{{"x", "1"}}, {{"message", "a"}, {"same", "s"}}};
  const ExpectedAlert actual{{{"x", "1"}}, {{"extra", "b"}, {"same", "s"}}};
  EXPECT_THAT(CompareAlerts({expected}, {actual}),
              ElementsAre("  {x=\"1\"} has other annotations:", "  - extra: (none)", "  + extra: b",
                          "  - message: a", "  + message: (none)"));
}

model::Labels Named(const std::string& name) { return model::Labels::Of({{"__name__", name}}); }

TEST(CompareSamples, NamesWhatIsMissingTooMuchAndDifferent) {
  EXPECT_THAT(CompareSamples({{Named("a"), 1}, {Named("b"), 2}, {Named("d"), 4}},
                             {{Named("c"), 3}, {Named("b"), 2.5}, {Named("d"), 4}}, false),
              ElementsAre("- a 1", "- b 2", "+ b 2.5", "+ c 3"));
  EXPECT_THAT(CompareSamples({}, {}, false), IsEmpty());
}

TEST(CompareSamples, ForgivesTheLastBitOnlyWhenAsked) {
  const double next = std::nextafter(0.3, 1.0);
  EXPECT_THAT(CompareSamples({{{}, 0.3}}, {{{}, next}}, true), IsEmpty());
  EXPECT_FALSE(CompareSamples({{{}, 0.3}}, {{{}, next}}, false).empty());
  EXPECT_FALSE(CompareSamples({{{}, 0.3}}, {{{}, std::nextafter(next, 1.0)}}, true).empty());
}

TEST(CompareSamples, HoldsNanEqualToNothing) {
  EXPECT_FALSE(CompareSamples({{{}, NAN}}, {{{}, NAN}}, true).empty());
}

}  // namespace
}  // namespace tidemark::alert
