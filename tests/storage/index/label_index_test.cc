#include "storage/index/label_index.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/storage/index/matchers.h"

namespace tidemark::storage {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class LabelIndexTest : public testing::Test {
 protected:
  LabelIndexTest() {
    Add(1, {{"__name__", "up"}, {"job", "tikv"}, {"instance", "a:1"}});
    Add(2, {{"__name__", "up"}, {"job", "tikv"}, {"instance", "b:1"}});
    Add(3, {{"__name__", "up"}, {"job", "tidb"}, {"instance", "a:2"}});
    Add(4, {{"__name__", "lag"}, {"task", "t1"}});
  }
  void Add(SeriesRef ref, std::vector<std::pair<std::string, std::string>> labels) {
    labels_.push_back(model::Labels::Of(std::move(labels)));
    index_.Add(ref, labels_.back());
  }
  std::vector<SeriesRef> Select(const std::vector<model::Matcher>& matchers) {
    return ToVector(index_.Select(matchers));
  }

  LabelIndex index_;
  std::vector<model::Labels> labels_;
};

TEST_F(LabelIndexTest, SelectsEverySeriesWithoutMatchers) {
  EXPECT_THAT(Select({}), ElementsAre(1, 2, 3, 4));
}

TEST_F(LabelIndexTest, IntersectsEqualities) {
  EXPECT_THAT(Select({Eq("__name__", "up"), Eq("job", "tikv")}), ElementsAre(1, 2));
  EXPECT_THAT(Select({Eq("__name__", "up"), Eq("job", "pd")}), IsEmpty());
  EXPECT_THAT(Select({Eq("nowhere", "x")}), IsEmpty());
}

TEST_F(LabelIndexTest, TakesAMissingLabelForTheEmptyString) {
  EXPECT_THAT(Select({Eq("job", "")}), ElementsAre(4));
  EXPECT_THAT(Select({Ne("job", "")}), ElementsAre(1, 2, 3));
  EXPECT_THAT(Select({Ne("job", "tikv")}), ElementsAre(3, 4));
  EXPECT_THAT(Select({Re("job", "tidb|")}), ElementsAre(3, 4));
  EXPECT_THAT(Select({Re("job", ".*")}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(Select({Re("job", ".+")}), ElementsAre(1, 2, 3));
  EXPECT_THAT(Select({Eq("nowhere", "")}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(Select({Ne("nowhere", "")}), IsEmpty());
}

TEST_F(LabelIndexTest, MatchesRegularExpressionsAnchored) {
  EXPECT_THAT(Select({Re("instance", "a:.")}), ElementsAre(1, 3));
  EXPECT_THAT(Select({Re("instance", "a")}), IsEmpty());
  EXPECT_THAT(Select({Nre("instance", "a:.*")}), ElementsAre(2, 4));
  EXPECT_THAT(Select({Re("job", "tikv|tidb"), Nre("instance", ".*:2")}), ElementsAre(1, 2));
}

TEST_F(LabelIndexTest, ListsNamesAndValues) {
  EXPECT_THAT(index_.LabelNames(), ElementsAre("__name__", "instance", "job", "task"));
  EXPECT_THAT(index_.LabelValues("job"), ElementsAre("tidb", "tikv"));
  EXPECT_THAT(index_.LabelValues("nowhere"), IsEmpty());
  const SeriesBitmap lag = index_.Select(std::vector{Eq("__name__", "lag")});
  EXPECT_THAT(index_.LabelNames(&lag), ElementsAre("__name__", "task"));
  EXPECT_THAT(index_.LabelValues("job", &lag), IsEmpty());
  EXPECT_THAT(index_.LabelValues("task", &lag), ElementsAre("t1"));
}

TEST_F(LabelIndexTest, ForgetsWhatIsRemoved) {
  index_.Remove(4, labels_[3]);
  index_.Remove(3, labels_[2]);
  EXPECT_THAT(Select({}), ElementsAre(1, 2));
  EXPECT_THAT(Select({Eq("job", "tidb")}), IsEmpty());
  EXPECT_THAT(index_.LabelNames(), ElementsAre("__name__", "instance", "job"));
  EXPECT_THAT(index_.LabelValues("job"), ElementsAre("tikv"));
  EXPECT_EQ(index_.series_count(), 2u);
  EXPECT_EQ(index_.name_count(), 3u);
  EXPECT_EQ(index_.pair_count(), 4u);
}

TEST_F(LabelIndexTest, FindsAValueThatCameBack) {
  index_.Remove(4, labels_[3]);
  Add(5, {{"__name__", "lag"}, {"task", "t1"}});
  EXPECT_THAT(Select({Eq("task", "t1")}), ElementsAre(5));
  EXPECT_EQ(index_.name_count(), 4u);
}

TEST_F(LabelIndexTest, StaysCompleteWhileManyValuesComeAndGo) {
  for (SeriesRef ref = 100; ref < 3100; ++ref) {
    Add(ref, {{"__name__", "churn"}, {"pod", "pod-" + std::to_string(ref)}});
  }
  for (SeriesRef ref = 100; ref < 3100; ++ref) {
    if (ref % 10 != 0) {
      index_.Remove(ref, labels_[ref - 96]);
    }
  }
  EXPECT_THAT(Select({Re("pod", "pod-.*")}), SizeIs(300));
  EXPECT_THAT(index_.LabelValues("pod"), SizeIs(300));
  EXPECT_THAT(Select({Eq("pod", "pod-110")}), ElementsAre(110));
  EXPECT_THAT(Select({Eq("pod", "pod-111")}), IsEmpty());
}

TEST_F(LabelIndexTest, TakesABatch) {
  const model::Labels a = model::Labels::Of({{"batch", "yes"}, {"n", "1"}});
  const model::Labels b = model::Labels::Of({{"batch", "yes"}, {"n", "2"}});
  const std::vector<LabelIndex::Entry> entries = {{10, a}, {11, b}};
  index_.Add(entries);
  EXPECT_THAT(Select({Eq("batch", "yes")}), ElementsAre(10, 11));
  index_.Remove(entries);
  EXPECT_THAT(Select({Eq("batch", "yes")}), IsEmpty());
}

}  // namespace
}  // namespace tidemark::storage
