// Arrivals is the door through which the store tells, sample by sample, what has come.
//
// A subscriber says of each series whether it wants its samples: when the series is registered, and
// again for all series when what it wants has changed. The answer is a bit on the series. Who
// appends holds the series in hand anyway and tests the byte of bits; a wanted sample is noted in
// an ArrivalBatch of the request, and behind the last sample of the request the batch goes to the
// subscriber's inbox.
//
// Invariants:
//   1. What a batch tells of can be read from the store before the batch can be taken.
//   2. A sample that was refused, or was there already, is in no batch; any other sample of a
//      wanted series is in exactly one, or the subscriber is told that it lost some.
//   3. A series counts as wanted before anyone can append to it, if the subscriber wanted it then.
//
// Telling takes no lock and, once batches have grown to the size of requests, no allocation. What
// waits in an inbox is bounded: a batch above the bound is dropped, and the next Take() says that
// something was lost.
//
// Thread-safe. Subscribers must outlive the store's last writer, or unsubscribe and then see that
// every WriteSession that was open has ended.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/mpsc_inbox.h"
#include "base/mutex.h"
#include "model/labels.h"
#include "model/sample.h"
#include "storage/types.h"

namespace tidemark::storage {

inline constexpr size_t kMaxArrivalSubscribers = 8;

// One sample that came.
struct Arrival {
  SeriesRef series = kNoSeries;
  bool late = false;  // older than the series' newest
  model::Sample sample;
};

// What came with one request, in its order; or series that have left memory.
struct ArrivalBatch {
  ArrivalBatch* next = nullptr;  // the inbox's, or the pool's
  int64_t received_ms = 0;       // wall clock, when the request had been appended
  int64_t received_nanos = 0;    // steady clock, the same moment
  std::vector<Arrival> arrivals;
  std::vector<SeriesRef> evicted;
};

class ArrivalSubscriber {
 public:
  // At most so many arrivals wait to be taken.
  explicit ArrivalSubscriber(size_t max_waiting = size_t{4} << 20) : max_waiting_(max_waiting) {}
  virtual ~ArrivalSubscriber() = default;
  ArrivalSubscriber(const ArrivalSubscriber&) = delete;
  ArrivalSubscriber& operator=(const ArrivalSubscriber&) = delete;

  // Whether samples of a series with these labels are wanted. Called by any thread, also under the
  // lock of registration: it must be quick and must not call the store.
  virtual bool Wants(model::LabelsView labels) const = 0;

  // The rest is for the one thread that takes.

  // Everything that has come since, oldest first, linked by `next`; null when there is nothing.
  // Each batch is to be given back by Arrivals::Recycle.
  ArrivalBatch* Take();
  // Whether something was dropped since the last call.
  bool TakeLoss() { return lost_.exchange(false, std::memory_order_acq_rel); }
  // Sleeps until there is something to take, Wake() is called, or `timeout_ms` have passed.
  void Wait(std::optional<int64_t> timeout_ms) { inbox_.Wait(timeout_ms); }

 private:
  friend class Arrivals;

  const size_t max_waiting_;
  base::MpscInbox<ArrivalBatch> inbox_;
  // Writers: those who tell, and who takes. Publishes nothing.
  std::atomic<size_t> waiting_{0};
  // Writers: those who tell set it, who takes clears it. Publishes nothing.
  std::atomic<bool> lost_{false};
  size_t bit_ = kMaxArrivalSubscribers;  // set by Subscribe
};

class Arrivals {
 public:
  Arrivals() = default;
  ~Arrivals();
  Arrivals(const Arrivals&) = delete;
  Arrivals& operator=(const Arrivals&) = delete;

  // Gives `subscriber` a bit. Series registered before are not asked about: LiveStore::Reclassify.
  // REQUIRES: fewer than kMaxArrivalSubscribers have one.
  void Subscribe(ArrivalSubscriber* subscriber) ABSL_LOCKS_EXCLUDED(mu_);
  // Drops what was not taken; nothing comes from here on but from open sessions. By who takes.
  void Unsubscribe(ArrivalSubscriber* subscriber) ABSL_LOCKS_EXCLUDED(mu_);

  // The bits of those who want a series with these labels.
  uint8_t WantedBy(model::LabelsView labels) const;
  static uint8_t BitOf(const ArrivalSubscriber& subscriber) {
    return static_cast<uint8_t>(1u << subscriber.bit_);
  }

  // An empty batch, from the pool if there is one.
  ArrivalBatch* NewBatch();
  // Hands `batch` over to the subscriber with bit `bit`, or recycles it if there is none.
  void Tell(size_t bit, ArrivalBatch* batch);
  // Gives a batch back that was taken, or not told.
  void Recycle(ArrivalBatch* batch);
  // Tells all subscribers that these series have left memory.
  void TellEvicted(const std::vector<SeriesRef>& series, int64_t now_ms, int64_t now_nanos);
  // Makes Wait() of `subscriber` return.
  void Wake(ArrivalSubscriber* subscriber);

 private:
  base::Mutex mu_;  // subscriptions take turns
  // Writers: under mu_. Readers: who registers series or tells. Publishes the subscriber.
  std::array<std::atomic<ArrivalSubscriber*>, kMaxArrivalSubscribers> subscribers_{};
  // A stack of empty batches, pushed one by one and taken whole, so that there is no ABA. Writers:
  // any thread. Publishes the batches.
  std::atomic<ArrivalBatch*> pool_{nullptr};
};

// The batches of one request. Owned by its WriteSession.
class ArrivalCollector {
 public:
  explicit ArrivalCollector(Arrivals* arrivals) : arrivals_(arrivals) {}
  ~ArrivalCollector();
  ArrivalCollector(const ArrivalCollector&) = delete;
  ArrivalCollector& operator=(const ArrivalCollector&) = delete;

  // Notes a sample for the subscribers whose bits are set in `wanted`.
  void Note(uint8_t wanted, const Arrival& arrival);
  bool empty() const { return noted_ == 0; }
  // Everything noted was appended at this moment.
  void Tell(int64_t now_ms, int64_t now_nanos);

 private:
  Arrivals* const arrivals_;
  uint8_t noted_ = 0;
  std::array<ArrivalBatch*, kMaxArrivalSubscribers> batches_{};
};

}  // namespace tidemark::storage
