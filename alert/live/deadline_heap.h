// DeadlineHeap holds at most one deadline for each of many items, and gives the earliest.
//
// An item has a member `DeadlineSlot slot` that is the heap's. Setting, moving and taking away are
// logarithmic, and no memory is used but one pointer for each item with a deadline. An item must
// take its deadline away before it is destroyed. Thread-compatible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "model/sample.h"

namespace tidemark::alert {

struct DeadlineSlot {
  static constexpr uint32_t kNone = UINT32_MAX;
  model::Timestamp at = 0;
  uint32_t index = kNone;

  bool set() const { return index != kNone; }
};

template <typename Item>
class DeadlineHeap {
 public:
  bool empty() const { return heap_.empty(); }
  size_t size() const { return heap_.size(); }
  // REQUIRES: !empty()
  Item* first() const { return heap_.front(); }

  void Set(Item* item, model::Timestamp at) {
    if (!item->slot.set()) {
      item->slot.index = static_cast<uint32_t>(heap_.size());
      heap_.push_back(item);
    } else if (item->slot.at == at) {
      return;
    }
    item->slot.at = at;
    SiftDown(SiftUp(item->slot.index));
  }

  void Clear(Item* item) {
    if (!item->slot.set()) {
      return;
    }
    const uint32_t hole = item->slot.index;
    item->slot.index = DeadlineSlot::kNone;
    Item* const last = heap_.back();
    heap_.pop_back();
    if (last != item) {
      Put(hole, last);
      SiftDown(SiftUp(hole));
    }
  }

 private:
  void Put(uint32_t index, Item* item) {
    heap_[index] = item;
    item->slot.index = index;
  }

  uint32_t SiftUp(uint32_t index) {
    Item* const item = heap_[index];
    while (index > 0) {
      const uint32_t parent = (index - 1) / 2;
      if (heap_[parent]->slot.at <= item->slot.at) {
        break;
      }
      Put(index, heap_[parent]);
      index = parent;
    }
    Put(index, item);
    return index;
  }

  void SiftDown(uint32_t index) {
    Item* const item = heap_[index];
    const auto count = static_cast<uint32_t>(heap_.size());
    while (true) {
      uint32_t child = 2 * index + 1;
      if (child >= count) {
        break;
      }
      if (child + 1 < count && heap_[child + 1]->slot.at < heap_[child]->slot.at) {
        ++child;
      }
      if (item->slot.at <= heap_[child]->slot.at) {
        break;
      }
      Put(index, heap_[child]);
      index = child;
    }
    Put(index, item);
  }

  std::vector<Item*> heap_;  // a binary heap, earliest first; each item knows its place
};

}  // namespace tidemark::alert
