// How long rate, increase and delta of a range stay what they are while the range moves on and no
// sample comes or goes. A pure function.
#pragma once

#include <optional>
#include <span>

#include "model/sample.h"

namespace tidemark::alert {

// The samples in (begin, end], stale markers left out, in order of time.
struct WindowSamples {
  std::span<const model::Timestamp> times;
  std::span<const double> values;
};

// Both ends of the range lie as near to the samples as the next sample would, so that what one end
// loses by moving the other gains; or both lie farther away, and count as half an interval each. So
// the result stands still until the time returned, to be read as the range's end: there the next
// sample is overdue, or the beginning has come near. None while one end moves alone, or a counter
// would be extended to before it was zero: the result moves. Fewer than two samples have no result.
std::optional<model::Timestamp> SteadyUntil(const WindowSamples& samples, model::Timestamp begin,
                                            model::Timestamp end, bool counter);

}  // namespace tidemark::alert
