#include "fleet/task/track.h"

namespace tidemark::fleet {

bool Track::Add(model::Sample sample, bool born) {
  if (sample.t <= time_) {
    return false;
  }
  time_ = sample.t;
  last_increase_ = 0;
  ended_ = model::IsStale(sample.v);
  if (ended_) {
    return true;
  }
  const bool first = !has_value();
  if (kind_ != SignalKind::kGauge) {
    const double before = first ? (born ? 0 : sample.v) : value_;
    // A counter that fell began anew.
    Count(sample.t, sample.v < before ? sample.v : sample.v - before);
  }
  if (first) {
    first_time_ = sample.t;
  }
  if (first || sample.v != value_) {
    changed_at_ = sample.t;
  }
  value_ = sample.v;
  value_time_ = sample.t;
  return true;
}

void Track::Count(model::Timestamp t, double amount) {
  if (!(amount > 0)) {
    return;
  }
  last_increase_ = amount;
  increased_at_ = t;
  if (kind_ != SignalKind::kCounter) {
    return;
  }
  if (minutes_ == nullptr) {
    minutes_ = std::make_unique<MinuteSums>();
  }
  minutes_->Add(t, amount);
}

}  // namespace tidemark::fleet
