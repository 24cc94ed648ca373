// LabelArena keeps the label sets of one query, in few allocations, until the query ends.
// Thread-compatible.
#pragma once

#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "model/labels.h"

namespace tidemark::query {

class LabelArena {
 public:
  LabelArena() = default;
  ~LabelArena() = default;
  LabelArena(const LabelArena&) = delete;
  LabelArena& operator=(const LabelArena&) = delete;

  // A copy of `labels` that lives as long as the arena.
  model::LabelsView Store(model::LabelsView labels) {
    return model::LabelsView(StoreBytes(labels.bytes()));
  }

  std::string_view StoreBytes(std::string_view bytes) {
    if (bytes.empty()) {
      return {};
    }
    char* place = Allocate(bytes.size());
    std::memcpy(place, bytes.data(), bytes.size());
    return {place, bytes.size()};
  }

 private:
  static constexpr size_t kBlockBytes = 1 << 16;

  char* Allocate(size_t bytes) {
    if (bytes > kBlockBytes / 4) {
      large_.push_back(std::make_unique_for_overwrite<char[]>(bytes));
      return large_.back().get();
    }
    if (bytes > left_) {
      blocks_.push_back(std::make_unique_for_overwrite<char[]>(kBlockBytes));
      next_ = blocks_.back().get();
      left_ = kBlockBytes;
    }
    char* place = next_;
    next_ += bytes;
    left_ -= bytes;
    return place;
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  std::vector<std::unique_ptr<char[]>> large_;
  char* next_ = nullptr;
  size_t left_ = 0;
};

}  // namespace tidemark::query
