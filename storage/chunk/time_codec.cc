// A column of times is empty when the step is constant; else the times are a column of numbers
// (internal/number_column.h) whose first number is the first time.
#include "storage/chunk/time_codec.h"

#include <algorithm>

#include "base/check.h"
#include "fmt/format.h"
#include "storage/chunk/internal/number_column.h"

namespace tidemark::storage {
namespace {

using internal::ByteReader;
using internal::NumberDecoder;
using model::Timestamp;

uint64_t Distance(Timestamp from, Timestamp to) {
  return static_cast<uint64_t>(to) - static_cast<uint64_t>(from);
}

bool HasConstantStep(std::span<const Timestamp> times) {
  for (size_t i = 2; i < times.size(); ++i) {
    if (Distance(times[i - 1], times[i]) != Distance(times[0], times[1])) {
      return false;
    }
  }
  return true;
}

bool FillConstantStep(Timestamp first, Timestamp last, std::span<Timestamp> times) {
  uint64_t step = 0;
  if (!HasStep(first, last, times.size(), &step)) {
    return false;
  }
  for (size_t i = 0; i < times.size(); ++i) {
    times[i] = static_cast<Timestamp>(static_cast<uint64_t>(first) + i * step);
  }
  return true;
}

// Looks at all of them, so that the loop has no branch.
bool Ascend(std::span<const Timestamp> times) {
  bool ascend = true;
  for (size_t i = 1; i < times.size(); ++i) {
    ascend &= times[i - 1] < times[i];
  }
  return ascend;
}

bool FillFromColumn(std::string_view bytes, Timestamp first, Timestamp last,
                    std::span<Timestamp> times) {
  ByteReader reader(bytes);
  NumberDecoder decoder;
  if (!decoder.Open(&reader, times.size(), first)) {
    return false;
  }
  for (std::span<Timestamp> rest = times; !rest.empty();) {
    const std::span<Timestamp> block = rest.first(std::min(rest.size(), NumberDecoder::kBlock));
    decoder.Next(block);
    rest = rest.subspan(block.size());
  }
  return times.back() == last && Ascend(times);
}

}  // namespace

bool HasStep(Timestamp first, Timestamp last, size_t count, uint64_t* step) {
  const uint64_t span = Distance(first, last);
  const uint64_t steps = count - 1;
  *step = steps == 0 ? 0 : span / steps;
  return last >= first && *step * steps == span && (steps == 0 || *step > 0);
}

void AppendTimes(std::span<const Timestamp> times, std::string* out) {
  TIDEMARK_DCHECK(!times.empty(), "a column without times");
  if (!HasConstantStep(times)) {
    internal::AppendNumbers(times, out);
  }
}

absl::Status DecodeTimes(std::string_view bytes, Timestamp first, Timestamp last,
                         std::span<Timestamp> times) {
  const bool decoded = bytes.empty() ? FillConstantStep(first, last, times)
                                     : FillFromColumn(bytes, first, last, times);
  return decoded
             ? absl::OkStatus()
             : absl::DataLossError(fmt::format("column of {} times is malformed", times.size()));
}

}  // namespace tidemark::storage
