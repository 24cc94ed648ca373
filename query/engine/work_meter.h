// WorkMeter ends the work of a query that is late or unwanted. Each thread that works for the query
// has one of its own. Thread-compatible; what it was made from must outlive it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "base/clock.h"

namespace tidemark::query {

class WorkMeter {
 public:
  // `cancelled`, which may be null, is set by any thread to end the work.
  WorkMeter(const base::Clock& clock, int64_t deadline_nanos, const std::atomic<bool>* cancelled)
      : clock_(clock), deadline_nanos_(deadline_nanos), cancelled_(cancelled) {}

  // The meter of another thread; its work also ends when `abandoned` is set.
  WorkMeter Another(const std::atomic<bool>* abandoned) const {
    WorkMeter meter(clock_, deadline_nanos_, cancelled_);
    meter.abandoned_ = abandoned;
    return meter;
  }

  // To be called in every loop that may be long, with the number of samples it has worked on
  // since the last call.
  absl::Status Spend(size_t samples) {
    unchecked_ += samples;
    return unchecked_ < kCheckEvery ? absl::OkStatus() : Check();
  }

  // The same, whatever was spent.
  absl::Status Check();

 private:
  // Samples between two looks at the clock: well below a millisecond of work.
  static constexpr size_t kCheckEvery = 1 << 16;

  const base::Clock& clock_;
  const int64_t deadline_nanos_;
  const std::atomic<bool>* const cancelled_;
  const std::atomic<bool>* abandoned_ = nullptr;
  size_t unchecked_ = kCheckEvery;  // the first call checks
};

}  // namespace tidemark::query
