// ResultBlocks: the numbers of a range query at a run of steps, in a form that can be kept, cut and
// gone on with.
//
// Steps lie on a grid and have numbers: step i is at origin + i * step_ms. A block holds one
// series' values at 64 consecutive steps that begin at a multiple of 64, so two runs over one grid
// have blocks that fit together; blocks are immutable and shared by the runs that have them in
// common.
//
//   step     … 61 62 63 │ 64 … 127 │ 128 129 130
//   first = 61 ▲          whole        ▲ last = 130
//
// A ResultBlocks is immutable; thread-safe.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "model/labels.h"
#include "model/sample.h"
#include "query/engine/query_result.h"

namespace tidemark::query {

// The times of numbered steps.
struct NumberedGrid {
  int64_t step_ms = 1;
  model::Timestamp origin = 0;  // of step 0, in [0, step_ms)

  // The grid on which `start` lies.
  static NumberedGrid Through(model::Timestamp start, int64_t step_ms) {
    return {step_ms, (start % step_ms + step_ms) % step_ms};
  }
  model::Timestamp At(int64_t number) const { return origin + number * step_ms; }
  // REQUIRES: `t` lies on the grid.
  int64_t NumberOf(model::Timestamp t) const { return (t - origin) / step_ms; }
  // The first step at or behind `t`.
  int64_t NumberFrom(model::Timestamp t) const;

  friend bool operator==(const NumberedGrid&, const NumberedGrid&) = default;
};

// A piece of text in some encoding, with what is needed to make it part of a longer one.
struct EncodedText {
  std::string bytes;
  uint32_t crc = 0;   // CRC-32 of the text
  uint32_t size = 0;  // of the text
};

class ResultBlock {
 public:
  static constexpr int64_t kSteps = 64;

  // The block of a step, and its place there.
  static int64_t BlockOf(int64_t number) { return number >> 6; }
  static size_t PlaceOf(int64_t number) { return static_cast<size_t>(number & 63); }

  // Bit i of `present` tells whether there is a value at the i-th step; `values` has those only.
  ResultBlock(uint64_t present, std::vector<double> values)
      : present_(present), values_(std::move(values)) {}

  uint64_t present() const { return present_; }
  // Calls f(place, value) for the values among `mask`, ascending.
  template <typename F>
  void ForEach(uint64_t mask, F f) const {
    for (uint64_t bits = present_ & mask; bits != 0; bits &= bits - 1) {
      const auto place = static_cast<size_t>(std::countr_zero(bits));
      const uint64_t before = present_ & ((uint64_t{1} << place) - 1);
      f(place, values_[static_cast<size_t>(std::popcount(before))]);
    }
  }

  // What `encode` gave for the whole block when it was first asked.
  const EncodedText& Encoded(absl::FunctionRef<EncodedText()> encode) const {
    std::call_once(encoded_once_, [&] { encoded_ = encode(); });
    return encoded_;
  }

 private:
  const uint64_t present_;
  const std::vector<double> values_;
  mutable std::once_flag encoded_once_;
  mutable EncodedText encoded_;
};

class ResultBlocks {
 public:
  struct Series {
    model::Labels labels;
    // From the block of the first step on; null where it has no value.
    std::vector<std::shared_ptr<const ResultBlock>> blocks;
  };

  // The steps [first, last] of `kept`, which may be null, that lie before `cut`, and from there on
  // those of `fresh`, a matrix sorted by labels with samples at steps of the grid only.
  // REQUIRES: what is kept begins at `first` or before and ends at `cut` - 1 or behind.
  static std::shared_ptr<const ResultBlocks> Join(const NumberedGrid& grid,
                                                  const ResultBlocks* kept, int64_t first,
                                                  int64_t cut, const QueryResult& fresh,
                                                  int64_t last);

  const NumberedGrid& grid() const { return grid_; }
  int64_t first() const { return first_; }
  int64_t last() const { return last_; }
  const std::vector<Series>& series() const { return series_; }  // sorted by labels
  size_t values() const { return values_; }
  // Memory, with what encoding the blocks will add.
  size_t bytes() const;

  // The steps of block `block` inside [from, to], as a mask of their places.
  static uint64_t MaskOf(int64_t block, int64_t from, int64_t to);
  int64_t first_block() const { return ResultBlock::BlockOf(first_); }
  // The block numbered `block` of a series; null if it has none.
  const ResultBlock* BlockOf(const Series& series, int64_t block) const {
    const int64_t place = block - first_block();
    return place < 0 || place >= static_cast<int64_t>(series.blocks.size())
               ? nullptr
               : series.blocks[static_cast<size_t>(place)].get();
  }

 private:
  class Joining;

  ResultBlocks(const NumberedGrid& grid, int64_t first, int64_t last)
      : grid_(grid), first_(first), last_(last) {}

  const NumberedGrid grid_;
  const int64_t first_;
  const int64_t last_;
  std::vector<Series> series_;
  size_t values_ = 0;
};

}  // namespace tidemark::query
