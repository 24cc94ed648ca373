#include "storage/cold/cold_index.h"

#include <map>
#include <memory>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/temp_dir.h"

namespace tidemark::storage {
namespace {

using model::Labels;
using model::Matcher;
using model::MatchType;
using model::Timestamp;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

Matcher Match(MatchType type, std::string name, std::string value) {
  return *Matcher::Create(type, std::move(name), std::move(value));
}

class ColdIndexTest : public ::testing::Test {
 protected:
  struct Series {
    Labels labels;
    Timestamp min;
    Timestamp max;
  };

  ColdIndexTest() { Open(); }
  void Open() {
    index_ = nullptr;
    store_ = nullptr;
    auto store = RocksStore::Open(dir_.File("store"), {}, {});
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    auto index = ColdIndex::Open(store_.get());
    ASSERT_TRUE(index.ok()) << index.status();
    index_ = *std::move(index);
  }

  void Add(const std::map<SeriesRef, Series>& batch) {
    std::vector<ColdSeriesRecord> records;
    for (const auto& [ref, series] : batch) {
      records.push_back({ref, 1 + ref % 3, series.min, series.max, series.labels});
      last_ref_ = std::max(last_ref_, ref);
    }
    const absl::Status status = index_->TakeOver(records, {}, last_ref_);
    ASSERT_TRUE(status.ok()) << status;
    series_.insert(batch.begin(), batch.end());
  }

  std::vector<SeriesRef> Select(const std::vector<Matcher>& matchers,
                                Timestamp min = model::kMinTimestamp,
                                Timestamp max = model::kMaxTimestamp) {
    const auto found = index_->Select({min, max, matchers});
    EXPECT_TRUE(found.ok()) << found.status();
    std::vector<SeriesRef> refs;
    for (const ColdSeries& series : *found) {
      EXPECT_EQ(series.labels, series_.at(series.key.series).labels);
      EXPECT_EQ(series.key.metric, 1 + series.key.series % 3);
      refs.push_back(series.key.series);
    }
    std::sort(refs.begin(), refs.end());
    return refs;
  }

