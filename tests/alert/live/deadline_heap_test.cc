#include "alert/live/deadline_heap.h"

#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark::alert {
namespace {

struct Item {
  DeadlineSlot slot;
};

TEST(DeadlineHeap, GivesTheEarliestWhateverIsSetMovedAndCleared) {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    std::vector<Item> items(40);
    DeadlineHeap<Item> heap;
    std::set<std::pair<model::Timestamp, Item*>> expected;
    for (int step = 0; step < 2000; ++step) {
      Item* const item = &items[random() % items.size()];
      if (item->slot.set()) {
        expected.erase({item->slot.at, item});
      }
      if (random() % 3 == 0) {
        heap.Clear(item);
      } else {
        heap.Set(item, static_cast<model::Timestamp>(random() % 500));
        expected.insert({item->slot.at, item});
      }
      ASSERT_EQ(heap.size(), expected.size());
      if (!expected.empty()) {
        ASSERT_EQ(heap.first()->slot.at, expected.begin()->first);
      }
    }
  }
}

}  // namespace
}  // namespace tidemark::alert
