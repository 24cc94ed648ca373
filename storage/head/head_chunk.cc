#include "storage/head/head_chunk.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/check.h"

namespace tidemark::storage {
namespace {

// Eight samples or so of a scraped gauge or counter; a full chunk of them grows two or three times.
constexpr uint32_t kFirstChunkBytes = 128;
constexpr uint32_t kChunkGrain = 64;
static_assert(kMaxSamplesPerChunk * kMaxStreamBytesPerSample * 3 / 2 + kChunkGrain < UINT16_MAX);

void* AllocateBytes(size_t bytes) {
  void* memory = std::malloc(bytes);
  TIDEMARK_CHECK(memory != nullptr, "out of memory for {} bytes", bytes);
  return memory;
}

}  // namespace

HeadChunk::HeadChunk(uint16_t capacity, HeadChunk* previous)
    : Retired([](Retired* r) { Free(static_cast<HeadChunk*>(r)); }),
      previous_(previous),
      capacity_(capacity) {}

HeadChunk* HeadChunk::Allocate(uint32_t bytes, HeadChunk* previous) {
  const auto capacity = static_cast<uint16_t>(bytes - sizeof(HeadChunk));
  return new (AllocateBytes(bytes)) HeadChunk(capacity, previous);
}

HeadChunk* HeadChunk::Start(model::Sample sample, HeadChunk* previous, SampleEncoder* encoder) {
  HeadChunk* chunk = Allocate(kFirstChunkBytes, previous);
  chunk->size_ = static_cast<uint16_t>(encoder->Start(sample, chunk->data()) - chunk->data());
  chunk->last_ = sample.t;
  chunk->count_.store(1, std::memory_order_release);
  return chunk;
}

HeadChunk* HeadChunk::Grow() const {
  const auto more = static_cast<uint32_t>((sizeof(HeadChunk) + capacity_) * 3 / 2);
  const uint32_t bytes = (more + kChunkGrain - 1) / kChunkGrain * kChunkGrain;
  HeadChunk* chunk = Allocate(bytes, previous_.load(std::memory_order_relaxed));
  std::memcpy(chunk->data(), data(), size_);
  chunk->size_ = size_;
  chunk->last_ = last_;
  chunk->count_.store(count_.load(std::memory_order_relaxed), std::memory_order_release);
  return chunk;
}

void HeadChunk::Free(HeadChunk* chunk) {
  chunk->~HeadChunk();
  std::free(chunk);
}

LateSamples::LateSamples(uint32_t capacity)
    : Retired([](Retired* r) { Free(static_cast<LateSamples*>(r)); }), capacity_(capacity) {}

LateSamples* LateSamples::Create(uint32_t capacity, const model::Sample* samples, uint32_t count) {
  TIDEMARK_DCHECK(count <= capacity, "{} samples for {} places", count, capacity);
  void* memory = AllocateBytes(sizeof(LateSamples) + capacity * sizeof(model::Sample));
  auto* late = new (memory) LateSamples(capacity);
  std::copy_n(samples, count, late->mutable_samples());
  late->count_.store(count, std::memory_order_release);
  return late;
}

void LateSamples::Free(LateSamples* late) {
  late->~LateSamples();
  std::free(late);
}

}  // namespace tidemark::storage
