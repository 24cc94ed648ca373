#include "storage/head/head_series.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "base/check.h"
#include "base/status_macros.h"

namespace tidemark::storage {
namespace {

using base::EpochDomain;
using model::Sample;
using model::Timestamp;

constexpr size_t kCacheLine = 64;
constexpr uint32_t kFirstLateCapacity = 8;
// How many of the late samples that came last are looked at for a duplicate. Older duplicates are
// stored again and merged on read.
constexpr uint32_t kLateDuplicateSearch = 64;

}  // namespace

HeadSeries* HeadSeries::Create(SeriesRef ref, MetricId metric, std::string_view label_bytes) {
  const size_t bytes = BytesFor(label_bytes.size());
  void* const memory = std::aligned_alloc(kCacheLine, bytes);
  TIDEMARK_CHECK(memory != nullptr, "out of memory for a series of {} bytes", bytes);
  auto* series = new (memory) HeadSeries(ref, metric, static_cast<uint32_t>(label_bytes.size()));
  std::memcpy(reinterpret_cast<char*>(series + 1), label_bytes.data(), label_bytes.size());
  return series;
}

void HeadSeries::Destroy(HeadSeries* series) {
  series->~HeadSeries();
  std::free(series);
}

size_t HeadSeries::BytesFor(size_t labels_size) {
  return (sizeof(HeadSeries) + labels_size + kCacheLine - 1) / kCacheLine * kCacheLine;
}

HeadSeries::HeadSeries(SeriesRef ref, MetricId metric, uint32_t labels_size)
    : labels_size_(labels_size), ref_(ref), metric_(metric) {
  static_assert(sizeof(HeadSeries) == 96);
}

HeadSeries::~HeadSeries() {
  HeadChunk* chunk = open_.load(std::memory_order_acquire);
  while (chunk != nullptr) {
    HeadChunk* const previous = chunk->previous();
    HeadChunk::Free(chunk);
    chunk = previous;
  }
  if (LateSamples* late = late_.load(std::memory_order_acquire); late != nullptr) {
    LateSamples::Free(late);
  }
}

bool HeadSeries::TryClaim() {
  uintptr_t expected = kFree;
  return owner_.compare_exchange_strong(expected, kClaimed, std::memory_order_acquire,
                                        std::memory_order_relaxed);
}

void HeadSeries::Claim() {
  while (!TryClaim()) {
    std::this_thread::yield();
  }
}

void HeadSeries::Release(EpochDomain* epochs) {
  uintptr_t expected = kClaimed;
  while (!owner_.compare_exchange_strong(expected, kFree, std::memory_order_release,
                                         std::memory_order_relaxed)) {
    DrainDelegated(epochs);
    expected = kClaimed;
  }
}

void HeadSeries::DrainDelegated(EpochDomain* epochs) {
  // Acquire: the delegated samples' contents. The claim stays ours.
  const uintptr_t word = owner_.exchange(kClaimed, std::memory_order_acquire);
  Delegated* newest = List(word);
  Delegated* oldest = nullptr;
  while (newest != nullptr) {
    Delegated* const next = newest->next;
    newest->next = oldest;
    oldest = newest;
    newest = next;
  }
  while (oldest != nullptr) {
    AppendClaimed(oldest->sample, epochs);
    Delegated* const done = oldest;
    oldest = oldest->next;
    delete done;
  }
}

AppendResult HeadSeries::Append(Sample sample, EpochDomain* epochs) {
  if (!TryClaim()) [[unlikely]] {
    return Delegate(sample, epochs);
  }
  const AppendResult result = AppendClaimed(sample, epochs);
  Release(epochs);
  return result;
}

AppendResult HeadSeries::Delegate(Sample sample, EpochDomain* epochs) {
  auto* delegated = new Delegated{sample, nullptr};
  uintptr_t word = owner_.load(std::memory_order_relaxed);
  while (true) {
    if (word == kFree) {
      if (owner_.compare_exchange_weak(word, kClaimed, std::memory_order_acquire,
                                       std::memory_order_relaxed)) {
        delete delegated;
        const AppendResult result = AppendClaimed(sample, epochs);
        Release(epochs);
        return result;
      }
      continue;
    }
    if (word == kGone) {
      delete delegated;
      return AppendResult::kGone;
    }
    delegated->next = List(word);
    // Release: publishes the sample to the holder. Taking over the word keeps the release
    // sequence of earlier delegations.
    if (owner_.compare_exchange_weak(word, reinterpret_cast<uintptr_t>(delegated) | kClaimed,
                                     std::memory_order_acq_rel, std::memory_order_relaxed)) {
      return AppendResult::kDelegated;
    }
  }
}

AppendResult HeadSeries::AppendClaimed(Sample sample, EpochDomain* epochs) {
  if (!has_samples_ || sample.t > encoder_.last_time()) {
    AppendInOrder(sample, epochs);
    return AppendResult::kStored;
  }
  if (sample.t == encoder_.last_time() && last_bits_known_) {
    return model::ValueBits(sample.v) == encoder_.last_bits() ? AppendResult::kDuplicate
                                                              : AppendResult::kConflict;
  }
  return AppendLate(sample, epochs);
}

void HeadSeries::AppendInOrder(Sample sample, EpochDomain* epochs) {
  MarkDirty();
  HeadChunk* open = open_.load(std::memory_order_relaxed);
  if (open == nullptr || !open->Accepts(sample.t)) [[unlikely]] {
    if (!has_samples_) {
      WidenMinTime(sample.t);
      has_samples_ = true;
    }
    open_.store(HeadChunk::Start(sample, open, &encoder_), std::memory_order_release);
    last_bits_known_ = true;
    return;
  }
  if (!open->HasRoom()) [[unlikely]] {
    HeadChunk* const grown = open->Grow();
    open_.store(grown, std::memory_order_release);
    epochs->Retire(open);
    open = grown;
  }
  open->Append(sample, &encoder_);
}

AppendResult HeadSeries::AppendLate(Sample sample, EpochDomain* epochs) {
  LateSamples* late = late_.load(std::memory_order_relaxed);
  const uint32_t count = late == nullptr ? 0 : late->count();
  for (uint32_t i = count; i > 0 && count - i < kLateDuplicateSearch; --i) {
    const Sample& other = late->samples()[i - 1];
    if (other.t == sample.t) {
      return model::SameBits(other.v, sample.v) ? AppendResult::kDuplicate
                                                : AppendResult::kConflict;
    }
  }
  MarkDirty();
  WidenMinTime(sample.t);
  if (late == nullptr || late->full()) {
    const uint32_t capacity = late == nullptr ? kFirstLateCapacity : 2 * late->capacity();
    LateSamples* const grown =
        LateSamples::Create(capacity, late == nullptr ? nullptr : late->samples(), count);
    late_.store(grown, std::memory_order_release);
    if (late != nullptr) {
      epochs->Retire(late);
    }
    late = grown;
  }
  late->Append(sample);
  return AppendResult::kLate;
}

void HeadSeries::MarkDirty() {
  if (!dirty_.load(std::memory_order_relaxed)) {
    dirty_.store(true, std::memory_order_relaxed);
  }
}

void HeadSeries::WidenMinTime(Timestamp t) {
  if (t < min_time_.load(std::memory_order_relaxed)) {
    min_time_.store(t, std::memory_order_relaxed);
  }
}

void HeadSeries::Replay(Sample sample, bool in_order, EpochDomain* epochs) {
  if (in_order && has_samples_ && sample.t <= encoder_.last_time()) {
    return;
  }
  Append(sample, epochs);
}

void HeadSeries::RestoreState(const SeriesState& state) {
  TIDEMARK_CHECK(open_.load(std::memory_order_relaxed) == nullptr, "series {} has samples", ref_);
  // Sets the last time; the bytes are those of a chunk that is on disk.
  char unused[kMaxStreamBytesPerSample];
  encoder_.Start({state.max_time, 0}, unused);
  has_samples_ = true;
  last_bits_known_ = false;
  min_time_.store(state.min_time, std::memory_order_relaxed);
  captured_max_time_.store(state.max_time, std::memory_order_relaxed);
  persisted_time_.store(state.max_time, std::memory_order_relaxed);
}

void HeadSeries::AwaitHolder() const {
  // Acquire pairs with Release: what holders wrote before the word was free is visible.
  while ((owner_.load(std::memory_order_acquire) & kClaimed) != 0) [[unlikely]] {
      std::this_thread::yield();
    }
}

SeriesView HeadSeries::View() const {
  AwaitHolder();
  SeriesView view;
  const HeadChunk* chunk = open_.load(std::memory_order_acquire);
  for (; chunk != nullptr; chunk = chunk->previous()) {
    view.chunks.push_back({chunk, chunk->count()});
  }
  view.late = late_.load(std::memory_order_acquire);
  view.late_count = view.late == nullptr ? 0 : view.late->count();
  view.persisted_time = persisted_time_.load(std::memory_order_acquire);
  return view;
}

bool HeadSeries::MayOverlap(Timestamp min_time, Timestamp max_time) const {
  AwaitHolder();
  return min_time_.load(std::memory_order_relaxed) <= max_time &&
         (dirty_.load(std::memory_order_acquire) ||
          captured_max_time_.load(std::memory_order_relaxed) >= min_time);
}

bool HeadSeries::dirty() const {
  AwaitHolder();
  return dirty_.load(std::memory_order_relaxed);
}

SeriesCapture HeadSeries::Capture(EpochDomain* epochs) {
  SeriesCapture capture;
  Claim();
  if (dirty_.load(std::memory_order_relaxed)) {
    // The maximum first: a reader that sees the series clean must see it, too.
    captured_max_time_.store(encoder_.last_time(), std::memory_order_release);
    dirty_.store(false, std::memory_order_release);
    CaptureInOrder(&capture);
    if (const LateSamples* late = late_.load(std::memory_order_relaxed); late != nullptr) {
      capture.late.assign(late->samples(), late->samples() + late->count());
    }
    capture.state = {ref_, min_time_.load(std::memory_order_relaxed), encoder_.last_time()};
  }
  Release(epochs);
  return capture;
}

void HeadSeries::CaptureInOrder(SeriesCapture* capture) const {
  const Timestamp persisted = persisted_time_.load(std::memory_order_relaxed);
  const HeadChunk* const open = open_.load(std::memory_order_relaxed);
  std::vector<const HeadChunk*> chunks;
  for (const HeadChunk* chunk = open; chunk != nullptr; chunk = chunk->previous()) {
    if (chunk->last() > persisted) {
      chunks.push_back(chunk);
    }
  }
  for (auto chunk = chunks.rbegin(); chunk != chunks.rend(); ++chunk) {
    const absl::Status decoded = DecodeStream((*chunk)->bytes(), (*chunk)->count(), persisted + 1,
                                              model::kMaxTimestamp, &capture->in_order);
    TIDEMARK_CHECK(decoded.ok(), "series {}: {}", ref_, base::Message(decoded));
  }
  capture->newest_full = open == nullptr ? nullptr : open->previous();
}

void HeadSeries::Persisted(const SeriesCapture& capture, EpochDomain* epochs) {
  Claim();
  if (capture.in_order.size() > 0) {
    persisted_time_.store(capture.state.max_time, std::memory_order_release);
  }
  if (capture.newest_full != nullptr) {
    DropFull(capture.newest_full, epochs);
  }
  if (!capture.late.empty()) {
    DropLate(static_cast<uint32_t>(capture.late.size()), epochs);
  }
  Release(epochs);
}

bool HeadSeries::TryEvict(Timestamp newest, EpochDomain* epochs) {
  if (!TryClaim()) {
    return false;
  }
  uintptr_t expected = kClaimed;
  if (!dirty_.load(std::memory_order_relaxed) && max_time() <= newest &&
      owner_.compare_exchange_strong(expected, kGone, std::memory_order_acq_rel,
                                     std::memory_order_relaxed)) {
    return true;
  }
  Release(epochs);
  return false;
}

void HeadSeries::DropFull(HeadChunk* newest_full, EpochDomain* epochs) {
  HeadChunk* chunk = open_.load(std::memory_order_relaxed);
  while (chunk->previous() != newest_full) {
    chunk = chunk->previous();
  }
  chunk->Unlink();
  for (HeadChunk* full = newest_full; full != nullptr;) {
    HeadChunk* const previous = full->previous();
    epochs->Retire(full);
    full = previous;
  }
}

void HeadSeries::DropLate(uint32_t count, EpochDomain* epochs) {
  LateSamples* const late = late_.load(std::memory_order_relaxed);
  const uint32_t rest = late->count() - count;
  late_.store(rest == 0 ? nullptr
                        : LateSamples::Create(std::max(kFirstLateCapacity, 2 * rest),
                                              late->samples() + count, rest),
              std::memory_order_release);
  epochs->Retire(late);
}

}  // namespace tidemark::storage
