#include "storage/index/postings.h"

#include <random>
#include <set>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tidemark::storage {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<SeriesRef> Members(const Postings& postings) {
  SeriesBitmap bitmap;
  postings.UnionInto(&bitmap);
  return ToVector(bitmap);
}

// Compared as a whole: a matcher for each element takes minutes under the thread sanitizer.
std::vector<SeriesRef> Sorted(const std::set<SeriesRef>& refs) {
  return {refs.begin(), refs.end()};
}

SeriesBitmap BitmapOf(const std::set<SeriesRef>& refs) {
  SeriesBitmap bitmap;
  for (const SeriesRef ref : refs) {
    bitmap.add(ref);
  }
  return bitmap;
}

TEST(Postings, KeepsRefsSortedWhateverTheirOrder) {
  Postings postings;
  for (const SeriesRef ref : {5u, 1u, 9u, 5u, 7u}) {
    postings.Add(ref);
  }
  EXPECT_THAT(Members(postings), ElementsAre(1, 5, 7, 9));
  EXPECT_EQ(postings.cardinality(), 4u);
}

TEST(Postings, IsEmptyAgainWhenTheLastRefIsRemoved) {
  for (const SeriesRef count : {SeriesRef{1}, SeriesRef{Postings::kMaxArray + 10}}) {
    Postings postings;
    for (SeriesRef ref = 1; ref <= count; ++ref) {
      postings.Add(ref);
    }
    EXPECT_FALSE(postings.empty());
    for (SeriesRef ref = 1; ref <= count; ++ref) {
      postings.Remove(ref);
    }
    EXPECT_TRUE(postings.empty());
    EXPECT_THAT(Members(postings), IsEmpty());
  }
}

TEST(Postings, KeepsConsecutiveRefsWithoutMemoryOfTheirOwn) {
  Postings postings;
  postings.AddRange(10, 500);
  postings.Add(501);
  postings.Remove(10);
  postings.Remove(501);
  EXPECT_EQ(postings.heap_bytes(), 0u);
  EXPECT_EQ(postings.cardinality(), 490u);
  postings.Remove(100);
  EXPECT_EQ(postings.cardinality(), 489u);
  Postings moved = std::move(postings);
  EXPECT_TRUE(postings.empty());  // NOLINT(bugprone-use-after-move): empty by contract
  EXPECT_EQ(moved.cardinality(), 489u);
}

TEST(Postings, AgreesWithASetInEveryOperation) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    Postings postings;
    std::set<SeriesRef> set;
    std::set<SeriesRef> other;
    const size_t changes = random() % 120;  // ranges and arrays, and bitmaps when there are many
    const SeriesRef spread = random() % 2 == 0 ? 100 : 1000;
    for (size_t i = 0; i < changes; ++i) {
      const auto ref = static_cast<SeriesRef>(1 + random() % spread);
      if (random() % 5 == 0) {
        const SeriesRef last = ref + static_cast<SeriesRef>(random() % 40);
        postings.AddRange(ref, last);
        for (SeriesRef r = ref; r <= last; ++r) {
          set.insert(r);
        }
      } else if (random() % 4 == 0) {
        postings.Remove(ref);
        set.erase(ref);
      } else {
        postings.Add(ref);
        set.insert(ref);
      }
      other.insert(static_cast<SeriesRef>(1 + random() % spread));
    }
    std::set<SeriesRef> both;
    std::set<SeriesRef> either = other;
    std::set<SeriesRef> rest = other;
    for (const SeriesRef ref : set) {
      either.insert(ref);
      if (rest.erase(ref) > 0) {
        both.insert(ref);
      }
    }
    ASSERT_EQ(Members(postings), Sorted(set));
    ASSERT_EQ(postings.cardinality(), set.size());
    ASSERT_EQ(postings.empty(), set.empty());
    ASSERT_EQ(postings.Intersects(BitmapOf(other)), !both.empty());
    SeriesBitmap bitmap = BitmapOf(other);
    postings.UnionInto(&bitmap);
    ASSERT_EQ(ToVector(bitmap), Sorted(either));
    bitmap = BitmapOf(other);
    postings.IntersectInto(&bitmap);
    ASSERT_EQ(ToVector(bitmap), Sorted(both));
    bitmap = BitmapOf(other);
    postings.SubtractFrom(&bitmap);
    ASSERT_EQ(ToVector(bitmap), Sorted(rest));
  }
}

}  // namespace
}  // namespace tidemark::storage
