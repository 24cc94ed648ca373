// SeriesBitmap, a set of series refs, and Postings, the set of one label pair.
//
// Most label pairs have few series, a few pairs have nearly all: Postings starts as a short sorted
// array and becomes a bitmap when it grows. Both are values; thread-compatible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "roaring/roaring.hh"
#include "storage/types.h"

namespace tidemark::storage {

using SeriesBitmap = Roaring;

// The members in ascending order.
std::vector<SeriesRef> ToVector(const SeriesBitmap& bitmap);

class Postings {
 public:
  // Above this many refs a bitmap is smaller and faster.
  static constexpr size_t kMaxArray = 32;

  void Add(SeriesRef ref);
  void Remove(SeriesRef ref);

  size_t cardinality() const;
  bool empty() const { return bitmap_ == nullptr && array_.empty(); }
  bool Intersects(const SeriesBitmap& other) const;

  // Adds the refs to `bitmap`.
  void UnionInto(SeriesBitmap* bitmap) const;
  // Keeps in `bitmap` only the refs, or takes them out of it.
  void IntersectInto(SeriesBitmap* bitmap) const;
  void SubtractFrom(SeriesBitmap* bitmap) const;

 private:
  std::vector<SeriesRef> array_;          // ascending; empty once there is a bitmap
  std::unique_ptr<SeriesBitmap> bitmap_;  // never empty
};

}  // namespace tidemark::storage
