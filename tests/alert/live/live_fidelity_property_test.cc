// What live evaluation promises, on random rules, data and orders of arrival: at every instant the
// alerts that are true are those that a full evaluation of the expression at that instant gives.
#include <algorithm>
#include <optional>
#include <random>

#include "alert/state/alert_series.h"
#include "tests/alert/check/random_rule_expression.h"
#include "tests/alert/live/live_fixture.h"

namespace tidemark::alert {
namespace {

using testing::LiveMemoryStore;

constexpr int kRules = 8;

class LiveFidelity : public LiveFixture, public ::testing::WithParamInterface<uint32_t> {
 protected:
  LiveFidelity() {
    options_.tick_ms = 0;  // nothing may be late here
    options_.release_silent = [](const RuleGroup&) { return true; };
  }

  uint32_t Below(uint32_t n) { return random_() % n; }

  // Which of equal values topk() takes depends on the order of the series, which is not defined.
  std::string RandomExpr() {
    std::string expr = RandomExprWithTies();
    while (expr.find("topk") != std::string::npos) {
      expr = RandomExprWithTies();
    }
    return expr;
  }

  std::string RandomExprWithTies() {
    RandomRuleExpression random(&random_);
    switch (Below(4)) {
      case 0:
        return fmt::format("time() - {} > {}", random.Vector(1), kStart / 1000 - 3 + Below(60));
      case 1:
        return fmt::format("increase(m[{}m]) > 0", 1 + Below(4));
      case 2:
        return fmt::format("count_over_time({}[{}m]) >= {}", Below(2) == 0 ? "n" : "o{x=\"1\"}",
                           1 + Below(4), 1 + Below(3));
      default:
        return random.Vector(1 + static_cast<int>(Below(3)));
    }
  }

  std::string RandomRules() {
    std::string rules;
    for (int i = 0; i < kRules; ++i) {
      exprs_.push_back(RandomExpr());
      rules += AlertText(fmt::format("r{}", i), exprs_.back());
    }
    return rules;
  }

  LiveMemoryStore::Write RandomWrite(const std::string& cluster = "") {
    static constexpr const char* kNames[] = {"m", "n", "o"};
    static constexpr const char* kValues[] = {"", "1", "2"};
    std::vector<std::pair<std::string, std::string>> labels = {
        {"x", kValues[Below(3)]}, {"y", kValues[Below(3)]}, {"z", kValues[Below(2)]}};
    if (!cluster.empty()) {
      labels.emplace_back("cluster", cluster);
    }
    // Mostly of now, some of a moment ago, some long ago, some by a clock that is fast.
    const int64_t age = Below(8) == 0   ? Below(120'000)
                        : Below(8) == 0 ? -int64_t{Below(5000)}
                                        : Below(2000);
    const double value = Below(10) == 0 ? model::StaleMarker() : static_cast<double>(Below(6));
    return {Series(kNames[Below(3)], labels), {clock_.NowMs() - age, value}};
  }

  // The alerts that a full evaluation gives; none when it fails, or gives one label set twice.
  std::optional<std::set<std::string>> Expected(int rule, const storage::Querier& store,
                                                const model::Labels& cluster = {}) const {
    const query::Engine engine(&store, &clock_, {});
    const auto result = engine.Instant(exprs_[static_cast<size_t>(rule)], clock_.NowMs());
    if (!result.ok()) {
      return std::nullopt;
    }
    std::set<std::string> expected;
    for (const query::VectorSample& sample : result->vector) {
      model::LabelsBuilder labels(sample.labels);
      labels.Delete(model::kMetricName);
      const std::string name = fmt::format("r{}", rule);
      labels.Set(kAlertName, name);
      if (!expected.insert(WithIdentityOf(labels.Build(), cluster).ToString()).second) {
        return std::nullopt;
      }
    }
    return expected;
  }

  static model::Labels WithIdentityOf(const model::Labels& labels, const model::Labels& cluster) {
    model::LabelsBuilder builder(labels);
    for (const model::LabelView& label : cluster.view()) {
      builder.Set(label.name, label.value);
    }
    return builder.Build();
  }

  std::mt19937 random_{GetParam()};
  std::vector<std::string> exprs_;
  int compared_ = 0;
  int with_alerts_ = 0;
};

class LiveFidelityWhole : public LiveFidelity {
 protected:
  void Check() {
    for (int rule = 0; rule < kRules; ++rule) {
      const auto expected = Expected(rule, store_);
      if (!expected.has_value()) {
        continue;
      }
      ++compared_;
      with_alerts_ += expected->empty() ? 0 : 1;
      ASSERT_EQ(TrueAlerts(fmt::format("r{}", rule)), *expected)
          << exprs_[static_cast<size_t>(rule)] << " at " << clock_.NowMs() - kStart;
    }
  }
};

TEST_P(LiveFidelityWhole, WhatIsTrueIsWhatAFullEvaluationGivesAtEveryInstant) {
  SCOPED_TRACE(fmt::format("seed {}", GetParam()));
  for (int round = 0; round < 4 && !HasFatalFailure(); ++round) {
    exprs_.clear();
    Open(Parse(RandomRules()));
    for (int step = 0; step < 30 && !HasFatalFailure(); ++step) {
      for (uint32_t requests = Below(3); requests > 0; --requests) {
        std::vector<LiveMemoryStore::Write> writes;
        for (uint32_t i = 0; i <= Below(4); ++i) {
          writes.push_back(RandomWrite());
        }
        store_.Put(writes);
        Run();
        Check();
      }
      // Up to the next deadline, or past several.
      const int64_t next = clock_.NowMs() + 1 + Below(Below(6) == 0 ? 200'000 : 20'000);
      const auto due = live_->NextDue();
      clock_.Set(due.has_value() && Below(2) == 0 ? std::clamp(*due, clock_.NowMs(), next) : next);
      Run();
      Check();
    }
  }
  EXPECT_GT(compared_, 500);
  EXPECT_GT(with_alerts_, 100);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LiveFidelityWhole, ::testing::Range(0u, 8u));

// Groups that are lifted to a fleet give for each cluster what the rules give on its data alone.
class LiveFidelityPerCluster : public LiveFidelity {
 protected:
  LiveFidelityPerCluster() { options_.identity_labels = {{"cluster"}}; }

