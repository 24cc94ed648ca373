// SeriesDirectory finds a series by its ref, without a lock.
//
// Refs only grow, and series that leave memory leave holes; memory follows the refs in use. Three
// levels: a fixed table of regions, a region's table of leaves, a leaf of pointers to series with
// neighbouring refs. Series registered together mostly leave together, so leaves become empty and
// are given back. Regions stay: one is 32 KiB and stands for a million refs.
//
// Find, Next: any thread under an EpochDomain::Guard. Put, Erase: one thread at a time (the
// registration lock).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/epoch.h"
#include "storage/head/head_series.h"
#include "storage/types.h"

namespace tidemark::storage {

class SeriesDirectory {
 public:
  // `epochs` must outlive the directory.
  explicit SeriesDirectory(base::EpochDomain* epochs);
  ~SeriesDirectory();
  SeriesDirectory(const SeriesDirectory&) = delete;
  SeriesDirectory& operator=(const SeriesDirectory&) = delete;

  // The series numbered `ref`; null if there is none.
  HeadSeries* Find(SeriesRef ref) const {
    const Leaf* const leaf = FindLeaf(ref);
    return leaf == nullptr ? nullptr
                           : leaf->series[ref % kLeafSeries].load(std::memory_order_acquire);
  }
  // The series with the smallest ref above `after`; null behind the last one.
  HeadSeries* Next(SeriesRef after) const;

  // REQUIRES: the ref is free.
  void Put(HeadSeries* series);
  // REQUIRES: the ref is in use.
  void Erase(SeriesRef ref);

  size_t bytes() const;

 private:
  static constexpr size_t kLeafSeries = 256;
  static constexpr size_t kRegionLeaves = 4096;
  static constexpr size_t kRegionSeries = kRegionLeaves * kLeafSeries;
  static constexpr size_t kRegions = (uint64_t{1} << 32) / kRegionSeries;

  struct Leaf final : base::EpochDomain::Retired {
    Leaf() : Retired([](Retired* r) { delete static_cast<Leaf*>(r); }) {}
    uint32_t used = 0;  // by the writer alone
    // Writer: registration. Readers: any. Publishes the series.
    std::atomic<HeadSeries*> series[kLeafSeries] = {};
  };
  struct Region {
    // Writer: registration. Readers: any. Publishes a leaf; null once it is empty.
    std::atomic<Leaf*> leaf[kRegionLeaves] = {};
  };

  const Leaf* FindLeaf(SeriesRef ref) const {
    const Region* const region = regions_[ref / kRegionSeries].load(std::memory_order_acquire);
    return region == nullptr
               ? nullptr
               : region->leaf[ref / kLeafSeries % kRegionLeaves].load(std::memory_order_acquire);
  }

  base::EpochDomain* const epochs_;
  // Writer: registration. Readers: any. Publishes a region.
  const std::unique_ptr<std::atomic<Region*>[]> regions_;
  // Writer: registration. Readers: metrics. Publish nothing.
  std::atomic<size_t> region_count_{0};
  std::atomic<size_t> leaf_count_{0};
};

}  // namespace tidemark::storage
