// A column of whole numbers: what columns of times, and most columns of values, come down to.
//
// The first number is known from elsewhere. The others are taken as steps (from one number to the
// next) or as changes of the step, and of these a base is subtracted, or their sign folded in. What
// remains is small: its bytes are stored in planes, all lowest bytes first, and the few that need
// more bytes are exceptions. Neither bits nor entropy are packed: the block compressor of the store
// does that over many columns, and finds columns that move alike as long as bytes stay whole.
// Layout: docs/format/chunk.md. All arithmetic is modulo 2^64: any numbers round-trip.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "storage/chunk/internal/byte_reader.h"

namespace tidemark::storage::internal {

// Appends all of `numbers` but the first. REQUIRES: not empty.
void AppendNumbers(std::span<const int64_t> numbers, std::string* out);

// NumberDecoder gives the numbers of a column in blocks, in order. Thread-compatible; the bytes
// must outlive it.
class NumberDecoder {
 public:
  // Numbers that fit the first-level cache several times over.
  static constexpr size_t kBlock = 256;

  // False unless the bytes that `reader` has left are a column of `count` numbers.
  // REQUIRES: count > 0.
  bool Open(ByteReader* reader, size_t count, int64_t first);

  // Fills `numbers` with the next ones. REQUIRES: Open gave true, numbers.size() <= kBlock, and
  // no more numbers are asked for than the column has.
  void Next(std::span<int64_t> numbers);

 private:
  enum class Form : uint8_t { kSteps = 0, kFoldedSteps = 1, kChanges = 2, kFoldedChanges = 3 };

  bool ReadExceptions(ByteReader* reader, size_t residuals);
  void LoadPlanes(std::span<uint64_t> residuals) const;
  void PutExceptions(std::span<uint64_t> residuals);
  void Accumulate(std::span<const uint64_t> residuals, std::span<int64_t> numbers);

  Form form_ = Form::kSteps;
  unsigned width_ = 0;   // planes
  uint64_t base_ = 0;    // of residuals that are not folded
  uint64_t number_ = 0;  // the newest, two's complement
  uint64_t step_ = 0;    // to it
  bool first_ = true;    // the first number is still to be given
  const char* planes_ = nullptr;
  size_t plane_size_ = 0;
  size_t next_ = 0;  // residuals given so far

  ByteReader gaps_;
  ByteReader exceptions_;
  size_t exceptions_left_ = 0;
  size_t next_exception_ = 0;  // index of its residual
};

}  // namespace tidemark::storage::internal
