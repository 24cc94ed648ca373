#include "model/labels.h"

#include <random>

#include <gtest/gtest.h>

namespace tidemark::model {
namespace {

TEST(Labels, SortsByNameAndDropsEmptyValues) {
  const Labels labels = Labels::Of({{"job", "tikv"}, {"__name__", "up"}, {"gone", ""}});
  EXPECT_EQ(labels.ToString(), "up{job=\"tikv\"}");
  EXPECT_TRUE(IsCanonical(labels.bytes()));
  EXPECT_EQ(labels.Get("job"), "tikv");
  EXPECT_EQ(labels.Get("gone"), "");
}

TEST(Labels, PrintsLikePrometheus) {
  EXPECT_EQ(Labels().ToString(), "{}");
  EXPECT_EQ(Labels::Of({{"__name__", "up"}}).ToString(), "up");
  EXPECT_EQ(Labels::Of({{"a", "x\"\\\n"}, {"b", "1"}}).ToString(), "{a=\"x\\\"\\\\\\n\", b=\"1\"}");
}

TEST(Labels, ComparesPairByPair) {
  const Labels a1 = Labels::Of({{"a", "1"}});
  const Labels a1b1 = Labels::Of({{"a", "1"}, {"b", "1"}});
  const Labels a2 = Labels::Of({{"a", "2"}});
  const Labels b1 = Labels::Of({{"b", "1"}});
  EXPECT_TRUE(Compare(a1, a1b1) < 0);
  EXPECT_TRUE(Compare(a1b1, a2) < 0);
  EXPECT_TRUE(Compare(a2, b1) < 0);
  EXPECT_TRUE(Compare(a1b1, a1b1) == 0);
}

TEST(IsCanonical, RefusesUnsortedRepeatedEmptyAndCutLabels) {
  const auto bytes = [](std::initializer_list<LabelView> labels) {
    std::string out;
    for (const LabelView& label : labels) {
      AppendLabel(label.name, label.value, &out);
    }
    return out;
  };
  EXPECT_TRUE(IsCanonical(""));
  EXPECT_TRUE(IsCanonical(bytes({{"a", "1"}, {"b", "2"}})));
  EXPECT_FALSE(IsCanonical(bytes({{"b", "2"}, {"a", "1"}})));
  EXPECT_FALSE(IsCanonical(bytes({{"a", "1"}, {"a", "1"}})));
  EXPECT_FALSE(IsCanonical(bytes({{"a", ""}})));
  EXPECT_FALSE(IsCanonical(bytes({{"", "1"}})));
  const std::string whole = bytes({{"a", "1"}, {"b", "2"}});
  for (size_t n = 1; n < whole.size(); ++n) {
    EXPECT_EQ(IsCanonical(whole.substr(0, n)), n == whole.size() / 2) << n;
  }
}

TEST(IsCanonical, NeverReadsOutsideRandomBytes) {
  std::mt19937 rng(7);
  const std::string whole = Labels::Of({{"__name__", "up"}, {"job", "tikv"}}).bytes();
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = whole;
    bytes[rng() % bytes.size()] = static_cast<char>(rng());
    bytes.resize(rng() % (bytes.size() + 1));
    if (IsCanonical(bytes)) {
      for (const LabelView& label : LabelsView(bytes)) {
        EXPECT_FALSE(label.name.empty());
      }
    }
  }
}

TEST(LabelsBuilder, SetsReplacesAndDeletes) {
  const Labels base = Labels::Of({{"a", "1"}, {"c", "3"}});
  LabelsBuilder builder(base);
  builder.Set("b", "2").Set("a", "9").Delete("c").Delete("x");
  EXPECT_EQ(builder.Build().ToString(), "{a=\"9\", b=\"2\"}");
  EXPECT_EQ(builder.Set("a", "").Build().ToString(), "{b=\"2\"}");
}

TEST(LabelsView, HandlesLongValues) {
  const std::string value(70000, 'x');
  const Labels labels = Labels::Of({{"a", value}, {"b", "1"}});
  EXPECT_TRUE(IsCanonical(labels.bytes()));
  EXPECT_EQ(labels.Get("a"), value);
  EXPECT_EQ(labels.Get("b"), "1");
}

}  // namespace
}  // namespace tidemark::model
