// A column of n numbers stores n - 1 residuals
//
//   form         1 byte    2 * (0: steps, 1: changes of the step) + (1: sign folded in, zigzag)
//   width        1 byte    planes, 0 … 8
//   base         varint    zigzag, unless the sign is folded in
//   exceptions   varint    how many
//   gap bytes    varint    size of the gaps
//   gaps         varints   of each exception: residuals between it and the one before
//   value bytes  varint    size of the values
//   values       varints   of each exception: its residual
//   planes       bytes     byte 0 of all residuals, then byte 1 of all, …; 0 for exceptions
#include "storage/chunk/internal/number_column.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "base/check.h"
#include "model/varint.h"

namespace tidemark::storage::internal {
namespace {

constexpr uint8_t kFolded = 1;
constexpr uint8_t kChanges = 2;
constexpr unsigned kMaxWidth = 8;

using Residuals = std::vector<uint64_t>;

uint64_t Fold(uint64_t v) { return model::ZigZag(static_cast<int64_t>(v)); }
uint64_t Unfold(uint64_t v) { return static_cast<uint64_t>(model::UnZigZag(v)); }

// --- Encoding ---

// The distances between neighbours; the first from `before`.
Residuals Distances(std::span<const uint64_t> numbers, uint64_t before) {
  Residuals distances(numbers.size());
  for (size_t i = 0; i < numbers.size(); ++i) {
    distances[i] = numbers[i] - before;
    before = numbers[i];
  }
  return distances;
}

size_t VarintBytes(uint64_t v) { return (static_cast<size_t>(std::bit_width(v | 1)) + 6) / 7; }
unsigned BytesOf(uint64_t v) { return (static_cast<unsigned>(std::bit_width(v)) + 7) / 8; }

// The number of planes that makes the column smallest, with the rest as exceptions.
unsigned ChooseWidth(const Residuals& residuals) {
  // Of each width: the value, the gap, and a byte for the time that an exception takes a reader.
  std::array<size_t, kMaxWidth + 2> exception_bytes{};
  for (const uint64_t r : residuals) {
    exception_bytes[BytesOf(r)] += VarintBytes(r) + 2;
  }
  unsigned best = kMaxWidth;
  size_t best_bytes = residuals.size() * kMaxWidth;
  size_t wider = 0;  // bytes of the exceptions that `width` planes leave
  for (unsigned width = kMaxWidth; width-- > 0;) {
    wider += exception_bytes[width + 1];
    const size_t bytes = residuals.size() * width + wider;
    if (bytes <= best_bytes) {
      best = width;
      best_bytes = bytes;
    }
  }
  return best;
}

uint64_t LargestOf(unsigned width) {
  return width == kMaxWidth ? std::numeric_limits<uint64_t>::max() : (1ULL << (8 * width)) - 1;
}

// Appends the exceptions of `residuals` and makes them 0.
void MoveExceptions(unsigned width, Residuals* residuals, std::string* out) {
  std::string gaps;
  std::string values;
  size_t count = 0;
  size_t next = 0;
  for (size_t i = 0; i < residuals->size(); ++i) {
    uint64_t& r = (*residuals)[i];
    if (r > LargestOf(width)) {
      model::AppendVarint(i - next, &gaps);
      model::AppendVarint(r, &values);
      next = i + 1;
      ++count;
      r = 0;
    }
  }
  model::AppendVarint(count, out);
  model::AppendVarint(gaps.size(), out);
  out->append(gaps);
  model::AppendVarint(values.size(), out);
  out->append(values);
}

std::string Encode(uint8_t form, uint64_t base, Residuals residuals) {
  std::string bytes;
  const unsigned width = ChooseWidth(residuals);
  bytes.push_back(static_cast<char>(form));
  bytes.push_back(static_cast<char>(width));
  if ((form & kFolded) == 0) {
    model::AppendVarint(Fold(base), &bytes);
  }
  MoveExceptions(width, &residuals, &bytes);
  size_t at = bytes.size();
  bytes.resize(at + residuals.size() * width);
  for (unsigned shift = 0; shift < 8 * width; shift += 8) {
    for (const uint64_t r : residuals) {
      bytes[at++] = static_cast<char>(r >> shift);
    }
  }
  return bytes;
}

// About what an entropy coder would make of the bytes.
double Entropy(std::string_view bytes) {
  std::array<uint32_t, 256> counts{};
  for (const char c : bytes) {
    ++counts[static_cast<uint8_t>(c)];
  }
  double bits = static_cast<double>(bytes.size()) * std::log2(static_cast<double>(bytes.size()));
  for (const uint32_t count : counts) {
    bits -= count < 2 ? 0 : count * std::log2(count);
  }
  return bits;
}

// The least of the distances, not counting a few that lie far below the rest.
uint64_t LowBase(const Residuals& distances) {
  std::vector<int64_t> sorted(distances.begin(), distances.end());
  const auto few = static_cast<ptrdiff_t>(sorted.size() / 64);
  std::nth_element(sorted.begin(), sorted.begin() + few, sorted.end());
  const int64_t low = sorted[static_cast<size_t>(few)];
  const int64_t least = *std::min_element(sorted.begin(), sorted.begin() + few + 1);
  const uint64_t between = static_cast<uint64_t>(low) - static_cast<uint64_t>(least);
  return static_cast<uint64_t>(between <= LargestOf(1) ? least : low);
}

// The smallest of the encodings that were tried.
class Best {
 public:
  void Try(std::string bytes) {
    const double score = Entropy(bytes);
    if (score < score_) {
      score_ = score;
      bytes_ = std::move(bytes);
    }
  }
  const std::string& bytes() const { return bytes_; }

