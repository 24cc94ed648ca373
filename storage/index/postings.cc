#include "storage/index/postings.h"

#include <algorithm>

namespace tidemark::storage {

std::vector<SeriesRef> ToVector(const SeriesBitmap& bitmap) {
  std::vector<SeriesRef> refs(bitmap.cardinality());
  if (!refs.empty()) {
    bitmap.toUint32Array(refs.data());
  }
  return refs;
}

void Postings::Add(SeriesRef ref) {
  if (bitmap_ != nullptr) {
    bitmap_->add(ref);
    return;
  }
  if (array_.empty() || ref > array_.back()) {
    array_.push_back(ref);
  } else if (const auto at = std::lower_bound(array_.begin(), array_.end(), ref); *at != ref) {
    array_.insert(at, ref);
  }
  if (array_.size() > kMaxArray) {
    bitmap_ = std::make_unique<SeriesBitmap>(array_.size(), array_.data());
    array_ = {};
  }
}

void Postings::Remove(SeriesRef ref) {
  if (bitmap_ == nullptr) {
    const auto at = std::lower_bound(array_.begin(), array_.end(), ref);
    if (at != array_.end() && *at == ref) {
      array_.erase(at);
    }
    return;
  }
  bitmap_->remove(ref);
  if (bitmap_->isEmpty()) {
    bitmap_ = nullptr;
  }
}

size_t Postings::cardinality() const {
  return bitmap_ != nullptr ? bitmap_->cardinality() : array_.size();
}

bool Postings::Intersects(const SeriesBitmap& other) const {
  if (bitmap_ != nullptr) {
    return bitmap_->intersect(other);
  }
  return std::any_of(array_.begin(), array_.end(),
                     [&other](SeriesRef ref) { return other.contains(ref); });
}

void Postings::UnionInto(SeriesBitmap* bitmap) const {
  if (bitmap_ != nullptr) {
    *bitmap |= *bitmap_;
  } else {
    bitmap->addMany(array_.size(), array_.data());
  }
}

void Postings::IntersectInto(SeriesBitmap* bitmap) const {
  if (bitmap_ != nullptr) {
    *bitmap &= *bitmap_;
    return;
  }
  SeriesBitmap both;
  for (const SeriesRef ref : array_) {
    if (bitmap->contains(ref)) {
      both.add(ref);
    }
  }
  *bitmap = std::move(both);
}

void Postings::SubtractFrom(SeriesBitmap* bitmap) const {
  if (bitmap_ != nullptr) {
    *bitmap -= *bitmap_;
    return;
  }
  for (const SeriesRef ref : array_) {
    bitmap->remove(ref);
  }
}

}  // namespace tidemark::storage