  testing::TempDir dir_;
  std::unique_ptr<RocksStore> store_;
  std::unique_ptr<ColdIndex> index_;
  std::map<SeriesRef, Series> series_;
  SeriesRef last_ref_ = 0;
};

TEST_F(ColdIndexTest, FindsWhatWasTakenOverAfterARestartToo) {
  const Labels a = Labels::Of({{"__name__", "up"}, {"job", "x"}});
  const Labels b = Labels::Of({{"__name__", "up"}, {"job", std::string("y\0z", 3)}});
  Add({{7, {a, 1000, 2000}}, {70'000, {b, 1000, kWeekMs + 5}}});
  ASSERT_TRUE(store_->Flush().ok());
  Open();
  EXPECT_EQ(index_->series_count(), 2u);
  EXPECT_EQ(index_->group_count(), 2u);
  EXPECT_EQ(*index_->last_ref(), 70'000u);
  EXPECT_THAT(Select({}), ElementsAre(7, 70'000));
  EXPECT_THAT(Select({Match(MatchType::kEqual, "job", std::string("y\0z", 3))}),
              ElementsAre(70'000));
  EXPECT_THAT(Select({Match(MatchType::kRegexp, "job", "x|y")}), ElementsAre(7));
  EXPECT_THAT(Select({}, 2001, 3000), ElementsAre(70'000));
  EXPECT_THAT(Select({}, 0, 999), IsEmpty());
  EXPECT_TRUE(*index_->Contains(7));
  EXPECT_FALSE(*index_->Contains(8));
}

TEST_F(ColdIndexTest, TakesTheSeriesOutOfTheLiveFamilies) {
  const Labels a = Labels::Of({{"__name__", "up"}});
  StoreBatch batch(*store_);
  batch.PutSeries({7, 2, a});
  batch.PutState({7, 1, 2});
  batch.PutSeries({8, 2, a});
  batch.PutSeries({9, 2, a});
  ASSERT_TRUE(store_->Write(&batch).ok());
  const ColdSeriesRecord cold{7, 2, 1, 2, a};
  const SeriesRef forgotten = 9;
  ASSERT_TRUE(index_->TakeOver({&cold, 1}, {&forgotten, 1}, 9).ok());
  std::vector<SeriesRef> left;
  ASSERT_TRUE(store_
                  ->LoadSeries([&left](const SeriesRecord& record) {
                    left.push_back(record.ref);
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_THAT(left, ElementsAre(8));
}

TEST_F(ColdIndexTest, DropsWholeWeeksOnly) {
  const Labels a = Labels::Of({{"__name__", "up"}});
  Add({{1, {a, 0, 5}}, {2, {a, 0, kWeekMs + 5}}, {3, {a, 0, 2 * kWeekMs + 5}}});
  ASSERT_TRUE(index_->DropBefore(2 * kWeekMs - 1).ok());
  EXPECT_THAT(Select({}), ElementsAre(2, 3));
  EXPECT_FALSE(*index_->Contains(1));
  ASSERT_TRUE(index_->DropBefore(2 * kWeekMs).ok());
  EXPECT_THAT(Select({}), ElementsAre(3));
  Open();
  EXPECT_EQ(index_->group_count(), 0u) << "nothing was flushed";
}

TEST_F(ColdIndexTest, AgreesWithASearchThroughAllSeries) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 rng(seed);
  const char* const names[] = {"__name__", "a", "b", "c"};
  const auto value = [&rng](size_t name) {
    return (rng() % 2 == 0 ? "x" : "y") + std::to_string(rng() % (2 + name * name * 30));
  };
  const auto pattern = [&](size_t name) -> std::string {
    switch (rng() % 6) {
      case 0:
        return "x.*";
      case 1:
        return value(name) + "|" + value(name);
      case 2:
        return "[xy]1?";
      case 3:
        return ".+";
      case 4:
        return "(x[0-5])?";
      default:
        return "y1[0-9].*";
    }
  };
  SeriesRef last = 0;
  for (int round = 0; round < 12; ++round) {
    std::map<SeriesRef, Series> batch;
    for (int i = 0; i < 60; ++i) {
      std::vector<std::pair<std::string, std::string>> labels;
      for (size_t name = 0; name < std::size(names); ++name) {
        if (rng() % 4 != 0) {
          labels.emplace_back(names[name], value(name));
        }
      }
      const auto min = static_cast<Timestamp>(rng() % (3 * kWeekMs));
      const auto max = min + static_cast<Timestamp>(rng() % kWeekMs);
      last += 1 + rng() % 9000;
      batch[last] = {Labels::Of(labels), min, max};
    }
    Add(batch);
    for (int i = 0; i < 30; ++i) {
      std::vector<Matcher> matchers;
      std::string text;
      for (size_t n = rng() % 4; n > 0; --n) {
        const size_t name = rng() % std::size(names);
        const auto type = static_cast<MatchType>(rng() % 4);
        const bool regex = type == MatchType::kRegexp || type == MatchType::kNotRegexp;
        matchers.push_back(Match(type, names[name],
                                 regex            ? pattern(name)
                                 : rng() % 5 == 0 ? ""
                                                  : value(name)));
        text += matchers.back().ToString() + " ";
      }
      const auto min = static_cast<Timestamp>(rng() % (4 * kWeekMs));
      const auto max = min + static_cast<Timestamp>(rng() % kWeekMs);
      std::vector<SeriesRef> expected;
      std::set<std::string> label_names;
      std::set<std::string> label_values;
      const char* const asked = names[rng() % std::size(names)];
      for (const auto& [ref, series] : series_) {
        if (series.min > max || series.max < min ||
            !std::all_of(matchers.begin(), matchers.end(),
                         [&s = series](const Matcher& m) { return m.Matches(s.labels); })) {
          continue;
        }
        expected.push_back(ref);
        for (const model::LabelView& label : series.labels.view()) {
          label_names.emplace(label.name);
          if (label.name == asked) {
            label_values.emplace(label.value);
          }
        }
      }
      ASSERT_EQ(Select(matchers, min, max), expected) << text;
      if (!matchers.empty()) {
        ASSERT_THAT(*index_->LabelNames({min, max, matchers}), ElementsAreArray(label_names));
        ASSERT_THAT(*index_->LabelValues(asked, {min, max, matchers}),
                    ElementsAreArray(label_values));
      }
    }
  }
  EXPECT_THAT(*index_->LabelNames({}), ElementsAreArray(names));
}

}  // namespace
}  // namespace tidemark::storage
