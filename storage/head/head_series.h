// HeadSeries is one series in memory: its identity, its open chunk, and what is not yet on disk.
//
// Append is lock-free and may be called by any number of threads. The thread that wins the claim
// (one compare-exchange on a word of the series) is the only writer of everything below it until
// it gives the claim back. A thread that finds the claim taken leaves its sample in the list that
// hangs on the same word and goes on; the holder appends what hangs there before the claim is
// free again. Because claim and list share one word, no sample can be left behind between the
// holder's last look and its release.
//
//   owner word   0             free, nothing waiting
//                1             claimed
//                pointer | 1   claimed, delegated samples wait (newest first)
//                2             gone: the series has left memory, and the word never changes again
//
// Readers never claim: they take a SeriesView under an EpochDomain::Guard. Before they look they
// wait for the owner word to be free once: every sample whose Append returned before, delegated or
// not, has then been appended. A holder is a few instructions from giving the claim back, and no
// thread ever waits for a reader.
// Owned by Head.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/epoch.h"
#include "model/labels.h"
#include "model/sample.h"
#include "storage/head/head_chunk.h"
#include "storage/types.h"

namespace tidemark::storage {

enum class AppendResult : uint8_t {
  kStored,     // newer than all before
  kLate,       // older than the newest; kept apart and merged on read
  kDuplicate,  // same time and bits as a sample that is there: nothing to store
  kConflict,   // same time as a sample that is there, other bits: refused
  kDelegated,  // handed to the thread that is appending to the series just now
  kGone,       // the series has left memory: nothing was stored; register its labels again
};

// What a reader sees of a series' memory at one moment. Valid as long as the Guard it was taken
// under.
struct SeriesView {
  struct Chunk {
    const HeadChunk* chunk;
    uint32_t count;
  };
  std::vector<Chunk> chunks;  // newest first
  const LateSamples* late = nullptr;
  uint32_t late_count = 0;
  // What came in order up to this time is in the store, or was and has been deleted there: of the
  // chunks only what is newer counts.
  model::Timestamp persisted_time = model::kMinTimestamp;
};

// What the sweep takes from a series: samples to write, and what to drop once they are written.
struct SeriesCapture {
  SampleColumns in_order;           // newer than what was persisted before
  std::vector<model::Sample> late;  // in order of arrival
  SeriesState state;
  HeadChunk* newest_full = nullptr;  // it and all older ones can go once written
  bool empty() const { return in_order.size() == 0 && late.empty(); }
};

class alignas(32) HeadSeries {
 public:
  // A series and a copy of its canonical label bytes, which lie behind it in the same piece of
  // memory. The first cache line has all that an append in order reads and writes.
  static HeadSeries* Create(SeriesRef ref, MetricId metric, std::string_view label_bytes);
  static void Destroy(HeadSeries* series);
  struct Destroyer {
    void operator()(HeadSeries* series) const { Destroy(series); }
  };
  using Owner = std::unique_ptr<HeadSeries, Destroyer>;

  HeadSeries(const HeadSeries&) = delete;
  HeadSeries& operator=(const HeadSeries&) = delete;

  SeriesRef ref() const { return ref_; }
  MetricId metric() const { return metric_; }
  SeriesKey key() const { return {metric_, ref_}; }
  std::string_view label_bytes() const {
    return {reinterpret_cast<const char*>(this + 1), labels_size_};
  }
  model::LabelsView labels() const { return model::LabelsView(label_bytes()); }
  // Memory of the series and its labels.
  size_t bytes() const { return BytesFor(labels_size_); }

  // The bits of those who want to be told of samples (storage/arrivals.h).
  uint8_t wanted() const { return wanted_.load(std::memory_order_relaxed); }
  void SetWanted(uint8_t bits) { wanted_.store(bits, std::memory_order_relaxed); }
  void Want(uint8_t bit, bool wants) {
    if (wants) {
      wanted_.fetch_or(bit, std::memory_order_relaxed);
    } else {
      wanted_.fetch_and(static_cast<uint8_t>(~bit), std::memory_order_relaxed);
    }
  }

  // Fetches what Append will touch besides the series itself.
  void PrefetchOpenChunk() const {
    if (const HeadChunk* open = open_.load(std::memory_order_relaxed); open != nullptr) {
      open->Prefetch();
    }
  }

  // Adds one sample. REQUIRES: a Guard of `epochs` is open.
  AppendResult Append(model::Sample sample, base::EpochDomain* epochs);

  // Adds a sample read back from the journal: one that came in order and is not newer than what
  // RestoreState told is on disk already. Thread-compatible.
  void Replay(model::Sample sample, bool in_order, base::EpochDomain* epochs);
  // Sets what was persisted before a restart. A sample at exactly state.max_time then counts as
  // late, since its value cannot be compared. REQUIRES: nothing has been appended.
  void RestoreState(const SeriesState& state);

