// A column of times is empty when the step is constant; otherwise
//
//   distances  varints    time of each sample but the last two ends - the time before, minus 1
#include "storage/chunk/time_codec.h"

#include "base/check.h"
#include "fmt/format.h"
#include "storage/chunk/internal/byte_reader.h"

namespace tidemark::storage {
namespace {

using internal::ByteReader;
using model::Timestamp;

uint64_t Distance(Timestamp from, Timestamp to) {
  return static_cast<uint64_t>(to) - static_cast<uint64_t>(from);
}

Timestamp Add(Timestamp t, uint64_t distance) {
  return static_cast<Timestamp>(static_cast<uint64_t>(t) + distance);
}

bool HasConstantStep(std::span<const Timestamp> times) {
  for (size_t i = 2; i < times.size(); ++i) {
    if (Distance(times[i - 1], times[i]) != Distance(times[0], times[1])) {
      return false;
    }
  }
  return true;
}

absl::Status Malformed(size_t count) {
  return absl::DataLossError(fmt::format("column of {} times is malformed", count));
}

absl::Status FillConstantStep(Timestamp first, Timestamp last, std::span<Timestamp> times) {
  const uint64_t span = Distance(first, last);
  const uint64_t steps = times.size() - 1;
  const uint64_t step = steps == 0 ? 0 : span / steps;
  if (last < first || step * steps != span || (steps > 0 && step == 0)) {
    return Malformed(times.size());
  }
  for (size_t i = 0; i < times.size(); ++i) {
    times[i] = Add(first, i * step);
  }
  return absl::OkStatus();
}

}  // namespace

void AppendTimes(std::span<const Timestamp> times, std::string* out) {
  TIDEMARK_DCHECK(!times.empty(), "a column without times");
  if (HasConstantStep(times)) {
    return;
  }
  for (size_t i = 1; i + 1 < times.size(); ++i) {
    model::AppendVarint(Distance(times[i - 1], times[i]) - 1, out);
  }
}

absl::Status DecodeTimes(std::string_view bytes, Timestamp first, Timestamp last,
                         std::span<Timestamp> times) {
  if (bytes.empty()) {
    return FillConstantStep(first, last, times);
  }
  ByteReader reader(bytes);
  bool ascending = true;
  times[0] = first;
  for (size_t i = 1; i + 1 < times.size(); ++i) {
    times[i] = Add(times[i - 1], reader.Varint() + 1);
    ascending = ascending && times[i] > times[i - 1];
  }
  times[times.size() - 1] = last;
  ascending = ascending && (times.size() == 1 || last > times[times.size() - 2]);
  return ascending && reader.done() ? absl::OkStatus() : Malformed(times.size());
}

}  // namespace tidemark::storage
