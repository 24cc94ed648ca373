// CatchUp tells whether what comes is a backlog: samples of the past, faster than time goes by. A
// sender that was cut off delivers what it has kept in one burst, and until that has ended a rule
// looks at half of it.
//
// A backlog's samples are more than kBehindMs old and get younger at least twice as fast as time
// goes. A sender that is always late, or whose clock is slow, is not one.
//
// Thread-compatible. All times are the receiver's, but for those of samples.
#pragma once

#include <algorithm>

#include "model/sample.h"

namespace tidemark::alert {

class CatchUp {
 public:
  static constexpr int64_t kBehindMs = 30'000;
  static constexpr int64_t kMaxMs = 60'000;  // no backlog is waited for longer

  // A sample of time `t` has come. Gives when the backlog may be over, which is `quiet_ms` after
  // its last sample; kMinTimestamp if there is none. REQUIRES: `now` does not go back.
  model::Timestamp Note(model::Timestamp t, model::Timestamp now, int64_t quiet_ms) {
    if (t >= now - kBehindMs || quiet_ms == 0) {
      return until_;
    }
    if (now > until_) {
      began_ = now;
      first_ = newest_ = t;
    }
    newest_ = std::max(newest_, t);
    const int64_t elapsed = now - began_;
    const bool gains = elapsed < kFirstLookMs || newest_ - first_ >= 2 * elapsed;
    if (gains && elapsed < kMaxMs) {
      until_ = now + quiet_ms;
    }
    return until_;
  }

 private:
  static constexpr int64_t kFirstLookMs = 1000;

  model::Timestamp began_ = model::kMinTimestamp;
  model::Timestamp until_ = model::kMinTimestamp;
  model::Timestamp first_ = model::kMinTimestamp;
  model::Timestamp newest_ = model::kMinTimestamp;
};

}  // namespace tidemark::alert
