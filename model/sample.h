// Timestamp, Sample and the staleness marker.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace tidemark::model {

// Milliseconds since the Unix epoch; may be negative.
using Timestamp = int64_t;

inline constexpr Timestamp kMinTimestamp = std::numeric_limits<int64_t>::min();
inline constexpr Timestamp kMaxTimestamp = std::numeric_limits<int64_t>::max();

struct Sample {
  Timestamp t = 0;
  double v = 0;
};

// The bits of the NaN that ends a series (remote write 1.0 specification). Other NaNs
// are values. Compare bits, never values.
inline constexpr uint64_t kStaleNanBits = 0x7ff0000000000002;
// The NaN that PromQL itself produces.
inline constexpr uint64_t kNormalNanBits = 0x7ff8000000000001;

inline uint64_t ValueBits(double v) { return std::bit_cast<uint64_t>(v); }
inline double StaleMarker() { return std::bit_cast<double>(kStaleNanBits); }
inline bool IsStale(double v) { return ValueBits(v) == kStaleNanBits; }
inline bool SameBits(double a, double b) { return ValueBits(a) == ValueBits(b); }

}  // namespace tidemark::model
