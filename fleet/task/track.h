// Track is what is kept of one series: its newest sample, when it last changed, and for a counter
// how much it grew in each of the last minutes.
//
// All times are the samples'. Samples come in any order; one that is not newer than the newest is
// left out, so that two senders of the same series make one track. Thread-compatible.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "fleet/task/signal.h"
#include "model/sample.h"

namespace tidemark::fleet {

inline constexpr int64_t kSecondMs = 1000;
inline constexpr int64_t kMinuteMs = 60 * kSecondMs;
inline constexpr int64_t kHourMs = 60 * kMinuteMs;
inline constexpr int64_t kDayMs = 24 * kHourMs;

// Sums of the last kBuckets stretches of kBucketMs; `Value` decides how exact they are.
template <typename Value, size_t kBuckets, int64_t kBucketMs>
class RecentSums {
 public:
  static constexpr int64_t kSpan = static_cast<int64_t>(kBuckets);

  void Add(model::Timestamp t, double amount) {
    MoveTo(t / kBucketMs);
    if (t / kBucketMs > newest_ - kSpan) {
      Bucket(t / kBucketMs) += static_cast<Value>(amount);
    }
  }

  // What was added in the `count` buckets that end with the one that holds `t`.
  double Sum(model::Timestamp t, int64_t count) const {
    const int64_t last = std::min(t / kBucketMs, newest_);
    const int64_t first = std::max(t / kBucketMs - count, newest_ - kSpan) + 1;
    double sum = 0;
    for (int64_t i = first; i <= last; ++i) {
      sum += static_cast<double>(Bucket(i));
    }
    return sum;
  }

  // For saving and restoring: the number of the newest bucket, and the buckets as they lie.
  int64_t newest() const { return newest_; }
  const std::array<Value, kBuckets>& buckets() const { return buckets_; }
  void Restore(int64_t newest, const std::array<Value, kBuckets>& buckets) {
    newest_ = newest;
    buckets_ = buckets;
  }

 private:
  // Where bucket `i` lies; times before 1970 have negative numbers.
  static size_t PlaceOf(int64_t i) { return static_cast<size_t>((i % kSpan + kSpan) % kSpan); }
  Value& Bucket(int64_t i) { return buckets_[PlaceOf(i)]; }
  const Value& Bucket(int64_t i) const { return buckets_[PlaceOf(i)]; }

  void MoveTo(int64_t bucket) {
    for (int64_t i = std::max(newest_ + 1, bucket - kSpan + 1); i <= bucket; ++i) {
      Bucket(i) = 0;
    }
    newest_ = std::max(newest_, bucket);
  }

  int64_t newest_ = 0;  // number of the newest bucket
  std::array<Value, kBuckets> buckets_{};
};

inline constexpr int64_t kTrackMinutes = 31;
using MinuteSums = RecentSums<float, kTrackMinutes, kMinuteMs>;

class Track {
 public:
  Track(Signal signal, std::string_view part)
      : signal_(signal), part_(part), kind_(InfoOf(signal).kind) {}

  // False, and nothing changes, unless the sample is newer than the newest. `born`: if this is the
  // first sample of a counter, all of its value has been counted since the process was last seen
  // without the series.
  bool Add(model::Sample sample, bool born);

  Signal signal() const { return signal_; }
  std::string_view part() const { return part_; }

  // The newest value that is not a stale marker; 0 before the first.
  double value() const { return value_; }
  model::Timestamp time() const { return time_; }              // of the newest sample
  model::Timestamp value_time() const { return value_time_; }  // of the newest value
  model::Timestamp first_time() const { return first_time_; }  // of the first one
  // When the value last became another; the first sample's time if it never did.
  model::Timestamp changed_at() const { return changed_at_; }
  // When a counter last grew; none if it never did.
  std::optional<model::Timestamp> increased_at() const {
    return increased_at_ == model::kMinTimestamp ? std::nullopt : std::optional(increased_at_);
  }
  bool has_value() const { return first_time_ != model::kMinTimestamp; }
  bool ended() const { return ended_; }  // the newest sample is a stale marker

  // By how much a counter grew in the `minutes` up to `t`, at most kTrackMinutes.
  double Increase(model::Timestamp t, int64_t minutes) const {
    return minutes_ == nullptr ? 0 : minutes_->Sum(t, minutes);
  }
  // By how much the newest sample made a counter grow.
  double last_increase() const { return last_increase_; }

 private:
  void Count(model::Timestamp t, double amount);

  const Signal signal_;
  const std::string part_;
  const SignalKind kind_;
  bool ended_ = false;
  double value_ = 0;
  double last_increase_ = 0;
  model::Timestamp time_ = model::kMinTimestamp;
  model::Timestamp value_time_ = model::kMinTimestamp;
  model::Timestamp first_time_ = model::kMinTimestamp;
  model::Timestamp changed_at_ = model::kMinTimestamp;
  model::Timestamp increased_at_ = model::kMinTimestamp;
  std::unique_ptr<MinuteSums> minutes_;  // of a counter that has grown
};

}  // namespace tidemark::fleet
