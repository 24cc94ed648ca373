// An answer of the RangeCache as the matrix it stands for.
#pragma once

#include <vector>

#include "query/cache/range_cache.h"

namespace tidemark::query {

inline std::vector<MatrixSeries> SamplesOf(const RangeAnswer& answer) {
  if (answer.blocks == nullptr) {
    return answer.result.matrix;
  }
  const ResultBlocks& blocks = *answer.blocks;
  std::vector<MatrixSeries> matrix;
  for (const ResultBlocks::Series& series : blocks.series()) {
    MatrixSeries samples;
    for (int64_t number = ResultBlock::BlockOf(answer.first);
         number <= ResultBlock::BlockOf(answer.last); ++number) {
      if (const ResultBlock* const block = blocks.BlockOf(series, number); block != nullptr) {
        block->ForEach(
            ResultBlocks::MaskOf(number, answer.first, answer.last), [&](size_t place, double v) {
              const auto step = number * ResultBlock::kSteps + static_cast<int64_t>(place);
              samples.samples.push_back({blocks.grid().At(step), v});
            });
      }
    }
    if (!samples.samples.empty()) {
      samples.labels = series.labels;
      matrix.push_back(std::move(samples));
    }
  }
  return matrix;
}

// As text, bit by bit.
inline std::string Describe(const std::vector<MatrixSeries>& matrix) {
  std::string text;
  for (const MatrixSeries& series : matrix) {
    text += series.labels.ToString();
    for (const model::Sample& sample : series.samples) {
      text += " " + std::to_string(sample.t) + ":" + std::to_string(model::ValueBits(sample.v));
    }
    text += "\n";
  }
  return text;
}

}  // namespace tidemark::query
