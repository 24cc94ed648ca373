// SeriesTable finds a series by the bytes of its labels, without a lock.
//
// Open addressing with linear probing over 8-byte slots, a power of two of them, at most 60 %
// used. A slot holds the pointer to the series in its low 48 bits and 16 bits of the hash above
// them, so that a probe reads one cache line of eight slots and follows a pointer only when the
// tags agree; the stored label bytes decide.
//
// Find: any thread under an EpochDomain::Guard. Insert: one thread at a time (the registration
// lock). A growing table is built aside and published whole; the old one is retired. A reader on
// the old table may miss a series that was just inserted: it then registers, and finds it there
// under the lock.
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

  size_t size() const { return size_.load(std::memory_order_relaxed); }
  size_t bytes() const;

 private:
  struct Slots final : base::EpochDomain::Retired {
    explicit Slots(size_t count);
    ~Slots();
    Slots(const Slots&) = delete;
    Slots& operator=(const Slots&) = delete;
    // Writer: Insert. Readers: Find. Publishes the series behind the pointer.
    std::atomic<uint64_t>* slot;
    uint64_t mask;
  };

  static void Put(Slots* slots, HeadSeries* series, model::Hash128 hash);
  void Grow();

  base::EpochDomain* const epochs_;
  const uint64_t hash_seed_;
  // Writer: Insert. Readers: Find. Publishes a table and its slots.
  std::atomic<Slots*> slots_;
  // Writer: Insert. Readers: metrics. Publishes nothing.
  std::atomic<size_t> size_{0};
};

}  // namespace tidemark::storage
