// What the partition promises, on random data and random expressions: the whole result restricted
// to a partition is the expression evaluated on that partition's series alone.
#include <map>

#include "alert/check/partition.h"
#include "base/clock.h"
#include "gtest/gtest.h"
#include "query/engine/engine.h"
#include "query/parser/parser.h"
#include "storage/memory_querier.h"
#include "tests/alert/check/random_rule_expression.h"

namespace tidemark::alert {
namespace {

constexpr model::Timestamp kNow = 600'000;
constexpr int64_t kStep = 30'000;

struct Series {
  model::Labels labels;
  std::vector<model::Sample> samples;
};

// The values of the partition's labels, and which series have them.
using Key = std::vector<std::string>;

Key KeyOf(model::LabelsView labels, const std::vector<std::string>& names) {
  Key key;
  for (const std::string& name : names) {
    key.emplace_back(labels.Get(name));
  }
  return key;
}

using Result = std::map<std::string, double>;

class PartitionProperty : public ::testing::TestWithParam<uint32_t> {
 protected:
  std::vector<Series> RandomSeries() {
    std::vector<Series> all;
    for (const char* name : {"m", "n", "o"}) {
      for (const char* x : {"", "1", "2"}) {
        for (const char* y : {"", "1", "2"}) {
          for (const char* z : {"", "1"}) {
            if (random_() % 3 == 0) {
              all.push_back({model::Labels::Of({{"__name__", name}, {"x", x}, {"y", y}, {"z", z}}),
                             RandomSamples()});
            }
          }
        }
      }
    }
    return all;
  }

  std::vector<model::Sample> RandomSamples() {
    std::vector<model::Sample> samples;
    for (model::Timestamp t = 0; t <= kNow; t += kStep) {
      const uint32_t dice = random_() % 8;
      if (dice == 0) {
        samples.push_back({t, model::StaleMarker()});
      } else if (dice != 1) {
        samples.push_back({t, static_cast<double>(random_() % 6)});
      }
    }
    return samples;
  }

  absl::StatusOr<query::QueryResult> Evaluate(const std::string& expr,
                                              const std::vector<Series>& all) const {
    storage::MemoryQuerier store;
    for (const Series& series : all) {
      store.Add(series.labels, series.samples);
    }
    return query::Engine(&store, &clock_, {}).Instant(expr, kNow);
  }

  static std::map<Key, Result> Split(const query::QueryResult& result,
                                     const std::vector<std::string>& names) {
    std::map<Key, Result> parts;
    for (const query::VectorSample& sample : result.vector) {
      parts[KeyOf(sample.labels, names)][sample.labels.ToString()] = sample.value;
    }
    return parts;
  }

  // False when the expression fails on the whole data.
  bool Check(const std::string& text, const std::vector<Series>& all) {
    const auto expr = query::ParseExpr(text);
    EXPECT_TRUE(expr.ok()) << text << ": " << expr.status();
    const LabelFamily family = PartitionOf(**expr);
    std::vector<std::string> names;
    for (const char* name : {"w", "x", "y", "z"}) {
      if (family.Contains(name)) {
        names.emplace_back(name);
      }
    }
    const auto whole = Evaluate(text, all);
    if (!whole.ok() || names.empty()) {
      return whole.ok();
    }
    std::map<Key, std::vector<Series>> partitions;
    for (const Series& series : all) {
      partitions[KeyOf(series.labels, names)].push_back(series);
    }
    std::map<Key, Result> expected = Split(*whole, names);
    for (const auto& [key, series] : partitions) {
      const auto part = Evaluate(text, series);
      EXPECT_TRUE(part.ok()) << text << ": " << part.status();
      std::map<Key, Result> actual = Split(part.value_or(query::QueryResult{}), names);
      Result& here = actual[key];
      EXPECT_TRUE(Same(expected[key], here)) << text << " by " << family.ToString();
      EXPECT_EQ(actual.size(), 1u) << text << " gives series outside of its partition";
      expected.erase(key);
    }
    EXPECT_TRUE(expected.empty()) << text << " gives series of no partition";
    ++split_;
    return true;
  }

  static bool Same(const Result& a, const Result& b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](const auto& one, const auto& other) {
             return one.first == other.first &&
                    (one.second == other.second ||
                     (std::isnan(one.second) && std::isnan(other.second)));
           });
  }

  base::SystemClock clock_;
  std::mt19937 random_{GetParam()};
  size_t split_ = 0;  // expressions that were compared part by part
};

TEST_P(PartitionProperty, AWholeResultRestrictedIsTheResultOfThePartition) {
  SCOPED_TRACE(fmt::format("seed {}", GetParam()));
  RandomRuleExpression expression(&random_);
  for (int i = 0; i < 120 && !HasFailure(); ++i) {
    const std::vector<Series> all = RandomSeries();
    Check(expression.Vector(1 + static_cast<int>(random_() % 3)), all);
  }
  EXPECT_GT(split_, 10u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, PartitionProperty, ::testing::Range(1u, 26u));

}  // namespace
}  // namespace tidemark::alert
