#include "tests/crash/sample_ledger.h"

#include "gtest/gtest.h"

namespace tidemark::testing {
namespace {

QueryAnswer Stored(std::vector<AnswerSeries::Point> points) {
  return {.type = "matrix", .series = {{.labels = {{"series", "a"}}, .points = std::move(points)}}};
}

SampleLedger OneAcknowledgedOneNot() {
  SampleLedger ledger;
  ledger.Send("a", {.t = 1, .v = 0.1});
  ledger.Send("a", {.t = 2, .v = 0.2});
  ledger.Acknowledge("a", {.t = 1, .v = 0.1});
  return ledger;
}

TEST(SampleLedger, TakesAnswersWithAndWithoutWhatWasNotAcknowledged) {
  const SampleLedger ledger = OneAcknowledgedOneNot();
  EXPECT_TRUE(ledger.Check(Stored({{1, "0.1"}})).empty());
  EXPECT_TRUE(ledger.Check(Stored({{1, "0.1"}, {2, "0.2"}})).empty());
  EXPECT_EQ(ledger.acknowledged(), 1u);
}

TEST(SampleLedger, MissesAcknowledgedSamples) {
  const SampleLedger ledger = OneAcknowledgedOneNot();
  EXPECT_EQ(ledger.Check(Stored({{2, "0.2"}})).size(), 1u);
  EXPECT_EQ(ledger.Check({.type = "matrix", .series = {}}).size(), 1u);
}

TEST(SampleLedger, SeesValuesThatDifferInOneBit) {
  const SampleLedger ledger = OneAcknowledgedOneNot();
  EXPECT_EQ(ledger.Check(Stored({{1, "0.10000000000000002"}})).size(), 1u);
}

TEST(SampleLedger, SeesSamplesThatAreThereTwiceOrWereNeverSent) {
  const SampleLedger ledger = OneAcknowledgedOneNot();
  EXPECT_EQ(ledger.Check(Stored({{1, "0.1"}, {1, "0.1"}})).size(), 1u);
  EXPECT_EQ(ledger.Check(Stored({{1, "0.1"}, {3, "0.1"}})).size(), 1u);
  QueryAnswer other = Stored({{1, "0.1"}});
  other.series.push_back({.labels = {{"series", "b"}}, .points = {}});
  EXPECT_EQ(ledger.Check(other).size(), 1u);
}

TEST(SampleLedger, TakesWhatWasSentLaterAsNotAcknowledged) {
  SampleLedger earlier = OneAcknowledgedOneNot();
  SampleLedger later = earlier;
  later.Send("a", {.t = 3, .v = 0.3});
  later.Acknowledge("a", {.t = 3, .v = 0.3});
  EXPECT_FALSE(earlier.Check(Stored({{1, "0.1"}, {3, "0.3"}})).empty());
  earlier.TakeSent(later);
  EXPECT_TRUE(earlier.Check(Stored({{1, "0.1"}, {3, "0.3"}})).empty());
  EXPECT_TRUE(earlier.Check(Stored({{1, "0.1"}})).empty());
  EXPECT_EQ(earlier.acknowledged(), 1u);
}

TEST(SampleLedger, TakesAnswersWithAndWithoutWhatIsBeingDeleted) {
  SampleLedger ledger = OneAcknowledgedOneNot();
  ledger.BeginDeletion("a", 0, 1);
  EXPECT_TRUE(ledger.Check(Stored({{1, "0.1"}})).empty());
  EXPECT_TRUE(ledger.Check(Stored({})).empty());
}

TEST(SampleLedger, SeesWhatWasDeletedAndIsBack) {
  SampleLedger ledger = OneAcknowledgedOneNot();
  ledger.Acknowledge("a", {.t = 2, .v = 0.2});
  ledger.BeginDeletion("a", 0, 1);
  ledger.EndDeletion("a", 0, 1);
  EXPECT_EQ(ledger.deleted(), 1u);
  EXPECT_TRUE(ledger.Check(Stored({{2, "0.2"}})).empty());
  EXPECT_EQ(ledger.Check(Stored({{1, "0.1"}, {2, "0.2"}})).size(), 1u);
  EXPECT_EQ(ledger.Check(Stored({})).size(), 1u);
}

TEST(SampleLedger, TakesWhatIsDeletedLaterAsThereOrNot) {
  SampleLedger earlier = OneAcknowledgedOneNot();
  SampleLedger later = earlier;
  later.BeginDeletion("a", 1, 1);
  later.EndDeletion("a", 1, 1);
  earlier.TakeSent(later);
  EXPECT_TRUE(earlier.Check(Stored({{1, "0.1"}})).empty());
  EXPECT_TRUE(earlier.Check(Stored({})).empty());
}

TEST(SampleLedger, ExpectsSamplesOnlyInsideTheRetention) {
  SampleLedger ledger = OneAcknowledgedOneNot();
  ledger.Acknowledge("a", {.t = 2, .v = 0.2});
  EXPECT_TRUE(ledger.Check(Stored({{2, "0.2"}}), {.expired = 1, .kept = 2}).empty());
  EXPECT_TRUE(ledger.Check(Stored({{1, "0.1"}, {2, "0.2"}}), {.expired = 1, .kept = 2}).empty());
  EXPECT_EQ(ledger.Check(Stored({{1, "0.1"}, {2, "0.2"}}), {.expired = 2, .kept = 2}).size(), 1u);
  EXPECT_EQ(ledger.Check(Stored({{1, "0.1"}}), {.expired = 1, .kept = 2}).size(), 1u);
}

TEST(SampleLedger, ExpectsStalenessMarkersOnlyWhereTheyShow) {
  SampleLedger ledger = OneAcknowledgedOneNot();
  ledger.Send("a", {.t = 3, .v = model::StaleMarker()});
  EXPECT_TRUE(ledger.AcknowledgedStaleMarkers(5).empty());
  ledger.Acknowledge("a", {.t = 3, .v = model::StaleMarker()});
  EXPECT_TRUE(ledger.Check(Stored({{1, "0.1"}})).empty());
  ASSERT_EQ(ledger.AcknowledgedStaleMarkers(5).size(), 1u);
  EXPECT_EQ(ledger.AcknowledgedStaleMarkers(5)[0].t, 3);
}

}  // namespace
}  // namespace tidemark::testing
