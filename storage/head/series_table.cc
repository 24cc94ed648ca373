#include "storage/head/series_table.h"

#include <cstdlib>
#include <cstring>

#include "base/check.h"

namespace tidemark::storage {
namespace {

constexpr uint64_t kPointerBits = 48;
constexpr uint64_t kPointerMask = (uint64_t{1} << kPointerBits) - 1;
constexpr size_t kFirstSlots = 1024;

uint64_t Tag(model::Hash128 hash) { return hash.high & ~kPointerMask; }

// NOLINTNEXTLINE(performance-no-int-to-ptr): a slot carries a tag above the pointer.
HeadSeries* Series(uint64_t slot) { return reinterpret_cast<HeadSeries*>(slot & kPointerMask); }

}  // namespace

SeriesTable::Slots::Slots(size_t count)
    : Retired([](Retired* r) { delete static_cast<Slots*>(r); }),
      slot(static_cast<std::atomic<uint64_t>*>(std::aligned_alloc(64, count * sizeof(uint64_t)))),
      mask(count - 1) {
  TIDEMARK_CHECK(slot != nullptr, "out of memory for {} slots", count);
  for (size_t i = 0; i < count; ++i) {
    new (&slot[i]) std::atomic<uint64_t>(0);
  }
}

SeriesTable::Slots::~Slots() { std::free(slot); }

SeriesTable::SeriesTable(base::EpochDomain* epochs, uint64_t hash_seed)
    : epochs_(epochs), hash_seed_(hash_seed), slots_(new Slots(kFirstSlots)) {}

SeriesTable::~SeriesTable() { delete slots_.load(std::memory_order_acquire); }

void SeriesTable::PrefetchSeries(model::Hash128 hash) const {
  const Slots* slots = slots_.load(std::memory_order_acquire);
  const uint64_t tag = Tag(hash);
  for (uint64_t i = hash.low & slots->mask;; i = (i + 1) & slots->mask) {
    const uint64_t slot = slots->slot[i].load(std::memory_order_acquire);
    if (slot == 0) {
      return;
    }
    if ((slot & ~kPointerMask) == tag) {
      __builtin_prefetch(Series(slot));
      return;
    }
  }
}

HeadSeries* SeriesTable::Find(std::string_view label_bytes, model::Hash128 hash) const {
  const Slots* slots = slots_.load(std::memory_order_acquire);
  const uint64_t tag = Tag(hash);
  for (uint64_t i = hash.low & slots->mask;; i = (i + 1) & slots->mask) {
    const uint64_t slot = slots->slot[i].load(std::memory_order_acquire);
    if (slot == 0) {
      return nullptr;
    }
    if ((slot & ~kPointerMask) == tag && Series(slot)->label_bytes() == label_bytes) {
      return Series(slot);
    }
  }
}

void SeriesTable::Put(Slots* slots, HeadSeries* series, model::Hash128 hash) {
  const auto pointer = reinterpret_cast<uint64_t>(series);
  TIDEMARK_DCHECK((pointer & ~kPointerMask) == 0, "pointer {:x} has more than 48 bits", pointer);
  uint64_t i = hash.low & slots->mask;
  while (slots->slot[i].load(std::memory_order_relaxed) != 0) {
    i = (i + 1) & slots->mask;
  }
  slots->slot[i].store(Tag(hash) | pointer, std::memory_order_release);
}

void SeriesTable::Insert(HeadSeries* series, model::Hash128 hash) {
  const size_t count = size_.load(std::memory_order_relaxed) + 1;
  if (count * 5 > (slots_.load(std::memory_order_relaxed)->mask + 1) * 3) {
    Grow();
  }
  Put(slots_.load(std::memory_order_relaxed), series, hash);
  size_.store(count, std::memory_order_relaxed);
}

void SeriesTable::Grow() {
  Slots* const old = slots_.load(std::memory_order_relaxed);
  auto* grown = new Slots((old->mask + 1) * 2);
  for (uint64_t i = 0; i <= old->mask; ++i) {
    const uint64_t slot = old->slot[i].load(std::memory_order_relaxed);
    if (slot != 0) {
      Put(grown, Series(slot), Hash(Series(slot)->label_bytes()));
    }
  }
  slots_.store(grown, std::memory_order_release);
  epochs_->Retire(old);
}

size_t SeriesTable::bytes() const {
  base::EpochDomain::Guard guard(epochs_);
  return (slots_.load(std::memory_order_acquire)->mask + 1) * sizeof(uint64_t);
}

}  // namespace tidemark::storage
