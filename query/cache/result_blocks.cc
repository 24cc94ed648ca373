#include "query/cache/result_blocks.h"

#include <algorithm>
#include <compare>
#include <span>

namespace tidemark::query {
namespace {

// A value and its share of the encoded text.
constexpr size_t kBytesPerValue = sizeof(double) + 12;
constexpr size_t kBytesPerBlock = sizeof(ResultBlock) + 64;

}  // namespace

int64_t NumberedGrid::NumberFrom(model::Timestamp t) const {
  const int64_t distance = t - origin;
  const int64_t past = (distance % step_ms + step_ms) % step_ms;
  return (distance - past) / step_ms + (past > 0 ? 1 : 0);
}

uint64_t ResultBlocks::MaskOf(int64_t block, int64_t from, int64_t to) {
  const int64_t begin = block * ResultBlock::kSteps;
  const int64_t low = std::max(from - begin, int64_t{0});
  const int64_t high = std::min(to - begin, ResultBlock::kSteps - 1);
  if (low > high) {
    return 0;
  }
  return (~uint64_t{0} << low) & (~uint64_t{0} >> (ResultBlock::kSteps - 1 - high));
}

size_t ResultBlocks::bytes() const {
  size_t bytes = sizeof(*this) + values_ * kBytesPerValue;
  for (const Series& one : series_) {
    bytes += sizeof(one) + one.labels.bytes().size() + one.blocks.size() * kBytesPerBlock;
  }
  return bytes;
}

// Puts one series after the other together.
class ResultBlocks::Joining {
 public:
  Joining(ResultBlocks* joined, const ResultBlocks* kept, int64_t cut)
      : joined_(*joined), kept_(kept), cut_(cut) {}

  // `kept` or `fresh` may be null.
  void Add(const Series* kept, const MatrixSeries* fresh) {
    Series series;
    fresh_ = fresh == nullptr ? std::span<const model::Sample>() : std::span(fresh->samples);
    const int64_t last_block = ResultBlock::BlockOf(joined_.last_);
    bool any = false;
    for (int64_t block = joined_.first_block(); block <= last_block; ++block) {
      series.blocks.push_back(Block(kept, block));
      any = any || series.blocks.back() != nullptr;
    }
    if (any) {
      series.labels = kept == nullptr ? fresh->labels : kept->labels;
      joined_.series_.push_back(std::move(series));
    }
  }

 private:
  std::shared_ptr<const ResultBlock> Block(const Series* kept, int64_t block) {
    const uint64_t wanted = MaskOf(block, joined_.first_, cut_ - 1);
    const std::shared_ptr<const ResultBlock> old = kept == nullptr ? nullptr : Old(*kept, block);
    const size_t fresh = FreshIn(block);
    if (old != nullptr && fresh == 0 && (old->present() & ~wanted) == 0) {
      joined_.values_ += static_cast<size_t>(std::popcount(old->present()));
      return old;
    }
    uint64_t present = 0;
    std::vector<double> values;
    if (old != nullptr) {
      present = old->present() & wanted;
      old->ForEach(wanted, [&](size_t, double v) { values.push_back(v); });
    }
    for (const model::Sample& sample : fresh_.first(fresh)) {
      present |= uint64_t{1} << ResultBlock::PlaceOf(joined_.grid_.NumberOf(sample.t));
      values.push_back(sample.v);
    }
    fresh_ = fresh_.subspan(fresh);
    joined_.values_ += values.size();
    return values.empty() ? nullptr
                          : std::make_shared<const ResultBlock>(present, std::move(values));
  }

  std::shared_ptr<const ResultBlock> Old(const Series& kept, int64_t block) const {
    const int64_t place = block - kept_->first_block();
    return place < 0 || place >= static_cast<int64_t>(kept.blocks.size())
               ? nullptr
               : kept.blocks[static_cast<size_t>(place)];
  }

  // How many of the fresh samples are in the block.
  size_t FreshIn(int64_t block) const {
    const model::Timestamp behind = joined_.grid_.At((block + 1) * ResultBlock::kSteps);
    const auto end = std::find_if(fresh_.begin(), fresh_.end(),
                                  [behind](const model::Sample& s) { return s.t >= behind; });
    return static_cast<size_t>(end - fresh_.begin());
  }

  ResultBlocks& joined_;
  const ResultBlocks* const kept_;
  const int64_t cut_;
  std::span<const model::Sample> fresh_;  // of the present series, what is not placed yet
};

std::shared_ptr<const ResultBlocks> ResultBlocks::Join(const NumberedGrid& grid,
                                                       const ResultBlocks* kept, int64_t first,
                                                       int64_t cut, const QueryResult& fresh,
                                                       int64_t last) {
  std::shared_ptr<ResultBlocks> joined(new ResultBlocks(grid, first, last));
  Joining joining(joined.get(), kept, cut);
  const std::span<const Series> old =
      kept == nullptr ? std::span<const Series>() : std::span(kept->series_);
  auto a = old.begin();
  auto b = fresh.matrix.begin();
  while (a != old.end() || b != fresh.matrix.end()) {
    const auto order = a == old.end()            ? std::strong_ordering::greater
                       : b == fresh.matrix.end() ? std::strong_ordering::less
                                                 : model::Compare(a->labels, b->labels);
    joining.Add(order <= 0 ? &*a : nullptr, order >= 0 ? &*b : nullptr);
    a += order <= 0 ? 1 : 0;
    b += order >= 0 ? 1 : 0;
  }
  return joined;
}

}  // namespace tidemark::query
