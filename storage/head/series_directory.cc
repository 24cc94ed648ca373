#include "storage/head/series_directory.h"

#include "base/check.h"

namespace tidemark::storage {

SeriesDirectory::SeriesDirectory(base::EpochDomain* epochs)
    : epochs_(epochs), regions_(new std::atomic<Region*>[kRegions]()) {}

SeriesDirectory::~SeriesDirectory() {
  for (size_t r = 0; r < kRegions; ++r) {
    Region* const region = regions_[r].load(std::memory_order_acquire);
    if (region == nullptr) {
      continue;
    }
    for (const auto& leaf : region->leaf) {
      delete leaf.load(std::memory_order_acquire);
    }
    delete region;
  }
}

HeadSeries* SeriesDirectory::Next(SeriesRef after) const {
  for (uint64_t ref = uint64_t{after} + 1; ref < uint64_t{kRegions} * kRegionSeries;) {
    const Region* const region = regions_[ref / kRegionSeries].load(std::memory_order_acquire);
    if (region == nullptr) {
      ref = (ref / kRegionSeries + 1) * kRegionSeries;
      continue;
    }
    const Leaf* const leaf =
        region->leaf[ref / kLeafSeries % kRegionLeaves].load(std::memory_order_acquire);
    if (leaf == nullptr) {
      ref = (ref / kLeafSeries + 1) * kLeafSeries;
      continue;
    }
    if (HeadSeries* series = leaf->series[ref % kLeafSeries].load(std::memory_order_acquire);
        series != nullptr) {
      return series;
    }
    ++ref;
  }
  return nullptr;
}

void SeriesDirectory::Put(HeadSeries* series) {
  const SeriesRef ref = series->ref();
  auto& region_slot = regions_[ref / kRegionSeries];
  Region* region = region_slot.load(std::memory_order_relaxed);
  if (region == nullptr) {
    region = new Region;
    region_count_.fetch_add(1, std::memory_order_relaxed);
    region_slot.store(region, std::memory_order_release);
  }
  auto& leaf_slot = region->leaf[ref / kLeafSeries % kRegionLeaves];
  Leaf* leaf = leaf_slot.load(std::memory_order_relaxed);
  if (leaf == nullptr) {
    leaf = new Leaf;
    leaf_count_.fetch_add(1, std::memory_order_relaxed);
    leaf_slot.store(leaf, std::memory_order_release);
  }
  auto& slot = leaf->series[ref % kLeafSeries];
  TIDEMARK_CHECK(slot.load(std::memory_order_relaxed) == nullptr, "ref {} is in use", ref);
  ++leaf->used;
  slot.store(series, std::memory_order_release);
}

void SeriesDirectory::Erase(SeriesRef ref) {
  Region* const region = regions_[ref / kRegionSeries].load(std::memory_order_relaxed);
  auto& leaf_slot = region->leaf[ref / kLeafSeries % kRegionLeaves];
  Leaf* const leaf = leaf_slot.load(std::memory_order_relaxed);
  leaf->series[ref % kLeafSeries].store(nullptr, std::memory_order_release);
  if (--leaf->used == 0) {
    leaf_slot.store(nullptr, std::memory_order_release);
    leaf_count_.fetch_sub(1, std::memory_order_relaxed);
    epochs_->Retire(leaf);
  }
}

size_t SeriesDirectory::bytes() const {
  return kRegions * sizeof(regions_[0]) +
         region_count_.load(std::memory_order_relaxed) * sizeof(Region) +
         leaf_count_.load(std::memory_order_relaxed) * sizeof(Leaf);
}

}  // namespace tidemark::storage
