// HeadChunk and LateSamples: the samples of one series that are in memory.
//
// Both are append-only memory with a published count. The thread that holds the series' claim is
// the only writer: it writes behind the count and then moves the count with a release store.
// Readers load the pointer to the object, then its count, both with acquire, and look at nothing
// behind it; what lies before the count never changes again. An object that grows is copied into
// a larger one, which takes its place; the old one is retired (base/epoch.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/epoch.h"
#include "model/sample.h"
#include "storage/head/sample_stream.h"
#include "storage/types.h"

namespace tidemark::storage {

// A chunk holds at most this many samples; then the next one begins.
inline constexpr uint32_t kMaxSamplesPerChunk = 60;

// Consecutive in-order samples of one bucket, as a sample stream. The newest chunk of a series is
// open; the ones behind `previous` are full, and stay in memory until they are persisted.
class HeadChunk final : public base::EpochDomain::Retired {
 public:
  // A chunk with its first sample, and the encoder for those that follow.
  static HeadChunk* Start(model::Sample sample, HeadChunk* previous, SampleEncoder* encoder);
  static void Free(HeadChunk* chunk);

  // Whether a sample at `t`, newer than all here, belongs to this chunk.
  bool Accepts(model::Timestamp t) const {
    return BucketOf(t) == BucketOf(last_) &&
           count_.load(std::memory_order_relaxed) < kMaxSamplesPerChunk;
  }
  bool HasRoom() const { return size_ + kMaxStreamBytesPerSample <= capacity_; }
  // REQUIRES: Accepts(sample.t), HasRoom().
  void Append(model::Sample sample, SampleEncoder* encoder) {
    char* const end = encoder->Append(sample, data() + size_);
    size_ = static_cast<uint16_t>(end - data());
    last_ = sample.t;
    // Publishes the bytes of one more sample to readers.
    count_.store(static_cast<uint16_t>(count_.load(std::memory_order_relaxed) + 1),
                 std::memory_order_release);
  }
  // A copy with half as much room again.
  HeadChunk* Grow() const;

  // Fetches the header and what of the stream an append most likely writes.
  void Prefetch() const {
    const auto* line = reinterpret_cast<const char*>(this);
    __builtin_prefetch(line);
    __builtin_prefetch(line + 64);
    __builtin_prefetch(line + 128);
  }

  // Safe for readers under a Guard.
  uint32_t count() const { return count_.load(std::memory_order_acquire); }
  model::Timestamp start() const { return StreamStart(data()); }
  std::string_view readable_bytes() const { return {data(), capacity_}; }
  HeadChunk* previous() const { return previous_.load(std::memory_order_acquire); }

  // For the holder of the claim only.
  std::string_view bytes() const { return {data(), size_}; }
  model::Timestamp last() const { return last_; }
  void Unlink() { previous_.store(nullptr, std::memory_order_release); }

 private:
  HeadChunk(uint16_t capacity, HeadChunk* previous);
  ~HeadChunk() = default;
  char* data() { return reinterpret_cast<char*>(this + 1); }
  const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  static HeadChunk* Allocate(uint32_t bytes, HeadChunk* previous);

  // Writer: the holder of the claim, which sets it to null once older chunks are persisted.
  // Readers: queries. Publishes the older chunks.
  std::atomic<HeadChunk*> previous_;
  // Writer: the holder of the claim. Readers: queries. Publishes the stream's bytes.
  std::atomic<uint16_t> count_{0};
  const uint16_t capacity_;  // bytes behind the header
  uint16_t size_ = 0;
  model::Timestamp last_ = 0;
};
static_assert(sizeof(HeadChunk) == 48);

// Samples older than their series' newest, in order of arrival, until the sweep persists them.
class LateSamples final : public base::EpochDomain::Retired {
 public:
  // Room for `capacity` samples, the first of which are copied from `samples`.
  static LateSamples* Create(uint32_t capacity, const model::Sample* samples, uint32_t count);
  static void Free(LateSamples* late);

  bool full() const { return count_.load(std::memory_order_relaxed) == capacity_; }
  uint32_t capacity() const { return capacity_; }
  // REQUIRES: not full; the caller holds the claim.
  void Append(model::Sample sample) {
    const uint32_t count = count_.load(std::memory_order_relaxed);
    mutable_samples()[count] = sample;
    // Publishes the sample to readers.
    count_.store(count + 1, std::memory_order_release);
  }

  uint32_t count() const { return count_.load(std::memory_order_acquire); }
  const model::Sample* samples() const { return reinterpret_cast<const model::Sample*>(this + 1); }

 private:
  explicit LateSamples(uint32_t capacity);
  ~LateSamples() = default;
  model::Sample* mutable_samples() { return reinterpret_cast<model::Sample*>(this + 1); }

  // Writer: the holder of the claim. Readers: queries. Publishes samples()[0, count).
  std::atomic<uint32_t> count_{0};
  const uint32_t capacity_;
};

}  // namespace tidemark::storage