  // REQUIRES: a Guard of the domain is open, here and for as long as the view is used.
  SeriesView View() const;
  // False only if no sample in [min_time, max_time] can be in the store. May be true without one.
  bool MayOverlap(model::Timestamp min_time, model::Timestamp max_time) const;

  // For the sweep's thread alone. Capture waits for a holder of the claim to finish, takes what
  // is not persisted, and marks the series clean; Persisted drops what of it readers need not find
  // in memory any more: the full chunks and the late samples. Recapture marks it dirty again after
  // a failure.
  bool dirty() const;
  SeriesCapture Capture(base::EpochDomain* epochs);
  void Persisted(const SeriesCapture& capture, base::EpochDomain* epochs);
  void Recapture() { dirty_.store(true, std::memory_order_relaxed); }

  // Likewise. The second, by the receiver's clock, in which a sweep last found something of the
  // series to write; 0 until one has written its definition.
  uint32_t active_at() const { return active_at_; }
  void set_active_at(uint32_t second) { active_at_ = second; }
  // Ends the series if no sample in it is newer than `newest`, all are persisted, and nobody is
  // appending: from then on every Append gives kGone. False leaves it as it was.
  bool TryEvict(model::Timestamp newest, base::EpochDomain* epochs);
  bool gone() const { return owner_.load(std::memory_order_acquire) == kGone; }
  // Times between which the samples of a series that is gone lie; min above max if there are none.
  model::Timestamp min_time() const { return min_time_.load(std::memory_order_relaxed); }
  model::Timestamp max_time() const { return captured_max_time_.load(std::memory_order_relaxed); }

 private:
  HeadSeries(SeriesRef ref, MetricId metric, uint32_t labels_size);
  ~HeadSeries();
  static size_t BytesFor(size_t labels_size);

  struct Delegated {
    model::Sample sample;
    Delegated* next;
  };
  static constexpr uintptr_t kFree = 0;
  static constexpr uintptr_t kClaimed = 1;
  static constexpr uintptr_t kGone = 2;
  // The list that hangs on an owner word.
  static Delegated* List(uintptr_t word) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the word carries the claim in its lowest bit.
    return reinterpret_cast<Delegated*>(word & ~kClaimed);
  }

  bool TryClaim();
  void Claim();  // spins; for the sweep
  void Release(base::EpochDomain* epochs);
  void AwaitHolder() const;
  void DrainDelegated(base::EpochDomain* epochs);
  AppendResult Delegate(model::Sample sample, base::EpochDomain* epochs);

  AppendResult AppendClaimed(model::Sample sample, base::EpochDomain* epochs);
  void AppendInOrder(model::Sample sample, base::EpochDomain* epochs);
  AppendResult AppendLate(model::Sample sample, base::EpochDomain* epochs);
  void MarkDirty();
  void WidenMinTime(model::Timestamp t);
  void CaptureInOrder(SeriesCapture* capture) const;
  void DropFull(HeadChunk* newest_full, base::EpochDomain* epochs);
  void DropLate(uint32_t count, base::EpochDomain* epochs);

  // Writers: any appender, as drawn above. Acquire on taking the claim pairs with release on
  // giving it back and publishes everything the previous holder wrote.
  std::atomic<uintptr_t> owner_{kFree};
  // Writer: the holder of the claim. Readers: queries. Publishes the chunk and the ones before.
  std::atomic<HeadChunk*> open_{nullptr};
  SampleEncoder encoder_;  // claim
  const uint32_t labels_size_;
  const SeriesRef ref_;
  const MetricId metric_;
  // Writers: the holder of the claim and the sweep. Reader: the sweep, after it saw the owner
  // word free. Publishes nothing.
  std::atomic<bool> dirty_{false};
  bool has_samples_ = false;      // claim; whether encoder_'s last time means anything
  bool last_bits_known_ = false;  // claim; whether its last bits do: not right after a restart
  // Writers: registration, before anyone can find the series, and who asks anew what is wanted.
  // Readers: who has appended. Publishes nothing.
  std::atomic<uint8_t> wanted_{0};

  uint32_t active_at_ = 0;  // sweep

  // Second line: not touched by an append in order.
  // Writer: the holder of the claim. Readers: queries. Publishes the samples.
  std::atomic<LateSamples*> late_{nullptr};
  // Writer: the holder of the claim. Readers: MayOverlap. Publish nothing: a reader that must see
  // a sample has synchronised with its writer through the acknowledgement.
  std::atomic<model::Timestamp> min_time_{model::kMaxTimestamp};
  std::atomic<model::Timestamp> captured_max_time_{model::kMinTimestamp};
  // Writer: the sweep. Readers: queries. Publishes that the store has what came in order up to it.
  std::atomic<model::Timestamp> persisted_time_{model::kMinTimestamp};
};

}  // namespace tidemark::storage