 private:
  double score_ = std::numeric_limits<double>::infinity();
  std::string bytes_;
};

void TryForms(uint8_t form, const Residuals& distances, Best* best) {
  Residuals residuals = distances;
  std::transform(residuals.begin(), residuals.end(), residuals.begin(), Fold);
  best->Try(Encode(form | kFolded, 0, residuals));
  const uint64_t base = LowBase(distances);
  std::transform(distances.begin(), distances.end(), residuals.begin(),
                 [base](uint64_t d) { return d - base; });
  best->Try(Encode(form, base, std::move(residuals)));
}

// --- Decoding ---

// Residuals of `kWidth` planes.
template <unsigned kWidth>
void LoadPlanesOf(const char* planes, size_t plane_size, std::span<uint64_t> residuals) {
  for (size_t i = 0; i < residuals.size(); ++i) {
    uint64_t r = 0;
    for (unsigned plane = 0; plane < kWidth; ++plane) {
      const auto byte = static_cast<uint8_t>(planes[plane * plane_size + i]);
      r |= static_cast<uint64_t>(byte) << (8 * plane);
    }
    residuals[i] = r;
  }
}

constexpr std::array kLoadPlanes = {LoadPlanesOf<0>, LoadPlanesOf<1>, LoadPlanesOf<2>,
                                    LoadPlanesOf<3>, LoadPlanesOf<4>, LoadPlanesOf<5>,
                                    LoadPlanesOf<6>, LoadPlanesOf<7>, LoadPlanesOf<8>};

}  // namespace

void AppendNumbers(std::span<const int64_t> numbers, std::string* out) {
  TIDEMARK_DCHECK(!numbers.empty(), "a column without numbers");
  if (numbers.size() == 1) {
    out->append(Encode(kFolded, 0, {}));
    return;
  }
  const Residuals rest(numbers.begin() + 1, numbers.end());
  const Residuals steps = Distances(rest, static_cast<uint64_t>(numbers.front()));
  Best best;
  TryForms(0, steps, &best);
  TryForms(kChanges, Distances(steps, 0), &best);
  out->append(best.bytes());
}

bool NumberDecoder::Open(ByteReader* reader, size_t count, int64_t first) {
  const uint8_t form = reader->Byte();
  width_ = reader->Byte();
  if (!reader->ok() || form > (kFolded | kChanges) || width_ > kMaxWidth) {
    return false;
  }
  form_ = static_cast<Form>(form);
  base_ = (form & kFolded) == 0 ? Unfold(reader->Varint()) : 0;
  number_ = static_cast<uint64_t>(first);
  plane_size_ = count - 1;
  if (!ReadExceptions(reader, plane_size_)) {
    return false;
  }
  // Compared by division: a count times a width need not fit.
  const size_t bytes = reader->remaining();
  planes_ = reader->Rest().data();
  return width_ == 0 ? bytes == 0 : bytes % width_ == 0 && bytes / width_ == plane_size_;
}

bool NumberDecoder::ReadExceptions(ByteReader* reader, size_t residuals) {
  exceptions_left_ = reader->Varint();
  gaps_ = ByteReader(reader->Bytes(reader->Varint()));
  exceptions_ = ByteReader(reader->Bytes(reader->Varint()));
  if (!reader->ok() || exceptions_left_ > residuals) {
    return false;
  }
  ByteReader gaps = gaps_;
  ByteReader values = exceptions_;
  size_t next = 0;
  for (size_t i = 0; i < exceptions_left_; ++i) {
    const uint64_t gap = gaps.Varint();
    values.Varint();
    if (gap >= residuals - next) {
      return false;
    }
    next += gap + 1;
  }
  next_exception_ = exceptions_left_ > 0 ? gaps_.Varint() : 0;
  return gaps.done() && values.done();
}

void NumberDecoder::LoadPlanes(std::span<uint64_t> residuals) const {
  kLoadPlanes[width_](planes_ + next_, plane_size_, residuals);
}

void NumberDecoder::PutExceptions(std::span<uint64_t> residuals) {
  while (exceptions_left_ > 0 && next_exception_ < next_ + residuals.size()) {
    residuals[next_exception_ - next_] = exceptions_.Varint();
    --exceptions_left_;
    next_exception_ += exceptions_left_ > 0 ? gaps_.Varint() + 1 : 0;
  }
}

void NumberDecoder::Accumulate(std::span<const uint64_t> residuals, std::span<int64_t> numbers) {
  const auto accumulate = [&](auto next_step) {
    uint64_t number = number_;
    uint64_t step = step_;
    for (size_t i = 0; i < residuals.size(); ++i) {
      step = next_step(step, residuals[i]);
      number += step;
      numbers[i] = static_cast<int64_t>(number);
    }
    number_ = number;
    step_ = step;
  };
  const uint64_t base = base_;
  switch (form_) {
    case Form::kSteps:
      return accumulate([base](uint64_t, uint64_t r) { return base + r; });
    case Form::kFoldedSteps:
      return accumulate([](uint64_t, uint64_t r) { return Unfold(r); });
    case Form::kChanges:
      return accumulate([base](uint64_t step, uint64_t r) { return step + (base + r); });
    case Form::kFoldedChanges:
      return accumulate([](uint64_t step, uint64_t r) { return step + Unfold(r); });
  }
}

void NumberDecoder::Next(std::span<int64_t> numbers) {
  TIDEMARK_DCHECK(numbers.size() <= kBlock, "{} numbers asked for", numbers.size());
  if (first_ && !numbers.empty()) {
    first_ = false;
    numbers[0] = static_cast<int64_t>(number_);
    numbers = numbers.subspan(1);
  }
  std::array<uint64_t, kBlock> buffer;
  const std::span<uint64_t> residuals = std::span(buffer).first(numbers.size());
  LoadPlanes(residuals);
  PutExceptions(residuals);
  Accumulate(residuals, numbers);
  next_ += residuals.size();
}

}  // namespace tidemark::storage::internal
