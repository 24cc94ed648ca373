#include "storage/index/postings.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/check.h"

namespace tidemark::storage {
namespace {

constexpr uint32_t kArrayStep = 4;

uint64_t End(SeriesRef last) { return uint64_t{last} + 1; }

}  // namespace

std::vector<SeriesRef> ToVector(const SeriesBitmap& bitmap) {
  std::vector<SeriesRef> refs(bitmap.cardinality());
  if (!refs.empty()) {
    bitmap.toUint32Array(refs.data());
  }
  return refs;
}

void Postings::Swap(Postings* other) noexcept {
  std::swap(kind_, other->kind_);
  std::swap(capacity_, other->capacity_);
  std::swap(count_, other->count_);
  const Range range = range_;
  std::memcpy(&range_, &other->range_, sizeof(range_));
  std::memcpy(&other->range_, &range, sizeof(range_));
}

void Postings::Clear() {
  if (kind_ == Kind::kArray) {
    std::free(array_);
  } else if (kind_ == Kind::kBitmap) {
    delete bitmap_;
  }
  kind_ = Kind::kRange;
  count_ = 0;
}

void Postings::AddRange(SeriesRef first, SeriesRef last) {
  const uint64_t count = End(last) - first;
  if (kind_ == Kind::kRange) {
    if (count_ == 0 || End(range_.last) == first) {
      range_ = {count_ == 0 ? first : range_.first, last};
      count_ += static_cast<uint32_t>(count);
      return;
    }
    if (first >= range_.first && last <= range_.last) {
      return;
    }
    LeaveRange(count);
  }
  if (kind_ == Kind::kArray && count_ + count > kMaxArray) {
    MakeBitmap();
  }
  if (kind_ == Kind::kBitmap) {
    first == last ? bitmap_->add(first) : bitmap_->addRange(first, End(last));
    return;
  }
  for (uint64_t ref = first; ref <= last; ++ref) {
    AddToArray(static_cast<SeriesRef>(ref));
  }
}

void Postings::LeaveRange(size_t more) {
  const Range range = range_;
  if (count_ + more > kMaxArray) {
    kind_ = Kind::kBitmap;
    bitmap_ = new SeriesBitmap;
    bitmap_->addRange(range.first, End(range.last));
    return;
  }
  kind_ = Kind::kArray;
  array_ = nullptr;
  capacity_ = 0;
  const uint32_t count = count_;
  count_ = 0;
  GrowArray(count + static_cast<uint32_t>(more));
  for (; count_ < count; ++count_) {
    array_[count_] = range.first + count_;
  }
}

void Postings::MakeBitmap() {
  auto* const bitmap = new SeriesBitmap(count_, array_);
  Clear();
  kind_ = Kind::kBitmap;
  bitmap_ = bitmap;
}

void Postings::GrowArray(uint32_t capacity) {
  capacity_ = static_cast<uint8_t>((capacity + kArrayStep - 1) / kArrayStep);
  auto* const grown =
      static_cast<SeriesRef*>(std::realloc(array_, capacity_ * kArrayStep * sizeof(SeriesRef)));
  TIDEMARK_CHECK(grown != nullptr, "out of memory for {} refs", capacity);
  array_ = grown;
}

void Postings::AddToArray(SeriesRef ref) {
  SeriesRef* at = end();
  if (count_ > 0 && ref <= end()[-1]) {
    at = std::lower_bound(begin(), end(), ref);
    if (*at == ref) {
      return;
    }
  }
  const auto place = static_cast<uint32_t>(at - begin());
  if (count_ == capacity_ * kArrayStep) {
    GrowArray(count_ + count_ / 4 + 1);
  }
  std::memmove(array_ + place + 1, array_ + place, (count_ - place) * sizeof(SeriesRef));
  array_[place] = ref;
  ++count_;
}

void Postings::RemoveFromArray(SeriesRef ref) {
  SeriesRef* const at = std::lower_bound(begin(), end(), ref);
  if (at == end() || *at != ref) {
    return;
  }
  std::memmove(at, at + 1, static_cast<size_t>(end() - at - 1) * sizeof(SeriesRef));
  if (--count_ == 0) {
    Clear();
  }
}

void Postings::Remove(SeriesRef ref) {
  if (kind_ == Kind::kRange) {
    if (count_ == 0 || ref < range_.first || ref > range_.last) {
      return;
    }
    if (ref == range_.first || ref == range_.last) {
      ref == range_.first ? ++range_.first : --range_.last;
      --count_;
      return;
    }
    LeaveRange(0);
  }
  if (kind_ == Kind::kArray) {
    RemoveFromArray(ref);
    return;
  }
  bitmap_->remove(ref);
  if (bitmap_->isEmpty()) {
    Clear();
  }
}

size_t Postings::cardinality() const {
  return kind_ == Kind::kBitmap ? bitmap_->cardinality() : count_;
}

bool Postings::Intersects(const SeriesBitmap& other) const {
  switch (kind_) {
    case Kind::kRange:
      return count_ > 0 && (count_ == 1 ? other.contains(range_.first)
                                        : other.rank(range_.last) > other.rank(range_.first - 1));
    case Kind::kArray:
      return std::any_of(begin(), end(), [&other](SeriesRef ref) { return other.contains(ref); });
    default:
      return bitmap_->intersect(other);
  }
}

void Postings::UnionInto(SeriesBitmap* bitmap) const {
  if (kind_ == Kind::kBitmap) {
    *bitmap |= *bitmap_;
  } else if (kind_ == Kind::kArray) {
    bitmap->addMany(count_, array_);
  } else if (count_ > 0) {
    bitmap->addRange(range_.first, End(range_.last));
  }
}

void Postings::IntersectInto(SeriesBitmap* bitmap) const {
  if (kind_ == Kind::kBitmap) {
    *bitmap &= *bitmap_;
    return;
  }
  SeriesBitmap own;
  UnionInto(&own);
  *bitmap &= own;
}

void Postings::SubtractFrom(SeriesBitmap* bitmap) const {
  if (kind_ == Kind::kBitmap) {
    *bitmap -= *bitmap_;
    return;
  }
  SeriesBitmap own;
  UnionInto(&own);
  *bitmap -= own;
}

size_t Postings::heap_bytes() const {
  switch (kind_) {
    case Kind::kRange:
      return 0;
    case Kind::kArray:
      return capacity_ * kArrayStep * sizeof(SeriesRef);
    default:
      return sizeof(SeriesBitmap) + bitmap_->getSizeInBytes();
  }
}

}  // namespace tidemark::storage
