#include "fleet/identity/cluster_identity.h"

#include "gtest/gtest.h"

namespace tidemark::fleet {
namespace {

using model::Labels;

std::string NameOf(const IdentityRules& rules,
                   const std::vector<std::pair<std::string, std::string>>& labels) {
  const auto identity = IdentityReader(rules).IdentityOf(Labels::Of(labels));
  return identity.has_value() ? identity->name : "(none)";
}

TEST(ClusterIdentity, IsTheClusterLabelUnderTiup) {
  EXPECT_EQ(NameOf({}, {{"__name__", "up"}, {"cluster", "prod"}, {"instance", "10.0.0.1:20180"}}),
            "prod");
}

TEST(ClusterIdentity, IsThePairOfKubernetesAndTidbClusterWhereBothAreThere) {
  EXPECT_EQ(NameOf({}, {{"k8s_cluster", "eu-1"},
                        {"tidb_cluster", "ns-db"},
                        {"kubernetes_namespace", "ns"},
                        {"cluster", "db"}}),
            "eu-1/ns-db");
}

TEST(ClusterIdentity, IsNamespaceAndNameWhereTheKubernetesClusterIsNotNamed) {
  EXPECT_EQ(
      NameOf({}, {{"tidb_cluster", "ns-db"}, {"kubernetes_namespace", "ns"}, {"cluster", "db"}}),
      "ns/db");
}

TEST(ClusterIdentity, IsMissingOnSeriesThatNameNoCluster) {
  EXPECT_EQ(NameOf({}, {{"__name__", "up"}, {"instance", "10.0.0.1:20180"}}), "(none)");
}

TEST(ClusterIdentity, TellsEqualNamesOfTwoTenantsApart) {
  const IdentityReader reader({});
  const auto a = reader.IdentityOf(Labels::Of({{"tenant", "a"}, {"cluster", "prod"}}));
  const auto b = reader.IdentityOf(Labels::Of({{"tenant", "b"}, {"cluster", "prod"}}));
  ASSERT_TRUE(a.has_value() && b.has_value());
  EXPECT_NE(a->labels, b->labels);
  EXPECT_EQ(a->name, "a/prod");
}

TEST(ClusterIdentity, HasNoLabelsButThoseOfTheRule) {
  const auto identity = IdentityReader({}).IdentityOf(
      Labels::Of({{"cluster", "prod"}, {"job", "tikv"}, {"monitor", "prometheus"}}));
  ASSERT_TRUE(identity.has_value());
  EXPECT_EQ(identity->labels, Labels::Of({{"cluster", "prod"}}));
}

TEST(ClusterIdentity, WritesSlashesOfValuesSoThatNamesStayDistinct) {
  EXPECT_EQ(NameOf({}, {{"cluster", "a/b%"}}), "a%2Fb%25");
  EXPECT_EQ(NameOf({}, {{"kubernetes_namespace", "a"}, {"cluster", "b%"}}), "a/b%25");
}

TEST(ClusterIdentity, FollowsConfiguredLabels) {
  IdentityRules rules;
  rules.names = {{"region", "db"}};
  rules.sender = {};
  EXPECT_EQ(NameOf(rules, {{"region", "eu"}, {"db", "x"}, {"cluster", "c"}, {"tenant", "t"}}),
            "eu/x");
  EXPECT_EQ(NameOf(rules, {{"cluster", "c"}}), "(none)");
}

TEST(ClusterIdentity, ReplicasOfOneSeriesAreTheSameSeries) {
  const IdentityReader reader({});
  const Labels a = Labels::Of({{"cluster", "c"}, {"prometheus_replica", "0"}});
  const Labels b = Labels::Of({{"cluster", "c"}, {"prometheus_replica", "1"}, {"replica", "x"}});
  EXPECT_EQ(reader.WithoutReplica(a), reader.WithoutReplica(b));
  EXPECT_EQ(reader.ReplicaOf(a), "prometheus_replica=\"0\"");
  EXPECT_EQ(reader.ReplicaOf(b), "prometheus_replica=\"1\", replica=\"x\"");
  EXPECT_EQ(reader.ReplicaOf(Labels::Of({{"cluster", "c"}})), "");
}

TEST(IdentityRules, AreRefusedWhenTheyCannotNameACluster) {
  EXPECT_TRUE(CheckIdentityRules({}).ok());
  EXPECT_FALSE(CheckIdentityRules({.names = {}, .sender = {}, .replica = {}}).ok());
  EXPECT_FALSE(CheckIdentityRules({.names = {{}}, .sender = {}, .replica = {}}).ok());
  EXPECT_FALSE(CheckIdentityRules({.names = {{""}}, .sender = {}, .replica = {}}).ok());
  EXPECT_FALSE(CheckIdentityRules({.names = {{"a", "a"}}, .sender = {}, .replica = {}}).ok());
  EXPECT_FALSE(CheckIdentityRules({.names = {{"a"}}, .sender = {}, .replica = {"a"}}).ok());
}

}  // namespace
}  // namespace tidemark::fleet
