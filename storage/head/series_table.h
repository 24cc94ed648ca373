// SeriesTable finds a series by the bytes of its labels, without a lock.
//
// Open addressing with linear probing over 8-byte slots, a power of two of them. A slot holds the
// pointer to the series in its low 48 bits and 16 bits of the hash above them, so that a probe
// reads one cache line of eight slots and follows a pointer only when the tags agree; the stored
// label bytes decide. A tag is never 0.
//
// Invariants:
//   1. Between a series' home slot and its own no slot is empty, at any time.
//   2. Slots change one at a time, and an empty slot is left: some slots are empty always.
// So a reader that starts at the home slot meets the series before it meets an empty slot. Erase
// therefore leaves a mark, which no tag equals, where a probe may pass; only marks directly before
// an empty slot become empty, for no probe reaches behind those. Insert takes the first mark or
// empty slot. Marks count as used; at 60 % used the table is built anew without them, in a size
// that fits the series, aside, and published whole; the old one is retired.
//
// Find: any thread under an EpochDomain::Guard. Insert, Replace, Erase: one thread at a time (the
// registration lock). A reader may miss a series that was just inserted, on an old table or behind
// a mark it has passed: it then registers, and finds it there under the lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/epoch.h"
#include "model/hash.h"
#include "storage/head/head_series.h"

namespace tidemark::storage {

class SeriesTable {
 public:
  // `epochs` must outlive the table.
  SeriesTable(base::EpochDomain* epochs, uint64_t hash_seed);
  ~SeriesTable();
  SeriesTable(const SeriesTable&) = delete;
  SeriesTable& operator=(const SeriesTable&) = delete;

  model::Hash128 Hash(std::string_view label_bytes) const {
    return model::HashBytes(label_bytes, hash_seed_);
  }

  // Fetches the slots of `hash` into the cache.
  void Prefetch(model::Hash128 hash) const {
    const Slots* slots = slots_.load(std::memory_order_acquire);
    __builtin_prefetch(&slots->slot[hash.low & slots->mask]);
  }

  // Fetches the series that `hash` most likely stands for; for use between Prefetch and Find.
  void PrefetchSeries(model::Hash128 hash) const;

  // The series with these label bytes, or null.
  HeadSeries* Find(std::string_view label_bytes, model::Hash128 hash) const;

  // REQUIRES: Find gives null; calls do not overlap.
  void Insert(HeadSeries* series, model::Hash128 hash);
  // Puts `series` where `old`, of the same labels, is. REQUIRES: Find gives `old`.
  void Replace(const HeadSeries* old, HeadSeries* series, model::Hash128 hash);
  // Takes `series` out if it is there; false if it is not, or has been replaced.
  bool Erase(const HeadSeries* series, model::Hash128 hash);
  // Makes room for `count` series at once.
  void Reserve(size_t count);
  // Gives memory back when most of the table is empty.
  void Shrink();

  size_t size() const { return size_.load(std::memory_order_relaxed); }
  size_t bytes() const;

 private:
  struct Slots final : base::EpochDomain::Retired {
    explicit Slots(size_t count);
    ~Slots();
    Slots(const Slots&) = delete;
    Slots& operator=(const Slots&) = delete;
    // Writer: Insert, Replace, Erase. Readers: Find. Publishes the series behind the pointer.
    std::atomic<uint64_t>* slot;
    uint64_t mask;
    size_t used = 0;  // by the writer alone: slots that are not empty
  };

  static void Put(Slots* slots, uint64_t entry, uint64_t home);
  // The slot that holds `series`; null if none does.
  static std::atomic<uint64_t>* FindSlot(const Slots* slots, const HeadSeries* series,
                                         model::Hash128 hash);
  void Rebuild(size_t slots);

  base::EpochDomain* const epochs_;
  const uint64_t hash_seed_;
  // Writer: Rebuild. Readers: Find. Publishes a table and its slots.
  std::atomic<Slots*> slots_;
  // Writer: Insert, Erase. Readers: metrics. Publishes nothing.
  std::atomic<size_t> size_{0};
};

}  // namespace tidemark::storage
