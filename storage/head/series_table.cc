#include "storage/head/series_table.h"

#include <array>
#include <cstdlib>
#include <cstring>

#include "base/check.h"

namespace tidemark::storage {
namespace {

constexpr uint64_t kPointerBits = 48;
constexpr uint64_t kPointerMask = (uint64_t{1} << kPointerBits) - 1;
constexpr size_t kFirstSlots = 1024;
constexpr uint64_t kEmpty = 0;
constexpr uint64_t kErased = 1;  // no pointer, and the tag 0

// Series whose hashes are computed while those of the next are fetched.
constexpr size_t kRebuildBatch = 16;
constexpr size_t kCacheLine = 64;

// The lowest bit set: a tag is never 0.
uint64_t Tag(model::Hash128 hash) {
  return (hash.high & ~kPointerMask) | uint64_t{1} << kPointerBits;
}

// NOLINTNEXTLINE(performance-no-int-to-ptr): a slot carries a tag above the pointer.
HeadSeries* Series(uint64_t slot) { return reinterpret_cast<HeadSeries*>(slot & kPointerMask); }

uint64_t Entry(const HeadSeries* series, model::Hash128 hash) {
  const auto pointer = reinterpret_cast<uint64_t>(series);
  TIDEMARK_DCHECK((pointer & ~kPointerMask) == 0, "pointer {:x} has more than 48 bits", pointer);
  return Tag(hash) | pointer;
}

bool TooFull(size_t used, size_t slots) { return used * 5 > slots * 3; }

// The slots that `series` are given: between 30 and 60 % of them used.
size_t SlotsFor(size_t series) {
  size_t slots = kFirstSlots;
  while (TooFull(series, slots)) {
    slots *= 2;
  }
  return slots;
}

void PrefetchLabels(const HeadSeries* series) {
  const std::string_view bytes = series->label_bytes();
  for (size_t i = 0; i < bytes.size(); i += kCacheLine) {
    __builtin_prefetch(bytes.data() + i);
  }
}

}  // namespace

SeriesTable::Slots::Slots(size_t count)
    : Retired([](Retired* r) { delete static_cast<Slots*>(r); }),
      slot(static_cast<std::atomic<uint64_t>*>(
          std::aligned_alloc(kCacheLine, count * sizeof(uint64_t)))),
      mask(count - 1) {
  TIDEMARK_CHECK(slot != nullptr, "out of memory for {} slots", count);
  for (size_t i = 0; i < count; ++i) {
    new (&slot[i]) std::atomic<uint64_t>(kEmpty);
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
    if (slot == kEmpty) {
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
    if (slot == kEmpty) {
      return nullptr;
    }
    if ((slot & ~kPointerMask) == tag && Series(slot)->label_bytes() == label_bytes) {
      return Series(slot);
    }
  }
}

void SeriesTable::Put(Slots* slots, uint64_t entry, uint64_t home) {
  uint64_t i = home & slots->mask;
  uint64_t found = slots->slot[i].load(std::memory_order_relaxed);
  while (found != kEmpty && found != kErased) {
    i = (i + 1) & slots->mask;
    found = slots->slot[i].load(std::memory_order_relaxed);
  }
  slots->used += found == kEmpty ? 1 : 0;
  slots->slot[i].store(entry, std::memory_order_release);
}

void SeriesTable::Insert(HeadSeries* series, model::Hash128 hash) {
  const size_t count = size_.load(std::memory_order_relaxed) + 1;
  const Slots* const slots = slots_.load(std::memory_order_relaxed);
  if (TooFull(slots->used + 1, slots->mask + 1)) {
    // At least a quarter of the slots will be free again, or an insertion could cost a rebuild.
    Rebuild(SlotsFor(count + count / 4));
  }
  Put(slots_.load(std::memory_order_relaxed), Entry(series, hash), hash.low);
  size_.store(count, std::memory_order_relaxed);
}

void SeriesTable::Reserve(size_t count) {
  const Slots* const slots = slots_.load(std::memory_order_relaxed);
  const size_t wanted = size_.load(std::memory_order_relaxed) + count;
  if (TooFull(slots->used + count, slots->mask + 1)) {
    Rebuild(SlotsFor(wanted + wanted / 4));
  }
}

std::atomic<uint64_t>* SeriesTable::FindSlot(const Slots* slots, const HeadSeries* series,
                                             model::Hash128 hash) {
  const uint64_t entry = Entry(series, hash);
  for (uint64_t i = hash.low & slots->mask;; i = (i + 1) & slots->mask) {
    const uint64_t slot = slots->slot[i].load(std::memory_order_relaxed);
    if (slot == entry) {
      return &slots->slot[i];
    }
    if (slot == kEmpty) {
      return nullptr;
    }
  }
}

void SeriesTable::Replace(const HeadSeries* old, HeadSeries* series, model::Hash128 hash) {
  std::atomic<uint64_t>* const slot = FindSlot(slots_.load(std::memory_order_relaxed), old, hash);
  TIDEMARK_CHECK(slot != nullptr, "series {} is not in the table", old->ref());
  slot->store(Entry(series, hash), std::memory_order_release);
}

bool SeriesTable::Erase(const HeadSeries* series, model::Hash128 hash) {
  Slots* const slots = slots_.load(std::memory_order_relaxed);
  std::atomic<uint64_t>* const found = FindSlot(slots, series, hash);
  if (found == nullptr) {
    return false;
  }
  found->store(kErased, std::memory_order_release);
  auto i = static_cast<uint64_t>(found - slots->slot);
  if (slots->slot[(i + 1) & slots->mask].load(std::memory_order_relaxed) == kEmpty) {
    for (; slots->slot[i].load(std::memory_order_relaxed) == kErased; i = (i - 1) & slots->mask) {
      slots->slot[i].store(kEmpty, std::memory_order_release);
      --slots->used;
    }
  }
  size_.store(size_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  return true;
}

void SeriesTable::Shrink() {
  const size_t count = size_.load(std::memory_order_relaxed);
  const size_t wanted = SlotsFor(count + count / 4);
  if (wanted * 4 <= slots_.load(std::memory_order_relaxed)->mask + 1) {
    Rebuild(wanted);
  }
}

void SeriesTable::Rebuild(size_t slot_count) {
  Slots* const old = slots_.load(std::memory_order_relaxed);
  auto* const built = new Slots(slot_count);
  std::array<uint64_t, kRebuildBatch> batch{};
  size_t batched = 0;
  const auto put_batch = [&] {
    for (size_t i = 0; i < batched; ++i) {
      PrefetchLabels(Series(batch[i]));
    }
    for (size_t i = 0; i < batched; ++i) {
      Put(built, batch[i], Hash(Series(batch[i])->label_bytes()).low);
    }
    batched = 0;
  };
  for (uint64_t i = 0; i <= old->mask; ++i) {
    const uint64_t slot = old->slot[i].load(std::memory_order_relaxed);
    if (slot == kEmpty || slot == kErased) {
      continue;
    }
    __builtin_prefetch(Series(slot));
    batch[batched++] = slot;
    if (batched == kRebuildBatch) {
      put_batch();
    }
  }
  put_batch();
  slots_.store(built, std::memory_order_release);
  epochs_->Retire(old);
}

size_t SeriesTable::bytes() const {
  base::EpochDomain::Guard guard(epochs_);
  return (slots_.load(std::memory_order_acquire)->mask + 1) * sizeof(uint64_t);
}

}  // namespace tidemark::storage