  struct Cluster {
    explicit Cluster(const base::Clock* clock) : store(clock) {}
    LiveMemoryStore store;  // its data alone, under bare labels
    bool seen = false;
  };

  void PutInto(const std::string& name, Cluster* cluster) {
    std::vector<LiveMemoryStore::Write> fleet;
    for (uint32_t i = 0; i <= Below(4); ++i) {
      fleet.push_back(RandomWrite(name));
    }
    store_.Put(fleet);
    for (const LiveMemoryStore::Write& write : fleet) {
      model::LabelsBuilder bare(write.labels);
      bare.Delete("cluster");
      cluster->store.Put(bare.Build(), write.sample.t, write.sample.v);
      cluster->seen = cluster->seen || store_.arrivals()->WantedBy(write.labels) != 0;
    }
  }

  void Check(const std::map<std::string, std::unique_ptr<Cluster>>& clusters) {
    for (int rule = 0; rule < kRules; ++rule) {
      std::set<std::string> expected;
      bool failed = false;
      for (const auto& [name, cluster] : clusters) {
        if (cluster->seen) {
          const auto own = Expected(rule, cluster->store, model::Labels::Of({{"cluster", name}}));
          failed = failed || !own.has_value();
          expected.merge(std::set<std::string>(own.value_or(std::set<std::string>())));
        }
      }
      if (failed) {
        continue;
      }
      ++compared_;
      with_alerts_ += expected.empty() ? 0 : 1;
      ASSERT_EQ(TrueAlerts(fmt::format("r{}", rule)), expected)
          << exprs_[static_cast<size_t>(rule)] << " at " << clock_.NowMs() - kStart;
    }
  }
};

TEST_P(LiveFidelityPerCluster, EachClusterHasWhatItsOwnRulesWouldGive) {
  SCOPED_TRACE(fmt::format("seed {}", GetParam()));
  std::map<std::string, std::unique_ptr<Cluster>> clusters;
  for (const char* name : {"a", "b", "c"}) {
    clusters[name] = std::make_unique<Cluster>(&clock_);
  }
  for (int round = 0; round < 3 && !HasFatalFailure(); ++round) {
    exprs_.clear();
    const RuleFileSet rules = Parse(RandomRules());
    // From here on nothing of the rounds before counts.
    clock_.Advance(3'600'000);
    for (auto& [name, cluster] : clusters) {
      cluster->seen = true;
    }
    Open(rules);
    for (int step = 0; step < 25 && !HasFatalFailure(); ++step) {
      for (auto& [name, cluster] : clusters) {
        PutInto(name, cluster.get());
      }
      Run();
      if (step == 0) {
        // A cluster that rules have not heard of is not evaluated for.
        for (auto& [name, cluster] : clusters) {
          cluster->seen = live_->totals().clusters == clusters.size();
        }
      }
      if (live_->totals().clusters == clusters.size()) {
        for (auto& [name, cluster] : clusters) {
          cluster->seen = true;
        }
        Check(clusters);
      }
      clock_.Advance(1 + Below(Below(6) == 0 ? 200'000 : 20'000));
      Run();
    }
  }
  EXPECT_GT(compared_, 150);
  EXPECT_GT(with_alerts_, 30);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LiveFidelityPerCluster, ::testing::Range(100u, 104u));

}  // namespace
}  // namespace tidemark::alert
