// SeriesBitmap, a set of series refs, and Postings, the set of one label pair.
//
// Most label pairs have few series, many have those of one target, which were registered one after
// the other, and a few have nearly all. So Postings is a range as long as its refs are consecutive,
// then a short sorted array, and a bitmap when it grows: 16 bytes, and memory beside them only for
// the last two. Both are values; thread-compatible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
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
  static constexpr uint32_t kMaxArray = 128;

  Postings() : range_{0, 0} {}
  Postings(Postings&& other) noexcept : Postings() { Swap(&other); }
  Postings& operator=(Postings&& other) noexcept {
    Swap(&other);
    return *this;
  }
  Postings(const Postings&) = delete;
  Postings& operator=(const Postings&) = delete;
  ~Postings() { Clear(); }

  void Add(SeriesRef ref) { AddRange(ref, ref); }
  // Adds [first, last].
  void AddRange(SeriesRef first, SeriesRef last);
  void Remove(SeriesRef ref);

  size_t cardinality() const;
  bool empty() const { return kind_ == Kind::kRange && count_ == 0; }
  bool Intersects(const SeriesBitmap& other) const;

  // Adds the refs to `bitmap`.
  void UnionInto(SeriesBitmap* bitmap) const;
  // Keeps in `bitmap` only the refs, or takes them out of it.
  void IntersectInto(SeriesBitmap* bitmap) const;
  void SubtractFrom(SeriesBitmap* bitmap) const;

  // Memory beside the object itself.
  size_t heap_bytes() const;

 private:
  enum class Kind : uint8_t { kRange, kArray, kBitmap };
  struct Range {
    SeriesRef first;
    SeriesRef last;
  };

  void Swap(Postings* other) noexcept;
  void Clear();
  SeriesRef* begin() const { return array_; }
  SeriesRef* end() const { return array_ + count_; }
  // Turns a range into an array or a bitmap of the same refs, with room for `more` in an array.
  void LeaveRange(size_t more);
  void MakeBitmap();
  void AddToArray(SeriesRef ref);
  void GrowArray(uint32_t capacity);
  void RemoveFromArray(SeriesRef ref);

  Kind kind_ = Kind::kRange;
  uint8_t capacity_ = 0;  // of an array, in steps of kArrayStep
  uint32_t count_ = 0;    // of a range or an array
  union {
    Range range_;
    SeriesRef* array_;      // owned, ascending
    SeriesBitmap* bitmap_;  // owned, never empty
  };
};
static_assert(sizeof(Postings) == 16);

}  // namespace tidemark::storage
