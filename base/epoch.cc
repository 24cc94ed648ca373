#include "base/epoch.h"

#include <algorithm>
#include <thread>

#include "base/metrics.h"

namespace tidemark::base {

EpochDomain::Guard::Guard(EpochDomain* domain) {
  const size_t start = MetricCell() * (kSlots / kMetricCells);
  for (size_t i = 0;; ++i) {
    std::atomic<uint64_t>& slot = domain->slots_[(start + i) % kSlots].epoch;
    uint64_t expected = kIdle;
    const uint64_t now = domain->epoch_.load(std::memory_order_acquire);
    if (slot.load(std::memory_order_relaxed) == kIdle &&
        slot.compare_exchange_strong(expected, now, std::memory_order_seq_cst)) {
      slot_ = &slot;
      break;
    }
    if (i % kSlots == kSlots - 1) {
      std::this_thread::yield();  // More Guards than slots: wait for one to leave.
    }
  }
  // Orders the announcement before every load the reader makes; pairs with the fence in Collect.
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

EpochDomain::Guard& EpochDomain::Guard::operator=(Guard&& other) noexcept {
  if (this != &other) {
    Leave();
    slot_ = other.slot_;
    other.slot_ = nullptr;
  }
  return *this;
}

void EpochDomain::Guard::Leave() {
  if (slot_ != nullptr) {
    // Release: what the reader read is read before Collect can see the slot idle.
    slot_->store(kIdle, std::memory_order_release);
    slot_ = nullptr;
  }
}

EpochDomain::~EpochDomain() {
  Collect();
  MutexLock lock(&collect_mu_);
  while (waiting_ != nullptr) {
    Retired* object = waiting_;
    waiting_ = object->next_;
    object->free_(object);
  }
}

void EpochDomain::Retire(Retired* object) {
  object->next_ = retired_.load(std::memory_order_relaxed);
  while (!retired_.compare_exchange_weak(object->next_, object, std::memory_order_release,
                                         std::memory_order_relaxed)) {
  }
}

uint64_t EpochDomain::OldestGuard() const {
  uint64_t oldest = ~uint64_t{0};
  for (const Slot& slot : slots_) {
    const uint64_t epoch = slot.epoch.load(std::memory_order_acquire);
    if (epoch != kIdle) {
      oldest = std::min(oldest, epoch);
    }
  }
  return oldest;
}

size_t EpochDomain::Collect() {
  MutexLock lock(&collect_mu_);
  Retired* fresh = retired_.exchange(nullptr, std::memory_order_acquire);
  // A Guard that announces a later epoch than this one saw the unlinking of all in `fresh`.
  const uint64_t epoch = epoch_.fetch_add(1, std::memory_order_acq_rel);
  for (Retired* object = fresh; object != nullptr; object = object->next_) {
    object->epoch_ = epoch;
  }
  // Orders the unlinking of `fresh` before the scan; pairs with the fence in Guard.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const uint64_t oldest = OldestGuard();

  size_t freed = 0;
  Retired* keep = nullptr;
  for (Retired* list : {fresh, waiting_}) {
    while (list != nullptr) {
      Retired* object = list;
      list = object->next_;
      if (object->epoch_ < oldest) {
        object->free_(object);
        ++freed;
      } else {
        object->next_ = keep;
        keep = object;
      }
    }
  }
  waiting_ = keep;
  return freed;
}

uint64_t EpochDomain::oldest_guard_age() const {
  const uint64_t oldest = OldestGuard();
  const uint64_t now = epoch_.load(std::memory_order_acquire);
  return oldest > now ? 0 : now - oldest;
}

}  // namespace tidemark::base
