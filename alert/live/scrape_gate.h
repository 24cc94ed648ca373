// ScrapeGate tells whether the scrapes that a partition has seen the beginning of are whole.
//
// All samples of one scrape of one target have one timestamp, and what a target gave with one of
// its last scrapes it will most likely give with the next. So as soon as one series of a target has
// a sample of a new time, those that had one at the two times before are outstanding until they
// have one, too. A series that is new to the partition makes the gate wait for the time it is
// given, since nobody knows what is to come with it.
//
// It counts series by the time of their newest sample and does not know them. A plain value, owned
// by its partition; thread-compatible.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/sample.h"

namespace tidemark::alert {

class ScrapeGate {
 public:
  // Word of a series of target `target` whose newest sample was at `before` (kMinTimestamp: it had
  // none) and is at `now`.
  void Arrive(uint32_t target, model::Timestamp before, model::Timestamp now);
  // A series whose newest sample is at `newest` does not belong to the partition any more.
  void Leave(uint32_t target, model::Timestamp newest);

  // What is outstanding will not be waited for any more.
  void GiveUp();

  // Whether nothing is outstanding.
  bool whole() const { return outstanding_ == 0; }

 private:
  static constexpr size_t kScrapes = 3;

  struct Target {
    uint32_t id = 0;
    // Newest first; how many series have their newest sample then.
    std::array<model::Timestamp, kScrapes> times{model::kMinTimestamp, model::kMinTimestamp,
                                                 model::kMinTimestamp};
    std::array<uint32_t, kScrapes> series{};

    uint32_t outstanding() const { return series[1] + series[2]; }
    void Remove(model::Timestamp t);
    void Add(model::Timestamp t);
  };

  Target* Find(uint32_t id);

  std::vector<Target> targets_;
  uint32_t outstanding_ = 0;  // of all targets
};

}  // namespace tidemark::alert
