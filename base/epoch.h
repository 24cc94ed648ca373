// EpochDomain frees shared objects only when no reader can still hold them.
//
// A reader takes a Guard, loads pointers, and may follow them until the Guard is gone. A writer
// unlinks an object so that no later reader can reach it, then retires it. Collect frees what was
// retired before every Guard that is open now was taken.
//
// Invariants:
//   1. A Guard announces, in a slot of its own, an epoch not newer than the one in which any object
//      it can reach will be collected.
//   2. An object collected in epoch e is freed only after a scan, made later than the unlinking,
//      found no slot with an epoch <= e.
// Both hold because announcing and scanning are ordered by sequentially consistent fences: a
// Guard that the scan does not see loads its pointers after the scan, hence after the unlinking.
//
// Guard and Retire are lock-free and may be used by any thread. Collect may be called by any
// thread; calls take turns. A Guard held for long holds back memory: see oldest_guard_age().
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/mutex.h"

namespace tidemark::base {

class EpochDomain {
 public:
  // Base of objects that can be retired.
  class Retired {
   public:
    using Free = void (*)(Retired*);
    explicit Retired(Free free) : free_(free) {}

   private:
    friend class EpochDomain;
    Retired* next_ = nullptr;
    uint64_t epoch_ = 0;
    Free free_;
  };

  // Keeps everything reachable alive from construction to destruction. Movable.
  class Guard {
   public:
    Guard() = default;
    explicit Guard(EpochDomain* domain);
    Guard(Guard&& other) noexcept : slot_(other.slot_) { other.slot_ = nullptr; }
    Guard& operator=(Guard&& other) noexcept;
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    ~Guard() { Leave(); }

    void Leave();

   private:
    std::atomic<uint64_t>* slot_ = nullptr;
  };

  EpochDomain() = default;
  EpochDomain(const EpochDomain&) = delete;
  EpochDomain& operator=(const EpochDomain&) = delete;
  // REQUIRES: no Guard is open. Frees all that is retired.
  ~EpochDomain();

  // Hands `object` over for freeing. REQUIRES: it is unlinked already.
  void Retire(Retired* object);

  // Frees what no open Guard can reach; returns the number of objects freed.
  size_t Collect() ABSL_LOCKS_EXCLUDED(collect_mu_);

  // How many epochs the oldest open Guard is behind the present one; 0 when none is open. An
  // epoch passes with each Collect.
  uint64_t oldest_guard_age() const;

 private:
  static constexpr size_t kSlots = 512;
  static constexpr uint64_t kIdle = 0;

  struct alignas(64) Slot {
    // Writer: the Guard that holds the slot (taken by compare-exchange). Reader: Collect.
    // Publishes that objects retired in this epoch or later are in use.
    std::atomic<uint64_t> epoch{kIdle};
  };

  uint64_t OldestGuard() const;

  // Writer: Collect. Readers: Guards. Publishes the unlinking of what was collected before.
  std::atomic<uint64_t> epoch_{1};
  // Writers: Retire pushes; Collect takes all. Publishes the objects' headers.
  std::atomic<Retired*> retired_{nullptr};
  Slot slots_[kSlots];

  Mutex collect_mu_;
  Retired* waiting_ ABSL_GUARDED_BY(collect_mu_) = nullptr;
};

}  // namespace tidemark::base
