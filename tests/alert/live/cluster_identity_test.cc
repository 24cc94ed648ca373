#include "alert/live/cluster_identity.h"

#include <gtest/gtest.h>

namespace tidemark::alert {
namespace {

using model::Labels;

const ClusterIdentity& Working() {
  static const ClusterIdentity identity(
      {{"k8s_cluster", "tidb_cluster"}, {"kubernetes_namespace", "cluster"}, {"cluster"}},
      {"tenant"}, {"prometheus_replica"});
  return identity;
}

TEST(ClusterIdentity, TakesTheFirstSetOfLabelsThatASeriesHasAll) {
  const auto split = Working().Of(Labels::Of({{"__name__", "up"},
                                              {"k8s_cluster", "eu"},
                                              {"kubernetes_namespace", "a"},
                                              {"cluster", "b"}}));
  EXPECT_EQ(split.cluster.ToString(), R"({cluster="b", kubernetes_namespace="a"})");
  EXPECT_EQ(split.bare.ToString(), R"(up{k8s_cluster="eu"})");
}

TEST(ClusterIdentity, LeavesSeriesOfNoClusterAsTheyAre) {
  const Labels labels = Labels::Of({{"__name__", "up"}, {"job", "x"}});
  const auto split = Working().Of(labels);
  EXPECT_TRUE(split.cluster.empty());
  EXPECT_EQ(split.bare, labels);
}

TEST(ClusterIdentity, TellsClustersOfOneNameApartByTheirSender) {
  const auto split =
      Working().Of(Labels::Of({{"__name__", "up"}, {"cluster", "b"}, {"tenant", "t"}}));
  EXPECT_EQ(split.cluster.ToString(), R"({cluster="b", tenant="t"})");
  EXPECT_EQ(split.bare.ToString(), "up");
  EXPECT_TRUE(Working().Strips("tenant"));
}

TEST(ClusterIdentity, TakesAwayWhatTellsReplicasApart) {
  const auto split = Working().Of(Labels::Of({{"cluster", "b"}, {"prometheus_replica", "1"}}));
  EXPECT_TRUE(split.bare.empty());
  EXPECT_TRUE(Working().Strips("prometheus_replica"));
  EXPECT_TRUE(Working().Strips("tidb_cluster"));
  EXPECT_FALSE(Working().Strips("job"));
}

TEST(ClusterIdentity, GivesResultsOnlyTheNamesTheyLack) {
  const Labels result = Labels::Of({{"alertname", "A"}, {"cluster", "own"}});
  const Labels cluster = Labels::Of({{"cluster", "b"}, {"kubernetes_namespace", "a"}});
  EXPECT_EQ(WithIdentity(result, cluster).ToString(),
            R"({alertname="A", cluster="own", kubernetes_namespace="a"})");
}

}  // namespace
}  // namespace tidemark::alert
