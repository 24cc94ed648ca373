// The index against a search through all label sets, and against itself from many threads.
#include <atomic>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/index/label_index.h"
#include "tests/storage/index/matchers.h"

namespace tidemark::storage {
namespace {

using testing::ElementsAreArray;

constexpr const char* kNames[] = {"__name__", "a", "b", "c", "d", "e"};

class RandomLabels {
 public:
  explicit RandomLabels(uint32_t seed) : random_(seed) {}

  size_t Below(size_t n) { return random_() % n; }
  // Names differ in how many values they have, and how often they are missing.
  std::string Value(size_t name) {
    const size_t value = Below(name == 5 ? 400 : 1 + 3 * name);
    return (value % 2 == 0 ? "x" : "y") + std::to_string(value);
  }
  model::Labels Labels() {
    std::vector<std::pair<std::string, std::string>> labels;
    for (size_t name = 0; name < std::size(kNames); ++name) {
      if (Below(4) != 0) {
        labels.emplace_back(kNames[name], Value(name));
      }
    }
    return model::Labels::Of(labels);
  }
  std::string Pattern(size_t name) {
    switch (Below(7)) {
      case 0:
        return "x.*";
      case 1:
        return Value(name) + "|" + Value(name);
      case 2:
        return Value(name) + "|";
      case 3:
        return "[xy]1?";
      case 4:
        return ".*";
      case 5:
        return ".+";
      default:
        return "(x[0-5])?";
    }
  }
  model::Matcher Matcher() {
    const size_t name = Below(std::size(kNames));
    const auto type = static_cast<model::MatchType>(Below(4));
    const bool regex = type == model::MatchType::kRegexp || type == model::MatchType::kNotRegexp;
    const std::string literal = Below(4) == 0 ? "" : Value(name);
    return MakeMatcher(type, Below(20) == 0 ? "nowhere" : kNames[name],
                       regex ? Pattern(name) : literal);
  }
  std::vector<model::Matcher> Matchers() {
    std::vector<model::Matcher> matchers;
    for (size_t i = Below(5); i > 0; --i) {
      matchers.push_back(Matcher());
    }
    return matchers;
  }

 private:
  std::mt19937 random_;
};

std::string Show(const std::vector<model::Matcher>& matchers) {
  std::string text;
  for (const model::Matcher& matcher : matchers) {
    text += matcher.ToString() + " ";
  }
  return text;
}

using SeriesByRef = std::map<SeriesRef, model::Labels>;

std::vector<SeriesRef> SearchAll(const SeriesByRef& series,
                                 const std::vector<model::Matcher>& matchers) {
  std::vector<SeriesRef> hits;
  for (const auto& [ref, labels] : series) {
    if (std::all_of(matchers.begin(), matchers.end(),
                    [&labels = labels](const auto& matcher) { return matcher.Matches(labels); })) {
      hits.push_back(ref);
    }
  }
  return hits;
}

// The names and the values of `name` among the series with these refs.
std::pair<std::set<std::string>, std::set<std::string>> NamesAndValues(
    const SeriesByRef& series, const std::vector<SeriesRef>& refs, std::string_view name) {
  std::set<std::string> names;
  std::set<std::string> values;
  for (const SeriesRef ref : refs) {
    for (const model::LabelView& label : series.at(ref).view()) {
      names.emplace(label.name);
      if (label.name == name) {
        values.emplace(label.value);
      }
    }
  }
  return {names, values};
}

TEST(LabelIndexProperty, AgreesWithASearchThroughAllSeries) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  RandomLabels random(seed);
  LabelIndex index;
  SeriesByRef series;
  SeriesRef last = 0;
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 60; ++i) {
      series[++last] = random.Labels();
      index.Add(last, series[last]);
    }
    for (int i = 0; i < 20; ++i) {
      const auto victim =
          std::next(series.begin(), static_cast<std::ptrdiff_t>(random.Below(series.size())));
      index.Remove(victim->first, victim->second);
      series.erase(victim);
    }
    for (int i = 0; i < 25; ++i) {
      const std::vector<model::Matcher> matchers = random.Matchers();
      const std::vector<SeriesRef> expected = SearchAll(series, matchers);
      const SeriesBitmap selected = index.Select(matchers);
      ASSERT_EQ(ToVector(selected), expected) << Show(matchers);
      const char* name = kNames[random.Below(std::size(kNames))];
      const auto [names, values] = NamesAndValues(series, expected, name);
      ASSERT_THAT(index.LabelNames(&selected), ElementsAreArray(names)) << Show(matchers);
      ASSERT_THAT(index.LabelValues(name, &selected), ElementsAreArray(values)) << Show(matchers);
    }
  }
}

// One thread registers and removes; readers must at any time see every series whose registration
// they know of, and no series that does not match.
TEST(LabelIndexConcurrency, ReadersSeeWhatWasAddedBeforeTheyAsked) {
  constexpr SeriesRef kSeries = 3000;
  LabelIndex index;
  // Written by the registering thread after Add, read by the others before Select.
  std::atomic<SeriesRef> added{0};
  std::atomic<bool> done{false};

  const auto labels_of = [](SeriesRef ref) {
    return model::Labels::Of({{"__name__", ref % 2 == 0 ? "even" : "odd"},
                              {"pod", "pod-" + std::to_string(ref)},
                              {"kept", ref % 3 == 0 ? "yes" : "no"}});
  };
  // Readers that ask again at once would keep the writer from the lock for minutes.
  const auto await_more_than = [&](SeriesRef before) {
    while (added.load(std::memory_order_acquire) == before &&
           !done.load(std::memory_order_acquire)) {
      std::this_thread::yield();
    }
  };
  const auto read = [&](const std::vector<model::Matcher>& matchers, SeriesRef step) {
    while (!done.load(std::memory_order_acquire)) {
      const SeriesRef before = added.load(std::memory_order_acquire);
      const SeriesBitmap selected = index.Select(matchers);
      for (SeriesRef ref = step; ref <= before; ref += step) {
        ASSERT_TRUE(selected.contains(ref)) << ref << " of " << before;
      }
      for (const SeriesRef ref : ToVector(selected)) {
        ASSERT_EQ(ref % step, 0u);
      }
      await_more_than(before);
    }
  };
  std::vector<std::thread> readers;
  readers.emplace_back(read, std::vector{Eq("__name__", "even"), Eq("kept", "yes")}, 6);
  readers.emplace_back(read, std::vector{Re("pod", "pod-.*"), Eq("kept", "yes")}, 3);
  readers.emplace_back(read, std::vector{Ne("kept", "no"), Nre("pod", "[^p].*")}, 3);
  readers.emplace_back([&] {
    while (!done.load(std::memory_order_acquire)) {
      const SeriesRef before = added.load(std::memory_order_acquire);
      ASSERT_GE(index.LabelValues("pod").size(), before / 3);
      ASSERT_LE(index.LabelNames().size(), 3u);
      await_more_than(before);
    }
  });
  for (SeriesRef ref = 1; ref <= kSeries; ++ref) {
    index.Add(ref, labels_of(ref));
    if (ref > 100 && (ref - 100) % 3 != 0) {
      index.Remove(ref - 100, labels_of(ref - 100));
    }
    added.store(ref, std::memory_order_release);
  }
  done.store(true, std::memory_order_release);
  for (std::thread& reader : readers) {
    reader.join();
  }
  EXPECT_EQ(index.series_count(), kSeries / 3 + 66);  // 66 of the last 100 were not removed
}

}  // namespace
}  // namespace tidemark::storage
