#include "fleet/diagnosis/incident.h"

#include <deque>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tidemark::fleet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr model::Timestamp kT = 1'790'000'000'000;

// Clusters with one finding each.
class Clusters {
 public:
  Clusters& Add(const std::string& name, FindingKind kind, model::Timestamp since,
                LabelPairs labels = {}, bool to_resume = false) {
    Entry& entry = entries_.emplace_back();
    entry.name = name;
    entry.labels = std::move(labels);
    entry.findings.emplace_back().kind = kind;
    entry.findings[0].since = since;
    views_.push_back({entry.name, &entry.labels, entry.findings, to_resume});
    return *this;
  }
  std::vector<Incident> Find() const { return FindIncidents(views_); }

 private:
  struct Entry {
    std::string name;
    LabelPairs labels;
    std::vector<Finding> findings;
  };
  std::deque<Entry> entries_;
  std::vector<ClusterFindings> views_;
};

constexpr auto kFails = FindingKind::kFlushFailing;

TEST(Incident, IsWhatManyClustersMeetWithinMinutes) {
  Clusters clusters;
  clusters.Add("c", kFails, kT + 4 * kMinuteMs, {}, true)
      .Add("a", kFails, kT)
      .Add("b", kFails, kT + 2 * kMinuteMs, {}, true);
  const auto incidents = clusters.Find();
  ASSERT_EQ(incidents.size(), 1u);
  EXPECT_EQ(incidents[0].began, kT);
  EXPECT_THAT(incidents[0].clusters, ElementsAre("a", "b", "c"));
  EXPECT_THAT(incidents[0].to_resume, ElementsAre("b", "c"));
}

TEST(Incident, NeedsMoreThanTwoClusters) {
  Clusters clusters;
  clusters.Add("a", kFails, kT).Add("b", kFails, kT);
  EXPECT_THAT(clusters.Find(), IsEmpty());
}

TEST(Incident, EndsWhereTheNextClusterComesTooLate) {
  Clusters clusters;
  clusters.Add("a", kFails, kT).Add("b", kFails, kT).Add("c", kFails, kT + kHourMs);
  EXPECT_THAT(clusters.Find(), IsEmpty());
}

TEST(Incident, IsOfOneKind) {
  Clusters clusters;
  clusters.Add("a", kFails, kT)
      .Add("b", FindingKind::kStorageSlow, kT)
      .Add("c", FindingKind::kTaskPaused, kT);
  EXPECT_THAT(clusters.Find(), IsEmpty());
}

TEST(Incident, LeavesOutWhatClustersDoNotShare) {
  Clusters clusters;
  for (const char* name : {"a", "b", "c"}) {
    clusters.Add(name, FindingKind::kLargeTransaction, kT);
  }
  EXPECT_THAT(clusters.Find(), IsEmpty());
}

TEST(Incident, KeepsStoragesApart) {
  Clusters clusters;
  for (const char* name : {"a", "b", "c"}) {
    clusters.Add(name, kFails, kT, {{"storage", "s3"}, {"region", "eu"}});
  }
  clusters.Add("x", kFails, kT, {{"storage", "minio"}, {"region", "us"}});
  const auto incidents = clusters.Find();
  ASSERT_EQ(incidents.size(), 1u);
  EXPECT_THAT(incidents[0].clusters, ElementsAre("a", "b", "c"));
  EXPECT_EQ(incidents[0].shared, (LabelPairs{{"storage", "s3"}, {"region", "eu"}}));
}

TEST(Incident, NamesOnlyTheLabelsThatAllItsClustersShare) {
  Clusters clusters;
  clusters.Add("a", kFails, kT, {{"storage", "s3"}, {"region", "eu"}})
      .Add("b", kFails, kT, {{"storage", "s3"}, {"region", "us"}})
      .Add("c", kFails, kT, {{"storage", "s3"}, {"region", "us"}});
  const auto incidents = clusters.Find();
  ASSERT_EQ(incidents.size(), 1u);
  EXPECT_EQ(incidents[0].shared, (LabelPairs{{"storage", "s3"}}));
}

}  // namespace
}  // namespace tidemark::fleet
