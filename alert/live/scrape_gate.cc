#include "alert/live/scrape_gate.h"

#include <algorithm>

namespace tidemark::alert {

void ScrapeGate::Target::Remove(model::Timestamp t) {
  for (size_t i = 0; i < kScrapes; ++i) {
    if (times[i] == t && series[i] > 0) {
      --series[i];
      return;
    }
  }
}

void ScrapeGate::Target::Add(model::Timestamp t) {
  size_t place = 0;
  while (place < kScrapes && times[place] > t) {
    ++place;
  }
  if (place == kScrapes) {
    return;  // older than what is waited for
  }
  if (times[place] != t) {
    for (size_t i = kScrapes - 1; i > place; --i) {
      times[i] = times[i - 1];
      series[i] = series[i - 1];
    }
    times[place] = t;
    series[place] = 0;
  }
  ++series[place];
}

ScrapeGate::Target* ScrapeGate::Find(uint32_t id) {
  const auto found = std::find_if(targets_.begin(), targets_.end(),
                                  [id](const Target& target) { return target.id == id; });
  if (found != targets_.end()) {
    return &*found;
  }
  targets_.push_back({.id = id});
  return &targets_.back();
}

void ScrapeGate::Arrive(uint32_t target, model::Timestamp before, model::Timestamp now) {
  Target* const known = Find(target);
  outstanding_ -= known->outstanding();
  if (before != model::kMinTimestamp) {
    known->Remove(before);
  }
  known->Add(now);
  outstanding_ += known->outstanding();
}

void ScrapeGate::GiveUp() {
  for (Target& target : targets_) {
    target.series[1] = target.series[2] = 0;
  }
  outstanding_ = 0;
}

void ScrapeGate::Leave(uint32_t target, model::Timestamp newest) {
  Target* const known = Find(target);
  outstanding_ -= known->outstanding();
  known->Remove(newest);
  outstanding_ += known->outstanding();
}

}  // namespace tidemark::alert
