#include "storage/arrivals.h"

#include <bit>
#include <utility>

#include "base/check.h"

namespace tidemark::storage {
namespace {

// A batch that has grown beyond this gives its memory back.
constexpr size_t kKeepArrivals = 16'384;

size_t Weight(const ArrivalBatch& batch) { return batch.arrivals.size() + batch.evicted.size(); }

}  // namespace

ArrivalBatch* ArrivalSubscriber::Take() {
  ArrivalBatch* const taken = inbox_.TakeAll();
  size_t weight = 0;
  for (const ArrivalBatch* batch = taken; batch != nullptr; batch = batch->next) {
    weight += Weight(*batch);
  }
  waiting_.fetch_sub(weight, std::memory_order_relaxed);
  return taken;
}

Arrivals::~Arrivals() {
  ArrivalBatch* batch = pool_.load(std::memory_order_acquire);
  while (batch != nullptr) {
    delete std::exchange(batch, batch->next);
  }
}

void Arrivals::Subscribe(ArrivalSubscriber* subscriber) {
  base::MutexLock lock(&mu_);
  for (size_t bit = 0; bit < kMaxArrivalSubscribers; ++bit) {
    if (subscribers_[bit].load(std::memory_order_relaxed) == nullptr) {
      subscriber->bit_ = bit;
      subscribers_[bit].store(subscriber, std::memory_order_release);
      return;
    }
  }
  TIDEMARK_CHECK(false, "more than {} subscribers of arrivals", kMaxArrivalSubscribers);
}

void Arrivals::Unsubscribe(ArrivalSubscriber* subscriber) {
  {
    base::MutexLock lock(&mu_);
    subscribers_[subscriber->bit_].store(nullptr, std::memory_order_release);
  }
  for (ArrivalBatch* left = subscriber->Take(); left != nullptr;) {
    Recycle(std::exchange(left, left->next));
  }
}

uint8_t Arrivals::WantedBy(model::LabelsView labels) const {
  unsigned bits = 0;
  for (size_t bit = 0; bit < kMaxArrivalSubscribers; ++bit) {
    const ArrivalSubscriber* const one = subscribers_[bit].load(std::memory_order_acquire);
    bits |= one != nullptr && one->Wants(labels) ? 1u << bit : 0;
  }
  return static_cast<uint8_t>(bits);
}

ArrivalBatch* Arrivals::NewBatch() {
  if (pool_.load(std::memory_order_relaxed) == nullptr) {
    return new ArrivalBatch();
  }
  ArrivalBatch* const batch = pool_.exchange(nullptr, std::memory_order_acquire);
  if (batch == nullptr) {
    return new ArrivalBatch();
  }
  for (ArrivalBatch* rest = batch->next; rest != nullptr;) {
    Recycle(std::exchange(rest, rest->next));
  }
  batch->next = nullptr;
  return batch;
}

void Arrivals::Tell(size_t bit, ArrivalBatch* batch) {
  ArrivalSubscriber* const to = subscribers_[bit].load(std::memory_order_acquire);
  if (to == nullptr) {
    return Recycle(batch);
  }
  const size_t weight = Weight(*batch);
  if (to->waiting_.fetch_add(weight, std::memory_order_relaxed) + weight > to->max_waiting_) {
    to->waiting_.fetch_sub(weight, std::memory_order_relaxed);
    to->lost_.store(true, std::memory_order_release);
    return Recycle(batch);
  }
  if (!to->inbox_.Push(batch)) {
    Recycle(batch);
  }
}

void Arrivals::Recycle(ArrivalBatch* batch) {
  batch->arrivals.clear();
  if (batch->arrivals.capacity() > kKeepArrivals) {
    batch->arrivals.shrink_to_fit();
  }
  batch->evicted.clear();
  ArrivalBatch* top = pool_.load(std::memory_order_relaxed);
  do {
    batch->next = top;
  } while (!pool_.compare_exchange_weak(top, batch, std::memory_order_release,
                                        std::memory_order_relaxed));
}

void Arrivals::TellEvicted(const std::vector<SeriesRef>& series, int64_t now_ms,
                           int64_t now_nanos) {
  for (size_t bit = 0; bit < kMaxArrivalSubscribers; ++bit) {
    if (subscribers_[bit].load(std::memory_order_acquire) != nullptr) {
      ArrivalBatch* const batch = NewBatch();
      batch->received_ms = now_ms;
      batch->received_nanos = now_nanos;
      batch->evicted = series;
      Tell(bit, batch);
    }
  }
}

void Arrivals::Wake(ArrivalSubscriber* subscriber) {
  ArrivalBatch* const nothing = NewBatch();
  if (!subscriber->inbox_.Push(nothing)) {
    Recycle(nothing);
  }
}

ArrivalCollector::~ArrivalCollector() {
  for (ArrivalBatch* batch : batches_) {
    if (batch != nullptr) {
      arrivals_->Recycle(batch);
    }
  }
}

void ArrivalCollector::Note(uint8_t wanted, const Arrival& arrival) {
  noted_ |= wanted;
  for (unsigned bits = wanted; bits != 0; bits &= bits - 1) {
    ArrivalBatch*& batch = batches_[static_cast<size_t>(std::countr_zero(bits))];
    if (batch == nullptr) {
      batch = arrivals_->NewBatch();
    }
    batch->arrivals.push_back(arrival);
  }
}

void ArrivalCollector::Tell(int64_t now_ms, int64_t now_nanos) {
  for (unsigned bits = std::exchange(noted_, uint8_t{0}); bits != 0; bits &= bits - 1) {
    const auto bit = static_cast<size_t>(std::countr_zero(bits));
    ArrivalBatch* const batch = std::exchange(batches_[bit], nullptr);
    batch->received_ms = now_ms;
    batch->received_nanos = now_nanos;
    arrivals_->Tell(bit, batch);
  }
}

}  // namespace tidemark::storage
